"""The processes of one detector, extractor or redactor: as many as it needs, replaced when they die.

A pool that is kept warm starts its first process, and has it answer once, before anybody needs it; whoever asks
`problem` learns whether it has. A further process is started when calls have to wait for a tool that is slow.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ground.rounds import Rounds, back_off
from moderation.detection.process import Call, NoAnswer, Process

logger = logging.getLogger(__name__)

SLOW_SECONDS = 0.25
"""Of a usual call: a tool that takes longer is given more than one process when calls wait for it."""
BREAKER_FAILURES = 5
BREAKER_SECONDS = 30.0
MOST_UNSET = 4
"""Processes of one tool where no setting says it: each holds its models in memory anew."""
TEND_SECONDS = 1.0
"""How often the processes of a pool that is kept warm are looked at."""
LET_SECONDS = 0.05
"""Until a pool looks again whether others have started that it lets go first."""
LONGEST_BACK_OFF_SECONDS = 60.0
"""Before a process that dies again and again is replaced without a call that needs it."""
CLOSE_SECONDS = 5.0
_NEWEST_COUNTS = 0.1
"""The share of the newest call in what is usual."""


class Pool:
    """Calls go to whichever process is free.

    Args:
        tool: a detector, extractor or redactor.
        plugins_dir: see `Process`.
        most: how many processes there may be at a time.
        probes: gives the calls that a new process answers before it is used, when the pool is kept warm.
    """

    def __init__(
        self, tool: Any, plugins_dir: Path | None, most: int = 1, probes: Callable[[], Sequence[Call]] = tuple
    ) -> None:
        self.name = str(tool.name)
        self._tool, self._plugins_dir, self._most, self._probes = tool, plugins_dir, max(most, 1), probes
        self._change = threading.Condition()
        self._idle: list[Process] = []
        self._all: set[Process] = set()
        self._taken = 0
        """Processes that there are, with those that are just started."""
        self._wanted = 1
        self._is_closed = False
        self._failures = 0
        self._rests_until = 0.0
        self._usual_seconds = 0.0
        self._deaths = 0
        """In a row, without a call that was answered in between."""
        self._replaced_from = 0.0
        self._is_needed: Callable[[], bool] = lambda: True
        self._lets_others: Callable[[], bool] = lambda: False
        self._has_answered = False
        self._problem = "has not answered yet"
        self._rounds: Rounds | None = None

    def call(self, call: Call) -> dict[str, Any]:
        """One call, by the first process that is free.

        Returns:
            What it `found`, the digests of the pictures it has `seen`, and why something was `left_out`.

        Raises:
            NoAnswer: see `Process.call`; it says that it could not look; or it failed too often and rests.
        """
        process = self._take()
        try:
            process = process or self._start()
            began = time.monotonic()
            answer = process.call(call)
        except NoAnswer:
            self._lost(process)
            self._failed_again()
            raise
        self._give_back(process, time.monotonic() - began)
        if answer.get("kind") == "unavailable":
            # Its process is well, but the service behind it is not: waiting for it again would hold up every item.
            self._failed_again()
        else:
            self._failures = 0
        if "found" not in answer:
            raise NoAnswer(answer["kind"], str(answer["message"]))
        return answer

    def make_ready(self) -> None:
        """Until a process is free that has started and answered; where none does, its next call says why."""
        try:
            process = self._take()
        except NoAnswer:
            return
        if process is None:
            self._start_and_probe()
        else:
            self._give_back(process)

    # Taking and giving back

    def _take(self) -> Process | None:
        """A process that is free; None when the caller is to start one."""
        with self._change:
            while True:
                if self._is_closed:
                    raise NoAnswer("not_run", "the service is stopping")
                if time.monotonic() < self._rests_until:
                    raise NoAnswer("unavailable", f"it failed {self._failures} times in a row and rests for a while")
                self._bury()
                if self._idle:
                    return self._idle.pop()
                if self._taken < self._wanted:
                    self._taken += 1
                    return None
                if self._taken < self._most and self._usual_seconds >= SLOW_SECONDS:
                    self._wanted = self._taken + 1
                    if self._rounds is None:
                        continue
                    self._rounds.ring()
                self._change.wait()

    def _start(self) -> Process:
        process = Process(self._tool, self._plugins_dir)
        with self._change:
            if not self._is_closed:
                self._all.add(process)
                return process
        process.kill()
        raise NoAnswer("not_run", "the service is stopping")

    def _give_back(self, process: Process, took_seconds: float | None = None) -> None:
        with self._change:
            if took_seconds is not None:
                self._usual_seconds += _NEWEST_COUNTS * (took_seconds - self._usual_seconds)
                self._deaths = 0
            if not self._is_closed:
                self._idle.append(process)
                self._change.notify()
                return
            self._all.discard(process)
            self._change.notify_all()
        process.kill()

    def _lost(self, process: Process | None) -> None:
        """A process is gone, or did not come to be."""
        with self._change:
            self._died()
            if process is not None:
                self._all.discard(process)
            self._change.notify_all()
        if self._rounds is not None:
            self._rounds.ring()

    def _bury(self) -> None:
        """Forget those that died while nobody called them."""
        for process in [process for process in self._idle if not process.is_alive]:
            process.kill()
            self._idle.remove(process)
            self._all.discard(process)
            self._died()

    def _died(self) -> None:
        self._taken -= 1
        self._deaths += 1
        # The first is replaced at once, one that dies again and again more and more rarely.
        wait = back_off(TEND_SECONDS, self._deaths - 1, LONGEST_BACK_OFF_SECONDS) if self._deaths > 1 else 0.0
        self._replaced_from = time.monotonic() + wait

    def _failed_again(self) -> None:
        with self._change:
            self._failures += 1
            if self._failures < BREAKER_FAILURES:
                return
            self._rests_until = time.monotonic() + BREAKER_SECONDS
        logger.warning("breaker open detector=%s failures=%d", self.name, self._failures)

    # Keeping warm

    @property
    def problem(self) -> str:
        """Why it is not ready, in words for people; empty when it is, or when nobody needs it or keeps it warm."""
        if self._rounds is None or self._has_answered or not self._is_needed():
            return ""
        return self._problem

    @property
    def note(self) -> str:
        """What to know of one that is ready: that it rests, or what its newest process said; empty for nothing."""
        if self.problem:
            return ""
        if time.monotonic() < self._rests_until:
            return f"failed {self._failures} times in a row and rests for a while"
        return self._problem if self._has_answered else ""

    def keep_warm(self, is_needed: Callable[[], bool], lets_others: Callable[[], bool] = lambda: False) -> None:
        """Have a process ready from now on, as long as `is_needed`, and replace those that die.

        Args:
            lets_others: while it says so, only a call starts a process: there are others whose start is more urgent.
        """
        self._is_needed, self._lets_others = is_needed, lets_others
        self._rounds = Rounds(f"detector {self.name}", self._tend, pause_seconds=TEND_SECONDS)
        self._rounds.start()

    def _tend(self) -> float | None:
        if not self._is_needed():
            return None
        if self._lets_others():
            return LET_SECONDS
        with self._change:
            self._bury()
            if self._is_closed or self._taken >= self._wanted:
                return None
            left = self._replaced_from - time.monotonic()
            if left > 0:
                return left
            self._taken += 1
        self._start_and_probe()
        return 0

    def try_out(self) -> str:
        """Start a process and have it answer, now. Says what was wrong; empty for nothing."""
        with self._change:
            self._taken += 1
        self._start_and_probe()
        return self._problem

    def _start_and_probe(self) -> None:
        """Bring the process about that is counted already."""
        process = None
        try:
            process = self._start()
            answers = [process.call(probe) for probe in self._probes()]
        except NoAnswer as error:
            self._problem = f"{error.kind}: {error.message}"
            if not self._is_closed:
                logger.warning("detector=%s answers no probe kind=%s: %s", self.name, error.kind, error.message)
            self._lost(process)
            return
        said = next((answer for answer in answers if answer.get("kind") in ("raised", "invalid_answer")), None)
        self._problem = f"{said['kind']}: {said['message']}" if said else ""
        self._has_answered = True
        self._give_back(process)

    def close(self) -> None:
        """End all processes; calls that are under way fail."""
        if self._rounds is not None:
            self._rounds.stop()
        with self._change:
            self._is_closed = True
            idle, self._idle = self._idle, []
            for process in self._all - set(idle):
                process.end()
            self._all -= set(idle)
            self._change.notify_all()
        for process in idle:
            process.kill()
        with self._change:
            # Those that call take away what they called.
            self._change.wait_for(lambda: not self._all, timeout=CLOSE_SECONDS)
        if self._rounds is not None:
            self._rounds.close()


def most_processes(setting: int | None) -> int:
    """The most processes of one tool: as set, else one for each core that this process may use, up to `MOST_UNSET`."""
    if setting is not None:
        return max(setting, 1)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_UNSET)
