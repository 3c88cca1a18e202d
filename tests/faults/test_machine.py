"""F-31: a hundred thousand random steps of items' paths, on SQLite and on Postgres; and that it sees what is broken."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.machine import ItemMachine, World, steps_of
from tests.faults.report import SEED, Row, keep

STEPS = int(os.environ.get("STEPS", "100000"))
"""Of the long run, all in all; half of them on each database."""
Opener = Callable[[], World]


def walk(opener: Opener, examples: int, steps: int, *, shrinks: bool = True) -> type[ItemMachine]:
    """Walk the machine from the run's seed; raises what it finds, as short as it can be made where it `shrinks`."""

    class Machine(ItemMachine):
        open_world = staticmethod(opener)

    Machine.counted.clear()
    phases = [Phase.generate, Phase.shrink] if shrinks else [Phase.generate]
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=phases,
        deadline=None,
        database=None,
        suppress_health_check=checks,
        derandomize=False,
    )
    run_state_machine_as_test(seed(SEED)(Machine), settings=how)
    return Machine


def test_random_paths_keep_every_promise(open_world: Opener) -> None:
    counted = walk(open_world, examples=5, steps=50).counted

    assert steps_of(counted) > 100
    assert counted["killed"] > 0
    assert {"finish", "review", "follow"} <= set(counted), "items got somewhere"


@pytest.mark.faults
def test_a_hundred_thousand_steps_keep_every_promise(
    open_world: Opener, record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = walk(open_world, examples=max(1, STEPS // 2 // 80), steps=80).counted

    with capsys.disabled():
        print(f"\nFAULTS_SEED={SEED}: {steps_of(counted)} steps, {counted['killed']} kills, {dict(counted)}")  # noqa: T201
    keep(record_property, Row("F-31 state machine", counted["killed"], note=f"{steps_of(counted)} steps or more"))


@pytest.mark.faults
def test_the_machine_sees_that_whoever_comes_late_decides_again(open_on_sqlite: Opener) -> None:
    def opener() -> World:
        world = open_on_sqlite()

        @sa.event.listens_for(world.database.engine, "before_cursor_execute", retval=True)
        def _(c: Any, cursor: Any, statement: str, given: Any, context: Any, many: bool) -> tuple[str, Any]:
            pattern = r"(?s)^(UPDATE items SET status=.*AND )(items\.status (?:=|!=) \?)"
            return re.sub(pattern, r"\1(\2 OR 1)", statement), given

        return world

    with pytest.raises(AssertionError, match=r"I\d|human loops|counts"):
        walk(opener, examples=400, steps=40, shrinks=False)


@pytest.mark.faults
def test_the_machine_sees_that_loops_never_end(open_on_sqlite: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.storage.items._end_loops", lambda c, ends: None)

    with pytest.raises(AssertionError, match=r"I\d|human loops"):
        walk(open_on_sqlite, examples=400, steps=40, shrinks=False)
