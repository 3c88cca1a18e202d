"""Agreement of reviewers in a queue: on the decision, and on each label that anybody chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from review_ui.a2i.answer_content import outcome_of
from review_ui.a2i.tables import human_loops, tasks
from review_ui.quality.golden import GOLDEN
from review_ui.quality.krippendorff import Agreement, agreement
from review_ui.service import ReviewService

MOST_LOOPS = 1000
"""The newest ones are looked at; more make the interval narrower by little, and the page slow."""


@dataclass(frozen=True)
class QueueAgreement:
    """How much the reviewers of one queue agree.

    Attributes:
        decision: on approve or reject.
        labels: on whether a label is there, for each label that somebody chose.
    """

    flow: str
    decision: Agreement
    labels: Mapping[str, Agreement]


def queue_agreement(review: ReviewService, flow: str, days: int, *, with_labels: bool = True) -> QueueAgreement:
    """Agreement over the loops that two people or more answered during the last days; golden items aside."""
    units = _answered(review, flow, days)
    decision = agreement([[outcome_of(answer) for answer in unit if outcome_of(answer)] for unit in units])
    chosen = sorted({label for unit in units for answer in unit for label in _chosen(answer)}) if with_labels else []
    by_label = {
        label: agreement([[label in _chosen(answer) for answer in unit if _offers(answer, label)] for unit in units])
        for label in chosen
    }
    return QueueAgreement(flow, decision, by_label)


def _answered(review: ReviewService, flow: str, days: int) -> Sequence[Sequence[Mapping[str, Any]]]:
    """The settled answers of each loop with two or more, newest loops first."""
    since = review.clock() - timedelta(days=days)
    is_answer = (tasks.c.state == "answered") & tasks.c.batch.is_(None)
    several = (
        sa.select(tasks.c.loop_name)
        .join(human_loops, human_loops.c.name == tasks.c.loop_name)
        .where(is_answer, tasks.c.flow == flow, tasks.c.submitted_at > since, human_loops.c.status != GOLDEN)
        .group_by(tasks.c.loop_name)
        .having(sa.func.count() > 1)
        .order_by(sa.func.max(tasks.c.submitted_at).desc(), tasks.c.loop_name)
        .limit(MOST_LOOPS)
    )
    query = sa.select(tasks.c.loop_name, tasks.c.answer).where(is_answer, tasks.c.loop_name.in_(several))
    units: dict[str, list[Mapping[str, Any]]] = {}
    for row in review.database.read(lambda c: c.execute(query).all()):
        units.setdefault(row.loop_name, []).append(row.answer or {})
    return list(units.values())


def _chosen(answer: Mapping[str, Any]) -> set[str]:
    labels = answer.get("labels")
    return {str(label) for label, on in labels.items() if on is True} if isinstance(labels, Mapping) else set()


def _offers(answer: Mapping[str, Any], label: str) -> bool:
    """True when this reviewer could have chosen the label: who could not said nothing about it."""
    labels = answer.get("labels")
    return isinstance(labels, Mapping) and label in labels
