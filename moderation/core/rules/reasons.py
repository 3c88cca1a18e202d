"""Why a policy wants what it wants, in a sentence or two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from moderation.core.policy.file import FailureAsk
from moderation.core.verdicts import Outcome, RuleResult


class Failing(NamedTuple):
    """What was not answered and not looked at.

    Attributes:
        tools: names of detectors and extractors that gave no answer, sorted.
        parts: ids of given parts that nobody looked at, sorted.
    """

    tools: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """True when there is any."""
        return bool(self.tools or self.parts)


NO_ONE = Failing()


def because(outcome: Outcome, deciding: Sequence[RuleResult], failing: Failing, on_failure: FailureAsk) -> str:
    """One or two sentences; names rules, labels and numbers, never content."""
    if deciding:
        rule = deciding[0]
        why = rule.why.rstrip(".")
        over = " Its rejects of the day are used up, so people look." if rule.over_cap else ""
        if rule.scores:
            score = rule.scores[0]
            return f"{why}. (score {score.score} at {score.value:.4g} %, at least {score.threshold:g} asked for){over}"
        if not rule.evidence:
            return f"{why}.{over}"
        strongest = max(rule.evidence, key=lambda evidence: evidence.detection.confidence)
        bound = "" if strongest.threshold is None else f", at least {strongest.threshold:g} asked for"
        return f"{why}. ({strongest.detection.label} at {strongest.detection.confidence:.4g} %{bound}){over}"
    if failing:
        silent = ", ".join(failing.tools)
        said = [f"No answer from {silent}, which could have changed the outcome."] if silent else []
        if outcome == "approve":
            said.append(f"The policy approves then: {on_failure.reason}")
        if failing.parts:
            unseen = ", ".join(f"part {part}" for part in failing.parts)
            said.append(f"No detector that the policies name looked at {unseen}.")
        return " ".join(said)
    if outcome == "approve":
        return "Nothing was found that a rule is about."
    return "No rule is about what was found."
