"""F-01, F-02: processes are killed at random moments under a steady load."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from moderation.pipeline.people import LONGEST_PAUSE_SECONDS
from tests.faults.installation import Installation
from tests.faults.load import Load, told

KILLS = int(os.environ.get("KILLS", "200"))
"""Of each long run."""
LONGEST_RECOVERY_SECONDS = 10.0
"""Beside what a process takes to start in the same run: detectors and workers start as slowly as the API does."""

pytestmark = pytest.mark.faults
Start = Callable[..., Installation]


def test_an_embedded_service_is_killed_at_random_moments(
    start: Start, chance: random.Random, record_property: Any
) -> None:
    installation = start()
    installation.serve()
    load = Load(installation, chance)

    def breaking() -> None:
        while len(installation.deaths) < KILLS:
            time.sleep(chance.uniform(0.2, 2.0))
            installation.kill("serve")
            installation.wait_up()

    outcome = load.run(breaking)

    told(record_property, "F-01 kills, embedded", outcome, len(installation.deaths))
    assert outcome.p99 <= LONGEST_RECOVERY_SECONDS + max(outcome.restarts)


@pytest.mark.postgres
@pytest.mark.redis
def test_processes_of_a_scaled_service_are_killed_at_random_moments(
    start: Start, chance: random.Random, record_property: Any, postgres_url: str, redis_url: str
) -> None:
    installation = start(given={"DATABASE_URL": postgres_url, "REDIS_URL": redis_url})
    installation.scaled()
    load = Load(installation, chance)
    kills = 0

    def breaking() -> None:
        nonlocal kills
        while kills < KILLS:
            time.sleep(chance.uniform(0.2, 1.5))
            role = chance.choice(["serve", "worker1", "worker2", "a2i"])
            if not (pids := installation.pids(role)):
                continue
            kills += 1
            if chance.random() < 0.3:
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(pids), signal.SIGKILL)  # a detector, or the process itself
            else:
                installation.kill(role)

    # A2I is killed, too: a loop that found it away again and again is looked at ever less often.
    outcome = load.run(breaking, patience=60 + LONGEST_PAUSE_SECONDS)

    told(record_property, "F-02 kills, scaled", outcome, kills)
    assert outcome.p99 <= LONGEST_RECOVERY_SECONDS + max(outcome.restarts, default=0.0)


@pytest.mark.parametrize("safety", ["lease", "commit"])
def test_the_kills_find_a_safety_that_is_off(start: Start, chance: random.Random, safety: str) -> None:
    installation = start(without=safety)
    installation.serve()

    def breaking() -> None:
        for _ in range(6):
            time.sleep(chance.uniform(0.5, 1.5))
            installation.kill("serve")
            installation.wait_up()

    try:
        found = str(Load(installation, chance, with_people=False).run(breaking, patience=20).broken)
    except AssertionError as error:
        found = str(error)

    assert "there are still" in found or "lost" in found
