"""What judging an item comes to, before anything is done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from moderation.core.counting import Counted
from moderation.core.detections import Detection, Failure
from moderation.core.items import Part
from moderation.core.policy.policies import Policy, PolicySet
from moderation.core.rulings import Ruling
from moderation.core.verdicts import Verdict
from moderation.storage.findings import Findings


@dataclass(frozen=True)
class Judgement:
    """All that is known of an item before anything is done about it.

    Attributes:
        policies: those that were in force.
        applicable: those of them that are for the item.
        counted: how many came before, where the policies count.
        explain: works out why; None where only what was stored of an item is at hand.
    """

    findings: Findings
    ruling: Ruling
    policies: PolicySet
    applicable: tuple[Policy, ...] = ()
    counted: Counted | None = None
    explain: Callable[[], Verdict] | None = None

    @cached_property
    def verdict(self) -> Verdict:
        """The ruling with its whole explanation, worked out when it is first asked for."""
        return self.explain() if self.explain is not None else self.ruling.untold()

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
