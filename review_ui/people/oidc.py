"""An OpenID Connect provider as the portal sees it: authorization code flow with PKCE, through Authlib.

What Authlib sends goes through `ground.fetch`, whose answers are bounded in size and time and never redirected.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.client import OAuth2Client

from ground import fetch
from ground.errors import ModerationError, SettingsError, UrlRefused
from review_ui.people.id_tokens import SignInRefused, verify
from review_ui.people.people import ROLES, is_group
from review_ui.settings import ReviewSettings

TIMEOUT_SECONDS = 5.0
"""Of one question to the provider; a sign-in asks three."""
MAX_ANSWER_BYTES = 262_144
DISCOVERY_PERIOD = timedelta(minutes=10)
"""How long the provider's addresses are remembered. Its keys are asked for at each sign-in: they may be withdrawn."""
LONGEST_ISSUER = 500
_USED_UP = ("invalid_grant", "invalid_request")


class ProviderFailed(ModerationError):
    """The provider does not answer, or answers what cannot be used. The message is for the log."""


@dataclass(frozen=True)
class OidcSettings:
    """What the settings ``oidc_*`` say, checked.

    Attributes:
        roles: group and role; of those that fit somebody, the first counts.
    """

    issuer: str
    client_id: str
    client_secret: str | None
    groups_claim: str
    roles: tuple[tuple[str, str], ...]

    def role_of(self, groups: Sequence[str]) -> str | None:
        """The role of somebody in these groups; None for somebody who has no business here."""
        return next((role for group, role in self.roles if group in groups), None)


def read_settings(settings: ReviewSettings) -> OidcSettings | None:
    """The provider that the settings name; None when people sign in with passwords only.

    Raises:
        SettingsError: something is missing or wrong; names the setting.
    """
    if settings.oidc_issuer is None:
        if settings.oidc_only or settings.oidc_client_id is not None:
            raise SettingsError("setting oidc_issuer is missing: oidc_only and oidc_client_id need a provider")
        return None
    try:
        parts = _check(settings.oidc_issuer)
    except UrlRefused as error:
        raise SettingsError(f"setting oidc_issuer: {error}") from error
    if parts.query or parts.fragment or len(settings.oidc_issuer) > LONGEST_ISSUER:
        raise SettingsError(f"setting oidc_issuer: at most {LONGEST_ISSUER} characters, without ? and #")
    for name in ("oidc_client_id", "oidc_client_secret"):
        value = getattr(settings, name)
        if value is not None and not (value and value.isascii() and value.isprintable()):
            raise SettingsError(f"setting {name}: printable ASCII characters only")
    if settings.oidc_client_id is None:
        raise SettingsError("setting oidc_client_id is missing: the provider gives it when the portal is registered")
    return OidcSettings(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.oidc_groups_claim,
        _read_roles(settings.oidc_roles),
    )


