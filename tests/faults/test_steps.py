"""F-03: a process is killed just before and just after each of its commits and effects, once, and again on recovery."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.day import Day
from tests.faults.installation import Installation
from tests.faults.report import Row, keep
from tests.faults.steps import BESIDE, EMBEDDED, KILLED
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
    day = Day(installation)
    installation.serve([f"{step}:{when}"] * times)

    lived(installation, day, record_property, f"F-03 every step, {times} kills")

    assert {death.failpoint for death in installation.deaths} == {f"{step}:{when}"}
