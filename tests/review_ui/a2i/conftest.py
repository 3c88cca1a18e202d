"""The endpoint that the contracts are held against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    from tests.houses.endpoint import Endpoint


@pytest.fixture
def endpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Endpoint]:
    """An endpoint over SQLite, or over an empty Postgres database where the test says ``on_either_database``."""
    from tests.houses.endpoint import Endpoint

    given = {}
    if getattr(request, "param", "sqlite") == "postgres":
        given["review_database_url"] = _empty_database(request.getfixturevalue("postgres_url"))
    opened = Endpoint(tmp_path, **given)
    yield opened
    opened.close()


def _empty_database(postgres_url: str) -> str:
    server = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as c:
        c.execute(sa.text("DROP DATABASE IF EXISTS a2i"))
        c.execute(sa.text("CREATE DATABASE a2i"))
    server.dispose()
    return f"{postgres_url.rpartition('/')[0]}/a2i"