@dataclass(frozen=True)
class SignInAttempt:
    """One sign-in on its way: what the browser that began it keeps until it comes back.

    Attributes:
        state: comes back in the address, and so ties the answer to this browser.
        nonce: comes back in the id token, and so ties the token to this sign-in.
        verifier: PKCE (RFC 7636): whoever steals the code on its way does not know it.
        redirect_uri: where the provider sends the browser back to.
        began: seconds since 1970.
    """

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    began: int

    @classmethod
    def begin(cls, redirect_uri: str, now: datetime) -> SignInAttempt:
        """A new one."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, redirect_uri, int(now.timestamp()))


@dataclass(frozen=True)
class _Metadata:
    """What is used of the discovery document (OpenID Connect Discovery, section 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    scope: str
    auth_method: str


class Provider:
    """The provider.

    Args:
        talks: how many sign-ins may talk to it at a time; if it hangs, the portal still has threads for other work.
    """

    def __init__(self, settings: OidcSettings, clock: Callable[[], datetime], talks: int) -> None:
        self.settings, self._clock = settings, clock
        self._turns = threading.BoundedSemaphore(talks)
        self._known: tuple[datetime, _Metadata] | None = None

    def sign_in_url(self, attempt: SignInAttempt) -> str:
        """Where to send a browser to sign in. Raises `ProviderFailed`."""
        with self._turn():
            metadata = self._metadata()
        url, _ = self._client(metadata, attempt).create_authorization_url(
            metadata.authorization_endpoint, attempt.state, attempt.verifier, nonce=attempt.nonce
        )
        return str(url)

    def redeem(self, code: str, attempt: SignInAttempt) -> Mapping[str, Any]:
        """The verified claims of whoever came back with a code. Raises `ProviderFailed` or `SignInRefused`."""
        with self._turn():
            metadata = self._metadata()
            client = self._client(metadata, attempt)
            token = client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                redirect_uri=attempt.redirect_uri,
                code_verifier=attempt.verifier,
            )
            keys = self._keys(metadata)
        return verify(
            token["id_token"],
            keys,
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            nonce=attempt.nonce,
            now=self._clock().timestamp(),
        )

    def check(self) -> None:
        """Ask for what a sign-in needs. Raises `ProviderFailed`, which says what is wrong."""
        with self._turn():
            self._keys(self._metadata())

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(blocking=False):
            raise ProviderFailed("too many sign-ins at a time wait for the provider")
        try:
            yield
        finally:
            self._turns.release()

    def _metadata(self) -> _Metadata:
        now, known = self._clock(), self._known
        if known is None or not timedelta(0) <= now - known[0] < DISCOVERY_PERIOD:
            known = now, self._discover()
            self._known = known
        return known[1]

    def _discover(self) -> _Metadata:
        issuer = self.settings.issuer
        document = _get(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if document.get("issuer") != issuer:
            named = str(document.get("issuer"))[:200]
            raise ProviderFailed(f"the provider calls itself {named!r}; oidc_issuer must say the same, to the letter")
        endpoints = {}
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            endpoints[name] = str(document.get(name, ""))
            try:
                _check(endpoints[name], loopback=not issuer.startswith("https:"))
            except UrlRefused as error:
                raise ProviderFailed(f"the provider's {name}: {error}") from error
        scopes = ["openid", "profile", "email"]
        if self.settings.groups_claim in _strings(document.get("scopes_supported")):
            scopes.append(self.settings.groups_claim)
        methods = _strings(document.get("token_endpoint_auth_methods_supported")) or ["client_secret_basic"]
        if self.settings.client_secret is None:
            method = "none"
        else:
            method = next((m for m in ("client_secret_basic", "client_secret_post") if m in methods), "")
            if not method:
                raise ProviderFailed("the provider takes the client secret neither by Basic authentication nor by post")
        return _Metadata(**endpoints, scope=" ".join(scopes), auth_method=method)

    def _keys(self, metadata: _Metadata) -> Sequence[Any]:
        keys = _get(metadata.jwks_uri).get("keys")
        if not isinstance(keys, list):
            raise ProviderFailed("the provider's jwks_uri lists no keys")
        return keys

    def _client(self, metadata: _Metadata, attempt: SignInAttempt) -> Any:
        return OAuth2Client(
            _Transport(),
            self.settings.client_id,
            self.settings.client_secret,
            token_endpoint_auth_method=metadata.auth_method,
            scope=metadata.scope,
            redirect_uri=attempt.redirect_uri,
            code_challenge_method="S256",
        )


@dataclass(frozen=True)
class _Answer:
    """As much of an HTTP response as Authlib reads."""

    document: dict[str, Any]
    status_code: int = 200

    def json(self) -> dict[str, Any]:
        return self.document


class _Transport:
    """What Authlib posts with, in the place of a requests session."""

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> _Answer:
        """Ask the token endpoint. Raises `ProviderFailed`, or `SignInRefused` when it does not take the code."""
        url, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        try:
            answer = fetch.post(
                url,
                body.encode(),
                sent,
                timeout_seconds=TIMEOUT_SECONDS,
                allow_private=True,
                max_response_bytes=MAX_ANSWER_BYTES,
            )
        except (fetch.FetchFailed, UrlRefused) as error:
            raise ProviderFailed(f"the token endpoint: {error}") from error
        document = _object(answer.body, "token endpoint")
        if answer.status != 200 or "error" in document:
            named = document.get("error")
            if answer.status == 400 and named in _USED_UP:
                raise SignInRefused(f"the provider does not take the code: {named}")
            word = named if isinstance(named, str) and re.fullmatch(r"[a-z_]{1,40}", named) else "no known error"
            raise ProviderFailed(f"the token endpoint answered {answer.status}, {word}")
        if not isinstance(document.get("id_token"), str):
            raise ProviderFailed("the token endpoint gave no id token")
        # Nothing is asked in this person's name later: the access token ends here.
        return _Answer({"id_token": document["id_token"]})


def _get(url: str) -> dict[str, Any]:
    try:
        answer = fetch.get(
            url, timeout_seconds=TIMEOUT_SECONDS, allow_private=True, max_response_bytes=MAX_ANSWER_BYTES
        )
    except (fetch.FetchFailed, UrlRefused) as error:
        raise ProviderFailed(f"{url}: {error}") from error
    if answer.status != 200:
        raise ProviderFailed(f"{url} answered {answer.status}")
    return _object(answer.body, url)


def _object(body: bytes, where: str) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderFailed(f"{where} answered no JSON") from error
    if not isinstance(document, dict):
        raise ProviderFailed(f"{where} answered no JSON object")
    return document


def _strings(value: object) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def _check(url: str, *, loopback: bool = True) -> Any:
    """The parts of an address that a sign-in may go to: https, or where allowed http on this machine itself."""
    parts = fetch.check_url(url, allow_private=True)
    if not url.isascii():
        raise UrlRefused("write the address in ASCII (xn--...)")
    if parts.scheme != "https" and not (loopback and _is_loopback(parts.hostname or "")):
        raise UrlRefused("use https; plain http is for loopback only")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_roles(text: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for entry in text.split():
        group, sign, role = entry.rpartition("=")
        if not sign or role not in ROLES:
            raise SettingsError(f"setting oidc_roles: {entry!r} is not group=role with one of {', '.join(ROLES)}")
        if not is_group(group):
            raise SettingsError(f"setting oidc_roles: {group!r} cannot name a group: 1 to 63 characters, no blanks")
        pairs.append((group, role))
    if not pairs:
        raise SettingsError("setting oidc_roles is missing: without it nobody could sign in; write group=role")
    return tuple(pairs)
