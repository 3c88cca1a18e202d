"""Stating: the statements of reasons of stored decisions, of one item or streamed over many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
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
from moderation.storage.bases import WITH_ITEMS, shared_fact
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


DecisionKey = tuple[str, int]
"""A decision: its item's id, and its number."""
Place = tuple[datetime, str, int]
"""Where a page of decisions ended: the last one's time, item and number."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A decision among many.

    Attributes:
        statement: of the decision.
        is_new: True where it restricts what the decision before it did not.
        wanted: what the rules wanted by themselves, by policy: ``(policy, outcome)``; None where they asked for people,
            or that is not known.
    """

    statement: Statement
    is_new: bool
    wanted: tuple[str, str] | None


def is_restricting(made: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether a decision may restrict something, in a query of decisions; others never do.

    Args:
        made: the table of decisions, or an alias.
    """
    document = made.c.document
    is_acted: sa.ColumnElement[bool] = document["actions", 0, "rule"].as_string().is_not(None)
    return sa.or_(document["outcome"].as_string() == "reject", is_acted)


def state(c: Connection, versions: PolicyVersions, keys: Iterable[DecisionKey]) -> dict[DecisionKey, Stated]:
    """Some decisions; those that are not stored any more are left out."""
    keys = list(keys)
    ids = {item_id for item_id, _ in keys}
    said = sa.select(
        items.c.id,
        items.c.document,
        items.c.verdict,
        shared_fact("custom_labels").label("custom_labels"),
    )
    said = said.select_from(WITH_ITEMS).where(among(c, items.c.id, ids))
    columns = (decisions.c.item_id, decisions.c.number, decisions.c.document)
    made = c.execute(sa.select(*columns).where(among(c, decisions.c.item_id, ids)))
    documents = {(row.item_id, row.number): row.document for row in made}
    noticed = settled(c, ids, "upheld")
    rows = {row.id: row for row in c.execute(said)}
    return {
        key: _of_row(rows[key[0]], key[1], documents, noticed, versions)
        for key in keys
        if key in documents and key[0] in rows
    }


def restrictions(
    database: Database, versions: PolicyVersions, since: datetime, until: datetime, app: str | None = None
) -> Iterator[Statement]:
    """The restrictions newly imposed in a time, `until` left out, by when; read a page at a time."""
    columns = (decisions.c.item_id, decisions.c.number, decisions.c.decided_at)

    def read(c: Connection, query: sa.Select[Any]) -> tuple[list[Any], dict[DecisionKey, Stated]]:
        page = list(c.execute(query).all())
        return page, state(c, versions, [(row.item_id, row.number) for row in page])

    last: Place | None = None
    while True:
        query = page_of(sa.select(*columns), PAGE, since, until, app, last).where(is_restricting(decisions))
        page, found = database.read(lambda c, query=query: read(c, query))  # type: ignore[misc]
        yield from (one.statement for one in found.values() if one.is_new)
        if len(page) < PAGE:
            return
        last = (page[-1].decided_at, page[-1].item_id, page[-1].number)


def page_of(
    query: sa.Select[Any], size: int, since: datetime, until: datetime, app: str | None, last: Place | None
) -> sa.Select[Any]:
    """A page of a query of decisions, joined with their items, in the order of their times.

    Args:
        until: is left out.
        app: only of this one; None for all.
        last: where the page before ended; None for the first.
    """
    at, *key = last if last is not None else (since, "", 0)
    # The time has one lower limit, or SQLite may begin at the other, and read each page's forerunners again.
    within = (decisions.c.decided_at >= at) & (decisions.c.decided_at < until)
    within &= (decisions.c.decided_at > at) | (sa.tuple_(decisions.c.item_id, decisions.c.number) > tuple(key))
    if app is not None:
        within &= items.c.app == app
    query = query.join_from(decisions, items, items.c.id == decisions.c.item_id).where(within)
    return query.order_by(decisions.c.decided_at, decisions.c.item_id, decisions.c.number).limit(size)


def _of_row(
    row: Any,
    number: int,
    documents: Mapping[DecisionKey, Any],
    noticed: Collection[tuple[str, datetime]],
    versions: PolicyVersions,
) -> Stated:
    item, ruling = Item.model_validate(row.document), ruling_of(row.verdict)[0]

    def made(number: int, document: Any) -> Statement:
        decision = Decision.model_validate(document)
        is_noticed = (item.id, decision.decided_at) in noticed
        return _stated(item, number, decision, ruling, versions, row.custom_labels or (), is_noticed=is_noticed)

    mine, earlier = made(number, documents[row.id, number]), documents.get((row.id, number - 1))
    was = made(number - 1, earlier) if earlier is not None else None
    is_new = mine.restriction is not None and (was is None or was.restriction is None)
    wanted = None
    if ruling is not None and ruling.outcome != "review":
        wanted = (ruling.policy.name, ruling.outcome)
    return Stated(mine, is_new, wanted)


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
