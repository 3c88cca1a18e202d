"""Opening the service's database, where the settings say it is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ground.database import Database, wait_until_reached
from moderation.core.errors import NotFound
from moderation.settings import Settings
from moderation.storage import tables

MIGRATIONS = Path(__file__).parent / "migrations"
NAME = "moderation.db"
"""In the data folder, where no other database is named."""


def open_database(settings: Settings) -> Database:
    """The service's database, brought to the newest schema."""
    url = settings.database_url or f"sqlite:///{settings.data / NAME}"
    database = Database(url, MIGRATIONS, tables.metadata)
    database.migrate()
    return database


def wait_for_databases(settings: Settings, pause: Callable[[float], object] = time.sleep) -> bool:
    """Wait until Postgres answers where the settings name one, as long as they say; see `wait_until_reached`."""
    urls = dict.fromkeys(url for url in (settings.database_url, settings.review_database_url) if url is not None)
    return all(wait_until_reached(url, settings.database_wait_seconds, pause) for url in urls)


def need_data_folder(settings: Settings, database_url: str | None) -> None:
    """See that there is a data folder: a name typed wrongly must not make a new, empty installation.

    Args:
        database_url: what the settings say of the database that is to be opened; with one, no folder is needed.

    Raises:
        NotFound: there is none; only `serve` and `demo` make one.
    """
    if database_url is None and not settings.data.is_dir():
        raise NotFound(f"there is no data folder {settings.data}; `moderation serve` makes one, or say --data DIR")


def has_database(settings: Settings) -> bool:
    """False before the first start: no database was named, and the data folder holds none."""
    return settings.database_url is not None or (settings.data / NAME).exists()


@contextlib.contextmanager
def operated_database(settings: Settings) -> Iterator[Database]:
    """The service's database, for commands that change what is kept in it; made where there is none, but no folder.

    Raises:
        NotFound: there is no such data folder.
    """
    need_data_folder(settings, settings.database_url)
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()


@contextlib.contextmanager
def existing_database(settings: Settings) -> Iterator[Database]:
    """The service's database, for commands that look at what is stored.

    Raises:
        NotFound: there is none in the data folder.
    """
    if not has_database(settings):
        raise NotFound(f"there is no database in {settings.data}; say --data DIR")
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()
