"""Token buckets: so many a second for each key, and more at once after a pause."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_KEYS = 10_000
"""Keys that are remembered; who was forgotten begins with a full bucket."""


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class TokenBuckets:
    """A bucket for each key. For several threads.

    Args:
        per_second: tokens that come in; 0 lets all pass.
        burst: tokens that a bucket holds at most.
        clock: seconds that only go on; given for tests.

    Attributes:
        per_second: as it was given.
    """

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self._burst, self._clock = per_second, max(burst, 1.0), clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    @property
    def burst(self) -> float | None:
        """Tokens that a full bucket holds; None where all pass."""
        return self._burst if self.per_second else None

    def left(self, key: str) -> tuple[int, float]:
        """How many whole tokens a key has, and the seconds until its bucket is full. Takes none."""
        with self._lock:
            bucket = self._buckets.get(key)
            now = self._clock()
            tokens = self._burst
            if bucket is not None and self.per_second:
                tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self.per_second)
        return int(tokens), (self._burst - tokens) / self.per_second if self.per_second else 0.0

    def take(self, key: str) -> float:
        """Take a token; 0, or the seconds until there is one, and none was taken."""
        if not self.per_second:
            return 0.0
        now = self._clock()
        with self._lock:
            bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
            self._buckets.move_to_end(key)
            if len(self._buckets) > MOST_KEYS:
                self._buckets.popitem(last=False)
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self.per_second)
            bucket.filled_at = now
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return 0.0
            return (1 - bucket.tokens) / self.per_second
