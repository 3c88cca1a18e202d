"""Tallies: counts that only grow. A process counts in memory; what is new is taken from there and stored."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence

CALL_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper ends of the buckets of a histogram of what takes a moment."""
WAIT_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)
"""Upper ends of the buckets of a histogram of how long something waited."""
BUCKET, SUM = "_bucket", "_sum"
DETECTOR_CALLS = "detector_call_seconds"
"""A histogram of calls, by detector and outcome (``answered``, or the kind of failure)."""

Counted = tuple[str, tuple[str, ...]]
"""A figure, and the values of its labels."""


class Tally:
    """Counts of this process that are not in the database yet. For several threads."""

    def __init__(self) -> None:
        self._new: defaultdict[Counted, float] = defaultdict(float)
        self._lock = threading.Lock()

    def add(self, figure: str, *labels: str, count: int = 1) -> None:
        """So many more."""
        with self._lock:
            self._new[figure, labels] += count

    def observe(self, figure: str, seconds: float, buckets: Sequence[float], *labels: str) -> None:
        """One more in a histogram."""
        place = bisect_left(buckets, seconds)
        bucket = str(buckets[place]) if place < len(buckets) else "+Inf"
        with self._lock:
            self._new[figure + BUCKET, (*labels, bucket)] += 1
            self._new[figure + SUM, labels] += max(seconds, 0.0)

    def take(self) -> Mapping[Counted, float]:
        """What is new; it is none any more."""
        with self._lock:
            new, self._new = self._new, defaultdict(float)
        return new

    def give_back(self, new: Mapping[Counted, float]) -> None:
        """What was taken and could not be stored."""
        with self._lock:
            for counted, amount in new.items():
                self._new[counted] += amount
