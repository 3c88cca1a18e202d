"""Why a policy wants what it wants, in a sentence or two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


NO_ONE = Failing()
"""The only one that is empty, so that it is asked for by identity: see `failing`."""


def failing(tools: Iterable[str], parts: tuple[str, ...]) -> Failing:
    """Those who gave no answer and the parts that nobody looked at, in order; `NO_ONE` for none."""
    named = tuple(sorted(tools))
    return Failing(named, parts) if named or parts else NO_ONE


def because(outcome: Outcome, deciding: Sequence[RuleResult], failed: Failing, on_failure: FailureAsk) -> str:
    """One or two sentences; names rules, labels and numbers, never content."""
    if deciding:
        rule = deciding[0]
        why = rule.why.rstrip(".")
        over = " Its rejects of the day are used up, so people look." if rule.over_cap else ""
        if rule.scores:
            score = rule.scores[0]
            if score.kind == "counter":
                return f"{why}. (counter {score.score} at {score.value:g}){over}"
            if score.kind == "list":
                return f"{why}. (on list {score.score}){over}"
            return f"{why}. (score {score.score} at {score.value:.4g} %, at least {score.threshold:g} asked for){over}"
        if not rule.evidence:
            return f"{why}.{over}"
        strongest = max(rule.evidence, key=lambda evidence: evidence.detection.confidence)
        bound = "" if strongest.threshold is None else f", at least {strongest.threshold:g} asked for"
        return f"{why}. ({strongest.detection.label} at {strongest.detection.confidence:.4g} %{bound}){over}"
    if failed is not NO_ONE:
        silent = ", ".join(failed.tools)
        said = [f"No answer from {silent}, which could have changed the outcome."] if silent else []
        if outcome == "approve":
            said.append(f"The policy approves then: {on_failure.reason}")
        if failed.parts:
            unseen = ", ".join(f"part {part}" for part in failed.parts)
            said.append(f"No detector that the policies name looked at {unseen}.")
        return " ".join(said)
    if outcome == "approve":
        return "Nothing was found that a rule is about."
    return "No rule is about what was found."
