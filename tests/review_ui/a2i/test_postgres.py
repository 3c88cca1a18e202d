"""On Postgres calls do cross: what SQLite's one writer hides must hold there, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.review_ui.a2i import test_boto3, test_flow_deletion, test_life, test_pages, test_races
from tests.review_ui.a2i.test_boto3 import Endpoint

pytestmark = pytest.mark.postgres


@pytest.fixture
def on_postgres(postgres_url: str, tmp_path: Path) -> Iterator[Endpoint]:
    """An endpoint with an empty database of its own."""
    server = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as c:
        c.execute(sa.text("DROP DATABASE IF EXISTS a2i"))
        c.execute(sa.text("CREATE DATABASE a2i"))
    server.dispose()
    opened = Endpoint(tmp_path, review_database_url=f"{postgres_url.rpartition('/')[0]}/a2i")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "scenario",
    [
        test_boto3.test_fifty_parallel_starts_make_one_loop,
        test_flow_deletion.test_a_task_in_hand_can_be_finished_and_keeps_its_flow_deleting_until_then,
        test_life.test_deleting_a_loop_loses_neither_its_event_nor_its_output,
        test_pages.test_loops_that_start_between_two_pages_neither_repeat_nor_hide_any,
        test_races.test_starts_stops_and_deletions_of_one_name_cross_without_an_internal_error,
    ],
    ids=lambda scenario: scenario.__name__.removeprefix("test_"),
)
def test_it_holds_on_postgres(on_postgres: Endpoint, scenario: Callable[[Endpoint], None]) -> None:
    scenario(on_postgres)
