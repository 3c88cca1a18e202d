"""Who calls: ``Authorization: Bearer KEY``, looked up at each request, so that a revoked key is useless at once."""

from __future__ import annotations

from flask import g, request

from moderation.api.problems import Refused
from moderation.storage.accounts import Accounts


def authenticate(accounts: Accounts) -> None:
    """Put the key's app into ``g.app_name``. Raises `Refused` (401)."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    app = accounts.app_of(key.strip()) if scheme.lower() == "bearer" else None
    if app is None:
        challenge = {"WWW-Authenticate": 'Bearer realm="moderation"'}
        detail = "send 'Authorization: Bearer KEY' with a key made by `moderation keys add`"
        raise Refused(401, "unauthorized", detail, headers=challenge)
    g.app_name = app
