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


def open_database(settings: Settings) -> Database:
    """The service's database, brought to the newest schema."""
    url = settings.database_url or f"sqlite:///{settings.data / 'moderation.db'}"
    database = Database(url, MIGRATIONS, tables.metadata)
    database.migrate()
    return database


@contextlib.contextmanager
def existing_database(settings: Settings) -> Iterator[Database]:
    """The service's database, for commands that look at what is stored.

    Raises:
        NotFound: there is none in the data folder.
    """
    if settings.database_url is None and not (settings.data / "moderation.db").exists():
        raise NotFound(f"there is no database in {settings.data}; say --data DIR")
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()
