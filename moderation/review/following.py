"""Following human loops: what queues need is made at A2I, loops are started, and open ones are asked about.

A2I may be slow, or away, and then nobody else is to wait: the loops of each flow, and what is to be made, are seen to
in threads of their own, and loops at our own endpoint always find one free.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

from ground.rounds import Rounds
from moderation.core.errors import HumanLoopRefused, HumanLoopsUnavailable, NotFound, StoreUnavailable
from moderation.core.policy.policies import Queue
from moderation.review.fallback import AnyHumanLoops
from moderation.storage.records import Line, LoopRecord

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
MOST_LINES, MOST_ELSEWHERE = 8, 6
"""Lines of loops that are seen to side by side; so many of those that are not at our own endpoint."""
AT_ONCE = 50
"""Loops that are looked up at once."""
TURN_SECONDS = 5.0
"""Of a line, then its loops are looked up again: there may be others that wait longer by now."""
CLOSE_SECONDS = 10.0

Due = Callable[[int, Collection[Line], bool], Sequence[LoopRecord]]
"""So many loops whose time has come, longest waiting first; none of some lines; where it is true, only those here."""


class Following:
    """Looks after human loops in rounds.

    Args:
        queues: those of the policies in force.
        answer: sees how the loop of a name stands, and decides its item when it has ended.
        due: loops whose time has come.
        look_at: starts such a loop, or asks about it.
        poll_seconds: pause after a refusal of A2I.

    Attributes:
        problem: why what queues need is not there; empty when it is.
        rounds: the looking after.
    """

    def __init__(
        self,
        human_loops: AnyHumanLoops,
        queues: Callable[[], Sequence[Queue]],
        answer: Callable[[str], None],
        due: Due,
        look_at: Callable[[LoopRecord], None],
        poll_seconds: float,
    ) -> None:
        self._human_loops, self._queues, self._poll_seconds = human_loops, queues, poll_seconds
        self._answer, self._due, self._look_at = answer, due, look_at
        self._is_provisioned, self._provision_at = False, 0.0
        self._hinted: set[str] = set()
        self._stored = 0
        self._lock = threading.Lock()
        self._under_way: dict[Line | str, Future[None]] = {}
        self._threads = ThreadPoolExecutor(MOST_LINES + 2, thread_name_prefix="loops")
        self.problem = ""
        self.rounds = Rounds("loops", self._round, pause_seconds=TICK_SECONDS)

    def queues_changed(self) -> None:
        """Policies came into force: make what their queues need."""
        self._is_provisioned, self._provision_at = False, 0.0
        self.rounds.ring()

    def loop_changed(self, event: Mapping[str, Any]) -> None:
        """A status change event of A2I: look at that loop soon. The event itself is not believed."""
        name = event.get("detail", {}).get("humanLoopName")
        if isinstance(name, str):
            with self._lock:
                self._hinted.add(name)
            self.rounds.ring()

    def loop_stored(self) -> None:
        """A loop waits to be started. Never waits; a ring that is lost costs `TICK_SECONDS`."""
        with self._lock:
            self._stored += 1
        self.rounds.ring()

    def look(self) -> None:
        """Do all that is due, and wait for it."""
        while doing := self._begin():
            wait(doing)

    def close(self) -> None:
        """Begin nothing more; what is under way ends within seconds, or is done again after the next start."""
        self.rounds.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        wait(list(self._under_way.values()), CLOSE_SECONDS)

    def _round(self) -> None:
        self._begin()

    def _begin(self) -> list[Future[None]]:
        """Begin what is due and not under way."""
        begun = []
        if not self._is_provisioned and time.monotonic() >= self._provision_at:
            begun += self._submit("provision", self._provision)
        if self._hinted:
            begun += self._submit("hinted", self._answer_hinted)
        while more := self._begin_lines():
            begun += more
        return begun

    def _begin_lines(self) -> list[Future[None]]:
        lines = {each for each in list(self._under_way) if isinstance(each, Line)}
        elsewhere = sum(not line.is_here for line in lines)
        free = MOST_LINES - len(lines)
        waiting: dict[Line, list[LoopRecord]] = {}
        for loop in self._due(AT_ONCE, lines, elsewhere >= MOST_ELSEWHERE) if free else ():
            waiting.setdefault(loop.line, []).append(loop)
        begun: list[Future[None]] = []
        for line, loops in waiting.items():
            if len(begun) < free and (line.is_here or elsewhere < MOST_ELSEWHERE):
                elsewhere += not line.is_here
                begun += self._submit(line, partial(self._see_to, loops, self._stored))
        return begun

    def _submit(self, what: Line | str, do: Callable[[], bool | None]) -> list[Future[None]]:
        """Have it done by a thread, unless it is under way."""
        with self._lock:
            if what in self._under_way:
                return []
            begun = self._under_way[what] = self._threads.submit(self._do, what, do)
            return [begun]

    def _do(self, what: Line | str, do: Callable[[], bool | None]) -> None:
        has_more: bool | None = False
        try:
            has_more = do()
        except StoreUnavailable as error:
            logger.warning("human loops: the next round tries again: %s", error)
        except Exception:
            logger.exception("human loops: the next round tries again")
        finally:
            with self._lock:
                del self._under_way[what]
        if has_more:
            self.rounds.ring()

    def _see_to(self, loops: Sequence[LoopRecord], stored: int) -> bool:
        """Look at loops of a line, as long as its turn is; says whether there may be more by now."""
        ends_at = time.monotonic() + TURN_SECONDS
        for number, loop in enumerate(loops, 1):
            self._look_at(loop)
            if time.monotonic() >= ends_at:
                return number < len(loops) or self._stored != stored
        return len(loops) >= AT_ONCE // 2 or self._stored != stored

    def _answer_hinted(self) -> None:
        with self._lock:
            hinted, self._hinted = self._hinted, set()
        for name in sorted(hinted):
            self._answer(name)

    def _provision(self) -> None:
        self._is_provisioned = True  # said first: queues may change while this is at it
        try:
            for line in self._human_loops.provision(self._queues()):
                logger.info("provisioned %s", line)
        except BaseException as error:
            self._is_provisioned = False
            self._provision_at = time.monotonic() + max(self._poll_seconds, TICK_SECONDS)
            if not isinstance(error, HumanLoopRefused | HumanLoopsUnavailable | NotFound):
                raise
            self.problem = str(error)
            logger.error("human loops: %s", error)
        else:
            self.problem = ""
