"""Earlier decisions on content that is nearly the same: fingerprints in the database, found by index.

A fingerprint is kept with its four bands of 16 bits. Of two that differ in at most three bits at least one band is
equal, so that four looks at an index find all candidates; the exact distance is counted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import insert_many
from moderation.core.decisions import Decision
from moderation.core.fingerprints import BITS, MAX_DISTANCE, EarlierDecision, Fingerprint, bands, distance, newest
from moderation.storage.clearances import clearances_of
from moderation.storage.tables import decisions, fingerprints, item_media, items

MAX_EARLIER = 10
"""Earlier decisions that a reviewer is told of; more are no news."""
ENOUGH = 2 * MAX_EARLIER
"""Matches after which older ones are not looked for; the newest may be under appeal, which takes them out again."""
CANDIDATES = 2000
"""Newest decided fingerprints of the same band that are compared: bounds the look where one band is very common."""

_BAND_COLUMNS = (fingerprints.c.band0, fingerprints.c.band1, fingerprints.c.band2, fingerprints.c.band3)


def save_fingerprints(
    c: Connection, item_id: str, app: str, made: Sequence[Fingerprint], decided_at: datetime | None
) -> None:
    """Keep an item's fingerprints, in the transaction that stores what was found in it; those there stay.

    Args:
        decided_at: None while it waits for people, see `fingerprints_decided`, or nobody is to be told; `told_from`.
    """
    rows = [fingerprint_row(item_id, app, each, decided_at) for each in made]
    insert_many(c, fingerprints, rows, or_nothing=True)


def told_from(decision: Decision, are_people_asked: bool) -> datetime | None:
    """From when on reviewers of the like are told of a decision; None of an approval by rules that nobody looks at."""
    return decision.decided_at if decision.outcome == "reject" or are_people_asked else None


def fingerprint_row(item_id: str, app: str, made: Fingerprint, decided_at: datetime | None) -> dict[str, Any]:
    """A fingerprint as a row of its table."""
    row: dict[str, Any] = {
        "item_id": item_id,
        "part": made.part,
        "app": app,
        "kind": made.kind,
        "digest": made.digest,
        "decided_at": decided_at,
        "bits": None if made.bits is None else _signed(made.bits),
    }
    numbers = bands(made.bits) if made.bits is not None else (None,) * len(_BAND_COLUMNS)
    return row | {column.name: band for column, band in zip(_BAND_COLUMNS, numbers, strict=True)}


def fingerprints_decided(c: Connection, item_id: str, decided_at: datetime) -> None:
    """An item is decided: from now on others may be told of it."""
    c.execute(sa.update(fingerprints).where(fingerprints.c.item_id == item_id).values(decided_at=decided_at))


class NearDuplicates:
    """Looks for decided items that are nearly the same."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def copies(self, item_id: str) -> list[str]:
        """See `copies_of`."""
        return self._db.read(lambda c: copies_of(c, item_id))

    def earlier(self, item_id: str) -> list[EarlierDecision]:
        """The newest decisions in force on other items of the same app that share a part nearly, at most ten.

        Newest first. Items that are being looked at again after an appeal are left out, and those that need a clearance
        which this one does not need: whoever may see this one is not told of them.
        """

        def work(c: Connection) -> list[EarlierDecision]:
            mine = sa.select(fingerprints).where(fingerprints.c.item_id == item_id).order_by(fingerprints.c.part)
            found = [each for row in c.execute(mine).all() for each in _earlier_than(c, row)]
            needed = clearances_of(c, {each.item_id for each in found} | {item_id}) if found else {}
            own = needed.get(item_id, frozenset())
            return newest([each for each in found if needed.get(each.item_id, own) <= own], MAX_EARLIER)

        return self._db.read(work)


