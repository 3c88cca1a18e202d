"""One relational database: SQLite (WAL, FULL) or Postgres, migrated at start, with group-committed writes.

What is answered 2xx must be on disk, and several SQLite writers would wait for each other, so `ground.group_commit` has
one for all. On Postgres every write is its own transaction: the server groups commits itself.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine

from ground import failpoints
from ground.encoded_json import as_json
from ground.ending_whole import EndsWhole
from ground.errors import SettingsError, StoreUnavailable
from ground.group_commit import GroupCommit, translated
from ground.private_files import private_file, private_folder

if TYPE_CHECKING:
    from alembic.config import Config

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

LOCK_SECONDS = 2.0
"""Wait for another process's lock. A write may come just after a group began to wait, so callers wait twice this."""
ENVIRONMENT = Path(__file__).parent / "migrations"
"""Alembic's ``env.py``, which is the same for every database."""
MIGRATION_LOCK_SECONDS = 120.0
"""Wait for another process that migrates."""
_MIGRATION_LOCK = 7_204_116_530
"""Any number, the same in all processes: Postgres's advisory lock for migrating."""


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
        return None if value is None else as_utc(value)


def as_utc(stored: datetime) -> datetime:
    """A time as a driver gives it, aware: Postgres's has a zone, SQLite's has none and is UTC."""
    return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


