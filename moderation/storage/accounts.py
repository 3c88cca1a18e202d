"""Apps and their API keys. A key is shown once and kept as a digest; the webhook secret is kept, because it signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from moderation.core.errors import InputError, NotFound
from moderation.storage.audit import note_change
from moderation.storage.tables import api_keys, apps

_KEY = re.compile(r"mod_([0-9a-f]{10})_([A-Za-z0-9_-]{43})")
BOTH_SIGN = timedelta(hours=24)
"""So long the secret before signs too, so that an app can change over without losing a webhook."""
Scope = Literal["read", "post", "manage"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""What a key may do: ``read`` what is there; ``post`` items and what else is looked at; ``manage`` what was posted, by
appeals, withdrawals and resending."""
APP_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True)
class NewKey:
    """A key at the only moment when it can be seen."""

    id: str
    app: str
    key: str
    webhook_secret: str


@dataclass(frozen=True)
class Holder:
    """Who calls with a key.

    Attributes:
        is_operator: may change what items are judged by.
        scopes: what else may be done with it.
    """

    key_id: str
    app: str
    is_operator: bool
    scopes: frozenset[str] = frozenset(SCOPES)


@dataclass(frozen=True)
class KeyRecord:
    """What is known of a key afterwards."""

    id: str
    app: str
    created_at: datetime
    revoked_at: datetime | None
    is_operator: bool = False
    scopes: frozenset[str] = frozenset(SCOPES)
    expires_at: datetime | None = None


@dataclass(frozen=True)
class AppRecord:
    """An app that has had a key.

    Attributes:
        both_sign_until: how long its webhook secret before signs too; None when it does no more.
    """

    name: str
    created_at: datetime
    both_sign_until: datetime | None


