"""Roll-ups: what happened by hour and by day, counted in the transaction in which it happens, so that it counts once.

Figures that a dashboard shows are sums of these rows, however many items there are. What happened before there were
roll-ups is counted afterwards by `moderation.storage.roll_up_history`. Counts outlive the items.

| figure | name | detail |
|---|---|---|
| ``judged`` | outcome that the rules wanted | the policy that won |
| ``label`` | label found, or one above it | outcome that the rules wanted |
| ``rule`` | ``policy/rule`` that was true | ``reject`` where it rejects the item |
| ``queue`` | ``policy/queue`` that people were asked in | |
| ``looked`` | detector or extractor that answered | |
| ``failure`` | detector or extractor that did not | kind of failure |
| ``place`` | place that the app names | ``policy/rule`` that was true there; empty counts the items |
| ``decided`` | ``approve`` or ``reject`` | ``rules``, ``people``, or ``again`` where it supersedes |
| ``call`` | detector or extractor that was called | upper end of the bucket of seconds it took |
| ``posted`` | | (`roll_up_history`) |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

from ground.named_by_apps import place_of
from ground.prepared import Ready, add_many, ready_add
from ground.tally import BUCKET, DETECTOR_CALLS, Counted
from moderation.core.decisions import Decision
from moderation.core.items import Item
from moderation.core.rules.caps import RuleName
from moderation.core.rulings import Ruling
from moderation.storage.findings import Findings
from moderation.storage.tables import roll_ups

Figure = Literal["judged", "label", "rule", "queue", "looked", "failure", "place", "decided", "call", "posted"]
Span = Literal["hour", "day"]
SPANS: tuple[Span, ...] = get_args(Span)

LONGEST_NAME = 200

Counts = Counter[tuple[str, str, str, str]]
"""Figure, app, name and detail, to how many."""


def add_judged(
    counts: Counts,
    item: Item,
    ruling: Ruling,
    findings: Findings,
    rules: Mapping[RuleName, bool],
    times: int = 1,
) -> None:
    """Add to `counts` what a ruling adds to the figures.

    Args:
        times: how many items of this app and place there are with these findings and this ruling.
        rules: that were true of the item, and which of them reject it; see `fired`.
    """
    app, outcome = item.app, ruling.outcome
    counts["judged", app, outcome, ruling.policy.name] += times
    if findings.detections:
        for label in {label for found in findings.detections for label in (found.label, *found.parents)}:
            counts["label", app, label, outcome] += times
    for (policy, rule), is_rejected in rules.items():
        counts["rule", app, f"{policy}/{rule}"[:LONGEST_NAME], "reject" if is_rejected else ""] += times
    if outcome == "review":
        counts["queue", app, f"{ruling.policy.name}/{ruling.queue}"[:LONGEST_NAME], ""] += times
    for detector in {name for each in ruling.examined for name in each.detectors}:
        counts["looked", app, detector, ""] += times
    for detector, kind in {(each.detector.name, each.kind) for each in findings.failures}:
        counts["failure", app, detector, kind] += times
    place = place_of(item.metadata)[:LONGEST_NAME]
    if place:
        counts["place", app, place, ""] += times
        for name in {f"{policy}/{rule}"[:LONGEST_NAME] for policy, rule in rules}:
            counts["place", app, place, name] += times


def add_decided(counts: Counts, app: str, decision: Decision) -> None:
    """Add to `counts` what a decision adds to the figures."""
    how = decision.decided_by if decision.supersedes is None else "again"
    counts["decided", app, decision.outcome, how] += 1


def add_called(counts: Counts, new: Mapping[Counted, float]) -> None:
    """Add to `counts` what a process's tallies say of detectors' calls; no app has them."""
    for (figure, labels), amount in new.items():
        if figure == DETECTOR_CALLS + BUCKET:
            counts["call", "", labels[0], labels[-1]] += int(amount)


def add_counts(c: Connection, counts: Counts, at: datetime) -> None:
    """Add to the figures of the hour and the day of a time.

    Args:
        c: of a write.
    """
    ready_counts(c.dialect, counts, at).run(c)


def ready_counts(dialect: Dialect, counts: Counts, at: datetime) -> Ready:
    """See `add_counts`."""
    each = ((span, start_of(span, at), key, amount) for span in SPANS for key, amount in counts.items())
    return ready_add(dialect, roll_ups, _rows(each))


def add_rows(c: Connection, rows: Iterable[tuple[Span, str, tuple[str, str, str, str], int]]) -> None:
    """Add to figures, each once, by span, its start and what is counted."""
    add_many(c, roll_ups, _rows(rows))


def _rows(counted: Iterable[tuple[Span, str, tuple[str, str, str, str], int]]) -> list[dict[str, Any]]:
    # In one order everywhere, or two transactions could wait for each other's rows.
    in_order = sorted(counted, key=lambda each: (each[2][0], *each[:2], *each[2][1:]))
    return [
        {"figure": figure, "span": span, "start": start, "app": app, "name": name, "detail": detail, "amount": amount}
        for span, start, (figure, app, name, detail), amount in in_order
    ]


def start_of(span: Span, at: datetime) -> str:
    """The beginning of the hour or day (UTC) of a time: ``2027-01-31T09`` or ``2027-01-31``."""
    return at.astimezone(UTC).isoformat()[: 13 if span == "hour" else 10]


def sums(
    c: Connection, figure: Figure, span: Span, first: str, after: str, by: Iterable[str], app: str | None = None
) -> dict[tuple[str, ...], int]:
    """A figure summed over a time, by some of ``start``, ``app``, ``name`` and ``detail``.

    Args:
        first: where it starts; `start_of`.
        after: where it ends, itself left out.
        app: only of this one; None for all.
    """
    keys = [roll_ups.c[name] for name in by]
    query = sa.select(*keys, sa.func.sum(roll_ups.c.amount)).where(
        roll_ups.c.figure == figure, roll_ups.c.span == span, roll_ups.c.start >= first, roll_ups.c.start < after
    )
    if app is not None:
        query = query.where(roll_ups.c.app == app)
    return {tuple(row[:-1]): int(row[-1]) for row in c.execute(query.group_by(*keys)) if row[-1] is not None}