class Database:
    """An engine, its migrations, and one way to read and one to write.

    Args:
        url: SQLAlchemy URL; ``sqlite:///path`` or ``postgresql+psycopg://...``.
        migrations: folder of Alembic revisions, in its ``versions``.
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
        self._writer = GroupCommit(self.engine) if self.is_sqlite else None
        self._owes_journal = True  # whoever was killed may have owed it

    def migrate(self) -> None:
        """Bring the schema to the newest revision. Safe to run in several processes at once: they take turns.

        A schema of a later version is left as it is, because each revision works with the code before it: that is what
        lets a running installation be replaced one process after the other.

        Raises:
            StoreUnavailable: the database did not answer, or another process migrates for too long.
        """
        if self._is_newest():
            return
        from alembic import command  # it imports much, and most starts have nothing to migrate

        config = _config(self._migrations)
        # Enforced foreign keys would refuse to rebuild a table that others point at, which is how SQLite alters one.
        engine = _make_engine(self.url, lock_seconds=MIGRATION_LOCK_SECONDS, foreign_keys=False)
        config.attributes["engine"] = engine
        config.attributes["metadata"] = self._metadata
        config.attributes["version_table"] = self._version_table
        try:
            with engine.connect() as connection, _alone(connection):
                if later := self._later_revision(connection):
                    logger.warning(
                        "the schema is of a later version (%s) than this program; it is left as it is", later
                    )
                    return
                connection.commit()
                command.upgrade(config, "head")
        except sa.exc.SQLAlchemyError as error:
            raise translated(error) from error
        finally:
            engine.dispose()

    def _is_newest(self) -> bool:
        """Whether nothing is left to migrate, as far as a look without a lock can tell."""
        table = sa.table(self._version_table, sa.column("version_num"))
        try:
            with self.engine.connect() as connection:
                current = connection.execute(sa.select(table.c.version_num)).scalar()
        except sa.exc.SQLAlchemyError:
            return False
        return current is not None and current == newest_revision(self._migrations)

    def _later_revision(self, connection: Connection) -> str | None:
        """The schema's revision when this program does not know it."""
        if not sa.inspect(connection).has_table(self._version_table):
            return None
        table = sa.table(self._version_table, sa.column("version_num"))
        current = connection.execute(sa.select(table.c.version_num)).scalar()
        return None if current is None or current in known_revisions(self._migrations) else str(current)

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` on a connection whose changes are rolled back.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        try:
            with self.engine.connect() as connection:
                return work(connection)
        except sa.exc.SQLAlchemyError as error:
            raise translated(error) from error

    def write(self, work: Callable[[Connection], Result], *, step: str, rows: int = 1) -> Result:
        """Run `work` in a transaction and return its result once that is on disk.

        Args:
            work: may run on the writer thread; it must only use the connection, and what it raises is raised here,
                with its own changes undone.
            step: what this commit does, such as ``items.decide``: a name of its own, written out, for its failpoint.
            rows: about as many as it reads or writes. SQLite's one writer lets small writes go first (`WriteQueue`).

        Raises:
            StoreUnavailable: the database did not take the write; nothing of it is stored.
        """
        if self._writer is None:
            try:
                with self.engine.begin() as connection:
                    result = work(connection)
                    failpoints.reach(step, failpoints.BEFORE)
            except sa.exc.SQLAlchemyError as error:
                raise translated(error) from error
            failpoints.reach(step, failpoints.AFTER)
            return result
        result = self._writer.run(work, step, rows)
        failpoints.reach(step, failpoints.AFTER)
        return result

    def truncate_journal(self) -> bool:
        """Empty SQLite's journal, which still holds what was deleted lately; Postgres looks after its own.

        Returns:
            False when somebody reads from it; the next time it may go.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        if not self.is_sqlite:
            return True
        try:
            with self.engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                assert isinstance(raw, sqlite3.Connection)
                raw.rollback()  # no checkpoint in a transaction
                with failpoints.failpoint("database.truncate_journal"):
                    busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(f"the database did not empty its journal: {error}") from error

    def owe_empty_journal(self) -> None:
        """Something was deleted of which nothing is to be left in any file; see `empty_owed_journal`."""
        self._owes_journal = True

    def empty_owed_journal(self) -> None:
        """Empty the journal where that is owed, and not yet done because somebody read from it.

        To be called now and then. It is owed at the start, too: a process may have been killed before it got to it.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        if self._owes_journal:
            self._owes_journal = False
            self._owes_journal = not self.truncate_journal()

    def close(self) -> None:
        """Let waiting writes finish and drop the connections."""
        if self._writer is not None:
            self._writer.close()
        self.engine.dispose()


def known_revisions(migrations: Path) -> set[str]:
    """The revisions of a schema that this program knows.

    Args:
        migrations: see `Database`.
    """
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_config(migrations)).walk_revisions()}


def newest_revision(migrations: Path) -> str:
    """The last of a schema's revisions: files are named by them, in the order in which they run."""
    names = (path.name for path in (migrations / "versions").glob("[0-9]*_*.py"))
    return max(names, default="").partition("_")[0]


def _config(migrations: Path) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("path_separator", "newline")
    for option, folder in (("script_location", ENVIRONMENT), ("version_locations", migrations / "versions")):
        # Alembic's options are ConfigParser's, where a percent sign in a path would be an interpolation.
        config.set_main_option(option, str(folder).replace("%", "%%"))
    return config


@contextlib.contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold back other processes that migrate. SQLite's own lock does; Postgres would let them run side by side."""
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.execute(sa.select(sa.func.pg_advisory_lock(_MIGRATION_LOCK)))
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(sa.select(sa.func.pg_advisory_unlock(_MIGRATION_LOCK)))
        connection.commit()


_REFUSAL = "FATAL:"
_FOR_NOW = re.compile("starting up|shutting down|recovery|not yet accepting|too many|connection slots")
"""What a Postgres that is there says of a connection it does not take, and what it says where it will soon. The driver
gives its SQLSTATE for what happens later only."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0


def wait_until_reached(url: str, seconds: float, pause: Callable[[float], object] = time.sleep) -> bool:
    """Wait for a database that does not answer; SQLite's always does.

    Args:
        seconds: the longest.
        pause: waits so many seconds; when it gives something true, nobody waits any more.

    Returns:
        False when `pause` ended it.

    Raises:
        StoreUnavailable: it did not answer all the time, or refuses, which waiting does not mend.
    """
    if sa.make_url(url).get_backend_name() == "sqlite":
        return True
    engine = _make_engine(url)
    deadline, next_pause = time.monotonic() + seconds, FIRST_PAUSE_SECONDS
    try:
        while True:
            try:
                with engine.connect():
                    return True
            except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
                said = str(error.orig)
                refused = _REFUSAL in said and not _FOR_NOW.search(said)
                left = deadline - time.monotonic()
                if refused or left <= 0:
                    raise StoreUnavailable(f"the database {engine.url!r} cannot be reached: {error.orig}") from error
                why = said.partition("\n")[0]
                logger.warning("the database %r does not answer, waiting up to %.0f s: %s", engine.url, left, why)
            if pause(min(next_pause, left)):
                return False
            next_pause = min(2 * next_pause, LONGEST_PAUSE_SECONDS)
    finally:
        engine.dispose()


def insert_unless(c: Connection, table: sa.Table) -> Any:
    """INSERT that can say what is to be done where a row is there already; ``rowcount`` says whether it wrote."""
    dialect = postgresql if c.dialect.name == "postgresql" else sqlite
    # Without the option SQLAlchemy leaves the count of an INSERT to the driver, and psycopg then says -1 for all.
    return dialect.insert(table).execution_options(preserve_rowcount=True)


def insert_or_nothing(c: Connection, table: sa.Table) -> Any:
    """INSERT that leaves a row alone that is there already; ``rowcount`` says whether it wrote."""
    return insert_unless(c, table).on_conflict_do_nothing()


def _make_engine(url: str, *, lock_seconds: float = LOCK_SECONDS, foreign_keys: bool = True) -> Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(
            parsed,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=30,
            pool_timeout=5,
            json_serializer=as_json,
            connect_args={"connect_timeout": 5} if parsed.get_driver_name() == "psycopg" else {},
        )
    if not parsed.database or parsed.database == ":memory:":
        raise SettingsError("the database must be a file: an in-memory SQLite would be lost between connections")
    path = Path(parsed.database)
    try:
        private_folder(path.parent)
        private_file(path)  # its journal takes the mode of the file
    except OSError as error:
        raise StoreUnavailable(f"the database {path} cannot be opened: {error.strerror}") from error
    # Readers do not wait for each other in WAL mode; each thread of the service may read at once.
    engine = sa.create_engine(
        parsed,
        pool_size=10,
        max_overflow=90,
        pool_timeout=5,
        json_serializer=as_json,
        connect_args={"factory": EndsWhole},
    )
    pragmas = (
        f"busy_timeout={int(lock_seconds * 1000)}",
        "journal_mode=WAL",
        "synchronous=FULL",
        f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
        "journal_size_limit=67108864",
        "secure_delete=ON",  # what is deleted is overwritten: SQLite would leave it in free pages
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so that savepoints work
        for pragma in pragmas:
            _run_pragma(connection, pragma, lock_seconds)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A write that began as a read could find the file changed and fail; IMMEDIATE waits its turn instead.
        is_write = connection.get_execution_options().get("is_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine


def _run_pragma(connection: sqlite3.Connection, pragma: str, lock_seconds: float) -> None:
    """Changing to WAL does not wait for other processes by itself, whatever the busy timeout."""
    deadline = time.monotonic() + lock_seconds
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
