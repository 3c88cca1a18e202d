"""Stating: the statements of reasons of stored decisions, of one item or streamed over many."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import among
from moderation.core.decisions import Decision
from moderation.core.errors import NotFound
from moderation.core.items import Item
from moderation.core.loops import MAX_APPEALS
from moderation.core.rulings import Ruling
from moderation.core.statements import Statement, statement
from moderation.policies.versions import PolicyVersions
from moderation.reporting.notices import settled
from moderation.storage.reading import ruling_of
from moderation.storage.records import ItemRecord
from moderation.storage.tables import decisions, items

PAGE = 500


def statement_of(
    record: ItemRecord, database: Database, versions: PolicyVersions, number: int | None = None
) -> Statement:
    """The statement of a decision of a stored item.

    Args:
        number: of the decision, from 1 on; None for the one in force.

    Raises:
        NotFound: it has no such decision, or none yet, or was withdrawn.
    """
    made, item = record.decisions, record.item
    if not made:
        raise NotFound(
            f"item {item.id} is {record.status.replace('_', ' ')}: there is no decision to state reasons for"
        )
    number = len(made) if number is None else number
    if not 1 <= number <= len(made):
        raise NotFound(f"item {item.id} has decisions 1 to {len(made)}, and none of number {number}")
    decision = made[number - 1]
    noticed = database.read(lambda c: settled(c, [item.id], "upheld"))
    return _stated(
        item,
        number,
        decision,
        record.ruling,
        versions,
        record.basis.get("custom_labels", ()),
        is_noticed=(item.id, decision.decided_at) in noticed,
        refused=_refused(record, number),
    )


def _refused(record: ItemRecord, number: int) -> str | None:
    """Why an item cannot be appealed; None where it can."""
    if number < len(record.decisions):
        return "a later decision is in force"
    if record.status != "decided":
        return "it is being looked at again"
    if record.not_kept:
        return record.not_kept
    if len({loop.appeal for loop in record.loops if loop.purpose == "appeal"}) >= MAX_APPEALS:
        return f"it was appealed {MAX_APPEALS} times"
    return None


@dataclass(frozen=True, slots=True)
class Stated:
    """A decision in a stream of them.

    Attributes:
        statement: of the decision.
        is_new: True where it restricts what the decision before it did not.
        was: outcome of the decision before; None of the first.
        wanted: what the rules wanted by themselves, by policy: ``(policy, outcome)``; None where they asked for people,
            or that is not known.
    """

    statement: Statement
    is_new: bool
    was: str | None
    wanted: tuple[str, str] | None


def stated(
    database: Database, versions: PolicyVersions, since: datetime, until: datetime, app: str | None = None
) -> Iterator[Stated]:
    """All decisions made in a time, `until` left out, in the order of items; read a page at a time."""
    within = (decisions.c.decided_at >= since) & (decisions.c.decided_at < until)
    if app is not None:
        within &= items.c.app == app
    last = ("", 0)
    while True:
        query = (
            sa.select(
                decisions.c.item_id,
                decisions.c.number,
                decisions.c.document,
                items.c.document.label("item"),
                items.c.verdict,
                items.c.findings["basis"]["custom_labels"].label("custom_labels"),
            )
            .join(items, items.c.id == decisions.c.item_id)
            .where(within, sa.tuple_(decisions.c.item_id, decisions.c.number) > last)
            .order_by(decisions.c.item_id, decisions.c.number)
            .limit(PAGE)
        )
        page, before, noticed = database.read(lambda c, query=query: _page(c, query))  # type: ignore[misc]
        for row in page:
            yield _of_row(row, before, noticed, versions)
        if len(page) < PAGE:
            return
        last = (page[-1].item_id, page[-1].number)


_Before = dict[tuple[str, int], Any]


def _page(c: Connection, query: Any) -> tuple[list[Any], _Before, set[tuple[str, datetime]]]:
    page = list(c.execute(query).all())
    later = {row.item_id for row in page if row.number > 1}
    columns = (decisions.c.item_id, decisions.c.number, decisions.c.document)
    earlier = c.execute(sa.select(*columns).where(among(c, decisions.c.item_id, later))) if later else ()
    before = {(row.item_id, row.number): row.document for row in earlier}
    return page, before, settled(c, {row.item_id for row in page}, "upheld")


def _of_row(row: Any, before: _Before, noticed: Collection[tuple[str, datetime]], versions: PolicyVersions) -> Stated:
    item, ruling = Item.model_validate(row.item), ruling_of(row.verdict)[0]

    def made(number: int, document: Any) -> Statement:
        decision = Decision.model_validate(document)
        is_noticed = (item.id, decision.decided_at) in noticed
        return _stated(item, number, decision, ruling, versions, row.custom_labels or (), is_noticed=is_noticed)

    mine, earlier = made(row.number, row.document), before.get((row.item_id, row.number - 1))
    was = made(row.number - 1, earlier) if earlier is not None else None
    is_new = mine.restriction is not None and (was is None or was.restriction is None)
    wanted = None
    if ruling is not None and ruling.outcome != "review":
        wanted = (ruling.policy.name, ruling.outcome)
    return Stated(mine, is_new, was.outcome if was is not None else None, wanted)


def _stated(
    item: Item,
    number: int,
    decision: Decision,
    ruling: Ruling | None,
    versions: PolicyVersions,
    custom_labels: Collection[str],
    *,
    is_noticed: bool,
    refused: str | None = None,
) -> Statement:
    taxonomy = versions.taxonomy(custom_labels)
    policy = versions.find(decision.policy.version, taxonomy)
    return statement(item, number, decision, ruling, policy, taxonomy, is_noticed=is_noticed, refused=refused)
