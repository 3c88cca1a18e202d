"""Search over the items of all apps, newest first, a page at a time. Only reads.

Whatever is asked for, one index leads: the words, else the rarest of what an item is found by, else the items
themselves; everything else is asked of the items that it gives, until a page is full.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import among
from moderation.core.items import Item
from moderation.storage.clearances import is_shown
from moderation.storage.facets import FacetKind, facet
from moderation.storage.item_ids import first_item_id
from moderation.storage.tables import (
    IS_REJECTED,
    IS_WAITING,
    decisions,
    item_facets,
    item_labels,
    item_loops,
    items,
    saved_views,
)
from moderation.storage.words import having_words

PAGE = 50
COUNTED = 10_000
"""Nobody counts further than this."""


@dataclass(frozen=True)
class Asked:
    """What items are searched for; None for anything.

    Attributes:
        item: an item's id, or its beginning.
        outcome: that it was decided with.
        wanted: what the rules wanted: ``approve``, ``reject`` or ``review``.
        decided_by: ``rules`` or ``people``.
        since: posted then or later.
        until: posted before.
        words: that stand in its texts, given or found, as whole words or their beginnings.
        loops: human loops, of which the item must have one; for what reviewers answered.
        rule: ``policy/rule`` that was true of it.
        failed: detector that gave no answer.
        queue: ``policy/queue`` that people were asked in.
        place: where it comes from, as its app says it.
        again: True for what was decided more than once.
    """

    item: str | None = None
    app: str | None = None
    content_id: str | None = None
    author: str | None = None
    label: str | None = None
    status: str | None = None
    outcome: str | None = None
    wanted: str | None = None
    decided_by: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None
    loops: frozenset[str] | None = None
    rule: str | None = None
    failed: str | None = None
    queue: str | None = None
    place: str | None = None
    again: bool | None = None


@dataclass(frozen=True)
class Row:
    """An item in a list.

    Attributes:
        status: ``pending``, ``in_review``, ``decided`` or ``withdrawn``.
        decided_by: who decided last; None while nobody has.
        labels: that led to the decision or the verdict, most serious first.
        reason: of the decision or the verdict; empty while there is none.
        numbers: how many decisions there were.
    """

    item: Item
    status: str
    outcome: str | None
    decided_by: str | None
    decided_at: datetime | None
    labels: tuple[str, ...]
    reason: str
    numbers: int
    problem: str | None


@dataclass(frozen=True)
class SavedView:
    """A search that somebody keeps.

    Attributes:
        query: the part of the address after the question mark.
        is_shared: True when all who may search see it.
    """

    id: str
    owner: str
    name: str
    query: str
    is_shared: bool


class Searching:
    """Searches in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def page(self, asked: Asked, held: Collection[str], before: str | None = None, limit: int = PAGE) -> Sequence[Row]:
        """Items, newest first; `before` is the id that the last page ended with.

        Args:
            held: clearances, here and below; items that need others are not among what is found.
        """
        return self._db.read(
            lambda c: _rows(c, [row.id for row in c.execute(_ids(c, asked, held, before).limit(limit))], held)
        )

    def count(self, asked: Asked, held: Collection[str]) -> int:
        """How many there are; `COUNTED` at most."""

        def work(c: Connection) -> int:
            found = _ids(c, asked, held, None).order_by(None).limit(COUNTED).subquery()
            return int(c.execute(sa.select(sa.func.count()).select_from(found)).scalar_one())

        return self._db.read(work)

    def rows(self, ids: Collection[str], held: Collection[str]) -> Sequence[Row]:
        """These items, newest first; those that are gone are left out."""
        return self._db.read(lambda c: _rows(c, sorted(ids, reverse=True), held))

    def loops_of(self, ids: Collection[str]) -> dict[str, list[str]]:
        """Names of the human loops of items that are not ended, by item."""
        query = sa.select(item_loops.c.item_id, item_loops.c.name).where(item_loops.c.state != "ended")
        found: dict[str, list[str]] = {}

        def work(c: Connection) -> None:
            for row in c.execute(query.where(among(c, item_loops.c.item_id, list(ids)))):
                found.setdefault(row.item_id, []).append(row.name)

        self._db.read(work)
        return found

    # Saved views

    def views(self, owner: str) -> Sequence[SavedView]:
        """Somebody's own, and those that others share; by name."""
        query = sa.select(saved_views).where(sa.or_(saved_views.c.owner == owner, saved_views.c.is_shared))
        return self._db.read(
            lambda c: [
                SavedView(row.id, row.owner, row.name, row.query, row.is_shared)
                for row in c.execute(query.order_by(saved_views.c.name, saved_views.c.id))
            ]
        )

    def save_view(self, view: SavedView, now: datetime) -> None:
        """Keep a view."""
        values = {**vars(view), "created_at": now}
        self._db.write(lambda c: c.execute(sa.insert(saved_views).values(values)), step="views.save")

    def forget_view(self, view_id: str, owner: str) -> None:
        """Drop somebody's own view; nothing happens when it is none."""
        own = (saved_views.c.id == view_id) & (saved_views.c.owner == owner)
        self._db.write(lambda c: c.execute(sa.delete(saved_views).where(own)), step="views.forget")


