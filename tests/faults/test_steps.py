"""F-03: a process is killed just before and just after each of its commits and effects, once, and again on recovery."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from botocore.exceptions import BotoCoreError, ClientError

from ground.failpoints import EXIT_CODE
from moderation.pipeline.people import MAX_ROUNDS
from moderation.storage import tables
from tests.faults.day import Day
from tests.faults.installation import Installation
from tests.faults.invariants import Facts
from tests.faults.people import App
from tests.faults.report import Row, keep
from tests.faults.steps import BESIDE, EMBEDDED, KILLED, RETENTION, SCALED, STUCK, WITHDRAWN
from tests.waiting import wait_for
from tools.failpoint_law import all_points


def test_every_step_of_the_program_is_killed_or_it_is_said_why_not() -> None:
    points, _ = all_points()
    names = {point.name for point in points}

    assert names == KILLED | set(BESIDE)
    assert not KILLED & set(BESIDE)


def lived(installation: Installation, day: Day, record_property: Any, test: str, **more: Any) -> None:
    """A day is lived; what did not hold is told, and kept for the table."""
    broken = day.live(**more)
    deaths = installation.deaths
    row = Row(
        test,
        injected=len(deaths),
        lost=len(broken.lost),
        doubles=len(broken.doubles) + len(broken.loops),
        unexpected_5xx=len(broken.answers),
        slowest_recovery=time.time() - deaths[-1].at if deaths else 0.0,
    )
    keep(record_property, row)
    assert not broken, f"{broken}\n{installation.said()[-4000:]}"


def test_killed_at_its_most_important_steps_nothing_is_lost_or_done_twice(tmp_path: Path, record_property: Any) -> None:
    steps = ["items.add:after", "items.claim:after", "items.decide:before", "deliveries.send:after"]
    installation = Installation(tmp_path)
    day = Day(installation)
    installation.serve(list(steps))

    lived(installation, day, record_property, "F-03 fast tier", with_people=False)

    assert [death.failpoint for death in installation.deaths] == steps


@pytest.mark.faults
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", sorted(EMBEDDED))
def test_killed_at_a_step_nothing_is_lost_or_done_twice(
    tmp_path: Path, record_property: Any, step: str, when: str, times: int
) -> None:
    installation = Installation(tmp_path)
    if step == "database.migrate":
        installation.take_back_a_revision()
    day = Day(installation)
    installation.serve([f"{step}:{when}"] * times)

    lived(installation, day, record_property, f"F-03 every step, {times} kills")

    assert {death.failpoint for death in installation.deaths} == {f"{step}:{when}"}


@pytest.mark.faults
@pytest.mark.redis
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", sorted(SCALED))
def test_killed_at_a_ring_nothing_is_lost_or_done_twice(
    tmp_path: Path, record_property: Any, redis_url: str, step: str, when: str, times: int
) -> None:
    installation = Installation(tmp_path, given={"REDIS_URL": redis_url})
    day = Day(installation)
    deadly = [f"{step}:{when}"] * times
    installation.serve(deadly if step == "doorbell.ring" else None)
    installation.add("worker", "worker", failpoints=deadly if step == "doorbell.answer" else None)

    lived(installation, day, record_property, f"F-03 every step, {times} kills")

    assert {death.failpoint for death in installation.deaths} == {f"{step}:{when}"}


@pytest.mark.faults
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", sorted(STUCK))
def test_killed_while_an_item_gets_stuck_it_is_seen(
    tmp_path: Path, record_property: Any, step: str, when: str, times: int
) -> None:
    installation = Installation(tmp_path)
    app = App(lambda: installation.url, installation.key)
    installation.serve([f"{step}:{when}"] * times)
    try:
        installation.wait_up()
        (item_id,) = app.text("REVIEW", key="stuck")
        for number in range(1, MAX_ROUNDS + 1):
            wait_for(lambda number=number: is_stopped(installation, f"{item_id}-{number}"))  # type: ignore[misc]
        facts = Facts(installation.settings)
        stuck = sa.select(tables.item_loops.c.problem).where(tables.item_loops.c.state == "stuck")
        wait_for(lambda: facts.rows(stuck))
    finally:
        installation.stop()

    broken = facts.check(app, ())
    facts.close()
    keep(record_property, Row(f"F-03 every step, {times} kills", len(installation.deaths), len(broken.lost)))
    assert not broken, str(broken)
    assert {death.failpoint for death in installation.deaths} == {f"{step}:{when}"}


def is_stopped(installation: Installation, loop: str) -> bool:
    """Stops a human loop; False as long as there is none."""
    try:
        installation.client("sagemaker-a2i-runtime").stop_human_loop(HumanLoopName=loop)
    except (BotoCoreError, ClientError):
        return False
    return True


@pytest.mark.faults
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", sorted(WITHDRAWN))
def test_killed_while_an_item_is_withdrawn_nothing_of_it_is_left(
    tmp_path: Path, record_property: Any, step: str, when: str, times: int
) -> None:
    installation = Installation(tmp_path)
    app = App(lambda: installation.url, installation.key)
    installation.serve([f"{step}:{when}"] * times)
    facts = Facts(installation.settings)
    try:
        installation.wait_up()
        (item_id,) = app.text("REVIEW zyxsecret", key="withdrawn")
        is_open = sa.select(tables.item_loops.c.name).where(tables.item_loops.c.state == "open")
        wait_for(lambda: facts.rows(is_open))
        wait_for(lambda: answered(app, item_id) == 202)
        left = sa.select(tables.erasures.c.id).where(tables.erasures.c.kind != "output")
        wait_for(lambda: not facts.rows(left) and not holding(installation.settings.data, b"zyxsecret"))
    finally:
        installation.stop()

    facts.close()
    keep(record_property, Row(f"F-03 every step, {times} kills", len(installation.deaths), 0))
    assert {death.failpoint for death in installation.deaths} == {f"{step}:{when}"}


def answered(app: App, item_id: str) -> int:
    """The status of a withdrawal; 0 when there is no answer."""
    answer = app.call("DELETE", f"/v1/items/{item_id}", None, app.headers)
    return answer.status if answer is not None else 0


def holding(folder: Path, said: bytes) -> list[Path]:
    """Files that hold these bytes."""
    return [path for path in folder.rglob("*") if path.is_file() and said in path.read_bytes()]


@pytest.mark.faults
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", sorted(RETENTION))
def test_killed_while_media_is_deleted_the_rest_goes_with_the_next_run(
    tmp_path: Path, record_property: Any, step: str, when: str, times: int
) -> None:
    installation = Installation(tmp_path, given={"MEDIA_KEEP_DAYS": "0"})
    app = App(lambda: installation.url, installation.key)
    installation.serve()
    facts = Facts(installation.settings)
    try:
        installation.wait_up()
        for number in range(3):
            app.picture(16, number, key=f"picture-{number}")
        wait_for(lambda: not facts.waits_for(app))
    finally:
        installation.stop()
    media = list((installation.settings.data / "media").rglob("*.png"))
    for path in media:
        os.utime(path, (time.time() - 7200,) * 2)

    ended = [installation.run("retention", "--yes", failpoint=f"{step}:{when}") for _ in range(times)]
    ended.append(installation.run("retention", "--yes"))

    kept = facts.rows(sa.select(tables.items.c.id).where(tables.items.c.media_deleted_at.is_(None)))
    broken = facts.check(app, ())
    facts.close()
    keep(record_property, Row(f"F-03 every step, {times} kills", times, len(broken.lost), len(broken.doubles)))
    assert ended == [EXIT_CODE] * times + [0]
    assert len(media) == 3
    assert kept == [], "every item says that its media is gone"
    assert not list((installation.settings.data / "media").rglob("*.png"))
    assert not broken, str(broken)