def copies_of(c: Connection, item_id: str) -> list[str]:
    """Other items of the same app that have a given part of this one, nearly; oldest first. All there are.

    A film or sound is the same where its file is.
    """
    app = c.execute(sa.select(items.c.app).where(items.c.id == item_id)).scalar()
    found: set[str] = set()
    for mine in c.execute(sa.select(fingerprints).where(fingerprints.c.item_id == item_id)).all():
        alike = (fingerprints.c.app == mine.app) & (fingerprints.c.kind == mine.kind)
        same = sa.select(fingerprints.c.item_id).where(alike, fingerprints.c.digest == mine.digest)
        found.update(c.execute(same).scalars())
        if mine.bits is None:
            continue
        for column in _BAND_COLUMNS:
            near = sa.select(fingerprints.c.item_id, fingerprints.c.bits)
            with c.execute(near.where(alike, column == mine._mapping[column.name])) as rows:
                for row in rows:
                    if distance(_unsigned(row.bits), _unsigned(mine.bits)) <= MAX_DISTANCE:
                        found.add(row.item_id)
    files = sa.select(item_media.c.uri).where(item_media.c.item_id == item_id)
    named = sa.select(item_media.c.item_id).join(items, items.c.id == item_media.c.item_id)
    found.update(c.execute(named.where(item_media.c.uri.in_(files), items.c.app == app)).scalars())
    return sorted(found - {item_id})


def _earlier_than(c: Connection, mine: sa.Row[Any]) -> list[EarlierDecision]:
    """Decisions on other items that have a part like this one: the newest ten, and perhaps a few more."""
    closest = _closest(c, mine)
    newest_first = sorted(closest, key=lambda item_id: closest[item_id][1], reverse=True)
    found: list[EarlierDecision] = []
    for start in range(0, len(newest_first), MAX_EARLIER):
        decided = _decisions(c, newest_first[start : start + MAX_EARLIER])
        found += [EarlierDecision(each, mine.kind, closest[each][0], decision) for each, decision in decided.items()]
        if len(found) >= MAX_EARLIER:
            break  # only items under appeal make it take more than one round
    return found


def _closest(c: Connection, mine: sa.Row[Any]) -> dict[str, tuple[int | None, datetime]]:
    """Other decided items by id: how many bits differ (None for an equal digest), and when they were decided."""
    closest: dict[str, tuple[int | None, datetime]] = {}
    same_app = (
        (fingerprints.c.app == mine.app)
        & (fingerprints.c.kind == mine.kind)
        & (fingerprints.c.item_id != mine.item_id)
        & fingerprints.c.decided_at.is_not(None)
    )
    wanted = [fingerprints.c.item_id, fingerprints.c.bits, fingerprints.c.decided_at]
    newest_first = fingerprints.c.decided_at.desc()
    equal = sa.select(*wanted).where(same_app, fingerprints.c.digest == mine.digest).order_by(newest_first)
    for row in c.execute(equal.limit(ENOUGH)):
        closest[row.item_id] = (None, row.decided_at)
    if mine.bits is None:
        return closest
    for column in _BAND_COLUMNS:
        query = sa.select(*wanted).where(same_app, column == mine._mapping[column.name]).order_by(newest_first)
        within = 0
        with c.execute(query.limit(CANDIDATES)) as rows:
            for row in rows:
                differing = distance(_unsigned(row.bits), _unsigned(mine.bits))
                if differing > MAX_DISTANCE:
                    continue
                known = closest.get(row.item_id, (BITS, None))[0]
                if known is not None and differing < known:
                    closest[row.item_id] = (differing, row.decided_at)
                within += 1
                if within == ENOUGH:
                    break  # what is posted again and again fills a band with itself
    return closest


def _decisions(c: Connection, item_ids: Sequence[str]) -> dict[str, Decision]:
    """The decisions in force on those of the items that are decided."""
    query = (
        sa.select(decisions.c.item_id, decisions.c.document)
        .join(items, items.c.id == decisions.c.item_id)
        .where(decisions.c.item_id.in_(item_ids), items.c.status == "decided")
        .order_by(decisions.c.number)
    )
    return {row.item_id: Decision.model_validate(row.document) for row in c.execute(query)}


def _signed(bits: int) -> int:
    """As databases keep 64 bits: two's complement."""
    return bits - (1 << BITS) if bits >> BITS - 1 else bits


def _unsigned(stored: int) -> int:
    return stored & (1 << BITS) - 1