class Accounts:
    """Apps and keys in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add_key(
        self,
        app: str,
        now: datetime,
        *,
        is_operator: bool = False,
        scopes: Collection[str] = SCOPES,
        expires_at: datetime | None = None,
    ) -> NewKey:
        """Make a key for an app, and the app itself when it is new. Raises `InputError` for a bad name, or a time past.

        Args:
            is_operator: it may change what items are judged by, such as lists; not for apps.
            scopes: what else may be done with it.
            expires_at: from when on it is useless; None for never.
        """
        if unknown := sorted(set(scopes) - set(SCOPES)):
            raise InputError(f"scope {unknown[0]!r}: one of {', '.join(SCOPES)}")
        if expires_at is not None and expires_at <= now:
            raise InputError(f"the key would be useless: {expires_at:%Y-%m-%d %H:%M} UTC is past")
        if not APP_NAME.fullmatch(app):
            raise InputError(f"app {app!r}: 1 to 63 letters, digits, '.', '_' or '-', beginning with a letter or digit")
        key_id, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
        own_secret = _new_secret()

        def work(c: Connection) -> str:
            c.execute(insert_or_nothing(c, apps).values(name=app, webhook_secret=own_secret, created_at=now))
            key: dict[str, Any] = {"id": key_id, "app": app, "secret_sha256": secret_digest(secret), "created_at": now}
            kept_scopes = None if set(scopes) == set(SCOPES) else " ".join(sorted(scopes))
            key |= {"is_operator": is_operator, "scopes": kept_scopes, "expires_at": expires_at}
            c.execute(sa.insert(api_keys).values(**key))
            limits = {"scopes": kept_scopes} if kept_scopes is not None else {}
            limits |= {"expires_at": expires_at.isoformat()} if expires_at is not None else {}
            note_change(c, "key added", key_id, now, app=app, is_operator=is_operator, **limits)
            kept: str = c.execute(sa.select(apps.c.webhook_secret).where(apps.c.name == app)).scalar_one()
            return kept

        return NewKey(key_id, app, f"mod_{key_id}_{secret}", self._db.write(work, step="keys.add"))

    def app_of(self, key: str) -> str | None:
        """The app that a key belongs to; None when there is no such key or it is revoked."""
        holder = self.holder_of(key)
        return None if holder is None else holder.app

    def holder_of(self, key: str) -> Holder | None:
        """Who has a key; None when there is no such key, or it is revoked or over. Compares in constant time."""
        parts = _KEY.fullmatch(key)
        if parts is None:
            return None
        query = sa.select(api_keys).where(api_keys.c.id == parts[1], api_keys.c.revoked_at.is_(None))
        row = self._db.read(lambda c: c.execute(query).first())
        if row is None or not hmac.compare_digest(row.secret_sha256, secret_digest(parts[2])):
            return None
        if row.expires_at is not None and row.expires_at <= datetime.now(UTC):
            return None
        return Holder(row.id, row.app, row.is_operator, _scopes(row.scopes))

    def list_keys(self) -> Sequence[KeyRecord]:
        """All keys, newest last."""
        query = sa.select(api_keys).order_by(api_keys.c.created_at)
        return self._db.read(
            lambda c: [
                KeyRecord(
                    row.id,
                    row.app,
                    row.created_at,
                    row.revoked_at,
                    row.is_operator,
                    _scopes(row.scopes),
                    row.expires_at,
                )
                for row in c.execute(query)
            ]
        )

    def revoke(self, key_id: str, now: datetime) -> None:
        """Make a key useless from now on; a second time changes nothing. Raises `NotFound`."""
        revoked_at = sa.func.coalesce(api_keys.c.revoked_at, sa.bindparam("now", now, type_=api_keys.c.revoked_at.type))
        update = sa.update(api_keys).where(api_keys.c.id == key_id).values(revoked_at=revoked_at)

        def work(c: Connection) -> int:
            note_change(c, "key revoked", key_id, now)
            return c.execute(update).rowcount

        if not self._db.write(work, step="keys.revoke"):
            raise NotFound(f"no API key {key_id}")

    def webhook_secret(self, app: str) -> str:
        """What signs this app's webhooks (``whsec_...``). Raises `NotFound`."""
        query = sa.select(apps.c.webhook_secret).where(apps.c.name == app)
        secret: str | None = self._db.read(lambda c: c.execute(query).scalar_one_or_none())
        if secret is None:
            raise NotFound(f"no app {app}")
        return secret

    def signing_secrets(self, app: str, now: datetime) -> tuple[str, ...]:
        """What signs this app's webhooks now: its secret, and for `BOTH_SIGN` the one before. Raises `NotFound`."""
        query = sa.select(apps.c.webhook_secret, apps.c.old_secret, apps.c.old_until).where(apps.c.name == app)
        row = self._db.read(lambda c: c.execute(query).first())
        if row is None:
            raise NotFound(f"no app {app}")
        is_old_good = row.old_until is not None and row.old_until > now
        return (row.webhook_secret, row.old_secret) if is_old_good else (row.webhook_secret,)

    def list_apps(self, now: datetime) -> Sequence[AppRecord]:
        """All apps, by name."""
        query = sa.select(apps).order_by(apps.c.name)
        rows = self._db.read(lambda c: c.execute(query).all())
        return [
            AppRecord(row.name, row.created_at, row.old_until if row.old_until and row.old_until > now else None)
            for row in rows
        ]

    def rotate_secret(self, app: str, now: datetime) -> str:
        """Give an app another webhook secret, which is shown once; both sign for `BOTH_SIGN`. Raises `NotFound`."""
        made = _new_secret()
        values = {"webhook_secret": made, "old_secret": apps.c.webhook_secret, "old_until": now + BOTH_SIGN}
        update = sa.update(apps).where(apps.c.name == app).values(values)

        def work(c: Connection) -> int:
            changed = c.execute(update).rowcount
            if changed:
                note_change(c, "secret changed", app, now)
            return changed

        if not self._db.write(work, step="keys.rotate_secret"):
            raise NotFound(f"no app {app}")
        return made


def _scopes(kept: str | None) -> frozenset[str]:
    return frozenset(SCOPES if kept is None else kept.split())


def _new_secret() -> str:
    """As Standard Webhooks has them: 24 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def secret_digest(secret: str) -> str:
    """Keys are 256 random bits, so a plain digest cannot be reversed by guessing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
