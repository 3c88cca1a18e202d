"""Paced: what is slow to find out is not asked for again before it costs little beside the time since."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")

QUICK_SECONDS = 0.05
"""What takes no longer is found out whenever somebody asks."""
SHARE = 0.05
"""Of all time, that may be spent on what takes longer."""


class Paced(Generic[Result]):
    """An answer that is kept for as long as finding it out took, times the inverse of `SHARE`. For several threads.

    Args:
        find_out: what it takes; its exceptions are raised to whoever asks.
        at_least_seconds: how long an answer is kept in any case.
        clock: seconds that only go on; given for tests.
    """

    def __init__(
        self,
        find_out: Callable[[], Result],
        at_least_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find_out, self._at_least, self._clock = find_out, at_least_seconds, clock
        self._lock = threading.Lock()
        self._kept: tuple[Result, float] | None = None

    def ask(self) -> Result:
        """The answer; while one caller finds it out, others wait for that."""
        with self._lock:
            began = self._clock()
            if self._kept is not None and began < self._kept[1]:
                return self._kept[0]
            found = self._find_out()
            ended = self._clock()
            took = ended - began
            self._kept = found, ended + max(self._at_least, took / SHARE if took > QUICK_SECONDS else 0.0)
            return found

    def forget(self) -> None:
        """Find it out anew when somebody asks next."""
        with self._lock:
            self._kept = None
