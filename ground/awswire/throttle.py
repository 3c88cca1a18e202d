"""Throttling: AWS's APIs answer 429 to who calls too often; how often, an installation sets for itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ground.awswire.errors import ApiError


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class Throttle:
    """Lets each access key make so many calls a second, and twice as many at once after a pause.

    Args:
        per_second: 0 lets all pass.
        clock: seconds that only go on; given for tests.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._clock = per_second, clock
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def check(self, key_id: str) -> None:
        """Raise A2I's 429 when this key has made too many calls. Only for keys that exist, so that few are kept."""
        if not self._per_second:
            return
        now, burst = self._clock(), max(2 * self._per_second, 1.0)
        with self._lock:
            bucket = self._buckets.setdefault(key_id, _Bucket(burst, now))
            bucket.tokens = min(burst, bucket.tokens + (now - bucket.filled_at) * self._per_second)
            bucket.filled_at = now
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return
        raise ApiError("ThrottlingException", "Rate exceeded", 429)
