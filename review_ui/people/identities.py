"""People whom an identity provider vouches for: made at their first sign-in, brought up to date at each later one."""

from __future__ import annotations

import re
import secrets
import unicodedata
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from werkzeug.security import generate_password_hash

from ground.database import Database
from ground.errors import ModerationError
from review_ui.a2i.chain import note_change
from review_ui.people import people
from review_ui.people.people import open_session, put_into_groups
from review_ui.tables import identities, sign_ins, users

LONGEST_SUBJECT = 255
"""Characters; the limit of OpenID Connect Core, section 2."""
_TRIES = 5
_NUMBERED = 100


class ShutOut(ModerationError):
    """An admin shut this person out; what the provider says does not change that."""


@dataclass(frozen=True)
class Identity:
    """Who somebody is.

    Attributes:
        issuer: the provider; with `subject`, the only thing that says who it is.
        subject: what the provider calls the person, for ever.
        name: what the provider would call the person today; made fit and unique, at the first sign-in only.
    """

    issuer: str
    subject: str
    name: str


class Identities:
    """Sign-ins without a password, in `database`."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._db, self._clock = database, clock

    def sign_in(self, identity: Identity, role: str, groups: Iterable[str], hours: float) -> str:
        """A session token for this person, who now has this role and is in these groups and no others.

        Somebody who signs in with a password is never taken over, whatever name the provider gives.

        Raises:
            ShutOut: nothing was changed.
        """
        now, password_hash, wanted = self._clock(), _no_password(), tuple(groups)

        def work(c: Connection) -> str:
            row = c.execute(_users_of(identity)).first()
            if row is None:
                user_id = _add(c, identity, role, password_hash, now)
                note_change(c, "person added", f"person:{user_id}", now, detail=role, by="provider")
            elif row.disabled_at is not None:
                raise ShutOut("this person is shut out")
            else:
                user_id = row.id
                if row.role != role:
                    changed = f"{row.role} to {role}"
                    note_change(c, "role changed", f"person:{user_id}", now, detail=changed, by="provider")
                c.execute(sa.update(users).where(users.c.id == user_id).values(role=role))
            put_into_groups(c, user_id, wanted)
            return open_session(c, user_id, now, hours)

        for _ in range(_TRIES - 1):
            try:
                return self._db.write(work, step="identities.sign_in")
            except sa.exc.IntegrityError:
                # Another process made this person, or somebody of this name, between our look and our insert.
                continue
        return self._db.write(work, step="identities.sign_in_at_last")

    def end_sessions(self, identity: Identity) -> None:
        """End what is open of somebody who may not sign in any more; nothing happens when nobody is known by it."""
        ids = _users_of(identity).with_only_columns(users.c.id)
        self._db.write(
            lambda c: c.execute(sa.delete(sign_ins).where(sign_ins.c.user_id.in_(ids))), step="identities.end_sessions"
        )


def fit_name(text: str) -> str:
    """A name for the portal out of a provider's: small letters, digits, ``.``, ``_``, ``@``, ``-``; may be empty."""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._@-]+", "-", plain).strip("-._@")[:50].rstrip("-._@")


def _users_of(identity: Identity) -> sa.Select[Any]:
    return (
        sa.select(users)
        .join(identities, identities.c.user_id == users.c.id)
        .where(identities.c.issuer == identity.issuer, identities.c.subject == identity.subject)
    )


def _add(c: Connection, identity: Identity, role: str, password_hash: str, now: datetime) -> str:
    user_id = str(uuid.uuid4())
    name = _free_name(c, fit_name(identity.name) or "person")
    user = {"id": user_id, "name": name, "role": role, "password_hash": password_hash, "created_at": now}
    known = {"issuer": identity.issuer, "subject": identity.subject, "user_id": user_id, "created_at": now}
    c.execute(sa.insert(users).values(user))
    c.execute(sa.insert(identities).values(known))
    return user_id


def _free_name(c: Connection, name: str) -> str:
    """The name, or with a number when somebody has it, in whatever letters: ``Admin`` beside ``admin`` misleads."""
    for wanted in (name, *(f"{name}-{number}" for number in range(2, _NUMBERED))):
        if c.execute(sa.select(users.c.id).where(sa.func.lower(users.c.name) == wanted)).first() is None:
            return wanted
    return f"{name}-{secrets.token_hex(4)}"


@cache
def _no_password() -> str:
    """The hash of a password that nobody knows: looking at it takes as long as at anybody's."""
    return generate_password_hash(secrets.token_urlsafe(32), method=people.DERIVATION)
