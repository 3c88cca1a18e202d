"""One database into a file and back: SQLite by its own online backup, Postgres by ``pg_dump`` and ``pg_restore``.

Neither stops who reads or writes meanwhile, and the file holds what was there at one instant.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from ground.failpoints import failpoint
from ground.private_files import private_file
from moderation.backup.manifest import BackupRefused, DumpedDatabase, Kind
from moderation.settings import Settings
from moderation.storage import tables as service_tables
from moderation.storage.opening import MIGRATIONS as SERVICE_MIGRATIONS
from moderation.storage.opening import NAME as SERVICE_NAME
from moderation.storage.tables import item_media, items
from review_ui import tables as review_tables
from review_ui.opening import MIGRATIONS as REVIEW_MIGRATIONS

REVIEW_NAME = "review.db"
_DEBIAN = Path("/usr/lib/postgresql")
"""Debian keeps the programs of each version of Postgres under it, and few of them in the path."""


@dataclass(frozen=True)
class Source:
    """A database of an installation, not opened.

    Attributes:
        name: what it is called in a backup, without an ending.
    """

    name: str
    url: sa.URL
    version_table: str
    migrations: Path
    metadata: sa.MetaData

    @property
    def kind(self) -> Kind:
        """How it is dumped."""
        return "sqlite" if self.path is not None else "postgres"

    @property
    def path(self) -> Path | None:
        """Of a SQLite file; None for Postgres."""
        return Path(self.url.database or "") if self.url.get_backend_name() == "sqlite" else None

    @property
    def file(self) -> str:
        """Its name in a backup."""
        return f"{self.name}.{'db' if self.kind == 'sqlite' else 'pgdump'}"


def sources_of(settings: Settings) -> tuple[Source, Source]:
    """The service's database, and that of the A2I endpoint and the portal."""

    def url(given: str | None, name: str) -> sa.URL:
        return sa.make_url(given or f"sqlite:///{settings.data / name}")

    return (
        Source(
            "service",
            url(settings.database_url, SERVICE_NAME),
            "alembic_version",
            SERVICE_MIGRATIONS,
            service_tables.metadata,
        ),
        Source(
            "review",
            url(settings.review_database_url, REVIEW_NAME),
            "review_alembic_version",
            REVIEW_MIGRATIONS,
            review_tables.metadata,
        ),
    )


def is_same(one: Source, other: Source) -> bool:
    """True where both names lead to one database, which then is dumped once."""
    return one.url.set(drivername="x", password=None) == other.url.set(drivername="x", password=None)


# Out


@dataclass(frozen=True)
class Dump:
    """A database in a file.

    Attributes:
        media: ``s3://`` names of the media that its items need.
    """

    database: DumpedDatabase
    path: Path
    media: frozenset[str]


def dump(source: Source, folder: Path) -> Dump:
    """Dump a database into `folder`, and check what was dumped.

    Raises:
        BackupRefused: there is no such database, it is damaged, or the programs for it are missing.
    """
    return _dump_sqlite(source, folder) if source.path is not None else _dump_postgres(source, folder)


def _dump_sqlite(source: Source, folder: Path) -> Dump:
    assert source.path is not None
    if not source.path.is_file():
        raise BackupRefused(f"there is no database {source.path}; say --data DIR")
    path = private_file(folder / source.file)
    try:
        with (
            contextlib.closing(sqlite3.connect(source.path, timeout=60)) as live,
            contextlib.closing(sqlite3.connect(path)) as copy,
        ):
            # All pages in one step: that reads one state, and in WAL mode nobody waits for it.
            live.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")
            _check_sqlite(copy, str(source.path))
        engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
        with engine.connect() as connection:
            dumped = DumpedDatabase(file=source.file, kind="sqlite", revision=_revision(connection, source))
            return Dump(dumped, path, _media(connection, source))
    except (sqlite3.Error, sa.exc.DatabaseError) as error:
        raise BackupRefused(f"the database {source.path} cannot be copied: {error}") from error


def _check_sqlite(connection: sqlite3.Connection, name: str) -> None:
    said = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    if said != ["ok"]:
        raise BackupRefused(f"the database {name} is damaged: {said[0]}")
    if lost := connection.execute("PRAGMA foreign_key_check").fetchone():
        raise BackupRefused(
            f"the database {name} is damaged: a row of {lost[0]} points at a row of {lost[2]} that is not"
        )


