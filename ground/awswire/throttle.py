"""Throttling: AWS's APIs answer 429 to who calls too often; how often, an installation sets for itself."""

from __future__ import annotations

import time
from collections.abc import Callable

from ground.awswire.errors import ApiError
from ground.token_buckets import TokenBuckets


class Throttle:
    """Lets each access key make so many calls a second, and twice as many at once after a pause.

    Args:
        per_second: 0 lets all pass.
        clock: seconds that only go on; given for tests.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = TokenBuckets(per_second, 2 * per_second, clock)

    def check(self, key_id: str) -> None:
        """Raise A2I's 429 when this key has made too many calls."""
        if self._buckets.take(key_id):
            raise ApiError("ThrottlingException", "Rate exceeded", 429)
