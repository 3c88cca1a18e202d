"""Disputes: decisions that somebody has taken to an out-of-court dispute settlement body, and what it said.

Article 21 of Regulation (EU) 2022/2065. A dispute is recorded when the service hears of it and settled once; both are
records of the audit chain. One that reverses a decision, and is to be followed, becomes one more decision on the item
(`moderation.pipeline.disputing`). It goes with its item.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation.core.errors import FieldError, InvalidSubmission, NotFound
from moderation.storage.audit import note_change
from moderation.storage.tables import decisions, disputes, items

DisputeOutcome = Literal["upheld", "partially_reversed", "reversed", "omitted"]
DISPUTE_OUTCOMES: tuple[DisputeOutcome, ...] = get_args(DisputeOutcome)
REVERSING = ("partially_reversed", "reversed")
MOST_OF_AN_ITEM = 20
PAGE = 1000


@dataclass(frozen=True)
class Dispute:
    """A decision before a body.

    Attributes:
        number: of the decision among those of its item.
        body: name of the body.
        reference: what the body calls the dispute.
        submitted_at: when the body got it.
        outcome: what the body said; None while it has not. ``omitted``: it came to no decision.
        decided_at: when the service was told.
        is_to_be_followed: whether the service does what the body said; None where there is nothing to do.
        followed_at: when it did.
        by: who recorded it.
    """

    id: str
    item_id: str
    app: str
    number: int
    body: str
    reference: str
    submitted_at: datetime
    outcome: DisputeOutcome | None
    decided_at: datetime | None
    is_to_be_followed: bool | None
    followed_at: datetime | None
    by: str
    at: datetime


class Disputes:
    """The disputes in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self, item_id: str, body: str, reference: str, submitted_at: datetime, by: str, now: datetime, app: str | None
    ) -> tuple[Dispute, bool]:
        """Record that the decision in force is before a body; a second time it is answered with the first.

        Args:
            app: whose item it must be; None for anybody's.

        Returns:
            The dispute, and False when it was recorded before.

        Raises:
            NotFound: there is no such item.
            InvalidSubmission: the item has no decision, or the dispute came before it or is still to come.
        """

        def work(c: Connection) -> tuple[Dispute, bool]:
            found = c.execute(sa.select(items.c.app).where(items.c.id == item_id).with_for_update()).scalar()
            if found is None or (app is not None and found != app):
                raise NotFound(f"no item {item_id}")
            known = c.execute(sa.select(disputes).where(disputes.c.item_id == item_id)).all()
            same = next((row for row in known if (row.body, row.reference) == (body, reference)), None)
            if same is not None:
                return _dispute(same), False
            if len(known) >= MOST_OF_AN_ITEM:
                raise _wrong("reference", f"the item has {MOST_OF_AN_ITEM} disputes; that is all there is")
            before = (decisions.c.item_id == item_id) & (decisions.c.decided_at <= submitted_at)
            number = c.execute(sa.select(sa.func.max(decisions.c.number)).where(before)).scalar()
            if number is None:
                raise _wrong("submitted_at", "the item had no decision then that could be before a body")
            if submitted_at > now:
                raise _wrong("submitted_at", "it is still to come")
            row = {"id": str(uuid.uuid4()), "item_id": item_id, "app": found, "number": number, "body": body}
            row |= {"reference": reference, "submitted_at": submitted_at, "by": by, "at": now}
            c.execute(sa.insert(disputes).values(row))
            note_change(c, "dispute recorded", row["id"], now, item=item_id, decision=number, body=body, by=by)
            return _dispute(c.execute(sa.select(disputes).where(disputes.c.id == row["id"])).one()), True

        return self._db.write(work, step="disputes.add")

    def settle(
        self,
        dispute_id: str,
        outcome: DisputeOutcome,
        decided_at: datetime,
        by: str,
        now: datetime,
        *,
        is_followed: bool = True,
        app: str | None = None,
    ) -> Dispute:
        """Record what the body said, once.

        Args:
            is_followed: whether the service does what it said; matters where that reverses the decision.
            app: whose item it must be; None for anybody's.

        Raises:
            NotFound: there is no such dispute.
            InvalidSubmission: it is settled otherwise already, or `decided_at` cannot be.
        """
        mine = disputes.c.id == dispute_id

        def work(c: Connection) -> Dispute:
            row = c.execute(sa.select(disputes).where(mine).with_for_update()).first()
            if row is None or (app is not None and row.app != app):
                raise NotFound(f"no dispute {dispute_id}")
            if row.outcome is not None:
                if row.outcome == outcome:
                    return _dispute(row)
                raise _wrong("outcome", f"the dispute is settled already: {row.outcome}")
            if not row.submitted_at <= decided_at <= now:
                raise _wrong("decided_at", "it lies before the dispute was submitted, or is still to come")
            follows = is_followed if outcome in REVERSING else None
            # What is reversed in part is for the app to do: an item is approved or rejected as a whole.
            followed_at = now if outcome == "partially_reversed" and is_followed else None
            values = {"outcome": outcome, "decided_at": decided_at, "is_to_be_followed": follows}
            c.execute(sa.update(disputes).where(mine).values(**values, followed_at=followed_at))
            said = {"item": row.item_id, "outcome": outcome, "is_followed": follows, "by": by}
            note_change(c, "dispute settled", dispute_id, now, **said)
            return _dispute(c.execute(sa.select(disputes).where(mine)).one())

        return self._db.write(work, step="disputes.settle")

    def get(self, dispute_id: str) -> Dispute:
        """A dispute. Raises `NotFound`."""
        row = self._db.read(lambda c: c.execute(sa.select(disputes).where(disputes.c.id == dispute_id)).first())
        if row is None:
            raise NotFound(f"no dispute {dispute_id}")
        return _dispute(row)

    def of_item(self, item_id: str) -> Sequence[Dispute]:
        """Those of an item, oldest first."""
        query = sa.select(disputes).where(disputes.c.item_id == item_id).order_by(disputes.c.at, disputes.c.id)
        return self._db.read(lambda c: [_dispute(row) for row in c.execute(query)])

    def within(self, since: datetime, until: datetime, app: str | None = None) -> Iterator[Dispute]:
        """Those submitted in a time, `until` left out, by their ids; read a page at a time."""
        last = ""
        in_time = (disputes.c.submitted_at >= since) & (disputes.c.submitted_at < until)
        in_time = in_time if app is None else in_time & (disputes.c.app == app)
        while True:
            query = sa.select(disputes).where(in_time, disputes.c.id > last).order_by(disputes.c.id).limit(PAGE)
            page = self._db.read(lambda c, query=query: c.execute(query).all())  # type: ignore[misc]
            yield from (_dispute(row) for row in page)
            if len(page) < PAGE:
                return
            last = page[-1].id

    def to_follow(self, limit: int) -> Sequence[Dispute]:
        """Those that reverse a decision, are to be followed and were not yet, oldest first."""
        due = (disputes.c.outcome == "reversed") & disputes.c.is_to_be_followed & disputes.c.followed_at.is_(None)
        query = sa.select(disputes).where(due).order_by(disputes.c.decided_at, disputes.c.id).limit(limit)
        return self._db.read(lambda c: [_dispute(row) for row in c.execute(query)])

    def followed(self, dispute_id: str, now: datetime) -> None:
        """The service has done what the body said."""
        mine = (disputes.c.id == dispute_id) & disputes.c.followed_at.is_(None)
        update = sa.update(disputes).where(mine).values(followed_at=now)
        self._db.write(lambda c: c.execute(update), step="disputes.followed")

    def not_followed(self, dispute_id: str, why: str, now: datetime) -> None:
        """The service cannot do what the body said, and does not try again."""
        mine = (disputes.c.id == dispute_id) & disputes.c.is_to_be_followed

        def work(c: Connection) -> None:
            if c.execute(sa.update(disputes).where(mine).values(is_to_be_followed=False)).rowcount:
                note_change(c, "dispute not followed", dispute_id, now, why=why)

        self._db.write(work, step="disputes.not_followed")


def _wrong(field: str, message: str) -> InvalidSubmission:
    return InvalidSubmission([FieldError(field, message)])


def _dispute(row: Any) -> Dispute:
    return Dispute(**row._mapping)