def _ids(c: Connection, asked: Asked, held: Collection[str], before: str | None) -> sa.Select[tuple[str]]:
    """The ids of the items asked for, newest first."""
    facets: tuple[tuple[FacetKind, str | None], ...] = (
        ("author", asked.author),
        ("failed", asked.failed),
        ("rule", asked.rule),
        ("queue", asked.queue),
        ("place", asked.place),
    )
    wanted = [facet(kind, value) for kind, value in facets if value is not None]
    leader: sa.ColumnElement[Any] = items.c.id
    source: Any = items
    rest = []
    if wanted:
        leader = item_facets.c.item_id
        source = items.join(item_facets, item_facets.c.item_id == items.c.id)
        rest.append(item_facets.c.facet == wanted.pop(0))
    elif asked.label is not None:
        leader = item_labels.c.item_id
        source = items.join(item_labels, item_labels.c.item_id == items.c.id)
        rest.append(item_labels.c.label == asked.label)
    for each in wanted:
        other = item_facets.alias()
        rest.append(sa.exists().where(other.c.facet == each, other.c.item_id == items.c.id))
    if asked.label is not None and leader is not item_labels.c.item_id:
        rest.append(sa.exists().where(item_labels.c.label == asked.label, item_labels.c.item_id == items.c.id))
    if asked.words is not None:
        rest.append(having_words(c, asked.words))
    if asked.loops is not None:
        own = sa.select(item_loops.c.item_id).where(among(c, item_loops.c.name, sorted(asked.loops)))
        rest.append(items.c.id.in_(own))
    rest += [*_plain(asked), is_shown(held)]
    if asked.since is not None:
        # Ids begin with the time, so that nothing older is read.
        rest.append(leader >= first_item_id(asked.since))
    if asked.until is not None:
        rest.append(leader < first_item_id(asked.until))
    if before is not None:
        rest.append(leader < before)
    return sa.select(items.c.id).select_from(source).where(*rest).order_by(leader.desc())


def _plain(asked: Asked) -> list[sa.ColumnElement[bool]]:
    """What an item's own row says."""
    rest: list[sa.ColumnElement[bool]] = []
    for column, value in ((items.c.app, asked.app), (items.c.content_id, asked.content_id)):
        if value is not None:
            rest.append(column == value)
    if asked.item is not None:
        low = asked.item.lower()
        rest.append(items.c.id.between(low, low + "g"))
    if asked.status is not None:
        rest.append(IS_WAITING if asked.status == "pending" else items.c.status == asked.status)
    if asked.outcome is not None:
        rest.append(IS_REJECTED if asked.outcome == "reject" else items.c.outcome == asked.outcome)
    if asked.wanted is not None:
        rest.append(items.c.verdict["outcome"].as_string() == asked.wanted)
    if asked.again:
        rest.append(sa.exists().where(decisions.c.item_id == items.c.id, decisions.c.number == 2))
    if asked.decided_by is not None:
        last = decisions.alias()
        newest = sa.select(sa.func.max(last.c.number)).where(last.c.item_id == items.c.id).scalar_subquery()
        by = decisions.c.document["decided_by"].as_string() == asked.decided_by
        rest.append(sa.exists().where(decisions.c.item_id == items.c.id, decisions.c.number == newest, by))
    return rest


def _rows(c: Connection, ids: Sequence[str], held: Collection[str]) -> list[Row]:
    if not ids:
        return []
    verdict = items.c.verdict
    query = sa.select(
        items.c.id,
        items.c.document,
        items.c.status,
        items.c.outcome,
        items.c.problem,
        verdict["labels"].label("labels"),
        verdict["reason"].as_string().label("reason"),
    )
    found = {row.id: row for row in c.execute(query.where(among(c, items.c.id, list(ids)), is_shown(held)))}
    made: dict[str, list[Any]] = {}
    decided = sa.select(decisions.c.item_id, decisions.c.document, decisions.c.decided_at)
    decided = decided.where(among(c, decisions.c.item_id, list(ids))).order_by(decisions.c.item_id, decisions.c.number)
    for row in c.execute(decided):
        made.setdefault(row.item_id, []).append(row)
    return [_row(found[each], made.get(each, [])) for each in ids if each in found]


def _row(row: Any, made: Sequence[Any]) -> Row:
    last = made[-1].document if made else None
    labels = last.get("labels", ()) if last is not None else row.labels or ()
    return Row(
        item=Item.model_validate(row.document),
        status=row.status,
        outcome=row.outcome,
        decided_by=last["decided_by"] if last is not None else None,
        decided_at=made[-1].decided_at if made else None,
        labels=tuple(labels),
        reason=(last["reason"] if last is not None else row.reason) or "",
        numbers=len(made),
        problem=row.problem,
    )
