"""What roll-ups are completed with: items posted, hour by hour, and what happened before there were roll-ups.

Both go a little at a time, each batch in one transaction with the mark of how far it has come: killed anywhere, it goes
on there, and nothing counts twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation.core.decisions import Decision
from moderation.core.detections import Detection, Failure
from moderation.core.items import Item
from moderation.core.rules.caps import fired
from moderation.core.rulings import Ruling
from moderation.storage.facets import save_facets
from moderation.storage.findings import Findings
from moderation.storage.item_ids import first_item_id
from moderation.storage.reading import ruling_of
from moderation.storage.roll_ups import SPANS, Counts, Span, add_decided, add_judged, add_rows, start_of
from moderation.storage.tables import decisions, item_loops, items, roll_up_marks, roll_ups

logger = logging.getLogger(__name__)

HISTORY, POSTED = "history", "posted"
BATCH = 200
"""Items of one transaction, so that no post waits long for it."""
HOURS = 240
"""Hours of one transaction."""
SETTLED = timedelta(minutes=10)
"""So long after its end an hour gets no more items: their ids are made just before they are stored."""


class RollUpHistory:
    """Completes the roll-ups in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def count(self, now: datetime) -> bool:
        """Count a batch of each; False when there was nothing left to count."""
        sealed = self._db.write(lambda c: _seal_posted(c, now), step="roll_ups.seal_posted")
        return self._db.write(_count_history, step="roll_ups.count_history") or sealed

    def is_complete(self) -> bool:
        """True once all that happened before there were roll-ups is counted."""
        return self._db.read(lambda c: _mark(c, HISTORY)) is None


def posted(c: Connection, span: Span, first: str, after: str, app: str | None = None) -> dict[tuple[str, str], int]:
    """Items posted in a time, by its hours or days and the app; up to this moment.

    Args:
        first: where it starts; `roll_ups.start_of`.
        after: where it ends, itself left out.
        app: only of this one; None for all.
    """
    found: Counter[tuple[str, str]] = Counter()
    stored = sa.select(roll_ups.c.start, roll_ups.c.app, roll_ups.c.amount).where(
        roll_ups.c.figure == POSTED, roll_ups.c.span == span, roll_ups.c.start >= first, roll_ups.c.start < after
    )
    for row in c.execute(stored if app is None else stored.where(roll_ups.c.app == app)):
        found[row.start, row.app] += row.amount
    known = _apps(c) if app is None else [app]
    since: datetime | None = max(_read(first), _mark(c, POSTED).at)
    while since is not None and since < _read(after):
        start = start_of(span, since)
        end = _read(start) + _LENGTH[span]
        for each in known:
            if number := _count_posted(c, each, since, end):
                found[start, each] += number
        since = _next_posted(c, end)
    return dict(found)


def _seal_posted(c: Connection, now: datetime) -> bool:
    """Store the counts of hours that get no more items; True when there were some."""
    at = _next_posted(c, _mark(c, POSTED, is_held=True).at)
    over = _read(start_of("hour", now - SETTLED))
    rows: list[tuple[Span, str, tuple[str, str, str, str], int]] = []
    known, hours, sealed = _apps(c), 0, None
    while at is not None and at < over and hours < HOURS:
        hour = _read(start_of("hour", at))
        sealed = hour + _LENGTH["hour"]
        for app in known:
            if number := _count_posted(c, app, hour, sealed):
                rows += [(span, start_of(span, hour), (POSTED, app, "", ""), number) for span in SPANS]
        at, hours = _next_posted(c, sealed), hours + 1
    if sealed is None:
        return False
    add_rows(c, rows)
    _set_mark(c, POSTED, sealed)
    return True


def _count_history(c: Connection) -> bool:
    """Count the newest items that are not counted yet; False when all are."""
    mark = _mark(c, HISTORY, is_held=True)
    if mark is None:
        return False
    before = mark.position or first_item_id(mark.at + timedelta(milliseconds=1))
    query = sa.select(items).where(items.c.id < before).order_by(items.c.id.desc()).limit(BATCH)
    rows = c.execute(query).all()
    if not rows:
        c.execute(sa.delete(roll_up_marks).where(roll_up_marks.c.name == HISTORY))
        return False
    total: Counter[tuple[Span, str, tuple[str, str, str, str]]] = Counter()
    ids = [row.id for row in rows]
    made = _decisions(c, ids)
    asked = _first_asked(c, ids)
    for row in rows:
        for at, counts in _history_of(c, row, made.get(row.id, []), asked.get(row.id)):
            if at < mark.at:
                for span in SPANS:
                    for key, amount in counts.items():
                        total[span, start_of(span, at), key] += amount
    add_rows(c, [(*key, amount) for key, amount in total.items()])
    _set_mark(c, HISTORY, mark.at, rows[-1].id)
    return True


