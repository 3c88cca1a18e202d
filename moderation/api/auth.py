"""Who calls, and how often: ``Authorization: Bearer KEY``, looked up at each request, so that revoking acts at once."""

from __future__ import annotations

import math

from flask import g, request

from ground.token_buckets import TokenBuckets
from moderation.api.problems import Refused
from moderation.settings import Settings
from moderation.storage.accounts import Accounts

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
            Refused: 401 without a valid key, 429 when the app calls too often, or too many keys were wrong.
        """
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        app = self._accounts.app_of(key.strip()) if scheme.lower() == "bearer" else None
        if app is None:
            # Right keys are let in however many wrong ones come from the same address, which may be a proxy's.
            pause = self._wrong.take(request.remote_addr or "") if key else 0.0
            if pause:
                raise _too_many("too many wrong keys came from this address", pause)
            challenge = {"WWW-Authenticate": 'Bearer realm="moderation"'}
            detail = "send 'Authorization: Bearer KEY' with a key made by `moderation keys add`"
            raise Refused(401, "unauthorized", detail, headers=challenge)
        if pause := self._calls.take(app):
            raise _too_many(f"app '{app}' calls more often than MODERATION_CALLS_PER_SECOND allows", pause)
        g.app_name = app


def _too_many(detail: str, pause_seconds: float) -> Refused:
    headers = {"Retry-After": str(max(math.ceil(pause_seconds), 1))}
    return Refused(429, "too-many-requests", f"{detail}; try again later", headers=headers)
