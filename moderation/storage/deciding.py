"""Decisions of rules on many items at once: the same rows as `Store.decide` writes, a statement for each table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import insert_or_nothing
from moderation.core.decisions import Decision
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import Item
from moderation.core.verdicts import Verdict
from moderation.storage.near_duplicates import fingerprint_row
from moderation.storage.records import Findings, LoopRecord, delivery_rows
from moderation.storage.rows import evidence_values, label_rows, loop_row, media_rows
from moderation.storage.rule_counts import count_rules
from moderation.storage.tables import decisions, deliveries, fingerprints, item_labels, item_loops, item_media, items


@dataclass(frozen=True)
class Ruled:
    """An item that the rules decide, with nothing to redact and no daily cap to keep.

    Attributes:
        loops: that look at it afterwards.
        media_until: when its media may be deleted; None for never.
    """

    item: Item
    decision: Decision
    findings: Findings
    verdict: Verdict
    loops: Sequence[LoopRecord]
    media_until: datetime | None
    fingerprints: Sequence[Fingerprint]


def decide_together(c: Connection, ruled: Sequence[Ruled], notify: Sequence[str]) -> set[str]:
    """Decide those that are still pending; says which, by id.

    Args:
        c: of a write.
        notify: targets that every decision is told to.
    """
    pending = sa.select(items.c.id).where(items.c.id.in_([each.item.id for each in ruled]), items.c.status == "pending")
    still = set(c.execute(pending.order_by(items.c.id).with_for_update()).scalars())
    made = [each for each in ruled if each.item.id in still]
    if not made:
        return still
    c.execute(_DECIDE, [_values(each) for each in made])
    c.execute(sa.insert(decisions), [_decision_row(each) for each in made])
    _insert(c, item_labels, [row for each in made for row in label_rows(each.item.id, each.findings)])
    _insert(c, item_media, [row for each in made for row in media_rows(each.item.id, each.findings.parts)])
    _insert(c, fingerprints, [row for each in made for row in _fingerprint_rows(each)])
    _insert(c, item_loops, [loop_row(loop) for each in made for loop in each.loops])
    count_rules(c, [each.verdict for each in made], made[0].decision.decided_at, {})
    if told := [row for each in made for row in delivery_rows(each.item, each.decision, 1, (), notify)]:
        c.execute(sa.insert(deliveries), told)
    return still


_DECIDE = (
    sa.update(items)
    .where(items.c.id == sa.bindparam("decided_id"))
    .values(
        status="decided",
        outcome=sa.bindparam("its_outcome"),
        findings=sa.bindparam("its_findings", type_=items.c.findings.type),
        verdict=sa.bindparam("its_verdict", type_=items.c.verdict.type),
        media_until=sa.bindparam("its_media_until", type_=items.c.media_until.type),
        media_tagged=False,
        lease_until=None,
        problem=None,
        redacted=sa.null(),
    )
)


def _values(each: Ruled) -> dict[str, Any]:
    evidence = evidence_values(each.findings, each.verdict)
    return {
        "decided_id": each.item.id,
        "its_outcome": each.decision.outcome,
        "its_findings": evidence["findings"],
        "its_verdict": evidence["verdict"],
        "its_media_until": each.media_until,
    }


def _decision_row(each: Ruled) -> dict[str, Any]:
    """The first decision on an item: one that is pending has none."""
    return {"item_id": each.item.id, "number": 1, "document": each.decision, "decided_at": each.decision.decided_at}


def _fingerprint_rows(each: Ruled) -> list[dict[str, Any]]:
    item, at = each.item, each.decision.decided_at
    return [fingerprint_row(item.id, item.app, made, at) for made in each.fingerprints]


def _insert(c: Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        c.execute(insert_or_nothing(c, table), rows)
