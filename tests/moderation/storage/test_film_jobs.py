"""Jobs over films as rows: each in one process's hands at a time, and what they found stored with how far they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ground.database import Database
from moderation.core.errors import NotFound
from moderation.core.items import Tool
from moderation.storage.film_jobs import FilmJob, FilmJobRows, ShownPicture, TokenUsed, TooManyJobs
from moderation.storage.left_behind import free_left_behind

TOOL = Tool(name="own.tool", version="1")


class Rows:
    """Rows with a clock in our hands."""

    def __init__(self, database: Database, most: int = 20) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.rows = FilmJobRows(database, most, 60.0, lambda: self.now)

    def add(self, app: str | None = "shop", token: str | None = None, **request: Any) -> FilmJob:
        return self.rows.add(app, "FaceDetection", request, tools=[TOOL], unseen=["Pose"], token=token, is_told=True)


def shown(start: float) -> ShownPicture:
    return ShownPicture(start, start + 2, [{"label": "Face"}], [])


def test_a_token_is_one_apps_and_for_one_request(database: Database) -> None:
    house = Rows(database)
    job = house.add(token="t", x=1)

    assert house.add(token="t", x=1).id == job.id
    assert house.add("forum", token="t", x=2).id != job.id
    with pytest.raises(TokenUsed):
        house.add(token="t", x=2)


def test_of_many_that_ask_at_once_with_one_token_there_is_one_job(database: Database) -> None:
    house = Rows(database)
    with ThreadPoolExecutor(8) as pool:
        ids = {job.id for job in pool.map(lambda _: house.add(token="t"), range(16))}

    assert len(ids) == 1


def test_an_app_has_as_many_under_way_as_are_set(database: Database) -> None:
    house = Rows(database, most=1)
    house.add(token="t")

    with pytest.raises(TooManyJobs):
        house.add()
    assert house.add(token="t")
    assert house.add("forum")
    assert house.add(None)


def test_a_job_is_its_apps_and_the_operators(database: Database) -> None:
    house = Rows(database)
    job = house.add()

    assert house.rows.get(job.id, "shop").tools == (TOOL,)
    assert house.rows.get(job.id, None).unseen == ("Pose",)
    with pytest.raises(NotFound):
        house.rows.get(job.id, "forum")


def test_a_job_that_another_process_took_is_left_alone(database: Database) -> None:
    house = Rows(database)
    job = house.add()
    first = house.rows.claim()
    assert first is not None
    assert house.rows.claim() is None
    first = house.rows.advance(first, [shown(2.0), shown(0.0)], 4.0)
    house.now += timedelta(seconds=61)
    second = house.rows.claim()

    assert first is not None
    assert second is not None
    assert second.job.looked_until == 4.0
    assert second.attempts == 2
    assert house.rows.advance(first, [shown(4.0)], 6.0) is None
    assert house.rows.keep(first) is None
    assert not house.rows.give_back(first, state="FAILED")
    assert [each.start for each in house.rows.pictures(job.id)] == [0.0, 2.0]
    assert house.rows.last_end(job.id) == 4.0
    assert house.rows.lay_down(second)
    third = house.rows.claim()
    assert third is not None
    assert third.attempts == 2


def test_what_a_process_held_that_died_is_free_at_the_next_start(database: Database) -> None:
    house = Rows(database)
    house.add()
    assert house.rows.claim() is not None
    assert house.rows.claim() is None

    free_left_behind(database, house.now)

    assert house.rows.claim() is not None
