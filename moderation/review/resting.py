"""Resting: a service that does not answer is left alone for a while, so that not everybody waits for it in turn.

After it failed, one call asks it again once its rest is over; all others learn at once that it was away. The rests
grow with each failure in a row.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moderation.core.errors import HumanLoopsUnavailable

SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 10.0
"""Of a rest: the first, and the longest, which is how late it may be noticed that the service answers again."""


class Resting:
    """Whether a service is left alone. For several threads.

    Args:
        is_away: whether what a call raised says that the service does not answer.
        clock: seconds that only grow; given for tests.
    """

    def __init__(self, is_away: Callable[[BaseException], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._is_away, self._clock = is_away, clock
        self._lock = threading.Lock()
        self._failures, self._until, self._said = 0, 0.0, ""
        self._is_asked_again = False

    @contextmanager
    def call(self) -> Iterator[None]:
        """Call the service in the block.

        Raises:
            HumanLoopsUnavailable: it rests, or another call is finding out whether it answers again; with what the last
                one said.
        """
        with self._lock:
            is_again = self._failures > 0
            if is_again and (self._is_asked_again or self._clock() < self._until):
                raise HumanLoopsUnavailable(f"A2I: {self._said}")
            self._is_asked_again = self._is_asked_again or is_again
        said: str | None = None
        try:
            yield
        except BaseException as error:
            said = str(error) if self._is_away(error) else None
            raise
        finally:
            with self._lock:
                self._ended(is_again, said)

    def _ended(self, is_again: bool, said: str | None) -> None:
        if is_again:
            self._is_asked_again = False
        if said is None:
            self._failures = 0
        elif is_again or not self._failures:
            # Of calls that were under way together, the first that fails speaks for all.
            seconds = min(SHORTEST_SECONDS * 2.0 ** min(self._failures, 20), LONGEST_SECONDS)
            self._failures, self._until, self._said = self._failures + 1, self._clock() + seconds, said
