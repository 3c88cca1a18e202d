"""One relational database: SQLite (WAL, FULL) or Postgres, migrated at start, with group-committed writes.

What is answered 2xx must be on disk, and several SQLite writers would wait for each other. So one writer thread takes
waiting writes, runs each in a savepoint of one shared transaction, commits once, and only then lets the callers go.
On Postgres every write is its own transaction: the server groups commits itself.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import DBAPIError

from moderation.core.errors import SettingsError, StoreUnavailable

Result = TypeVar("Result")
Work = Callable[[Connection], Any]

MAX_GROUP = 200
"""Writes that share one commit; bounds how long the first one waits."""


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC time. SQLite forgets the zone; this puts it back. Naive times are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """An engine, its migrations, and one way to read and one to write.

    Args:
        url: SQLAlchemy URL; ``sqlite:///path`` or ``postgresql+psycopg://...``.
        migrations: folder of Alembic revisions (with ``env.py``).
        metadata: the tables that the revisions lead to.
        version_table: Alembic's table, so that two schemas can share one Postgres database.
    """

    def __init__(
        self, url: str, migrations: Path, metadata: sa.MetaData, version_table: str = "alembic_version"
    ) -> None:
        self.url = url
        self._migrations = migrations
        self._metadata = metadata
        self._version_table = version_table
        self.engine = _make_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writes: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._writer_lock = threading.Lock()
        self._closed = False

    def migrate(self) -> None:
        """Bring the schema to the newest revision. Safe to run in several processes, one after the other."""
        config = Config()
        config.set_main_option("script_location", str(self._migrations))
        config.attributes["engine"] = self.engine
        config.attributes["metadata"] = self._metadata
        config.attributes["version_table"] = self._version_table
        command.upgrade(config, "head")

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` on a connection whose changes are rolled back.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        try:
            with self.engine.connect() as connection:
                return work(connection)
        except DBAPIError as error:
            raise _translated(error) from error

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in a transaction and return its result once that is on disk.

        `work` may run on the writer thread; it must only use the connection, and what it raises is raised here, with
        its own changes undone.

        Raises:
            StoreUnavailable: the database did not take the write; nothing of it is stored.
        """
        if not self.is_sqlite:
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                raise _translated(error) from error
        future: Future[Result] = Future()
        with self._writer_lock:
            if self._closed:
                raise StoreUnavailable("the database is closed")
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_groups, name="sqlite-writer", daemon=True)
                self._writer.start()
            self._writes.put((work, future))
        return future.result()

    def close(self) -> None:
        """Let waiting writes finish and drop the connections."""
        with self._writer_lock:
            self._closed = True
            if self._writer is not None:
                self._writes.put(None)
        if self._writer is not None:
            self._writer.join()
        self.engine.dispose()

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

    def _commit_group(self, group: list[tuple[Work, Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self.engine.execution_options(is_write=True).begin() as connection:
                for work, future in group:
                    try:
                        with connection.begin_nested():
                            result = work(connection)
                        done.append((future, result))
                    except Exception as error:  # one caller's fault is that caller's alone
                        future.set_exception(_translated(error))
        except Exception as error:
            for future, _ in done:
                future.set_exception(_translated(error))
        else:
            for future, result in done:
                future.set_result(result)


def insert_or_nothing(c: Connection, table: sa.Table) -> Any:
    """INSERT that leaves a row alone that is there already; ``rowcount`` says whether it wrote."""
    dialect = postgresql if c.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()


def _translated(error: Exception) -> Exception:
    """Operational faults become `StoreUnavailable`; integrity errors and the like stay themselves."""
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return StoreUnavailable(f"the database did not take it: {error.orig}")
    return error


def _make_engine(url: str) -> Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True)
    if not parsed.database or parsed.database == ":memory:":
        raise SettingsError("the database must be a file: an in-memory SQLite would be lost between connections")
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed)

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so that savepoints work
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A write that began as a read could find the file changed and fail; IMMEDIATE waits its turn instead.
        is_write = connection.get_execution_options().get("is_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine
