"""What the store says: items with all that happened to them, human loops, and how much waits. Only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation.core.decisions import Decision
from moderation.core.detections import Detection, Failure
from moderation.core.errors import NotFound
from moderation.core.items import LANES, Item, Part
from moderation.core.loops import OWN_ACCOUNT
from moderation.core.redaction import RedactedPart
from moderation.core.rulings import Ruling
from moderation.core.verdicts import Verdict
from moderation.storage.attention import Attention, need_attention
from moderation.storage.bases import bases_of
from moderation.storage.facets import FacetKind, facet
from moderation.storage.item_ids import first_item_id
from moderation.storage.records import ItemRecord, Line, LoopRecord, loop_record
from moderation.storage.tables import (
    IS_REJECTED,
    IS_WAITING,
    decisions,
    item_clearances,
    item_facets,
    item_labels,
    item_loops,
    items,
)
from moderation.storage.words import having_words


class Reading:
    """Items and their path as they stand in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get_item(self, item_id: str, app: str | None = None) -> ItemRecord:
        """An item with all that happened. Raises `NotFound`, also when it is another app's."""

        def work(c: Connection) -> ItemRecord:
            row = c.execute(sa.select(items).where(items.c.id == item_id)).first()
            if row is None or (app is not None and row.app != app):
                raise NotFound(f"no item {item_id}")
            (record,) = _records(c, [row])
            return record

        return self._db.read(work)

    def search_items(
        self,
        *,
        app: str,
        status: str | None = None,
        label: str | None = None,
        outcome: str | None = None,
        content_id: str | None = None,
        named: Mapping[FacetKind, str] = MappingProxyType({}),
        words: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[ItemRecord]:
        """Items of an app, newest first; `before` is the id that the last page ended with.

        Args:
            named: such as ``author``, as the app names them.
            words: that all stand in its texts, given or found, as whole words or their beginnings.
        """
        query = sa.select(items).where(items.c.app == app)
        if outcome == "reject":
            query, outcome = query.where(IS_REJECTED), None
        for column, value in ((items.c.status, status), (items.c.outcome, outcome), (items.c.content_id, content_id)):
            query = query.where(column == value) if value is not None else query
        if label is not None:
            query = query.where(items.c.id.in_(sa.select(item_labels.c.item_id).where(item_labels.c.label == label)))
        for kind, name in named.items():
            found = sa.select(item_facets.c.item_id).where(item_facets.c.facet == facet(kind, name))
            query = query.where(items.c.id.in_(found))
        if since is not None:
            # Ids begin with the time, so that nothing older is read.
            query = query.where(items.c.id >= first_item_id(since), items.c.created_at >= since)
        if until is not None:
            query = query.where(items.c.created_at < until)
        if before is not None:
            query = query.where(items.c.id < before)
        query = query.order_by(items.c.id.desc()).limit(limit)

        def work(c: Connection) -> list[ItemRecord]:
            asked = query if words is None else query.where(having_words(c, words))
            return _records(c, c.execute(asked).all())

        return self._db.read(work)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many items there are by (status, outcome or empty)."""
        query = sa.select(items.c.status, items.c.outcome, sa.func.count()).group_by(items.c.status, items.c.outcome)
        return self._db.read(lambda c: {(r[0], r[1] or ""): r[2] for r in c.execute(query)})

    def due_loops(
        self, now: datetime, limit: int, besides: Collection[Line] = (), *, here_only: bool = False
    ) -> list[LoopRecord]:
        """Loops to be started or asked about, longest waiting first.

        Args:
            besides: lines that are left out.
            here_only: only those that are open at our own endpoint.
        """
        due = item_loops.c.state.in_(("starting", "open")) & (item_loops.c.next_look_at <= now)
        is_here = sa.func.coalesce(item_loops.c.arn, "").like(f"arn:%:{OWN_ACCOUNT}:%")
        due &= is_here if here_only else sa.true()
        for line in besides:
            due &= ~((item_loops.c.flow == line.flow) & (is_here if line.is_here else ~is_here))
        query = sa.select(item_loops).where(due).order_by(item_loops.c.next_look_at).limit(limit)
        return self._db.read(lambda c: [loop_record(row) for row in c.execute(query)])

    def get_loop(self, name: str) -> LoopRecord:
        """A loop by name. Raises `NotFound`."""
        row = self._db.read(lambda c: c.execute(sa.select(item_loops).where(item_loops.c.name == name)).first())
        if row is None:
            raise NotFound(f"no human loop {name}")
        return loop_record(row)

    def loop_problems(self) -> list[str]:
        """What keeps loops from getting on, each once."""
        query = sa.select(item_loops.c.problem).where(item_loops.c.state != "ended", item_loops.c.problem.is_not(None))
        return self._db.read(lambda c: sorted({row.problem for row in c.execute(query.distinct().limit(20))}))

    def need_attention(self, limit: int = 100) -> list[Attention]:
        """Undecided items that do not get on by themselves, oldest first."""
        return need_attention(self._db, limit)

    def backlog(self) -> tuple[int, datetime | None]:
        """How many items are pending, and since when the oldest."""
        query = sa.select(sa.func.count(), sa.func.min(items.c.id)).where(IS_WAITING)

        def work(c: Connection) -> tuple[int, datetime | None]:
            count, oldest = c.execute(query).one()
            if oldest is None:
                return count, None
            return count, c.execute(sa.select(items.c.created_at).where(items.c.id == oldest)).scalar_one()

        return self._db.read(work)

    def backlog_by_app(self) -> dict[str, int]:
        """How many items of each app are pending."""
        # By lane too, as the index of those that wait has it: then it is all that is read.
        by_lane = sa.select(items.c.app, sa.func.count()).where(IS_WAITING, items.c.lane.in_(LANES))
        by_lane = by_lane.group_by(items.c.lane, items.c.app)
        counts = Counter[str]()
        for app, count in self._db.read(lambda c: c.execute(by_lane).all()):
            counts[app] += count
        return counts


def _records(c: Connection, rows: Sequence[sa.Row[Any]]) -> list[ItemRecord]:
    bases = bases_of(c, {row.basis for row in rows})
    return [_record(c, row, bases[row.basis]) for row in rows]


def _record(c: Connection, row: sa.Row[Any], shared: Mapping[str, Any]) -> ItemRecord:
    item = Item.model_validate(row.document)
    found = row.findings or {}
    decided = c.execute(
        sa.select(decisions.c.document).where(decisions.c.item_id == item.id).order_by(decisions.c.number)
    )
    loops = c.execute(
        sa.select(item_loops)
        .where(item_loops.c.item_id == item.id)
        .order_by(item_loops.c.created_at, item_loops.c.round)
    )
    needed = sa.select(item_clearances.c.clearance).where(item_clearances.c.item_id == item.id)
    ruling, told = ruling_of(row.verdict)
    return ItemRecord(
        item=item,
        status=row.status,
        parts=tuple(Part.model_validate(p) for p in found.get("parts", ())) or item.parts,
        detections=tuple(Detection.model_validate(d) for d in found.get("detections", ())),
        failures=tuple(Failure.model_validate(f) for f in found.get("failures", ())),
        ruling=ruling,
        told=told,
        decisions=tuple(Decision.model_validate(d.document) for d in decided),
        loops=tuple(loop_record(loop) for loop in loops),
        basis={**shared, **found.get("basis", {})},
        media_deleted_at=row.media_deleted_at,
        problem=row.problem,
        withdrawn_at=row.withdrawn_at,
        clearances=tuple(sorted(c.execute(needed).scalars())),
        text_erased_at=row.text_erased_at,
        redacted=tuple(RedactedPart.model_validate(each) for each in row.redacted or ()),
    )


def ruling_of(stored: dict[str, Any] | None) -> tuple[Ruling | None, Verdict | None]:
    """What the rules wanted, as a row has it, and the whole verdict where that is what was stored."""
    if not stored:
        return None, None
    if "form" in stored:
        return Ruling.model_validate(stored), None
    told = Verdict.model_validate(stored)
    return Ruling.told_by(told), told
