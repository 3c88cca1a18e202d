"""Doorbells: how workers learn that items wait. A doorbell says so and no more; the database knows the items.

Embedded, threads of this process are woken. At scale, RQ on Redis wakes `moderation worker` processes. Either way a
sweep looks for waiting work now and then, so a lost ring, a flushed Redis or a killed worker loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from ground.rounds import Rounds
from moderation.settings import Settings

logger = logging.getLogger(__name__)

QUEUE_NAME = "moderation"
JOB = "moderation.worker.moderate_waiting"
"""The one function that a job may name."""
RINGS_KEPT = 64
"""Jobs in Redis beyond which a ring adds none: one job claims many items."""


class Doorbell(Protocol):
    """Where a post rings, and what workers listen to."""

    def ring(self) -> None:
        """Items wait. Never raises and never waits: the post that rings is already durable."""
        ...

    def start(self, work: Callable[[], bool]) -> None:
        """Call `work` whenever there may be something; it says whether there was."""
        ...

    def close(self) -> None:
        """Stop calling `work`; calls under way end first, within a few seconds."""
        ...


class ThreadDoorbell:
    """Threads of this process.

    Args:
        threads: how many work at once.
        sweep_seconds: how often they look without a ring.
    """

    def __init__(self, threads: int, sweep_seconds: float) -> None:
        self._count, self._sweep_seconds = threads, sweep_seconds
        self._rounds: Rounds | None = None

    def ring(self) -> None:
        """See `Doorbell.ring`."""
        if self._rounds is not None:
            self._rounds.ring()

    def start(self, work: Callable[[], bool]) -> None:
        """See `Doorbell.start`."""
        self._rounds = Rounds(
            "worker", lambda: 0 if work() else None, pause_seconds=self._sweep_seconds, threads=self._count
        )
        self._rounds.start()

    def close(self) -> None:
        """See `Doorbell.close`."""
        if self._rounds is not None:
            self._rounds.close()


class RedisDoorbell:
    """RQ on Redis. A ring that Redis does not take is not an error: the sweep rings again.

    Args:
        url: of Redis or Valkey.
        has_waiting: asks the database whether an item waits.
        sweep_seconds: how often the serving process asks that, and rings.
    """

    def __init__(self, url: str, has_waiting: Callable[[], bool], sweep_seconds: float) -> None:
        import redis

        self._redis: Any = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._has_waiting = has_waiting
        self._sweeping = Rounds("sweep", self._sweep, pause_seconds=sweep_seconds, waits_first=True)

    def ring(self) -> None:
        """Put one job, unless enough wait already."""
        import redis
        from rq import Queue as RqQueue
        from rq.serializers import JSONSerializer

        try:
            queue = RqQueue(QUEUE_NAME, connection=self._redis, serializer=JSONSerializer)
            if queue.count < RINGS_KEPT:
                queue.enqueue(JOB, result_ttl=0, failure_ttl=60)
        except (redis.RedisError, OSError) as error:
            logger.warning("Redis does not answer (%s); the sweep rings later", type(error).__name__)

    def start(self, work: Callable[[], bool]) -> None:
        """Ring again for what waits. Nobody works here: `moderation worker` processes do."""
        self._sweeping.start()

    def close(self) -> None:
        """Stop ringing and drop the connections."""
        self._sweeping.close()
        self._redis.close()

    def _sweep(self) -> None:
        if self._has_waiting():
            self.ring()


def open_doorbell(settings: Settings, has_waiting: Callable[[], bool]) -> Doorbell:
    """The doorbell that the settings ask for; `has_waiting` as of `RedisDoorbell`."""
    if settings.redis_url:
        return RedisDoorbell(settings.redis_url, has_waiting, settings.sweep_seconds)
    return ThreadDoorbell(settings.workers, settings.sweep_seconds)
