"""Verdicts: an outcome with its explanation, as it is stored, shown and delivered."""

from __future__ import annotations

from typing import Literal

from moderation.core.decisions import PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.items import Frozen

Outcome = Literal["approve", "reject", "review"]
Truth = Literal["true", "false", "unknown"]


class Evidence(Frozen):
    """One detection held against one threshold.

    Attributes:
        threshold: the lower bound it was held against, percent; None when the condition has none.
        margin: how far the confidence lies above (positive) or short of (negative) the threshold, in points.
    """

    detection: Detection
    threshold: float | None = None
    margin: float | None = None


class RuleResult(Frozen):
    """What one rule, or one branch of a band, said about an item.

    Attributes:
        rule: its id; for bands ``<name>.review`` or ``<name>.reject``.
        truth: three-valued.
        outcome: what it asks for when true.
        queue: for review, where to.
        why: the sentence its author gave, or a made one.
        place: ``file:line`` of the rule in the policy file.
        locked: True when neither apps nor people can set it aside.
        evidence: the detections that made it true; for near misses, those that fell short by at most 5 points.
        unknown_because: detectors whose failure leaves it unknown.
        overridden_by: the rule that switched it off.
    """

    rule: str
    truth: Truth
    outcome: Outcome
    queue: str | None = None
    why: str
    place: str
    locked: bool = False
    evidence: tuple[Evidence, ...] = ()
    unknown_because: tuple[str, ...] = ()
    overridden_by: str | None = None


class PolicyVerdict(Frozen):
    """What one policy wants, and why (policy semantics, point 12).

    Attributes:
        because: one sentence: which rule, or what happened when none fired or a detector failed.
        deciding: the true rules whose outcome won; empty when ``because`` is a default.
        near_misses: rules that would have fired with at most 5 points more.
        unknown: rules that a failure left open.
        overridden: true rules that another one switched off.
        shadow: what rules on trial would have done.
    """

    policy: PolicyRef
    outcome: Outcome
    queue: str | None = None
    because: str
    deciding: tuple[RuleResult, ...] = ()
    near_misses: tuple[RuleResult, ...] = ()
    unknown: tuple[RuleResult, ...] = ()
    overridden: tuple[RuleResult, ...] = ()
    shadow: tuple[RuleResult, ...] = ()


class Verdict(Frozen):
    """The strictest outcome over all policies that apply to an item, with the explanation.

    Attributes:
        queue: for review, the queue's name in `policy`.
        policy: the policy whose outcome won.
        labels: the labels of the deciding detections, highest confidence first, without repeats.
        reason: one or two sentences for people; no content of the item.
        policies: every policy's own verdict, by name.
        failures: detectors that gave no answer.
    """

    outcome: Outcome
    queue: str | None = None
    policy: PolicyRef
    labels: tuple[str, ...] = ()
    reason: str
    policies: tuple[PolicyVerdict, ...] = ()
    failures: tuple[Failure, ...] = ()
