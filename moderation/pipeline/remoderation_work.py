"""Remoderations that the service works off: one at a time, under a lease; who comes after a kill goes on with them."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable

from ground.database import Database
from ground.rounds import Rounds
from moderation.pipeline.ports import Ports
from moderation.pipeline.remoderating import remoderate, undo
from moderation.storage.remoderations import LEASE, Remoderation, Remoderations

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0


class RemoderationWork:
    """Works off the runs of `database`.

    Attributes:
        runs: all runs.
        rounds: do it in the background; ring after a run was begun or turned.
    """

    def __init__(self, database: Database, ports: Ports) -> None:
        self.runs, self._ports = Remoderations(database), ports
        self._stop = threading.Event()
        self.rounds = Rounds("remoderations", self.look, pause_seconds=LOOK_SECONDS)

    def look(self) -> float | None:
        """Work off the oldest run that nobody holds; says 0 when there may be more."""
        run = self.runs.claim(self._ports.clock())
        if run is None:
            return None

        held_at = self._ports.clock()

        def goes_on() -> bool:
            nonlocal held_at
            if self._stop.is_set():
                return False
            now = self._ports.clock()
            if now - held_at < LEASE / 4:
                return self.runs.state_of(run.id) == run.state
            held_at = now
            return self.runs.hold(run, now)

        try:
            counts = self._work(run, goes_on)
        finally:
            self.runs.let_go(run)
        logger.info("remoderation %s: %s", run.id, ", ".join(f"{count} {what}" for what, count in counts.items()))
        return None if self._stop.is_set() else 0

    def close(self) -> None:
        """Stop before the next item; the run is gone on with at the next start."""
        self._stop.set()
        self.rounds.close()

    def _work(self, run: Remoderation, goes_on: Callable[[], bool]) -> Counter[str]:
        if run.state == "undoing":
            return undo(self.runs, self._ports, run, "the service", goes_on)
        pause = 60 / run.pace if run.pace else 0.0
        return remoderate(self.runs, self._ports, run, pause_seconds=pause, sleep=self._stop.wait, goes_on=goes_on)
