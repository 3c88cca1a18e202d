"""Doorbells: how workers learn that items wait. A doorbell says so and no more; the database knows the items.

Embedded, threads of this process are woken. At scale, RQ's queue in Redis wakes `moderation worker` processes. Either
way whoever works looks for waiting items now and then without a ring, so a lost ring, a flushed Redis, one that is
away, or a killed worker loses nothing.
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ground.errors import SettingsError
from ground.failpoints import failpoint
from ground.rounds import Rounds
from moderation.core.items import LANES, Lane
from moderation.settings import Settings

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)

QUEUE_NAMES: Mapping[Lane, str] = {
    "media": "moderation",
    "texts": "moderation-texts",
    "fetches": "moderation-fetches",
}
"""A queue for each lane, so that a ring reaches somebody who works on it."""
QUICK: Sequence[Lane] = ("texts", "fetches")
"""Lanes of which a thread does much in little time."""
SPARE: Sequence[Lane] = ("texts",)
"""Of a thread that leaves apps with many texts to the others, so that it is free for an app that posts one."""
JOB = "moderation.worker.moderate_waiting"
"""What a ring's job is called. To a worker it is a ring and no more: nothing is called by what lies in Redis."""
RINGS_KEPT = 64
"""Jobs in Redis beyond which a ring adds none: one job leads to many items."""
RING_SECONDS = 3600
"""Then Redis drops what is left of a job whose worker was killed while it took it."""
ANSWER_SECONDS = 1.0
"""How long Redis may take to answer."""
LISTEN_SECONDS = 1.0
"""How long one call waits for a ring: a worker that is to end does so within this."""
AWAY_SECONDS = 2.0
"""A Redis that is away is tried again this often."""
_LONGEST_JOB = 1000
"""Bytes of a job, packed and unpacked; ours has 55."""


class Doorbell(Protocol):
    """Where a post rings, and what workers listen to."""

    def ring(self, *lanes: Lane) -> None:
        """Items of these lanes, or of any, wait. Never raises, never waits: the post that rings is durable already."""
        ...

    def start(self, work: Callable[[Sequence[Lane]], int]) -> None:
        """Call `work` with lanes in which there may be something; it says how much there was."""
        ...

    def close(self) -> None:
        """Stop calling `work`; calls under way end first, within a few seconds."""
        ...


def lanes_of(threads: int) -> list[Sequence[Lane]]:
    """What each of several threads works on: everything, but for one that keeps to what is quick.

    To begin a fetch is quick; other threads wait for it (`pipeline.fetching`).
    """
    return [QUICK, *[LANES] * (threads - 1)] if threads > 1 else [LANES] * threads


class ThreadDoorbell:
    """Threads of this process.

    Args:
        threads: how many work at once.
        sweep_seconds: how often they look without a ring.
    """

    def __init__(self, threads: int, sweep_seconds: float) -> None:
        self._threads = Counter([*lanes_of(threads - 1), SPARE] if threads > 3 else lanes_of(threads))
        self._sweep_seconds = sweep_seconds
        self._rounds: dict[Sequence[Lane], Rounds] = {}

    def ring(self, *lanes: Lane) -> None:
        """See `Doorbell.ring`."""
        for theirs, rounds in self._rounds.items():
            if not set(theirs).isdisjoint(lanes or LANES):
                rounds.ring()

    def start(self, work: Callable[[Sequence[Lane]], int]) -> None:
        """See `Doorbell.start`."""
        for lanes, threads in self._threads.items():

            def once(lanes: Sequence[Lane] = lanes) -> float | None:
                return 0 if work(lanes) else None

            name = {LANES: "worker", SPARE: "spare"}.get(tuple(lanes), "quick")
            self._rounds[lanes] = Rounds(name, once, pause_seconds=self._sweep_seconds, threads=threads)
        for rounds in self._rounds.values():
            rounds.start()

    def close(self) -> None:
        """See `Doorbell.close`."""
        for rounds in self._rounds.values():
            rounds.stop()
        for rounds in self._rounds.values():
            rounds.close()


class RedisDoorbell:
    """Puts RQ jobs into Redis: a thread of its own does, and tries again later when Redis does not answer.

    Args:
        url: of Redis or Valkey.
    """

    def __init__(self, url: str) -> None:
        self._redis = _client(url)
        self._queues = {lane: _queue(self._redis, lane) for lane in LANES}
        self._rung: set[Lane] = set()
        self._outage = _Outage("rings wait")
        self._rounds = Rounds("doorbell", self._put, pause_seconds=None, waits_first=True)

    def ring(self, *lanes: Lane) -> None:
        """See `Doorbell.ring`. Rings that come faster than Redis takes them are one."""
        self._rung.update(lanes or LANES)
        self._rounds.start()
        self._rounds.ring()

    def start(self, work: Callable[[Sequence[Lane]], int]) -> None:
        """Nobody works here: `moderation worker` processes do."""

    def close(self) -> None:
        """Stop ringing and drop the connections."""
        self._rounds.close()
        self._redis.close()

    def _put(self) -> float | None:
        """Put one job a lane, unless enough wait already; again after a while when Redis does not take it."""
        import redis

        for lane, queue in self._queues.items():
            if lane not in self._rung:
                continue
            self._rung.discard(lane)  # before the job is put: whoever rings now gets one of his own
            try:
                if queue.count < RINGS_KEPT:
                    # Times to live for workers of the version before, which hand the job to RQ.
                    with failpoint("doorbell.ring"):
                        queue.enqueue(JOB, ttl=RING_SECONDS, result_ttl=0, failure_ttl=60)
            except (redis.RedisError, OSError) as error:
                self._rung.add(lane)
                self._outage.goes_on(error)
                return AWAY_SECONDS
        self._outage.is_over()
        return None


