"""Rules: from evidence to a verdict. `evaluate` is added here by the rules work; the result types stand below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, JsonValue

from moderation.core.decisions import PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.items import Frozen

Outcome = Literal["approve", "reject", "review"]
Truth = Literal["true", "false", "unknown"]


class Evidence(Frozen):
    """One detection held against one threshold.

    Attributes:
        detection: what was found.
        threshold: the bound it was held against, percent; None when the rule has none.
        comparison: ``at_least`` or ``below``.
        margin: how far the confidence lies above (positive) or short of (negative) the threshold, in points.
    """

    detection: Detection
    threshold: float | None = None
    comparison: Literal["at_least", "below"] = "at_least"
    margin: float = 0.0


class RuleResult(Frozen):
    """What one rule, or one branch of a band, said about an item.

    Attributes:
        rule: its id; for bands ``<name>.review`` or ``<name>.reject``.
        truth: three-valued.
        outcome: what it asks for when true.
        queue: for review, where to.
        why: the sentence its author gave, or a made one.
        place: ``file:line`` of the rule in the policy file.
        evidence: the detections that made it true; for near misses, those that fell short by at most 5 points.
        unknown_because: detectors whose failure leaves it unknown.
        overridden_by: ids of rules that switched it off.
    """

    rule: str
    truth: Truth
    outcome: Outcome
    queue: str | None = None
    why: str
    place: str
    evidence: tuple[Evidence, ...] = ()
    unknown_because: tuple[str, ...] = ()
    overridden_by: tuple[str, ...] = ()


class PolicyVerdict(Frozen):
    """What one policy wants, and why (DESIGN 7.12)."""

    policy: PolicyRef
    outcome: Outcome
    queue: str | None = None
    deciding: tuple[RuleResult, ...] = ()
    near_misses: tuple[RuleResult, ...] = ()
    unknown: tuple[RuleResult, ...] = ()
    overridden: tuple[RuleResult, ...] = ()
    shadow: tuple[RuleResult, ...] = ()
    because: str


class Verdict(Frozen):
    """The strictest outcome over all policies that apply to an item, with the explanation.

    Attributes:
        outcome: ``approve``, ``reject`` or ``review``.
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
    extra: Mapping[str, JsonValue] = Field(default_factory=dict)
