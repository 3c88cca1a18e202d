"""Weights: an outcome and its queue as one number, so that the strictest of many is the largest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moderation.core.policy.file import PolicyFile
from moderation.core.policy.terms import Ask
from moderation.core.verdicts import Outcome

RANKS: Mapping[Outcome, int] = {"approve": 0, "review": 1, "reject": 2}
OUTCOMES: tuple[Outcome, ...] = ("approve", "review", "reject")
_STEP = 1 << 20
NONE = -1
"""The weight of nothing at all."""


def rank_of(weight: int) -> int:
    """How strict: 0 to 2; -1 of nothing at all."""
    return weight >> 20


@dataclass(frozen=True)
class Weights:
    """Weighs what a policy's rules ask for: strict over mild, and among reviews the queue that is listed first.

    Attributes:
        queues: in the policy's order.
        ranks: queue to its place among them.
    """

    queues: tuple[str, ...]
    ranks: Mapping[str, int]

    @classmethod
    def of(cls, file: PolicyFile) -> Weights:
        """For a policy."""
        names = tuple(queue.name for queue in file.queues)
        return cls(names, {name: number for number, name in reversed(list(enumerate(names)))})

    def of_ask(self, ask: Ask) -> int:
        """The weight of what a rule asks for."""
        return self.of_outcome(ask.outcome, ask.queue)

    def of_outcome(self, outcome: Outcome, queue: str | None) -> int:
        """The weight of an outcome, for review with its queue."""
        weight = RANKS[outcome] * _STEP
        if outcome == "review" and queue is not None and queue in self.ranks:
            weight += len(self.queues) - self.ranks[queue]
        return weight

    def queue_of(self, weight: int) -> str | None:
        """The queue of a review: the very first where none was named; None in a policy without."""
        place = weight % _STEP
        if place and rank_of(weight) == 1:
            return self.queues[len(self.queues) - place]
        return self.queues[0] if self.queues else None
