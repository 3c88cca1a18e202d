"""What a worker process does: it moderates what waits, then waits for a ring, at most until the next look."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ground.rounds import Rounds
from moderation.core.items import Lane
from moderation.pipeline.doorbell import RedisListener


class Worker:
    """Threads that work on waiting items; nothing that happens to Redis or the database ends them.

    Args:
        moderate: claims some waiting items of lanes and moderates them; says how many.
        listeners: where each thread hears rings from, by the lanes that it works on.
        sweep_seconds: the longest until the database is asked for waiting items without a ring.
        done: called when nothing waits any more, for a worker of one thread that is to end then.
    """

    def __init__(
        self,
        moderate: Callable[[Sequence[Lane]], int],
        listeners: Sequence[tuple[Sequence[Lane], RedisListener]],
        sweep_seconds: float,
        done: Callable[[], None] | None = None,
    ) -> None:
        self._moderate, self._sweep_seconds, self._done = moderate, sweep_seconds, done
        self._listeners = [listener for _, listener in listeners]
        self._rounds = [self._rounds_of(lanes, listener) for lanes, listener in listeners]

    def start(self) -> None:
        """Begin to work."""
        for rounds in self._rounds:
            rounds.start()

    def close(self, seconds: float) -> bool:
        """Claim no more items; says whether those in hand were done within so many seconds."""
        for listener in self._listeners:
            listener.close()
        for rounds in self._rounds:
            rounds.stop()
        ends_at = time.monotonic() + seconds
        for rounds in self._rounds:
            rounds.close(max(0.0, ends_at - time.monotonic()))
        return not any(rounds.is_running for rounds in self._rounds)

    def _rounds_of(self, lanes: Sequence[Lane], listener: RedisListener) -> Rounds:
        name = f"worker {' and '.join(lanes)}"
        return Rounds(name, lambda: self._round(lanes, listener), pause_seconds=self._sweep_seconds)

    def _round(self, lanes: Sequence[Lane], listener: RedisListener) -> float | None:
        if self._moderate(lanes):
            return 0
        if self._done is None:
            return listener.listen(self._sweep_seconds)
        if listener.take():
            return 0
        self._done()
        return None
