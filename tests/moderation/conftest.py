"""The service in the sizes that its tests need. Heavy parts are imported by the fixture that needs them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from tests.paths import MIGRATIONS

if TYPE_CHECKING:
    from ground.database import Database
    from moderation.settings import Settings
    from tests.houses.api import Api
    from tests.houses.aws import Aws
    from tests.houses.service import House


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application over shipped plugins and rules, with workers, for a module of tests."""
    from tests.houses.api import Api

    opened = Api.open(_settings(tmp_path_factory.mktemp("api")))
    opened.work()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def empty_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application without workers, shared by tests after which nothing is stored."""
    from tests.houses.api import Api

    opened = Api.open(_settings(tmp_path_factory.mktemp("empty")))
    yield opened
    opened.close()


@pytest.fixture
def idle_api(tmp_path: Path) -> Iterator[Api]:
    """The application without workers: what is posted stays pending."""
    from tests.houses.api import Api

    opened = Api.open(_settings(tmp_path))
    yield opened
    opened.close()


def _settings(folder: Path) -> Settings:
    from moderation.settings import Settings
    from tests.houses.api import NOBODY

    return Settings(data=folder, allow_private_urls=True, a2i_endpoint_url=NOBODY, sweep_seconds=0.2, workers=2)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The service's database at its newest schema, empty: SQLite, then Postgres."""
    from ground.database import Database
    from moderation.storage import tables

    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path / 'x.db'}", MIGRATIONS, tables.metadata)
    else:
        opened = Database(request.getfixturevalue("postgres_url"), MIGRATIONS, tables.metadata)
        with opened.engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of moto's S3, which has the bucket ``texts``."""
    import boto3
    from moto import mock_aws

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="texts")
        yield client


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose databases are made: copying it is faster than migrating for each test."""
    from moderation.settings import Settings
    from tests.houses.api import NOBODY, Api

    folder = tmp_path_factory.mktemp("blank")
    Api.open(Settings(data=folder, a2i_endpoint_url=NOBODY)).close()
    return folder


@pytest.fixture
def open_api(aws: Aws, blank: Path, tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Opens the application over moto with the settings given; without workers unless asked for."""
    from moderation.settings import Settings
    from tests.houses.api import NOBODY, Api

    opened: list[Api] = []

    def open_with(*, workers: bool = False, **settings: Any) -> Api:
        if not opened:
            shutil.copytree(blank, tmp_path, dirs_exist_ok=True)
        given = {"data": tmp_path, "a2i_endpoint_url": NOBODY, "sweep_seconds": 0.2, **settings}
        api = Api.open(Settings(**given))
        opened.append(api)
        if workers:
            api.work()
        return api

    yield open_with
    for api in opened:
        api.close()


@pytest.fixture
def open_house(settings: Settings, tmp_path: Path) -> Iterator[Callable[[str], House]]:
    """Opens a house over a policy's text."""
    from tests.houses.service import House

    opened: list[House] = []

    def open_(text: str) -> House:
        opened.append(House(settings, tmp_path / "rules", text))
        return opened[-1]

    yield open_
    for house in opened:
        house.service.close()
