"""Opening the service's database, where the settings say it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ground.database import Database
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


def has_database(settings: Settings) -> bool:
    """False before the first start: no database was named, and the data folder holds none."""
    return settings.database_url is not None or (settings.data / NAME).exists()


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
