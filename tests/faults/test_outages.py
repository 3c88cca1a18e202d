"""F-04, F-05, F-07, F-08, F-09, F-11: what the service needs goes away under a steady load, and comes back."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import redis
import urllib3

from tests.databases import PostgresServer, RedisServer
from tests.faults.installation import Installation
from tests.faults.load import Load, percentile, told
from tests.faults.trouble import Troubled
from tests.waiting import PATIENCE_SECONDS, wait_for

pytestmark = pytest.mark.faults
Start = Callable[..., Installation]
AWAY_SECONDS = float(os.environ.get("AWAY_SECONDS", "60"))
RESTARTS = int(os.environ.get("RESTARTS", "20"))
LONGEST_RECOVERY_SECONDS = 10.0
TROUBLE = 0.3
"""Share of A2I's answers that are trouble."""


def test_redis_forgets_everything_again_and_again(
    start: Start, chance: random.Random, record_property: Any, redis_server: RedisServer
) -> None:
    installation = start(given={"REDIS_URL": redis_server.url})
    installation.scaled()
    client = redis.Redis.from_url(redis_server.url, socket_timeout=PATIENCE_SECONDS)

    def breaking() -> None:
        for _ in range(10):
            time.sleep(chance.uniform(0.5, 2.0))
            client.flushall()

    outcome = Load(installation, chance).run(breaking)
    client.close()

    told(record_property, "F-04 FLUSHALL", outcome, 10)


def test_redis_is_away_for_a_minute(
    start: Start, chance: random.Random, record_property: Any, redis_server: RedisServer
) -> None:
    installation = start(given={"REDIS_URL": redis_server.url})
    installation.scaled()
    load = Load(installation, chance)
    accepted: list[int] = []

    def breaking() -> None:
        time.sleep(3)
        redis_server.stop()
        before = len(load.app.accepted)
        time.sleep(AWAY_SECONDS)
        accepted.append(len(load.app.accepted) - before)
        redis_server.start()
        time.sleep(3)

    outcome = load.run(breaking)

    told(record_property, "F-05 Redis away", outcome, 1, f", {accepted[0]} of them meanwhile")
    assert accepted[0] > AWAY_SECONDS, "posts are taken without Redis"
    assert load.app.statuses[503] == 0


@pytest.mark.postgres
def test_postgres_is_restarted_again_and_again(
    start: Start, chance: random.Random, record_property: Any, postgres_server: PostgresServer, redis_url: str
) -> None:
    installation = start(given={"DATABASE_URL": postgres_server.url, "REDIS_URL": redis_url})
    installation.scaled()
    gaps: list[float] = []
    load = Load(installation, chance)

    def breaking() -> None:
        for number in range(RESTARTS):
            time.sleep(chance.uniform(0.5, 2.0))
            postgres_server.stop(at_once=number % 2 == 1)
            postgres_server.start()
            back, before = time.monotonic(), load.app.statuses[202]
            wait_for(lambda before=before: load.app.statuses[202] > before)  # type: ignore[misc]
            gaps.append(time.monotonic() - back)

    outcome = load.run(breaking)

    note = f", first 202 after it was back: p99 {percentile(gaps, 0.99):.1f} s"
    told(record_property, "F-07 Postgres restarted", outcome, RESTARTS, note)
    assert percentile(gaps, 0.99) <= LONGEST_RECOVERY_SECONDS


@contextmanager
def no_file_may_grow(installation: Installation) -> Iterator[None]:
    """No process of `serve` can write to a file, as on a full disk."""
    pids = installation.pids("serve")
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def is_sound(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def test_no_file_can_be_written_for_a_while(start: Start, chance: random.Random, record_property: Any) -> None:
    installation = start()
    installation.serve()
    load = Load(installation, chance)
    gaps: list[float] = []
    taken: list[int] = []

    def breaking() -> None:
        for _ in range(5):
            time.sleep(chance.uniform(1.0, 2.0))
            with no_file_may_grow(installation):
                time.sleep(2.5)  # posts that were stored and waited for their decisions are answered
                before = len(load.app.accepted)
                time.sleep(3)
                taken.append(len(load.app.accepted) - before)
            back, before = time.monotonic(), load.app.statuses[202]
            wait_for(lambda before=before: load.app.statuses[202] > before)  # type: ignore[misc]
            gaps.append(time.monotonic() - back)

    outcome = load.run(breaking)

    told(record_property, "F-08 no file can be written", outcome, 5, f", first 202 after {max(gaps):.1f} s")
    assert taken == [0] * 5, "nothing is accepted that cannot be stored"
    assert load.app.statuses[503] > 0
    assert max(gaps) <= LONGEST_RECOVERY_SECONDS
    assert is_sound(installation.settings.data / "moderation.db")


def test_the_disk_is_full_for_a_while(
    start: Start, chance: random.Random, record_property: Any, tmp_path: Path
) -> None:
    place = tmp_path / "house-0"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(mounted, capture_output=True, check=False).returncode != 0:
        pytest.skip("no small disk can be mounted here")
    try:
        installation = start()
        installation.serve()
        load = Load(installation, chance)
        ballast = place / "ballast"

        def breaking() -> None:
            for _ in range(4):
                time.sleep(chance.uniform(1.0, 2.0))
                with ballast.open("wb", buffering=0) as file, suppress(OSError):
                    while True:
                        file.write(b"x" * 4096)
                time.sleep(3)
                ballast.unlink()
                before = load.app.statuses[202]
                wait_for(lambda before=before: load.app.statuses[202] > before)  # type: ignore[misc]

        outcome = load.run(breaking)

        told(record_property, "F-08 disk full", outcome, 4)
        assert is_sound(installation.settings.data / "moderation.db")
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_the_database_is_locked_by_another_process(start: Start, chance: random.Random, record_property: Any) -> None:
    installation = start()
    installation.serve()
    load = Load(installation, chance)
    answers: list[tuple[int, float]] = []
    headers = {"Authorization": f"Bearer {installation.key}"}
    body = {"parts": [{"type": "text", "text": "hello"}]}

    def breaking() -> None:
        time.sleep(1)
        with closing(sqlite3.connect(installation.settings.data / "moderation.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            ends = time.monotonic() + 12
            while time.monotonic() < ends:
                began = time.monotonic()
                url = f"{installation.url}/v1/items"
                answer = urllib3.request(
                    "POST", url, json=body, headers=headers, timeout=PATIENCE_SECONDS, retries=False
                )
                answers.append((answer.status, time.monotonic() - began))
            other.execute("ROLLBACK")

    outcome = load.run(breaking)

    slowest = max(seconds for _, seconds in answers)
    told(record_property, "F-09 database locked", outcome, 1, f", 503 after {slowest:.1f} s at most")
    assert {status for status, _ in answers} == {503}
    assert slowest <= 5.0


def test_a2i_is_in_trouble_all_the_time(start: Start, chance: random.Random, record_property: Any) -> None:
    troubled = Troubled(TROUBLE, chance)
    installation = start()
    installation.a2i(troubled.address)
    troubled.target = installation.port("a2i")
    troubled.start()
    installation.serve()
    load = Load(installation, chance, reviews=0.5)

    outcome = load.run(lambda: time.sleep(25))

    troubled.stop()
    calls = percentile(list(troubled.starts.values()), 0.99)
    injected = sum(count for kind, count in troubled.injected.items() if kind)
    note = f", {len(troubled.starts)} loops, calls for one: p99 {calls:.0f}, {dict(troubled.injected)}"
    told(record_property, "F-11 A2I in trouble", outcome, injected, note)
    assert len(troubled.starts) > 20
    assert calls <= 6
