"""Shapes: what decisions have in common that reports count together, so that a million rows come to some hundreds.

To state the reasons of a decision takes its item, its policy's text of that time and what the rules wanted. But counts
hang on few values of these: decisions whose shape is equal have statements that count alike. So rows are read for
these values alone, and one decision of each shape is stated in full.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import Connection

from ground.database import Database, as_utc
from ground.encoded_json import as_json
from ground.prepared import among
from moderation.policies.versions import PolicyVersions
from moderation.reporting.notices import is_settled
from moderation.reporting.statements import DecisionKey, Place, Stated, page_of, state
from moderation.storage.bases import WITH_ITEMS, shared_fact
from moderation.storage.tables import decisions, items

PAGE = 10_000
FEW = 500
"""Rows in memory at once, but for those of shapes that are new, or that may restrict something."""
SHAPE = 4
"""The column at which a shape begins."""


Shape = tuple[Any, ...]
"""What a statement's counts hang on, as `_query` has it: the app, whether the decision is the item's first, whether it
upheld somebody's report, the decision without what no count hangs on, what the rules wanted, of which policy, and the
first label that they found. Of decisions that may restrict something there are these too: which rules decided, labels
of detectors that the taxonomy of that time had, and the decision before."""


@dataclass
class Counted:
    """Decisions of one shape.

    Attributes:
        stated: one of them.
        hours: from the post of each to its decision, of first decisions.
        upholding: items and times of those that upheld notices.
    """

    stated: Stated
    number: int = 0
    hours: array[float] = field(default_factory=lambda: array("d"))
    upholding: list[tuple[str, datetime]] = field(default_factory=list)

    def add(self, row: sa.Row[Any]) -> None:
        """Count a row of `_query`."""
        item_id, number, decided_at, posted_at, _, _, is_noticed, *_ = tuple(row)
        self.number += 1
        if number == 1:
            self.hours.append((decided_at - posted_at).total_seconds() / 3600)
        if is_noticed:
            self.upholding.append((item_id, as_utc(decided_at)))


def counted(
    database: Database,
    versions: PolicyVersions,
    since: datetime,
    until: datetime,
    app: str | None = None,
    progress: Callable[[int], None] = lambda number: None,
) -> Collection[Counted]:
    """All decisions made in a time, `until` left out, by their shapes; read a page at a time.

    Memory grows with the shapes, and with eight bytes for each first decision.

    Args:
        progress: is told after each page how many decisions it had.
    """
    found: dict[Shape, Counted] = {}
    last: Place | None = None
    while True:
        query = page_of(_query(database.is_sqlite), PAGE, since, until, app, last)
        row, number = database.read(lambda c, query=query: _count_page(c, query, versions, found))  # type: ignore[misc]
        progress(number)
        if row is None or number < PAGE:
            return found.values()
        last = (as_utc(row.decided_at), row.item_id, row.number)


def _count_page(
    c: Connection, query: sa.Select[Any], versions: PolicyVersions, found: dict[Shape, Counted]
) -> tuple[sa.Row[Any] | None, int]:
    """Count a page into `found`, and give its last row and how many there were."""
    others, number, last = [], 0, None
    for row in c.execute(query.execution_options(yield_per=FEW)):
        number, last = number + 1, row
        mine = found.get(row[SHAPE:])
        if mine is None:
            others.append(row)
        else:
            mine.add(row)
    by_shape: dict[Shape, list[sa.Row[Any]]] = {}
    grounds = _grounds(c, [_key(row) for row in others if _may_restrict(row.decision)])
    for row in others:
        by_shape.setdefault(row[SHAPE:] + grounds.get(_key(row), ()), []).append(row)
    fresh = {shape: each for shape, each in by_shape.items() if shape not in found}
    firsts = state(c, versions, [_key(each[0]) for each in fresh.values()])
    for shape, each in fresh.items():
        one = firsts.get(_key(each[0])) or next(iter(state(c, versions, map(_key, each)).values()), None)
        if one is not None:  # else all of them were withdrawn between two reads
            found[shape] = Counted(one)
    for shape, each in by_shape.items():
        if shape in found:
            for row in each:
                found[shape].add(row)
    return last, number


def _key(row: sa.Row[Any]) -> DecisionKey:
    return row.item_id, row.number


def _query(is_sqlite: bool) -> sa.Select[Any]:
    """Decisions with their times and, from column `SHAPE` on, what their shapes are."""
    return sa.select(
        decisions.c.item_id,
        decisions.c.number,
        _as_stored(decisions.c.decided_at).label("decided_at"),
        _as_stored(items.c.created_at).label("posted_at"),
        items.c.app,
        decisions.c.number == 1,
        is_settled(decisions.c.item_id, decisions.c.decided_at, "upheld"),
        _bare(is_sqlite, decisions.c.document).label("decision"),
        items.c.verdict["outcome"].as_string(),
        items.c.verdict["policy", "name"].as_string(),
        items.c.verdict["labels", 0].as_string(),
    )


def _as_stored(at: sa.Column[datetime]) -> sa.ColumnElement[datetime]:
    """A time as the driver has it: to make each aware takes longer than to read it."""
    return sa.type_coerce(at, sa.DateTime(timezone=True))


_UNTOLD = ("reason", "decided_at", "supersedes")
"""Of a decision: what no count hangs on."""


def _bare(is_sqlite: bool, document: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A decision without what differs from one to the next, as text."""
    if is_sqlite:
        return sa.func.json_remove(document, *(f"$.{name}" for name in _UNTOLD), type_=sa.Text)
    return sa.cast(sa.cast(document, JSONB).op("-")(sa.cast(list(_UNTOLD), ARRAY(sa.Text))), sa.Text)


@lru_cache(maxsize=10_000)
def _may_restrict(decision: str) -> bool:
    """Whether a decision may restrict something; others never do."""
    said = from_json(decision)
    return said["outcome"] == "reject" or bool(said.get("actions"))


def _grounds(c: Connection, keys: Collection[DecisionKey]) -> Mapping[DecisionKey, Shape]:
    """What the restrictions of some decisions hang on."""
    if not keys:
        return {}
    ids = {item_id for item_id, _ in keys}
    said = sa.select(
        items.c.id,
        items.c.verdict["policies"].as_string(),
        sa.cast(shared_fact("custom_labels"), sa.Text),
    )
    said = said.select_from(WITH_ITEMS).where(among(c, items.c.id, ids))
    rows = {item_id: (_deciding(policies), custom_labels) for item_id, policies, custom_labels in c.execute(said)}
    again = {item_id for item_id, number in keys if number > 1}
    bare = _bare(c.dialect.name == "sqlite", decisions.c.document)
    earlier = sa.select(decisions.c.item_id, decisions.c.number, bare).where(among(c, decisions.c.item_id, again))
    before = {(item_id, number + 1): decision for item_id, number, decision in (c.execute(earlier) if again else ())}
    return {key: (*rows[key[0]], before.get(key)) for key in keys if key[0] in rows}


def _deciding(policies: str | None) -> str | None:
    """The rules that decided, of what policies wanted; a verdict of the old form says more of each than its name."""
    if policies is None:
        return None
    said: Iterable[Any] = from_json(policies)
    return as_json(
        [
            (each["policy"], [rule["rule"] if isinstance(rule, dict) else rule for rule in each.get("deciding", ())])
            for each in said
        ]
    )
