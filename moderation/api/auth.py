"""Who calls, for what, and how often: ``Authorization: Bearer KEY``, looked up at each request.

So revoking acts at once. How much is left of an app's calls is said in every answer, in the fields of the IETF's draft
"RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers-10): ``RateLimit-Policy`` and ``RateLimit``.
"""

from __future__ import annotations

import math

from flask import Flask, Response, current_app, g, request

from ground.token_buckets import TokenBuckets
from moderation.api.problems import Refused
from moderation.settings import Settings
from moderation.storage.accounts import Accounts, Holder

WRONG_PER_SECOND, WRONG_AT_ONCE = 2.0, 150
"""Wrong keys from one address that are told to be wrong; more are told to wait."""


class Gate:
    """Lets apps in; one for the whole application, whose limits hold for this process.

    Args:
        settings: how often an app may call.
    """

    def __init__(self, accounts: Accounts, settings: Settings) -> None:
        self._accounts = accounts
        self._calls = TokenBuckets(settings.calls_per_second, 2 * settings.calls_per_second)
        self._wrong = TokenBuckets(WRONG_PER_SECOND, WRONG_AT_ONCE)

    def admit(self) -> None:
        """Put the key's app into ``g.app_name``.

        Raises:
            Refused: 401 without a valid key, 403 with one that is for less than the call, 429 when the app calls too
                often, or too many keys were wrong.
        """
        self._let_in()

    def admit_operator(self) -> None:
        """The same, for operators alone: no app may change what it is judged by.

        Raises:
            Refused: as `admit`; 403 for the key of an app.
        """
        if not self._let_in().is_operator:
            detail = "this is for operators; make a key with `moderation keys add --app APP --operator`"
            raise Refused(403, "not-an-operator", detail)

    def admit_key(self, key: str) -> None:
        """The same as `admit`, for a door whose clients send the key elsewhere. Raises as `admit`."""
        self._let_in_with(key)

    def _let_in(self) -> Holder:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        return self._let_in_with(key.strip() if scheme.lower() == "bearer" else "", is_tried=bool(key))

    def _let_in_with(self, key: str, *, is_tried: bool = True) -> Holder:
        holder = self._accounts.holder_of(key)
        if holder is None:
            # Right keys are let in however many wrong ones come from the same address, which may be a proxy's.
            pause = self._wrong.take(request.remote_addr or "") if is_tried else 0.0
            if pause:
                raise _too_many("too many wrong keys came from this address", pause)
            challenge = {"WWW-Authenticate": 'Bearer realm="moderation"'}
            detail = "send 'Authorization: Bearer KEY' with a key made by `moderation keys add`"
            raise Refused(401, "unauthorized", detail, headers=challenge)
        g.app_name = holder.app  # its limits are told with a refusal, too
        if pause := self._calls.take(holder.app):
            raise _too_many(f"app '{holder.app}' calls more often than MODERATION_CALLS_PER_SECOND allows", pause)
        g.key_id = holder.key_id
        self._check_scope(holder)
        return holder

    def _check_scope(self, holder: Holder) -> None:
        operation = getattr(current_app.view_functions.get(request.endpoint or ""), "operation", None)
        needed = operation.needed_scope(request.method) if operation is not None else "manage"
        if needed not in holder.scopes:
            detail = f"this key is for {' and '.join(sorted(holder.scopes))} only; this call needs one for '{needed}'"
            raise Refused(403, "scope", detail)

    def add_headers(self, app: Flask) -> None:
        """Say in every answer to an app how many calls it has left."""

        @app.after_request
        def say(response: Response) -> Response:
            name = g.get("app_name")
            if name is not None and self._calls.burst is not None:
                left, seconds = self._calls.left(name)
                window = math.ceil(self._calls.burst / self._calls.per_second)
                response.headers["RateLimit-Policy"] = f'"calls";q={int(self._calls.burst)};w={window}'
                response.headers["RateLimit"] = f'"calls";r={left};t={math.ceil(seconds)}'
            return response


def _too_many(detail: str, pause_seconds: float) -> Refused:
    headers = {"Retry-After": str(max(math.ceil(pause_seconds), 1))}
    return Refused(429, "too-many-requests", f"{detail}; try again later", headers=headers)
