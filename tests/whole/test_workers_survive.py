"""Processes of `moderation worker`, and all that may happen to Redis, to the database and to themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa

from moderation.core.errors import StoreUnavailable
from moderation.core.items import Part
from moderation.pipeline.doorbell import QUEUE_NAMES
from moderation.pipeline.intake import Submission
from moderation.service import Service
from moderation.settings import Settings
from moderation.storage import tables
from tests.children import children
from tests.databases import PostgresServer, RedisServer
from tests.waiting import PATIENCE_SECONDS, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.redis]

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `moderation worker` over a service's settings; its log is in the file ``log``."""
    started: list[subprocess.Popen[bytes]] = []

    def start_worker(settings: Settings, *options: str) -> subprocess.Popen[bytes]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MODERATION_")}
        environment["MODERATION_DETECTOR_PROCESSES"] = "0"  # those that the items need, and when they do
        for name in ("redis_url", "database_url", "sweep_seconds"):
            if (value := getattr(settings, name)) is not None:
                environment[f"MODERATION_{name.upper()}"] = str(value)
        command = [sys.executable, "-m", "tests.patience", "worker", "--data", str(settings.data), *options]
        with (tmp_path / "log").open("ab") as log:
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        return started[-1]

    yield start_worker
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


def post(service: Service, count: int = 5) -> list[str]:
    """Items' ids, once each is stored; a database that is away is asked again, as apps do."""
    ids = []
    for number in range(count):
        item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text=f"hello {number}"),)))
        wait_for(lambda item=item: is_taken(service, item))
        ids.append(item.id)
    return ids


def is_taken(service: Service, item: Any) -> bool:
    try:
        service.pipeline.intake([item])
    except StoreUnavailable:
        return False
    except sa.exc.IntegrityError:  # it was stored, and the answer was lost
        return True
    return True


def are_decided(service: Service, ids: Sequence[str]) -> bool:
    try:
        return all(service.store.get_item(item_id).status == "decided" for item_id in ids)
    except StoreUnavailable:
        return False


def test_a_worker_decides_all_items_whatever_befalls_redis(
    redis_server: RedisServer, settings: Settings, start: Start
) -> None:
    service = Service.open(settings.model_copy(update={"redis_url": redis_server.url}))
    worker = start(service.settings)
    client = redis.Redis.from_url(redis_server.url)

    def all_decided(count: int = 5, and_those: Sequence[str] = ()) -> bool:
        ids = [*and_those, *post(service, count)]
        wait_for(lambda: worker.poll() is not None or are_decided(service, ids))
        return worker.poll() is None

    def is_listened_to() -> bool:
        return any(each["cmd"].startswith("bl") for each in client.client_list())

    try:
        assert all_decided()
        wait_for(is_listened_to)

        # Lost while it works, and away.
        ids = post(service, 40)
        redis_server.stop()
        assert all_decided(and_those=ids)
        redis_server.start()
        wait_for(is_listened_to)

        for _ in range(5):
            client.flushall()
            assert all_decided(2)

        # No connection for anybody but the test.
        client.config_set("maxclients", 1)
        client.client_kill_filter(_type="normal", skipme=True)
        assert all_decided()
        client.config_set("maxclients", 100)
        wait_for(is_listened_to)

        # What it listens to is no queue; and memory for no ring.
        client.delete(f"rq:queue:{QUEUE_NAMES['texts']}")
        client.set(f"rq:queue:{QUEUE_NAMES['texts']}", "text")
        assert all_decided()
        client.config_set("maxmemory", 1)
        assert all_decided()
        client.config_set("maxmemory", 0)
        client.delete(f"rq:queue:{QUEUE_NAMES['texts']}")
        wait_for(is_listened_to)

        # It hangs.
        redis_server.hang()
        assert all_decided()
        redis_server.go_on()
        wait_for(is_listened_to)

        worker.terminate()
        assert worker.wait(timeout=PATIENCE_SECONDS) == 0
    finally:
        client.close()
        service.close()


@pytest.mark.postgres
def test_a_worker_lives_through_restarts_of_postgres_under_load_and_each_item_is_decided_once(
    redis_url: str, postgres_server: PostgresServer, settings: Settings, start: Start
) -> None:
    service = Service.open(settings.model_copy(update={"redis_url": redis_url, "database_url": postgres_server.url}))
    worker = start(service.settings)
    admin = sa.create_engine(postgres_server.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    others = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    ids: list[str] = []
    try:
        ids += post(service)
        wait_for(lambda: worker.poll() is not None or are_decided(service, ids))
        for _ in range(3):
            ids += post(service, 20)
            with admin.connect() as connection:
                connection.execute(others)
            ids += post(service, 20)
            postgres_server.stop()
            postgres_server.start()
        ids += post(service)
        wait_for(lambda: worker.poll() is not None or are_decided(service, ids))

        assert worker.poll() is None
        query = sa.select(tables.decisions.c.item_id).order_by(tables.decisions.c.item_id)
        assert service.database.read(lambda c: list(c.execute(query).scalars())) == sorted(ids)
    finally:
        admin.dispose()
        service.close()


def test_processes_that_die_are_replaced_and_all_end_with_the_first(
    redis_url: str, settings: Settings, start: Start
) -> None:
    service = Service.open(settings.model_copy(update={"redis_url": redis_url}))
    first = start(service.settings, "--processes", "2")
    try:
        wait_for(lambda: len(children(first.pid)) == 2)
        killed, spared = children(first.pid)
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: len(children(first.pid)) == 2 and killed not in children(first.pid))
        ids = post(service)
        wait_for(lambda: are_decided(service, ids))
        assert spared in children(first.pid)

        left = children(first.pid)
        first.terminate()
        assert first.wait(timeout=PATIENCE_SECONDS) == 0
        assert not any(is_alive(pid) for pid in left)

        first = start(service.settings, "--processes", "2")
        wait_for(lambda: len(children(first.pid)) == 2)
        left = children(first.pid)
        first.kill()
        wait_for(lambda: not any(is_alive(pid) for pid in left))
    finally:
        service.close()


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