def _history_of(
    c: Connection, row: Any, made: list[Decision], asked_at: datetime | None
) -> Iterator[tuple[datetime, Counts]]:
    """What happened to an item, and when; notes by what it is found."""
    times = [decision.decided_at for decision in made[:1]] + ([asked_at] if asked_at is not None else [])
    if row.verdict and times:
        try:
            item, ruling, findings = _evidence(row)
        except ValidationError:
            # Counting must not stand still over what one item says.
            logger.warning("item=%s: its verdict is of a form that is not read any more; it is not counted", row.id)
        else:
            save_facets(c, [(item, ruling, findings)])
            counts: Counts = Counter()
            add_judged(counts, item, ruling, findings, fired(ruling))
            yield min(times), counts
    for decision in made:
        counts = Counter()
        add_decided(counts, row.app, decision)
        yield decision.decided_at, counts


def _evidence(row: Any) -> tuple[Item, Ruling, Findings]:
    """An item with what was found in it, and what the rules made of that. Raises `ValidationError`."""
    found = row.findings or {}
    detections = tuple(Detection.model_validate(each) for each in found.get("detections", ()))
    failures = tuple(Failure.model_validate(each) for each in found.get("failures", ()))
    ruling, _told = ruling_of(row.verdict)
    assert ruling is not None  # there is a verdict
    return Item.model_validate(row.document), ruling, Findings((), detections, failures)


def _decisions(c: Connection, ids: list[str]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    query = sa.select(decisions.c.item_id, decisions.c.document).where(decisions.c.item_id.in_(ids))
    for row in c.execute(query.order_by(decisions.c.item_id, decisions.c.number)):
        found.setdefault(row.item_id, []).append(Decision.model_validate(row.document))
    return found


def _first_asked(c: Connection, ids: list[str]) -> dict[str, datetime]:
    """When people were first asked, by item."""
    query = sa.select(item_loops.c.item_id, sa.func.min(item_loops.c.created_at)).where(item_loops.c.item_id.in_(ids))
    return {row[0]: row[1] for row in c.execute(query.group_by(item_loops.c.item_id))}


def _next_posted(c: Connection, since: datetime) -> datetime | None:
    """When the first item since then was posted, as its id says; None when there is none."""
    first = c.execute(sa.select(sa.func.min(items.c.id)).where(items.c.id >= first_item_id(since))).scalar()
    return None if first is None else datetime.fromtimestamp(int(first.replace("-", "")[:12], 16) / 1000, UTC)


def _count_posted(c: Connection, app: str, since: datetime, before: datetime) -> int:
    own = (items.c.app == app) & (items.c.id >= first_item_id(since)) & (items.c.id < first_item_id(before))
    return int(c.execute(sa.select(sa.func.count()).select_from(items).where(own)).scalar_one())


def _apps(c: Connection) -> list[str]:
    """The apps that have items, each found by one step in the index."""
    found: list[str] = []
    while True:
        query = sa.select(sa.func.min(items.c.app))
        app = c.execute(query.where(items.c.app > found[-1]) if found else query).scalar()
        if app is None:
            return found
        found.append(app)


def _mark(c: Connection, name: str, *, is_held: bool = False) -> Any:
    """How far one has come; held, nobody else goes on from there before this transaction ends."""
    query = sa.select(roll_up_marks).where(roll_up_marks.c.name == name)
    return c.execute(query.with_for_update() if is_held else query).first()


def _set_mark(c: Connection, name: str, at: datetime, position: str = "") -> None:
    c.execute(sa.update(roll_up_marks).where(roll_up_marks.c.name == name).values(at=at, position=position))


def _read(start: str) -> datetime:
    """The time that an hour or a day begins at."""
    return datetime.fromisoformat(start if len(start) == 10 else f"{start}:00").replace(tzinfo=UTC)


_LENGTH = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
