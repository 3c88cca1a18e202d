"""Holding: a process keeps the leases of what it works on for as long as it lives, and loses them soon after it died.

The leases are short, and a thread of the process moves their ends on every second. So the work of a process that was
killed is free within `LEASE_SECONDS`, while one that takes its time is not done by a second one beside it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from ground.rounds import Rounds

LEASE_SECONDS = 5.0
BEAT_SECONDS = 1.0

Move = Callable[[Collection[str], datetime, datetime], object]
"""Moves the ends of leases, of rows by their keys, from a time to another; those that others have by now stay."""


class Hold:
    """Rows in this process's hands.

    Attributes:
        until: the end of their lease, as it stands now.
    """

    def __init__(self, keys: Collection[str], until: datetime, ends_at: float) -> None:
        self.until = until
        self._keys, self._ends_at = set(keys), ends_at
        self._lock = threading.Lock()

    def beat(self, move: Move, until: datetime) -> None:
        """Move the end of the lease, unless they were held for long enough."""
        with self._lock:
            if self._keys and time.monotonic() < self._ends_at:
                move(sorted(self._keys), self.until, until)
                self.until = until

    @contextmanager
    def let_go(self, *keys: str) -> Iterator[datetime]:
        """Rows that are given back or put off in the block, which is told the end of their lease."""
        with self._lock:
            self._keys.difference_update(keys)
            yield self.until


class Holding:
    """The leases that this process keeps on rows of one table.

    Args:
        name: of the thread, and in logs.
        clock: the wall time that leases go by.
    """

    def __init__(self, name: str, move: Move, clock: Callable[[], datetime]) -> None:
        self._move, self._clock = move, clock
        self._holds: set[Hold] = set()
        self._lock = threading.Lock()
        self._rounds = Rounds(name, self.beat, pause_seconds=BEAT_SECONDS)

    @contextmanager
    def hold(self, keys: Collection[str], until: datetime, at_most_seconds: float) -> Iterator[Hold]:
        """Keep rows that were claimed for `LEASE_SECONDS`; at the end of the block they are left as they are.

        Args:
            until: the end of their lease.
            at_most_seconds: then they are left to others, whatever this process does with them.
        """
        hold = Hold(keys, until, time.monotonic() + at_most_seconds)
        self._rounds.start()
        with self._lock:
            self._holds.add(hold)
        try:
            yield hold
        finally:
            with self._lock:
                self._holds.discard(hold)

    def beat(self) -> None:
        """Move the ends of all leases that are held."""
        with self._lock:
            holds = list(self._holds)
        for hold in holds:
            hold.beat(self._move, self._clock() + timedelta(seconds=LEASE_SECONDS))

    def close(self) -> None:
        """Keep them no longer."""
        self._rounds.close()