class RedisListener:
    """What a thread of a worker process listens to: RQ's queues of its lanes, where each job is a ring.

    RQ's own worker is not used: it ends when Redis does, ends a job after 180 seconds, unpacks a job before anybody can
    look at it, and calls whatever functions and addresses the job names, its callbacks and webhooks among them. Here a
    job is compared, byte by byte, with the one that `RedisDoorbell` puts.

    Args:
        url: of Redis or Valkey.
    """

    def __init__(self, url: str, lanes: Sequence[Lane] = LANES) -> None:
        from rq.job import Job
        from rq.serializers import JSONSerializer

        self._redis = _client(url, waits_seconds=LISTEN_SECONDS)
        self._keys: list[str] = [_queue(self._redis, lane).key for lane in lanes]
        self._prefix: bytes = Job.key_for("").encode()
        self._ours: bytes = Job.create(JOB, connection=self._redis, serializer=JSONSerializer).data
        self._outage = _Outage("the database is looked at now and then")
        self._closed = threading.Event()

    def listen(self, seconds: float) -> float:
        """Wait for a ring, at most so long.

        Returns:
            The seconds to wait elsewhere before the database is looked at: 0, or what Redis, being away, left of them.
        """
        ends_at = time.monotonic() + seconds
        while not self._closed.is_set() and (left := ends_at - time.monotonic()) > 0:
            rang = self._take(min(left, LISTEN_SECONDS))
            if rang is None:
                return max(0.0, min(ends_at - time.monotonic(), AWAY_SECONDS))
            if rang:
                break
        return 0.0

    def take(self) -> bool:
        """Take a ring that waits; False when there is none, or Redis is away."""
        return bool(self._take(None))

    def close(self) -> None:
        """End what listens, within `LISTEN_SECONDS`."""
        self._closed.set()

    def _take(self, seconds: float | None) -> bool | None:
        """True for a ring, False for none within the time, None for a Redis that does not answer."""
        import redis

        try:
            # Redis takes 0 for ever, and anything under a millisecond for 0.
            taken = self._blpop(max(seconds, 0.01)) if seconds else self._lpop()
            if taken:
                with failpoint("doorbell.answer"):
                    self._drop(taken)
        except (redis.RedisError, OSError) as error:
            self._outage.goes_on(error)
            return None
        self._outage.is_over()
        return bool(taken)

    def _blpop(self, seconds: float) -> bytes | None:
        taken: Any = self._redis.blpop(self._keys, seconds)
        return taken[1] if taken else None

    def _lpop(self) -> bytes | None:
        client: Any = self._redis
        return next((job_id for key in self._keys if (job_id := client.lpop(key))), None)

    def _drop(self, job_id: bytes) -> None:
        """Remove what a job has left in Redis, and say so when it was not ours."""
        key = self._prefix + job_id
        if not self._is_ours(key):
            logger.warning("a job that is not ours was refused")
        self._redis.delete(key)

    def _is_ours(self, key: bytes) -> bool:
        import redis

        client: Any = self._redis
        try:
            if client.hstrlen(key, "data") > _LONGEST_JOB:
                return False
            data = client.hget(key, "data")
        except redis.ResponseError:  # no hash at all
            return False
        if data is None:  # it ran out while it waited; a ring all the same
            return True
        try:
            return bool(zlib.decompressobj().decompress(data, _LONGEST_JOB) == self._ours)
        except zlib.error:
            return False


class _Outage:
    """Says once that Redis does not answer, and once that it does again."""

    def __init__(self, meanwhile: str) -> None:
        self._meanwhile, self._is_said = meanwhile, False

    def goes_on(self, error: Exception) -> None:
        if not self._is_said:
            logger.warning("Redis does not answer (%s); %s", type(error).__name__, self._meanwhile)
        self._is_said = True

    def is_over(self) -> None:
        if self._is_said:
            logger.info("Redis answers again")
        self._is_said = False


def _client(url: str, waits_seconds: float = 0.0) -> Redis:
    """A client that tries nothing twice: who calls it knows what to do instead."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=waits_seconds + ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise SettingsError(f"MODERATION_REDIS_URL: {error}") from error


def _queue(client: Redis, lane: Lane) -> Any:
    from rq import Queue
    from rq.serializers import JSONSerializer

    return Queue(QUEUE_NAMES[lane], connection=client, serializer=JSONSerializer)


def open_doorbell(settings: Settings) -> Doorbell:
    """The doorbell that the settings ask for."""
    if settings.redis_url:
        return RedisDoorbell(settings.redis_url)
    return ThreadDoorbell(settings.workers, settings.sweep_seconds)