def _dump_postgres(source: Source, folder: Path) -> Dump:
    path = private_file(folder / source.file)
    engine = sa.create_engine(source.url, poolclass=sa.NullPool, isolation_level="REPEATABLE READ")
    try:
        with engine.connect() as connection:
            # What is read here and what pg_dump writes are one state.
            snapshot = connection.execute(sa.text("SELECT pg_export_snapshot()")).scalar_one()
            dumped = DumpedDatabase(file=source.file, kind="postgres", revision=_revision(connection, source))
            media = _media(connection, source)
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}"]
            _run(source, "pg_dump", *options)
    except sa.exc.OperationalError as error:
        raise BackupRefused(f"the database {source.url!r} cannot be reached: {error.orig}") from error
    _run(source, "pg_restore", "--list", str(path))
    return Dump(dumped, path, media)


def revision_of(source: Source) -> str:
    """Of a database's schema. Raises `BackupRefused`."""
    with _reached(source) as connection:
        return _revision(connection, source)


def _revision(connection: sa.Connection, source: Source) -> str:
    if not sa.inspect(connection).has_table(source.version_table):
        raise BackupRefused(f"the database {source.url!r} is none of this program: it has no {source.version_table}")
    table = sa.table(source.version_table, sa.column("version_num"))
    return str(connection.execute(sa.select(table.c.version_num)).scalar_one())


def _media(connection: sa.Connection, source: Source) -> frozenset[str]:
    if source.metadata is not service_tables.metadata:
        return frozenset()
    query = sa.select(item_media.c.uri).join(items, items.c.id == item_media.c.item_id)
    return frozenset(connection.execute(query.where(items.c.media_deleted_at.is_(None)).distinct()).scalars())


# Back


def need_room(source: Source) -> None:
    """See that nothing is where a database is to be put. Raises `BackupRefused`."""
    if source.path is not None:
        if source.path.exists():
            raise BackupRefused(f"there is a database {source.path} already; restore into a new data folder (--data)")
        return
    with _reached(source) as connection:
        if names := sa.inspect(connection).get_table_names():
            raise BackupRefused(
                f"the database {source.url!r} is not empty: it has a table {names[0]}; name an empty one"
            )


def restore_postgres(source: Source, path: Path) -> None:
    """Put a dump into an empty database, all of it or nothing. Raises `BackupRefused`."""
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run(source, "pg_restore", *options, f"--dbname={source.url.database}", str(path))


def note_deleted(url: str | sa.URL, uris: tuple[str, ...], made_at: datetime) -> None:
    """Say of the items of media that went while the backup was made that they have it no longer."""
    if not uris:
        return
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with failpoint("restore.note_deleted"), engine.begin() as connection:
        without = sa.select(item_media.c.item_id).where(item_media.c.uri.in_(uris))
        gone = sa.update(items).where(items.c.id.in_(without), items.c.media_deleted_at.is_(None))
        connection.execute(gone.values(media_deleted_at=made_at))


@contextlib.contextmanager
def _reached(source: Source) -> Iterator[sa.Connection]:
    try:
        with sa.create_engine(source.url, poolclass=sa.NullPool).connect() as connection:
            yield connection
    except sa.exc.OperationalError as error:
        raise BackupRefused(f"the database {source.url!r} cannot be reached: {error.orig}") from error


def _run(source: Source, program: str, *arguments: str) -> None:
    """Run a program of Postgres; what it is to connect to goes by variables, which others cannot see as arguments."""
    command = [_program(program, _major_of(source)), *arguments]
    done = subprocess.run(command, env=_environment(source.url), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip()[:300])
        raise BackupRefused(f"{program} failed on {source.url!r}: {said}")


def _major_of(source: Source) -> int:
    with _reached(source) as connection:
        version = connection.dialect.server_version_info
    return int(version[0]) if version else 0


def _program(name: str, major: int) -> str:
    """Of the server's own version, else the next: an older one refuses, a later one may write what the server lacks."""
    found = {int(float(path.parts[-3])): str(path) for path in _DEBIAN.glob(f"*/bin/{name}")}
    fitting = min((each for each in found if each >= major), default=None)
    program = found[fitting] if fitting is not None else shutil.which(name)
    if program is None:
        raise BackupRefused(
            f"{name} for Postgres {major} is not installed; install its client programs "
            f"(Debian: postgresql-client-{major})"
        )
    return program


def _environment(url: sa.URL) -> Mapping[str, str]:
    given = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        **{f"PG{name.upper()}": str(value) for name, value in url.query.items() if name.startswith("ssl")},
    }
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8"} | {
        name: value for name, value in given.items() if value is not None
    }
