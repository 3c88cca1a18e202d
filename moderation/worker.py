"""What a worker process does: it moderates what waits, then waits for a ring, at most until the next look."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ground.rounds import Rounds
from moderation.core.items import Lane
from moderation.pipeline.doorbell import SPARE, RedisListener

PASSED_ON_SECONDS = 0.05
"""How long a thread that keeps to apps with few items leaves rings to others, after it passed one on to them."""


class Worker:
    """Threads that work on waiting items; nothing that happens to Redis or the database ends them.

    One that works on `SPARE` leaves apps with many items to the others, and passes on each ring that may be for them.

    Args:
        moderate: claims some waiting items of lanes and moderates them; says how many.
        listeners: where each thread hears rings from, by the lanes that it works on.
        sweep_seconds: the longest until the database is asked for waiting items without a ring.
        done: called when nothing waits any more, for a worker of one thread that is to end then.
        pass_on: rings for items of lanes that wait or are worked on; says whether there are any.
    """

    def __init__(
        self,
        moderate: Callable[[Sequence[Lane]], int],
        listeners: Sequence[tuple[Sequence[Lane], RedisListener]],
        sweep_seconds: float,
        done: Callable[[], None] | None = None,
        pass_on: Callable[[Sequence[Lane]], bool] = lambda _: False,
    ) -> None:
        self._moderate, self._sweep_seconds, self._done, self._pass_on = moderate, sweep_seconds, done, pass_on
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
        once = self._spare_round if tuple(lanes) == SPARE else self._round
        return Rounds(name, lambda: once(lanes, listener), pause_seconds=self._sweep_seconds)

    def _spare_round(self, lanes: Sequence[Lane], listener: RedisListener) -> float:
        away = listener.listen(self._sweep_seconds)
        if away:
            return away
        self._moderate(lanes)
        return PASSED_ON_SECONDS if self._pass_on(lanes) else 0

    def _round(self, lanes: Sequence[Lane], listener: RedisListener) -> float | None:
        if self._moderate(lanes):
            return 0
        if self._done is None:
            return listener.listen(self._sweep_seconds)
        if listener.take():
            return 0
        self._done()
        return None
