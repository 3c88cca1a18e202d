"""Following human loops: what queues need is made at A2I, loops are started, and open ones are asked about."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ground.rounds import Rounds
from moderation.core.errors import HumanLoopRefused, HumanLoopsUnavailable, NotFound
from moderation.core.policy.policies import Queue
from moderation.review.fallback import AnyHumanLoops

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5


class Following:
    """Looks after human loops in rounds.

    Args:
        queues: those of the policies in force.
        answer: sees how the loop of a name stands, and decides its item when it has ended.
        look_at_loops: starts and asks about loops whose time has come.
        poll_seconds: pause after a refusal of A2I.

    Attributes:
        problem: why human loops do not get on at all; empty when they do.
        rounds: the looking after.
    """

    def __init__(
        self,
        human_loops: AnyHumanLoops,
        queues: Callable[[], Sequence[Queue]],
        answer: Callable[[str], None],
        look_at_loops: Callable[[], int],
        poll_seconds: float,
    ) -> None:
        self._human_loops, self._queues = human_loops, queues
        self._answer, self._look_at_loops, self._poll_seconds = answer, look_at_loops, poll_seconds
        self._is_provisioned = False
        self._hinted: set[str] = set()
        self._lock = threading.Lock()
        self.problem = ""
        self.rounds = Rounds("loops", self.look, pause_seconds=TICK_SECONDS)

    def queues_changed(self) -> None:
        """Policies came into force: make what their queues need."""
        self._is_provisioned = False
        self.rounds.ring()

    def loop_changed(self, event: Mapping[str, Any]) -> None:
        """A status change event of A2I: look at that loop soon. The event itself is not believed."""
        name = event.get("detail", {}).get("humanLoopName")
        if isinstance(name, str):
            with self._lock:
                self._hinted.add(name)
            self.rounds.ring()

    def look(self) -> float | None:
        """One round."""
        try:
            self._provision()
            with self._lock:
                hinted, self._hinted = self._hinted, set()
            for name in sorted(hinted):
                self._answer(name)
            self._look_at_loops()
        except (HumanLoopRefused, HumanLoopsUnavailable, NotFound) as error:
            self._is_provisioned = False
            self.problem = str(error)
            logger.error("human loops: %s", error)
            return max(self._poll_seconds, TICK_SECONDS)
        self.problem = ""
        return None

    def _provision(self) -> None:
        if self._is_provisioned:
            return
        self._is_provisioned = True  # said first: queues may change while this is at it
        try:
            for line in self._human_loops.provision(self._queues()):
                logger.info("provisioned %s", line)
        except BaseException:
            self._is_provisioned = False
            raise
