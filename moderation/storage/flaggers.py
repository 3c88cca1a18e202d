"""Trusted flaggers: who is known to be right, and whose notices people look at first; by a key, as apps have.

A key is shown once and kept as a digest. Who may have one is an operator's decision; both making and taking back are
records of the audit chain.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation.core.errors import FieldError, InvalidSubmission, NotFound
from moderation.storage.accounts import secret_digest
from moderation.storage.audit import note_change
from moderation.storage.tables import trusted_flaggers

_KEY = re.compile(r"flag_([0-9a-f]{10})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class Flagger:
    """Somebody whose notices come first.

    Attributes:
        app: the only one for which they do; None for all.
    """

    id: str
    name: str
    app: str | None
    by: str
    created_at: datetime
    revoked_at: datetime | None = None


class Flaggers:
    """Keeps trusted flaggers, for operators."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, name: str, *, app: str | None, by: str, now: datetime) -> tuple[Flagger, str]:
        """Trust somebody; the flagger, and the key at the only moment when it can be seen.

        Raises:
            InvalidSubmission: the name is missing, or too long.
        """
        name = name.strip()
        if not 0 < len(name) <= 200:
            raise InvalidSubmission([FieldError("name", "say who it is, in 1 to 200 characters")])
        made = Flagger(secrets.token_hex(5), name, app, by, now)
        secret = secrets.token_urlsafe(32)

        def work(c: Connection) -> None:
            row = {**vars(made), "secret_sha256": secret_digest(secret)}
            c.execute(sa.insert(trusted_flaggers).values(row))
            note_change(c, "flagger trusted", made.id, now, by=by, app=app)

        self._db.write(work, step="flaggers.add")
        return made, f"flag_{made.id}_{secret}"

    def revoke(self, flagger_id: str, *, by: str, now: datetime) -> None:
        """Trust somebody no more. Raises `NotFound` where they are not trusted."""
        theirs = (trusted_flaggers.c.id == flagger_id) & trusted_flaggers.c.revoked_at.is_(None)

        def work(c: Connection) -> None:
            if not c.execute(sa.update(trusted_flaggers).where(theirs).values(revoked_at=now)).rowcount:
                raise NotFound(f"no trusted flagger {flagger_id}")
            note_change(c, "flagger not trusted", flagger_id, now, by=by)

        self._db.write(work, step="flaggers.revoke")

    def list(self) -> Sequence[Flagger]:
        """All there were, newest first."""
        query = sa.select(trusted_flaggers).order_by(trusted_flaggers.c.created_at.desc(), trusted_flaggers.c.id)
        return self._db.read(lambda c: [_flagger(row) for row in c.execute(query)])

    def of_key(self, key: str, app: str) -> Flagger | None:
        """Whose key it is, for notices to an app; None for no flagger's."""
        match = _KEY.fullmatch(key.strip())
        if match is None:
            return None
        query = sa.select(trusted_flaggers).where(
            trusted_flaggers.c.id == match[1], trusted_flaggers.c.revoked_at.is_(None)
        )
        row = self._db.read(lambda c: c.execute(query).first())
        if (
            row is None
            or row.app not in (None, app)
            or not hmac.compare_digest(row.secret_sha256, secret_digest(match[2]))
        ):
            return None
        return _flagger(row)


def _flagger(row: sa.Row[tuple[object, ...]]) -> Flagger:
    return Flagger(**{name: getattr(row, name) for name in Flagger.__dataclass_fields__})
