"""Human loops: what reviewers are asked, what they answer, and how answers become a decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from moderation.core.decisions import FinalOutcome
from moderation.core.items import Frozen

MAX_APPEALS = 3
"""Of one item."""
OWN_ACCOUNT = "000000000000"
"""The account number in the ARNs of our endpoint; Amazon gives it to nobody."""


class Answer(Frozen):
    """What one reviewer submitted in one loop.

    Attributes:
        reviewer: opaque id, stable per person.
        outcome: the reviewer's choice.
        labels: labels the reviewer chose, in taxonomy names.
        reasons: the policy's own that the reviewer chose, by name.
        note: free words, may be empty.
        accepted_at: when the task was opened, UTC; None when A2I did not say.
        submitted_at: UTC.
        seconds: time spent on the task; None when A2I did not say.
    """

    reviewer: str
    outcome: FinalOutcome
    labels: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    note: str = ""
    accepted_at: datetime | None = None
    submitted_at: datetime
    seconds: float | None = Field(default=None, ge=0)


class MoreAnswersWanted(Frozen):
    """Not settled: ask again, in `queue`, as the next round."""

    kind: Literal["more_answers"] = "more_answers"
    queue: str
    reason: str


class Resolution(Frozen):
    """Settled by people."""

    kind: Literal["resolution"] = "resolution"
    outcome: FinalOutcome
    labels: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    reason: str


def consolidate(
    answers: Sequence[Answer],
    *,
    reviewers: int,
    agree: int,
    if_no_agreement: FinalOutcome | str | None,
) -> Resolution | MoreAnswersWanted | None:
    """Say what the answers of one loop come to.

    Pure; the order of `answers` does not matter. One reviewer counts once: the latest answer stands.

    Args:
        answers: all answers of the loop so far.
        reviewers: how many were asked.
        agree: how many must choose the same outcome.
        if_no_agreement: what follows when all have answered without enough agreement: ``approve``, ``reject``, or the
            name of a queue for the next round. None means the strict answer, ``reject``, only when somebody chose it;
            else ``approve``.

    Returns:
        None while answers that could still settle it are missing.
    """
    latest: dict[str, Answer] = {}
    for answer in sorted(answers, key=lambda a: (a.submitted_at, a.outcome, a.reviewer)):
        latest[answer.reviewer] = answer
    votes = Counter(answer.outcome for answer in latest.values())
    outcome: FinalOutcome
    for outcome in ("reject", "approve"):
        if votes[outcome] >= agree and (outcome == "reject" or votes["reject"] < agree):
            return Resolution(
                outcome=outcome,
                labels=_chosen(latest.values(), outcome, "labels"),
                reasons=_chosen(latest.values(), outcome, "reasons"),
                reason=f"{votes[outcome]} of {len(latest)} reviewers chose {outcome}",
            )
    if len(latest) < reviewers:
        return None
    split = f"{votes['approve']} chose approve, {votes['reject']} chose reject, {agree} had to agree"
    if if_no_agreement not in ("approve", "reject", None):
        return MoreAnswersWanted(queue=str(if_no_agreement), reason=split)
    outcome = "reject" if if_no_agreement == "reject" or (if_no_agreement is None and votes["reject"]) else "approve"
    return Resolution(
        outcome=outcome,
        labels=_chosen(latest.values(), outcome, "labels"),
        reasons=_chosen(latest.values(), outcome, "reasons"),
        reason=f"no agreement ({split}): {outcome}",
    )


def _chosen(answers: Iterable[Answer], outcome: FinalOutcome, what: Literal["labels", "reasons"]) -> tuple[str, ...]:
    """Labels or reasons chosen by those who chose `outcome`, most often chosen first, then by name."""
    chosen = Counter(name for a in answers if a.outcome == outcome for name in set(getattr(a, what)))
    return tuple(sorted(chosen, key=lambda name: (-chosen[name], name)))


def account_of(arn: str | None) -> str:
    """The account number in an ARN; empty when there is none."""
    fields = (arn or "").split(":")
    return fields[4] if len(fields) > 5 else ""
