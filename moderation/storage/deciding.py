"""Decisions of rules on many items at once: the same rows as `Store.decide` writes, a statement for each table."""

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
from moderation.core.events import Listener
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import Item
from moderation.core.rulings import Ruling
from moderation.storage import roll_ups
from moderation.storage.audit import note_decisions
from moderation.storage.clearances import put_on_judged
from moderation.storage.counters import check_and_mark
from moderation.storage.facets import save_facets
from moderation.storage.near_duplicates import fingerprint_row, told_from
from moderation.storage.records import Findings, LoopRecord, delivery_rows
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
    """An item that the rules decide, with nothing to redact and no daily cap to keep.

    Attributes:
        loops: that look at it afterwards.
        media_until: when its media may be deleted; None for never.
        marks: what others are told of it; None where nothing is counted.
    """

    item: Item
    decision: Decision
    findings: Findings
    ruling: Ruling
    loops: Sequence[LoopRecord]
    media_until: datetime | None
    fingerprints: Sequence[Fingerprint]
    marks: Marks | None = None


class NotAllPending(ModerationError):
    """Some of the items were decided meanwhile; nothing of the transaction may stay."""


def still_pending(c: Connection, ruled: Sequence[Ruled]) -> list[Ruled]:
    """Those that nobody has decided meanwhile; held until the end of the transaction."""
    pending = sa.select(items.c.id).where(among(c, items.c.id, [each.item.id for each in ruled]), IS_WAITING)
    ids = set(c.execute(pending.order_by(items.c.id).with_for_update()).scalars())
    return [each for each in ruled if each.item.id in ids]


def decide_together(c: Connection, made: Sequence[Ruled], listeners: Sequence[Listener]) -> None:
    """Decide items that are pending.

    Args:
        c: of a write.
        listeners: who is told, beside the items' own callbacks.

    Raises:
        NotAllPending: some are not.
        CountsMoved: what the rules were told of counters does not hold any more.
    """
    if update_many(c, items, "id", [_values(each) for each in made], _SAME, _PENDING) != len(made):
        raise NotAllPending
    check_and_mark(c, [each.marks for each in made if each.marks is not None])
    insert_many(c, decisions, [decision_row(each.item.id, 1, each.decision) for each in made])
    note_decisions(c, [(each.item.id, 1, each.decision) for each in made])
    for table, rows in (
        (item_labels, [row for each in made for row in label_rows(each.item.id, each.findings)]),
        (item_media, [row for each in made for row in media_rows(each.item.id, each.findings.parts)]),
        (fingerprints, [row for each in made for row in _fingerprint_rows(each)]),
        (item_loops, [loop_row(loop) for each in made for loop in each.loops]),
    ):
        insert_many(c, table, rows, or_nothing=True)
    at = made[0].decision.decided_at
    for each in made:
        put_on_judged(c, each.item.id, each.findings, each.loops, at)
    save_facets(c, [(each.item, each.ruling, each.findings) for each in made])
    count_rules(c, [each.ruling for each in made], at, {})
    counted = [roll_ups.judged(each.item, each.ruling, each.findings) for each in made]
    roll_ups.add_counts(c, [*counted, *(roll_ups.decided(each.item.app, each.decision) for each in made)], at)
    told = [row for each in made for row in delivery_rows(each.item, each.decision, 1, (), listeners)]
    insert_many(c, deliveries, told)


_PENDING = (("status", "pending"),)
_SAME = (("status", "decided"), ("media_tagged", False), ("lease_until", None), ("problem", None), ("redacted", None))


def _values(each: Ruled) -> dict[str, Any]:
    evidence = evidence_values(each.findings, each.ruling)
    return {"id": each.item.id, "outcome": each.decision.outcome, "media_until": each.media_until, **evidence}


def _fingerprint_rows(each: Ruled) -> list[dict[str, Any]]:
    item, at = each.item, told_from(each.decision, bool(each.loops))
    return [fingerprint_row(item.id, item.app, made, at) for made in each.fingerprints]
