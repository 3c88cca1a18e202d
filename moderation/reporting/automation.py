"""Automation: how often rules are right by themselves, estimated from the samples that people look at.

Which items a sampling picks follows from their ids alone (`moderation.core.rules.sampling`), so that within what a
policy decided one way every item is as likely to be picked as any other: a stratum. Strata are weighed by how many
items are in them. What no sampling of the deciding policy looks at is not estimated, and said.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ground.database import Database
from ground.statistics import Interval, wilson
from moderation.storage.tables import decisions, item_loops, items

Stratum = tuple[str, str]
"""A policy, and what its rules wanted: ``approve`` or ``reject``."""
Z_BOTH = 2.241402727604947
"""Of 97.5 %: two intervals of it hold together at least 95 times of 100 (Bonferroni)."""


@dataclass(frozen=True)
class Sampled:
    """What people said of the samples of a stratum.

    Attributes:
        looked_at: sampled items on which people came to an outcome.
        upheld: where it was what the rules wanted.
    """

    looked_at: int
    upheld: int


@dataclass(frozen=True)
class Automation:
    """How right the rules are by themselves; shares 0-1 with 95 % intervals, None where no samples say it.

    Attributes:
        accuracy: of all that they decide, the share that people agree with.
        precision: of what they reject, the share that people reject too.
        recall: of what people would reject, the share that they reject.
        samples: how many were looked at, of rejects and of approvals.
        covered: items in strata with samples, rejects and approvals.
        items: items that rules decided by themselves, rejects and approvals.
        unsampled: strata with items and without samples.
    """

    accuracy: Interval | None
    precision: Interval | None
    recall: Interval | None
    samples: tuple[int, int]
    covered: tuple[int, int]
    items: tuple[int, int]
    unsampled: tuple[Stratum, ...]


def sampled(database: Database, since: datetime, until: datetime, app: str | None = None) -> dict[Stratum, Sampled]:
    """What people said of samples of items that were first decided in a time; each item once, its last round."""
    wanted, policy = items.c.verdict["outcome"].as_string(), items.c.verdict["policy"]["name"].as_string()
    query = (
        sa.select(item_loops.c.item_id, policy.label("policy"), item_loops.c.outcome, wanted.label("wanted"))
        .join(items, items.c.id == item_loops.c.item_id)
        .join(decisions, (decisions.c.item_id == item_loops.c.item_id) & (decisions.c.number == 1))
        .where(item_loops.c.sampling.is_not(None), item_loops.c.outcome.is_not(None))
        .where(item_loops.c.purpose != "appeal", item_loops.c.policy == policy)
        .where(decisions.c.decided_at >= since, decisions.c.decided_at < until)
        .order_by(item_loops.c.created_at, item_loops.c.round)
    )
    query = query if app is None else query.where(items.c.app == app)
    last: dict[str, tuple[str, str, str]] = {}
    for row in database.read(lambda c: c.execute(query).all()):
        if row.wanted in ("approve", "reject"):
            last[row.item_id] = (row.policy, row.wanted, row.outcome)
    looked_at: Counter[Stratum] = Counter((name, wanted) for name, wanted, _ in last.values())
    agreed: Counter[Stratum] = Counter((name, wanted) for name, wanted, came_to in last.values() if came_to == wanted)
    return {stratum: Sampled(number, agreed[stratum]) for stratum, number in looked_at.items()}


def automation(population: Mapping[Stratum, int], found: Mapping[Stratum, Sampled]) -> Automation:
    """The estimates. Pure.

    Accuracy and precision are weighed sums of shares, their limits by the method of variance estimates recovery (G. Y.
    Zou and A. Donner, 2008) over Wilson's intervals. Recall is right rejects over these and wrong approvals; its limits
    take those of both at 97.5 %, which is wider than need be and never narrower.

    Args:
        population: how many items each stratum has.
    """
    strata = {stratum: number for stratum, number in population.items() if number}
    known = {stratum: number for stratum, number in strata.items() if stratum in found}
    rejects = {stratum: number for stratum, number in known.items() if stratum[1] == "reject"}
    approvals = {stratum: number for stratum, number in known.items() if stratum[1] == "approve"}
    return Automation(
        accuracy=_share(known, found),
        precision=_share(rejects, found),
        recall=_recall(rejects, approvals, found),
        samples=tuple(sum(found[each].looked_at for each in side) for side in (rejects, approvals)),  # type: ignore[arg-type]
        covered=(sum(rejects.values()), sum(approvals.values())),
        items=tuple(sum(n for s, n in strata.items() if s[1] == side) for side in ("reject", "approve")),  # type: ignore[arg-type]
        unsampled=tuple(sorted(stratum for stratum in strata if stratum not in found)),
    )


def _share(strata: Mapping[Stratum, int], found: Mapping[Stratum, Sampled]) -> Interval | None:
    return _weighed(strata, found) if strata else None


def _weighed(strata: Mapping[Stratum, int], found: Mapping[Stratum, Sampled], z: float | None = None) -> Interval:
    total = sum(strata.values())
    share = below = above = 0.0
    for stratum, number in strata.items():
        weight = number / total
        said = found[stratum]
        each = wilson(said.upheld, said.looked_at) if z is None else wilson(said.upheld, said.looked_at, z)
        assert each is not None
        share += weight * each.share
        below += (weight * (each.share - each.low)) ** 2
        above += (weight * (each.high - each.share)) ** 2
    return Interval(share, max(0.0, share - math.sqrt(below)), min(1.0, share + math.sqrt(above)))


def _recall(
    rejects: Mapping[Stratum, int], approvals: Mapping[Stratum, int], found: Mapping[Stratum, Sampled]
) -> Interval | None:
    if not rejects or not approvals:
        return None
    right, kept = _weighed(rejects, found, Z_BOTH), _weighed(approvals, found, Z_BOTH)
    rejected, approved = sum(rejects.values()), sum(approvals.values())

    def recall(precision: float, negative: float) -> float:
        found_right, missed = rejected * precision, approved * (1 - negative)
        return found_right / (found_right + missed) if found_right + missed else 1.0

    if right.share == 0 and kept.share == 1:
        return None  # nobody found anything that was to be rejected
    return Interval(recall(right.share, kept.share), recall(right.low, kept.low), recall(right.high, kept.high))
