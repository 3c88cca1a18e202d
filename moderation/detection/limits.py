"""How long a call may take: time of its own counts, waiting for a processor does not.

A tool says how many seconds a call may take (``time_limit_seconds``). Those are seconds of the clock as long as the
machine has a processor to spare. On a busy one the threads of its process stand in line, which is not the tool's fault:
counted by the clock alone, every slow detector would fail at once and everything would go to people. So a call is ended

1. when its own time has reached the limit: the clock, less what the thread that stood in line longest stood there. A
   detector that sleeps or hangs stands in no line, so it ends at its limit by the clock, however busy the machine is;
2. when one of its threads has computed for as long as the limit, whatever the others did: a loop that never ends is
   over at its limit of processor time;
3. when `BUSY_FACTOR` times the limit has passed by the clock, in any case.

Linux tells both figures of each thread (``/proc/PID/task/TID/schedstat``: nanoseconds on a processor, nanoseconds in
line; see the kernel's ``Documentation/scheduler/sched-stats.rst``). It is the kernel that counts, so the process cannot
lie about it. Where that file is missing, the clock alone decides. What a tool starts in processes of their own is not
seen: waiting for them counts as its own time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from moderation.core.errors import ModerationError

BUSY_FACTOR = 5.0
"""Times its limit by the clock that a call may take on a busy machine: with the shipped limits at most 150 s."""
_SHORTEST_WAIT_SECONDS = 0.01

Threads = Mapping[str, tuple[float, float]]
"""Of each thread by its id: seconds on a processor, and seconds in line for one."""


class OutOfTime(ModerationError, TimeoutError):
    """The call is over; the message says why, for people."""


class Patience:
    """With one call, from now on.

    Args:
        limit_seconds: of the tool.
        threads: what the kernel says of the process's threads; empty when it says nothing.
        clock: of `time.monotonic`; given for tests.
    """

    def __init__(
        self, limit_seconds: float, threads: Callable[[], Threads], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._threads, self._clock = limit_seconds, threads, clock
        self._before = threads()
        self._began = clock()

    def left(self) -> float:
        """Seconds to wait for the answer before asking again.

        Raises:
            OutOfTime: there are none.
        """
        passed = self._clock() - self._began
        most = BUSY_FACTOR * self._limit
        if passed < self._limit:
            return self._limit - passed
        if passed >= most:
            raise OutOfTime(f"no answer within {most:g} s on a busy machine, {BUSY_FACTOR:g} times its limit")
        own = self._own(passed)
        if own >= self._limit:
            raise OutOfTime(f"no answer within {self._limit:g} s")
        # Its own time passes no faster than the clock's.
        return min(max(self._limit - own, _SHORTEST_WAIT_SECONDS), most - passed)

    def _own(self, passed: float) -> float:
        computed, stood = 0.0, 0.0
        for thread, (now_computed, now_stood) in self._threads().items():
            before = self._before.get(thread, (0.0, 0.0))
            computed, stood = max(computed, now_computed - before[0]), max(stood, now_stood - before[1])
        return max(passed - stood, computed)


def threads_of(pid: int) -> Threads:
    """What the kernel says of a process's threads; empty when the process is gone, or the kernel says nothing."""
    found: dict[str, tuple[float, float]] = {}
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            computed, stood, _ = (task / "schedstat").read_text().split()
            found[task.name] = (int(computed) / 1e9, int(stood) / 1e9)
    except (OSError, ValueError):
        return found  # a thread may end between the two looks; what is known of the others holds
    return found
