"""Rulings: what the rules want of an item, as it is stored and acted upon. Why is worked out when somebody asks.

A verdict (`moderation.core.verdicts`) says all that there is to say, and grows with the rules that fire; a ruling names
the rules that decided, and with the findings and the policies' texts, which are stored too, gives the same verdict
again. Items that were judged before there were rulings keep the verdicts that were stored with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import model_validator

from moderation.core.decisions import Action, PolicyRef
from moderation.core.detections import Detection
from moderation.core.items import Frozen
from moderation.core.verdicts import (
    Examined,
    Look,
    NotExamined,
    Outcome,
    PolicyVerdict,
    RuleResult,
    Sample,
    Verdict,
    need_a_look,
)


class PolicyRuling(Frozen):
    """What one policy wants.

    Attributes:
        because: as in `PolicyVerdict`.
        deciding: ids of the rules whose outcome won, in file order; empty when ``because`` is a default.
        also_true: ids of the true rules with a milder outcome.
        on_trial: ids of the rules on trial that are true.
        is_locked: True when a locked rule rejects the item.
        redact: labels that rules which fired want redacted where the final outcome is approve, with all under them.
        actions: as in `PolicyVerdict`.
        fault: as in `PolicyVerdict`.
    """

    policy: PolicyRef
    outcome: Outcome
    queue: str | None = None
    because: str
    deciding: tuple[str, ...] = ()
    also_true: tuple[str, ...] = ()
    on_trial: tuple[str, ...] = ()
    is_locked: bool = False
    redact: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    fault: str = ""

    @classmethod
    def told_by(cls, verdict: PolicyVerdict, redact: Sequence[str]) -> PolicyRuling:
        """What a verdict comes to.

        Args:
            redact: labels that its rules want redacted.
        """
        return PolicyRuling.trusted(
            {
                "policy": verdict.policy,
                "outcome": verdict.outcome,
                "queue": verdict.queue,
                "because": verdict.because,
                "deciding": tuple(rule.rule for rule in verdict.deciding),
                "also_true": tuple(rule.rule for rule in verdict.also_true),
                "on_trial": tuple(rule.rule for rule in verdict.shadow if rule.truth == "true"),
                "is_locked": any(rule.locked and rule.outcome == "reject" for rule in verdict.deciding),
                "redact": tuple(redact),
                "actions": verdict.actions,
                "fault": verdict.fault,
            }
        )


class Ruling(Frozen):
    """The strictest outcome over all policies that apply to an item, and what is needed to explain it.

    Attributes:
        form: tells a stored ruling from the verdicts that were stored before.
        queue: for review, the queue's name in `policy`.
        policy: the policy whose outcome won.
        labels: the labels of the deciding detections, highest confidence first, without repeats.
        reason: one or two sentences for people; no content of the item.
        policies: what each policy wants, by name.
        samples, spent, examined, not_examined, looks: as in `Verdict`.

    Raises:
        ValueError: it would approve what nobody looked at.
    """

    form: Literal[2]
    outcome: Outcome
    queue: str | None = None
    policy: PolicyRef
    labels: tuple[str, ...] = ()
    reason: str
    policies: tuple[PolicyRuling, ...] = ()
    samples: tuple[Sample, ...] = ()
    spent: tuple[str, ...] = ()
    examined: tuple[Examined, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
    looks: tuple[Look, ...] = ()

    @classmethod
    def told_by(cls, verdict: Verdict) -> Ruling:
        """What a whole verdict comes to."""
        return Ruling.trusted(
            {
                "form": 2,
                "outcome": verdict.outcome,
                "queue": verdict.queue,
                "policy": verdict.policy,
                "labels": verdict.labels,
                "reason": verdict.reason,
                "policies": tuple(
                    PolicyRuling.told_by(each, sorted({d.label for d in each.redact})) for each in verdict.policies
                ),
                "samples": verdict.samples,
                "spent": verdict.spent,
                "examined": verdict.examined,
                "not_examined": verdict.not_examined,
                "looks": verdict.looks,
            }
        )

    @classmethod
    def trusted(cls, values: dict[str, Any]) -> Self:
        """See `Frozen.trusted`; an approval of what nobody looked at is refused here too."""
        if values["outcome"] == "approve":
            need_a_look((), values["examined"])
        return super().trusted(values)

    @model_validator(mode="after")
    def _was_looked_at(self) -> Self:
        if self.outcome == "approve":
            need_a_look((), self.examined)
        return self

    @property
    def has_locked_reject(self) -> bool:
        """True when a locked rule rejects the item: no person's answer beats that (policy semantics, point 9)."""
        return any(policy.is_locked for policy in self.policies)

    @property
    def actions(self) -> tuple[Action, ...]:
        """What the app is asked to do beside the outcome."""
        return tuple(action for policy in self.policies for action in policy.actions)

    def to_redact(self, detections: Sequence[Detection]) -> tuple[Detection, ...]:
        """What is redacted in the delivered copy where the final outcome is approve, of what was found in the item."""
        wanted = {label for policy in self.policies for label in policy.redact}
        return tuple(d for d in detections if d.label in wanted or not wanted.isdisjoint(d.parents)) if wanted else ()

    def untold(self) -> Verdict:
        """The verdict as far as the ruling itself says it, for when it cannot be worked out again."""
        policies = tuple(
            PolicyVerdict(
                policy=each.policy,
                outcome=each.outcome,
                queue=each.queue,
                because=each.because,
                deciding=tuple(
                    RuleResult("true", rule, each.outcome, "", each.policy.name, each.queue, each.is_locked)
                    for rule in each.deciding
                ),
                actions=each.actions,
                fault=each.fault,
            )
            for each in self.policies
        )
        said = {name: getattr(self, name) for name in Ruling.model_fields if name not in ("form", "policies")}
        return Verdict(policies=policies, **said)
