"""Verdicts: an outcome with its explanation, as it is stored, shown and delivered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import model_validator

from moderation.core.decisions import Action, PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.items import Frozen

Outcome = Literal["approve", "reject", "review"]
Truth = Literal["true", "false", "unknown"]


# The engine makes dozens of these for an item. Freezing them would cost six times as much as making them, so that
# nobody changes them is a promise instead.


@dataclass(slots=True)
class Evidence:
    """One detection held against one threshold.

    Attributes:
        detection: what was found.
        threshold: the lower bound it was held against, percent; None when the condition has none.
        margin: how far the confidence lies above (positive) or short of (negative) the threshold, in points.
    """

    detection: Detection
    threshold: float | None = None
    margin: float | None = None


@dataclass(slots=True)
class ScoreValue:
    """A score, a counter or a list at run time that a rule went by.

    Attributes:
        score: its name in the policy; of a list, with the beginning of the list's digest.
        value: percent, as it was worked out; of a counter, how many; of a list, 1.
        threshold: the lower bound it was held against, percent; of a counter, how many.
        kind: which of them it is.
    """

    score: str
    value: float
    threshold: float
    kind: Literal["score", "counter", "list"] = "score"


@dataclass(slots=True)
class RuleResult:
    """What one rule, or one branch of a band, said about an item.

    Attributes:
        truth: three-valued.
        rule: its id; for bands ``<name>.review`` or ``<name>.reject``.
        outcome: what it asks for when true.
        why: the sentence its author gave, or a made one.
        place: ``file:line`` of the rule in the policy file.
        queue: for review, where to.
        locked: True when neither apps nor people can set it aside.
        evidence: the detections that made it true; for near misses, those that fell short by at most 5 points.
        scores: those that it went by.
        unknown_because: detectors whose failure leaves it unknown, or that could not tell.
        overridden_by: the rule that switched it off.
        over_cap: True when its rejects of the day were used up, so that it asked for a review instead.
    """

    truth: Truth
    rule: str
    outcome: Outcome
    why: str
    place: str
    queue: str | None = None
    locked: bool = False
    evidence: tuple[Evidence, ...] = ()
    scores: tuple[ScoreValue, ...] = ()
    unknown_because: tuple[str, ...] = ()
    overridden_by: str | None = None
    over_cap: bool = False


class PolicyVerdict(Frozen):
    """What one policy wants, and why (policy semantics, point 12).

    Attributes:
        policy: which policy.
        outcome: what it wants.
        queue: for review, where to.
        because: one sentence: which rule, or what happened when none fired or a detector failed.
        deciding: the true rules whose outcome won; empty when ``because`` is a default.
        also_true: true rules with a milder outcome than the one that won.
        failing: detectors whose failure decided, or that they could not tell: they could have changed the outcome.
        unseen: ids of given parts that nobody looked at, where that decided.
        near_misses: rules that would have fired with at most 5 points more.
        unknown: rules that a failure left open, or that a detector could not tell about.
        overridden: true rules that another one switched off.
        shadow: what rules on trial would have done.
        shadow_outcome: what this policy would have wanted had its rules on trial acted; None when none fired.
        redact: detections to redact where the final outcome is approve; asked for by rules that fired.
        actions: what its rules that are true and act ask the app to do, whatever the outcome; by rule.
        fault: what broke while the policy was evaluated, as a type's name; empty when nothing did.
    """

    policy: PolicyRef
    outcome: Outcome
    queue: str | None = None
    because: str
    deciding: tuple[RuleResult, ...] = ()
    also_true: tuple[RuleResult, ...] = ()
    failing: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    near_misses: tuple[RuleResult, ...] = ()
    unknown: tuple[RuleResult, ...] = ()
    overridden: tuple[RuleResult, ...] = ()
    shadow: tuple[RuleResult, ...] = ()
    shadow_outcome: Outcome | None = None
    redact: tuple[Detection, ...] = ()
    actions: tuple[Action, ...] = ()
    fault: str = ""


class Sample(Frozen):
    """An item that was picked for people to look at although the rules decided it (policy semantics, point 8).

    Attributes:
        policy: whose sampling it is.
        id: the sampling's id.
        queue: where the review goes, a queue of that policy.
        hold: True when the decision waits for it.
        blind: True when reviewers are not shown what was found or what the rules wanted.
    """

    policy: str
    id: str
    queue: str
    hold: bool = False
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What one tool was shown of a picture.

    Attributes:
        detector: name of the tool.
        part: the picture, given or extracted.
        sha256: of each thing that it was shown, in order: of width and height (four bytes each, the most significant
            first), and then red, green and blue of each pixel, row by row. The same file gives the same as long as the
            service decodes and shrinks it in the same way.
    """

    detector: str
    part: str
    sha256: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """A given part and who looked at it.

    Attributes:
        part: id of the given part.
        detectors: names of tools that answered for the part or for what was extracted from it, sorted; empty where
            nobody looked.
    """

    part: str
    detectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotExamined:
    """A policy that would be for the item, and waits for tools that are not installed.

    Attributes:
        policy: its name.
        waits_for: names of the tools, sorted.
        labels: the top labels that it asks about, sorted: nobody looked for these on its behalf.
    """

    policy: str
    waits_for: tuple[str, ...]
    labels: tuple[str, ...]


class Verdict(Frozen):
    """The strictest outcome over all policies that apply to an item, with the explanation.

    Attributes:
        outcome: the strictest over all policies.
        queue: for review, the queue's name in `policy`.
        policy: the policy whose outcome won.
        labels: the labels of the deciding detections, highest confidence first, without repeats.
        reason: one or two sentences for people; no content of the item.
        policies: every policy's own verdict, by name.
        failures: detectors that gave no answer.
        samples: who picked this item for a look of people's; by policy, in file order.
        spent: rules whose rejects of the day were used up, as ``policy/rule``, among those that fired.
        examined: the given parts and who looked at each; empty where that was not known.
        not_examined: policies that would be for the item and wait for tools that are not installed.
        looks: what those who looked were shown of pictures, by part and tool; empty where that was not recorded, and
            for tools that read a file in their own way.

    Raises:
        ValueError: it would approve what nobody looked at.
    """

    outcome: Outcome
    queue: str | None = None
    policy: PolicyRef
    labels: tuple[str, ...] = ()
    reason: str
    policies: tuple[PolicyVerdict, ...] = ()
    failures: tuple[Failure, ...] = ()
    samples: tuple[Sample, ...] = ()
    spent: tuple[str, ...] = ()
    examined: tuple[Examined, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
    looks: tuple[Look, ...] = ()

    @classmethod
    def trusted(cls, values: dict[str, Any]) -> Self:
        """See `Frozen.trusted`; an approval of what nobody looked at is refused here too."""
        if values["outcome"] == "approve":
            need_a_look(values["failures"], values["examined"])
        return super().trusted(values)

    @model_validator(mode="after")
    def _was_looked_at(self) -> Self:
        if self.outcome == "approve":
            need_a_look(self.failures, self.examined)
        return self


def need_a_look(failures: tuple[Failure, ...], examined: tuple[Examined, ...]) -> None:
    """Raise `ValueError` where nobody looked at a part."""
    is_unseen = bool(examined) and not all(each.detectors for each in examined)
    if is_unseen or (failures and any(failure.kind == "not_examined" for failure in failures)):
        raise ValueError("what nobody looked at cannot be approved")
