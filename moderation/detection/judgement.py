"""What judging an item comes to, before anything is done about it."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.core.counting import Counted
from moderation.core.detections import Detection, Failure
from moderation.core.items import Part
from moderation.core.policy.policies import Policy, PolicySet
from moderation.core.verdicts import Verdict
from moderation.storage.records import Findings


@dataclass(frozen=True)
class Judgement:
    """All that is known of an item before anything is done about it.

    Attributes:
        policies: those that were in force.
        applicable: those of them that are for the item.
        counted: how many came before, where the policies count.
    """

    findings: Findings
    verdict: Verdict
    policies: PolicySet
    applicable: tuple[Policy, ...] = ()
    counted: Counted | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """Given and extracted."""
        return self.findings.parts

    @property
    def detections(self) -> tuple[Detection, ...]:
        """What was found."""
        return self.findings.detections

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Who gave no answer."""
        return self.findings.failures
