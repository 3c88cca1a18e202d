"""Processes: several of the same work beside each other, looked after by the one that started them.

One that dies is started again, later with each death in a row. They are forked, so that what the first has imported is
in memory once, and they end when the first does, whatever ended it.
"""

from __future__ import annotations

import logging
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess

from ground.errors import ModerationError
from ground.rounds import back_off

logger = logging.getLogger(__name__)

TEND_SECONDS = 0.5
"""How often those that died are looked for."""
STEADY_SECONDS = 60.0
"""Who has lived that long is not one that dies again and again."""
LONGEST_BACK_OFF_SECONDS = 30.0
READY_SECONDS = 120.0
"""How long one may take to be ready that is to take the place of another."""
END_SECONDS = 30.0
"""How long they are given to end what they have in hand; those that have not by then are killed."""

_forking = multiprocessing.get_context("fork")

Ready = Callable[[], None]
"""Called by a process once it does its work."""
Work = Callable[[Ready], None]


class ProcessNotReady(ModerationError):
    """One of several processes ended before it did its work; it has said why."""


class Processes:
    """Processes that do the same work.

    Args:
        name: of each, with a number, and in logs.
        work: what each does, until `stop` is set; it says when it is ready. It opens what it needs itself: the first
            process must have no thread, connection or file that they would share, but for sockets that listen.
        count: how many there are at a time.
        stop: set by a signal, in the first process and, because they are forked, in each.
        until_done: True to leave it at that when one ends with exit code 0; False to start another.
        restart: set by a signal, in the first process: others take the places of all of them, one after the other, each
            once it is ready. Where there is one, they are started one after the other as well, and one that does not
            get ready at the start ends it all. None for processes that are just started.
    """

    def __init__(
        self,
        name: str,
        work: Work,
        count: int,
        stop: threading.Event,
        *,
        until_done: bool = False,
        restart: threading.Event | None = None,
    ) -> None:
        self._stop, self._restart = stop, restart
        self._places = [_Place(f"{name}-{number}", work, stop, until_done) for number in range(count)]

    def run(self) -> None:
        """Start them and look after them until `stop` is set or all are done; then have them end.

        Raises:
            ProcessNotReady: one ended at the start; it has said why.
        """
        try:
            if self._restart is not None:
                for place in self._places:
                    place.tend()
                    if not place.gets_ready() and not self._stop.is_set():
                        raise ProcessNotReady("a process could not start; what is wrong is said above")
            self._look_after()
        finally:
            self._end()

    def _look_after(self) -> None:
        while not all(place.is_done for place in self._places):
            for place in self._places:
                place.tend()
            if self._restart is not None and self._restart.is_set():
                self._restart.clear()
                self._replace_all()
            if self._stop.wait(TEND_SECONDS):
                break

    def _replace_all(self) -> None:
        for place in self._places:
            if self._stop.is_set():
                return
            if not place.replace():
                logger.error("the restart ends here: what runs goes on as it was")
                return

    def _end(self) -> None:
        deadline = time.monotonic() + END_SECONDS
        for place in self._places:
            place.ask_to_end()
        for place in self._places:
            place.end(deadline)


class _Place:
    """One of the processes, and who takes its place."""

    def __init__(self, name: str, work: Work, stop: threading.Event, until_done: bool) -> None:
        self.is_done = False
        self._name, self._work, self._stop, self._until_done = name, work, stop, until_done
        self._process: BaseProcess | None = None
        self._started_at = self._starts_from = 0.0
        self._deaths = 0
        self._ready = _forking.Event()

    def tend(self) -> None:
        """Start it when there is none."""
        if self._process is not None and not self._process.is_alive():
            self._ended(self._process)
        if self._process is None and not self.is_done and time.monotonic() >= self._starts_from:
            self._process = self._start()

    def gets_ready(self) -> bool:
        """Wait until it is ready; False when it ended before, took too long, or all are to end."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._ready.wait(TEND_SECONDS / 10):
            is_alive = self._process is not None and self._process.is_alive()
            if not is_alive or self._stop.is_set() or time.monotonic() >= deadline:
                return False
        return True

    def replace(self) -> bool:
        """Have another take its place once that is ready; False when that does not get so, and nothing changes."""
        before = self._process
        self._process = self._start()
        if not self.gets_ready():
            self.ask_to_end()
            self.end(time.monotonic() + END_SECONDS)
            self._process = before
            return False
        after, self._process = self._process, before
        self.ask_to_end()
        self.end(time.monotonic() + END_SECONDS)
        self._process = after
        return True

    def _start(self) -> BaseProcess:
        self._ready = _forking.Event()
        process = _forking.Process(target=self._run, args=(self._ready.set,), name=self._name)
        self._started_at = time.monotonic()
        process.start()
        return process

    def ask_to_end(self) -> None:
        """As whoever sends SIGTERM does."""
        if self._process is not None:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait until it has ended, and kill it when it takes longer."""
        if self._process is None:
            return
        self._process.join(max(0.0, deadline - time.monotonic()))
        if self._process.is_alive():
            logger.warning("%s did not end within %.0f s and is killed", self._name, END_SECONDS)
            self._process.kill()
            self._process.join()

    def _ended(self, process: BaseProcess) -> None:
        self._process = None
        code = process.exitcode
        process.close()
        if self._until_done and code == 0:
            self.is_done = True
            return
        now = time.monotonic()
        self._deaths = 1 if now - self._started_at >= STEADY_SECONDS else self._deaths + 1
        pause = back_off(None, self._deaths, LONGEST_BACK_OFF_SECONDS)
        self._starts_from = now + pause
        logger.warning("%s ended (exit code %s); another is started in %.1f s", self._name, code, pause)

    def _run(self, ready: Ready) -> None:
        """In the new process."""
        threading.Thread(target=self._end_with_the_first, name="first process", daemon=True).start()
        try:
            self._work(ready)
        except ModerationError as error:
            logger.error("%s: %s", self._name, error)
            sys.exit(2)
        except Exception:
            logger.exception("%s: an internal failure", self._name)
            sys.exit(3)

    def _end_with_the_first(self) -> None:
        first = multiprocessing.parent_process()
        if first is not None:
            first.join()
            self._stop.set()
