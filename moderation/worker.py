"""What a worker process does: it moderates what waits, then waits for a ring, at most until the next look."""

from __future__ import annotations

from collections.abc import Callable

from ground.rounds import Rounds
from moderation.pipeline.doorbell import RedisListener


class Worker:
    """One thread that works on waiting items; nothing that happens to Redis or the database ends it.

    Args:
        moderate: claims some waiting items and moderates them; says how many.
        listener: where rings come from.
        sweep_seconds: the longest until the database is asked for waiting items without a ring.
        done: called when nothing waits any more, for a worker that is to end then.
    """

    def __init__(
        self,
        moderate: Callable[[], int],
        listener: RedisListener,
        sweep_seconds: float,
        done: Callable[[], None] | None = None,
    ) -> None:
        self._moderate, self._listener, self._sweep_seconds, self._done = moderate, listener, sweep_seconds, done
        self._rounds = Rounds("worker", self._round, pause_seconds=sweep_seconds)

    def start(self) -> None:
        """Begin to work."""
        self._rounds.start()

    def close(self, seconds: float) -> bool:
        """Claim no more items; says whether those in hand were done within so many seconds."""
        self._listener.close()
        self._rounds.close(seconds)
        return not self._rounds.is_running

    def _round(self) -> float | None:
        if self._moderate():
            return 0
        if self._done is None:
            return self._listener.listen(self._sweep_seconds)
        if self._listener.take():
            return 0
        self._done()
        return None
