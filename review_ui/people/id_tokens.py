"""Id tokens: verified as OpenID Connect Core, section 3.1.3.7, asks, or refused."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from ground.errors import ModerationError
from review_ui.people.identities import LONGEST_SUBJECT

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
)  # fmt: skip
"""Signatures that are taken. Not among them: ``none``, and ``HS256``, whose key both sides know."""
LEEWAY_SECONDS = 60
"""How far the provider's clock may be from ours."""
SHORTEST_RSA, LONGEST_RSA = 2048, 8192
MOST_KEYS = 50
_FAMILIES: dict[str, tuple[type[RSAKey] | type[ECKey] | type[OKPKey], tuple[str, ...]]] = {
    "RSA": (RSAKey, ("n", "e")),
    "EC": (ECKey, ("crv", "x", "y")),
    "OKP": (OKPKey, ("crv", "x")),
}
_FAMILY_OF = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
# What reading hostile input raises: joserfc's own errors, and those of the reading below it, which it lets through.
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)


class SignInRefused(ModerationError):
    """This sign-in does not count; another one may. The message is for the log."""


def verify(
    id_token: str, keys: Sequence[Any], *, issuer: str, client_id: str, nonce: str, now: float
) -> Mapping[str, Any]:
    """The claims of an id token.

    Pure.

    Args:
        keys: the provider's JSON Web Keys (RFC 7517) as it answered them, not looked at yet.
        nonce: what this sign-in sent along; the token must have it.
        now: seconds since 1970.

    Raises:
        SignInRefused: the token is malformed, not signed with one of `keys`, of somebody else, for somebody else, of
            another sign-in, too old or too new.
    """

    def pick(token: GuestProtocol) -> Key:
        return _key_for(token.headers(), keys)

    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    options = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
        "sub": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    try:
        token = jwt.decode(id_token, pick, registry=registry)
        claims = CodeIDToken(token.claims, token.header, options, {"client_id": client_id, "nonce": nonce})
        claims.validate(int(now), LEEWAY_SECONDS)
    except _UNREADABLE as error:
        raise SignInRefused(f"the id token is not valid: {type(error).__name__}") from error
    subject = claims["sub"]
    if not (1 <= len(subject) <= LONGEST_SUBJECT and subject.isascii() and subject.isprintable()):
        raise SignInRefused(f"the id token's sub is not 1 to {LONGEST_SUBJECT} printable ASCII characters")
    return dict(claims)


def _key_for(header: Mapping[str, Any], keys: Sequence[Any]) -> Key:
    """The key that signed, by its id. Without an id there must be one key only of the kind that signed."""
    family, kid = _FAMILY_OF[header["alg"][:2]], header.get("kid")
    fit = [
        key
        for key in keys[:MOST_KEYS]
        if isinstance(key, dict)
        and key.get("kty") == family
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and (kid is None or key.get("kid") == kid)
    ]
    if len(fit) != 1:
        raise SignInRefused(f"the id token names no key of the provider's ({len(fit)} fit)")
    kind, members = _FAMILIES[family]
    # Only what makes a public key: a provider that publishes more, or nonsense beside it, changes nothing.
    public = {name: str(fit[0][name]) for name in members}
    if family == "RSA" and not SHORTEST_RSA <= (bits := _bits(public["n"])) <= LONGEST_RSA:
        raise SignInRefused(f"the provider's key has {bits} bits")
    return kind.import_key({"kty": family, **public})


def _bits(number: str) -> int:
    """How long a Base64urlUInt (RFC 7518, section 2) is."""
    return int.from_bytes(urlsafe_b64decode(f"{number}==")).bit_length()
