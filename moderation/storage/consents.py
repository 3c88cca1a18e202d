"""Consents: acts that one person asks for and another agrees to, where the settings say so.

Who asks for an act is told that it waits; a second person looks at it and agrees or refuses; then who asked does it,
once. Nobody agrees to what they asked for. Asking, agreeing and doing are records of the audit chain.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.errors import InputError, NotFound
from moderation.storage.audit import note_change
from moderation.storage.tables import consents

Act = Literal["policies", "erasure", "keys", "remoderations"]
ACTS: tuple[Act, ...] = get_args(Act)
GOOD_FOR = timedelta(days=7)
"""From when it was asked for, or agreed to; then it is asked for anew."""
SHOWN = 100


@dataclass(frozen=True)
class Consent:
    """An act that waits for a second person, or has one.

    Attributes:
        what: the act in words, the same for the same act; no content and no secret.
        state: ``asked``, ``given``, ``refused`` or ``used``.
    """

    id: int
    act: Act
    what: str
    by: str
    at: datetime
    state: str
    answered_by: str | None
    answered_at: datetime | None
    used_at: datetime | None


class ConsentNeeded(InputError):
    """An act waits for a second person; nothing was done. Carries the id of what they are asked."""

    def __init__(self, consent: Consent) -> None:
        self.consent = consent
        super().__init__(
            f"this waits for a second person, as request {consent.id}: {consent.what}. Another person agrees with "
            f"`moderation consents give {consent.id}` or in the portal; then do it again"
        )


class Consents:
    """The consents in `database`.

    Args:
        wanted: the acts for which a second person is asked.
    """

    def __init__(self, database: Database, wanted: Collection[str]) -> None:
        self._db, self._wanted = database, frozenset(wanted)

    def need(self, act: Act, what: str, by: str, now: datetime) -> None:
        """Go on where nobody else is asked, or somebody has agreed to this of this person; their word is used up.

        Raises:
            ConsentNeeded: it waits for a second person; nothing was done.
        """
        if act not in self._wanted:
            return
        waiting = self._db.write(lambda c: _use_or_ask(c, act, what, by, now), step="consents.need")
        if waiting is not None:
            raise ConsentNeeded(waiting)

    def answer(self, consent_id: int, by: str, now: datetime, *, is_given: bool) -> Consent:
        """Agree or refuse, as a second person.

        Raises:
            NotFound: nobody waits for this.
            InputError: it is one's own.
        """

        def work(c: Connection) -> Consent:
            row = c.execute(sa.select(consents).where(consents.c.id == consent_id).with_for_update()).first()
            if row is None or row.state != "asked" or row.at < now - GOOD_FOR:
                raise NotFound(f"request {consent_id} does not wait for anybody")
            if row.by == by:
                raise InputError("nobody agrees to what they asked for themselves")
            state = "given" if is_given else "refused"
            values = {"state": state, "answered_by": by, "answered_at": now}
            c.execute(sa.update(consents).where(consents.c.id == consent_id).values(values))
            note_change(c, f"consent {state}", str(consent_id), now, act=row.act, what=row.what, by=by)
            return _consent(c.execute(sa.select(consents).where(consents.c.id == consent_id)).one())

        return self._db.write(work, step="consents.answer")

    def list(self, *, is_open: bool = True) -> Sequence[Consent]:
        """Those that wait, or the newest of all; newest first."""
        query = sa.select(consents).order_by(consents.c.id.desc()).limit(SHOWN)
        query = query.where(consents.c.state == "asked") if is_open else query
        return self._db.read(lambda c: [_consent(row) for row in c.execute(query)])


def _use_or_ask(c: Connection, act: Act, what: str, by: str, now: datetime) -> Consent | None:
    """Use a consent up, or give the request that waits."""
    same = (consents.c.act == act) & (consents.c.what == what) & (consents.c.by == by)
    lately = sa.func.coalesce(consents.c.answered_at, consents.c.at) >= now - GOOD_FOR
    known = sa.select(consents).where(same, lately, consents.c.state.in_(("asked", "given")))
    row = c.execute(known.order_by(consents.c.id.desc()).limit(1).with_for_update()).first()
    if row is not None and row.state == "given":
        c.execute(sa.update(consents).where(consents.c.id == row.id).values(state="used", used_at=now))
        note_change(c, "consent used", str(row.id), now, act=act, what=what, by=by, agreed=row.answered_by)
        return None
    if row is None:
        made = {"act": act, "what": what, "by": by, "at": now, "state": "asked"}
        row = c.execute(sa.insert(consents).values(made).returning(*consents.c)).one()
        note_change(c, "consent asked", str(row.id), now, act=act, what=what, by=by)
    return _consent(row)


def _consent(row: Any) -> Consent:
    return Consent(**row._mapping)
