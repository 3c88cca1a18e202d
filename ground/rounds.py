"""Rounds: work that a named thread of this process does again and again until it is told to stop.

One policy for errors, for whoever has something to look after in the background:

- `StoreUnavailable` passes by itself: a warning, and the next round tries again.
- Any other exception is a fault of ours: it is logged with its traceback, and the next round tries again.
- Neither ends the thread. Failures in a row make the pauses longer, up to `LONGEST_BACK_OFF_SECONDS`.

Nothing may depend on a ring: a round finds out by itself whether there is work, and the pause says how soon.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ground.errors import StoreUnavailable

logger = logging.getLogger(__name__)

Work = Callable[[], float | None]
"""One round. What it returns is the pause until the next, in seconds: 0 to go on at once, None for the usual pause."""
LONGEST_BACK_OFF_SECONDS = 5.0
"""A round that fails again and again is tried this often at least, or as often as its usual pause says."""
_FIRST_BACK_OFF_SECONDS = 1.0
"""Where there is no usual pause."""


class Rounds:
    """A named thread with a bell, a pause and a back-off; or several threads that share the work.

    ```python
    sweep = Rounds("sweep", look_after_things, pause_seconds=60)
    sweep.start()
    sweep.ring()  # there is something to do now
    sweep.close()
    ```

    Args:
        name: of the thread, and in logs.
        work: one round; see `Work`. It may run twice at the same time only where there are several threads.
        pause_seconds: between rounds, unless somebody rings; None to wait for the bell alone.
        threads: how many do rounds side by side; each ring wakes one.
        waits_first: True to begin with a pause, False to begin with a round.
    """

    def __init__(
        self, name: str, work: Work, *, pause_seconds: float | None, threads: int = 1, waits_first: bool = False
    ) -> None:
        self.name = name
        self._work, self._pause_seconds, self._count, self._waits_first = work, pause_seconds, threads, waits_first
        self._starting = threading.Lock()
        self._bell = threading.Condition()
        self._rings = 0
        self._is_stopped = False
        self._threads: list[threading.Thread] = []

    @property
    def is_running(self) -> bool:
        """True from `start` until the threads have ended."""
        return any(thread.is_alive() for thread in self._threads)

    @property
    def is_stopped(self) -> bool:
        """True once the rounds are to end; a long round looks at it now and then."""
        return self._is_stopped

    def start(self) -> None:
        """Begin. Called again, or by several at once, it does nothing more."""
        with self._starting:
            if self._threads:
                return
            for number in range(self._count):
                name = self.name if self._count == 1 else f"{self.name}-{number}"
                self._threads.append(threading.Thread(target=self._run, name=name, daemon=True))
            for thread in self._threads:
                thread.start()

    def ring(self) -> None:
        """End a pause: a whole round begins after this. Never waits, and may be called before `start`."""
        with self._bell:
            # One round for each thread sees all there is, so more rings than threads say nothing new.
            self._rings = min(self._rings + 1, self._count)
            self._bell.notify()

    def stop(self) -> None:
        """Begin no more rounds; waits for nothing, so a round may call it too."""
        with self._bell:
            self._is_stopped = True
            self._bell.notify_all()

    def close(self, seconds: float | None = 10.0) -> None:
        """Stop, and wait for the rounds under way: all in all `seconds`, or as long as they take."""
        self.stop()
        deadline = None if seconds is None else time.monotonic() + seconds
        with self._starting:  # what is being started in another thread cannot be waited for yet
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(None)

    def _run(self) -> None:
        failures = 0
        pause = self._pause_seconds if self._waits_first else 0.0
        while self._wait(pause):
            try:
                said = self._work()
            except StoreUnavailable as error:
                failures += 1
                pause = back_off(self._pause_seconds, failures)
                logger.warning("%s: the next round tries again, in %.1f s: %s", self.name, pause, error)
            except Exception:
                failures += 1
                pause = back_off(self._pause_seconds, failures)
                logger.exception("%s: a round failed; the next one tries again, in %.1f s", self.name, pause)
            else:
                failures = 0
                pause = self._pause_seconds if said is None else said

    def _wait(self, seconds: float | None) -> bool:
        """Until somebody rings or the time is over; says whether there is to be a round."""
        with self._bell:
            if seconds != 0 and not self._rings and not self._is_stopped:
                self._bell.wait(seconds)
            self._rings = max(self._rings - 1, 0)
            return not self._is_stopped


def back_off(pause_seconds: float | None, failures: int, longest_seconds: float = LONGEST_BACK_OFF_SECONDS) -> float:
    """Seconds to wait after so many failed rounds in a row: the usual pause, doubled with each, within the limit."""
    usual = pause_seconds or _FIRST_BACK_OFF_SECONDS
    return max(usual, min(usual * 2.0 ** min(failures - 1, 30), longest_seconds))
