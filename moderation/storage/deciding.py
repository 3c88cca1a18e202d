"""What rules want of many items at once: the same rows as `Store.decide` and `send_to_people`, a statement a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import ModerationError
from ground.prepared import among, insert_many, update_many
from moderation.core.counting import Marks
from moderation.core.decisions import Decision
from moderation.core.egress import stays_here
from moderation.core.events import Listener
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import Item
from moderation.core.rulings import Ruling
from moderation.storage import roll_ups
from moderation.storage.audit import note_decisions
from moderation.storage.clearances import put_on_judged
from moderation.storage.counters import check_and_mark
from moderation.storage.event_log import note_event
from moderation.storage.facets import save_facets
from moderation.storage.findings import Findings
from moderation.storage.near_duplicates import fingerprint_row, told_from
from moderation.storage.records import LoopRecord, delivery_rows
from moderation.storage.rows import decision_row, evidence_values, label_rows, loop_row, media_rows
from moderation.storage.rule_counts import count_rules
from moderation.storage.tables import (
    IS_WAITING,
    decisions,
    deliveries,
    fingerprints,
    item_labels,
    item_loops,
    item_media,
    items,
)


@dataclass(frozen=True)
class Ruled:
    """An item that the rules decide, or ask people about, with nothing to redact and no daily cap to keep.

    Attributes:
        decision: None where people are asked.
        loops: that look at it afterwards; where people are asked, the one that asks them.
        media_until: when its media may be deleted; None for never.
        marks: what others are told of it; None where nothing is counted.
    """

    item: Item
    decision: Decision | None
    findings: Findings
    ruling: Ruling
    loops: Sequence[LoopRecord]
    media_until: datetime | None
    fingerprints: Sequence[Fingerprint]
    marks: Marks | None = None

    @property
    def ruled_at(self) -> datetime:
        """When it was decided, or people were asked."""
        return self.loops[0].created_at if self.decision is None else self.decision.decided_at


class NotAllPending(ModerationError):
    """Some of the items were decided meanwhile; nothing of the transaction may stay."""


def still_pending(c: Connection, ruled: Sequence[Ruled]) -> list[Ruled]:
    """Those that nobody has decided meanwhile; held until the end of the transaction."""
    pending = sa.select(items.c.id).where(among(c, items.c.id, [each.item.id for each in ruled]), IS_WAITING)
    ids = set(c.execute(pending.order_by(items.c.id).with_for_update()).scalars())
    return [each for each in ruled if each.item.id in ids]


def decide_together(c: Connection, made: Sequence[Ruled], listeners: Sequence[Listener]) -> None:
    """Decide items that are pending, or put them into review.

    Args:
        c: of a write.
        listeners: who is told, beside the items' own callbacks.

    Raises:
        NotAllPending: some are not.
        CountsMoved: what the rules were told of counters does not hold any more.
    """
    decided = [(each, each.decision) for each in made if each.decision is not None]
    asked = [each for each in made if each.decision is None]
    count = update_many(c, items, "id", [_decided_values(*each) for each in decided], _DECIDED, _PENDING)
    count += update_many(c, items, "id", [_values(each) for each in asked], _ASKED, _PENDING)
    if count != len(made):
        raise NotAllPending
    check_and_mark(c, [each.marks for each in made if each.marks is not None])
    insert_many(c, decisions, [decision_row(each.item.id, 1, decision) for each, decision in decided])
    note_decisions(c, [(each.item.id, 1, decision) for each, decision in decided])
    for table, rows in (
        (item_labels, [row for each in made for row in label_rows(each.item.id, each.findings)]),
        (item_media, [row for each in made for row in media_rows(each.item.id, each.findings.parts)]),
        (fingerprints, [row for each in made for row in _fingerprint_rows(each)]),
        (item_loops, [loop_row(loop) for each in made for loop in each.loops]),
    ):
        insert_many(c, table, rows, or_nothing=True)
    for each in made:
        put_on_judged(c, each.item.id, each.findings, each.loops, each.ruled_at)
    at = made[0].ruled_at
    save_facets(c, [(each.item, each.ruling, each.findings) for each in made])
    count_rules(c, [each.ruling for each in made], at, {})
    counted = [roll_ups.judged(each.item, each.ruling, each.findings) for each in made]
    roll_ups.add_counts(c, [*counted, *(roll_ups.decided(each.item.app, decision) for each, decision in decided)], at)
    told = [row for each, decision in decided for row in delivery_rows(each.item, decision, 1, (), listeners)]
    insert_many(c, deliveries, told)
    for each in asked:
        note_asked(c, each.item, each.loops[0], each.ruling, each.findings, listeners)


def note_asked(
    c: Connection,
    item: Item,
    loop: LoopRecord,
    ruling: Ruling | None,
    findings: Findings | None,
    listeners: Sequence[Listener],
) -> None:
    """Tell those who want to hear of it that people are asked about an item."""
    data = {"policy": loop.policy, "queue": loop.queue, "reason": ruling.reason if ruling is not None else ""}
    told = () if findings is not None and stays_here(findings.failures) else listeners
    note_event(c, item, "item.in_review", loop.created_at, data, told)


_PENDING = (("status", "pending"),)
_ASKED = (("status", "in_review"), ("lease_until", None), ("problem", None))
_DECIDED = (*_ASKED[1:], ("status", "decided"), ("media_tagged", False), ("redacted", None))


def _values(each: Ruled) -> dict[str, Any]:
    return {"id": each.item.id, **evidence_values(each.findings, each.ruling)}


def _decided_values(each: Ruled, decision: Decision) -> dict[str, Any]:
    return {**_values(each), "outcome": decision.outcome, "media_until": each.media_until}


def _fingerprint_rows(each: Ruled) -> list[dict[str, Any]]:
    item = each.item
    at = None if each.decision is None else told_from(each.decision, bool(each.loops))
    return [fingerprint_row(item.id, item.app, made, at) for made in each.fingerprints]
