"""Group commit: one thread writes for all, so that many writes cost one trip to the disk.

It takes what waits, runs it in one shared transaction, commits once, and only then lets the callers go.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from ground import failpoints
from ground.errors import StoreUnavailable

Result = TypeVar("Result")
Work = Callable[[Connection], Any]
_Write = tuple[Work, str, Future[Any]]

MAX_GROUP = 200
"""Writes that share one commit; bounds how long the first one waits."""


class GroupCommit:
    """The writer thread of one SQLite database; it starts with the first write."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    def run(self, work: Callable[[Connection], Result], step: str) -> Result:
        """Run `work` in a transaction, and return its result once that is on disk.

        What it raises is raised here, with its own changes undone. It may run twice, when another of its group failed.

        Args:
            step: the name of its failpoint.
        """
        future: Future[Result] = Future()
        with self._lock:
            if self._is_closed:
                raise StoreUnavailable("the database is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_groups, name="sqlite-writer", daemon=True)
                self._thread.start()
            self._writes.put((work, step, future))
        return future.result()

    def close(self) -> None:
        """Let waiting writes finish."""
        with self._lock:
            self._is_closed = True
            if self._thread is not None:
                self._writes.put(None)
        if self._thread is not None:
            self._thread.join()

    def _write_groups(self) -> None:
        """The writer thread: gather what waits, run it in one transaction, commit, tell the callers."""
        stop = False
        while not stop:
            first = self._writes.get()
            if first is None:
                return
            group = [first]
            while len(group) < MAX_GROUP:
                try:
                    more = self._writes.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    stop = True
                    break
                group.append(more)
            self._commit_group(group)

    def _commit_group(self, group: list[_Write]) -> None:
        """Run a group in one transaction. Every caller gets an answer, and a result only when it is on disk.

        Hardly any write fails, so they first run without savepoints, which cost more than many a write does. Where one
        of several fails, all are undone and run again, each in a savepoint of its own.
        """
        done: list[tuple[Future[Any], str, Any]] = []
        has_begun = has_run = False
        try:
            with self._engine.execution_options(is_write=True).begin() as connection:
                has_begun = True
                done += [(future, step, work(connection)) for work, step, future in group]
                has_run = True
                for _, step, _ in done:
                    failpoints.reach(step, failpoints.BEFORE)
        except BaseException as error:  # nothing may leave a caller waiting
            if has_begun and not has_run and len(group) > 1:
                self._commit_apart(group)
                return
            for _, _, future in group:
                future.set_exception(translated(error))
        else:
            for future, _, result in done:
                future.set_result(result)

    def _commit_apart(self, group: list[_Write]) -> None:
        """Run a group in one transaction, so that one that fails leaves the others."""
        done: list[tuple[Future[Any], str, Any]] = []
        try:
            with self._engine.execution_options(is_write=True).begin() as connection:
                for work, step, future in group:
                    # Where the transaction is gone, undoing fails too and would hide what was wrong first.
                    first: Exception | None = None
                    try:
                        with connection.begin_nested():
                            try:
                                result = work(connection)
                            except Exception as error:
                                first = error
                                raise
                        done.append((future, step, result))
                    except Exception as error:  # one caller's fault is that caller's alone
                        future.set_exception(translated(first or error))
                        _check_still_open(connection)
                for _, step, _ in done:
                    failpoints.reach(step, failpoints.BEFORE)
        except BaseException as error:  # nothing may leave a caller waiting
            for _, _, future in group:
                if not future.done():
                    future.set_exception(translated(error))
        else:
            for future, _, result in done:
                future.set_result(result)


def _check_still_open(connection: Connection) -> None:
    """Raise when SQLite gave up the whole transaction, as it may when the disk is full.

    The next savepoint would begin a transaction of its own, and the works before it would be lost in silence.
    """
    raw = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection) and not raw.in_transaction:
        raise StoreUnavailable("the database gave up the transaction; nothing of it is stored")


def translated(error: BaseException) -> BaseException:
    """An error as callers know it: an operational fault is `StoreUnavailable`; integrity errors and the like stay."""
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) or type(error) is sa.exc.DatabaseError:
        return StoreUnavailable(f"the database did not take it: {error.orig}")
    if isinstance(error, sa.exc.TimeoutError):
        return StoreUnavailable("all connections to the database are busy")
    return error
