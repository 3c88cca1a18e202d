"""Group commit: one thread writes for all, so that many writes cost one trip to the disk.

It takes of what waits, runs it in one shared transaction, commits once, and only then lets the callers go. What goes
first is said in `ground.write_queue`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from ground import failpoints
from ground.errors import StoreUnavailable
from ground.write_queue import WriteQueue

Result = TypeVar("Result")
Work = Callable[[Connection], Any]
_Write = tuple[Work, str, Future[Any]]


class GroupCommit:
    """The writer thread of one SQLite database; it starts with the first write."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writes: WriteQueue[_Write] = WriteQueue()
        self._thread: threading.Thread | None = None
        self._has_come = threading.Condition()
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Writes that wait for the one that is under way."""
        with self._has_come:
            return len(self._writes)

    def run(self, work: Callable[[Connection], Result], step: str, rows: int = 1) -> Result:
        """Run `work` in a transaction, and return its result once that is on disk.

        What it raises is raised here, with its own changes undone. It may run twice, when another of its group failed.

        Args:
            step: the name of its failpoint.
            rows: about as many as it reads or writes; see `WriteQueue`.
        """
        future: Future[Result] = Future()
        with self._has_come:
            if self._is_closed:
                raise StoreUnavailable("the database is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_groups, name="sqlite-writer", daemon=True)
                self._thread.start()
            self._writes.put((work, step, future), rows)
            self._has_come.notify()
        return future.result()

    def close(self) -> None:
        """Let waiting writes finish."""
        with self._has_come:
            self._is_closed = True
            self._has_come.notify()
        if self._thread is not None:
            self._thread.join()

    def _write_groups(self) -> None:
        """The writer thread: gather what waits, run it in one transaction, commit, tell the callers."""
        while True:
            with self._has_come:
                while not (group := self._writes.take()):
                    if self._is_closed:
                        return
                    self._has_come.wait()
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
