from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from moderation.core.items import Part
from moderation.pipeline.doorbell import QUEUE_NAME, RedisDoorbell, ThreadDoorbell
from moderation.pipeline.intake import Submission
from moderation.service import Service
from moderation.settings import Settings
from tests.waiting import PATIENCE_SECONDS, wait_for


def test_a_ring_wakes_a_thread_and_a_lost_ring_is_swept_up() -> None:
    calls: list[float] = []
    queue = ThreadDoorbell(1, sweep_seconds=0.2)
    queue.start(lambda: bool(calls.append(time.monotonic())))
    queue.ring()
    wait_for(lambda: len(calls) >= 3)
    queue.close()

    assert len(calls) >= 3, "one ring, and the sweep went on"


def test_a_workers_fault_does_not_end_it() -> None:
    calls: list[int] = []

    def work() -> bool:
        calls.append(1)
        raise ValueError("once")

    queue = ThreadDoorbell(1, sweep_seconds=0.05)
    queue.start(work)
    wait_for(lambda: len(calls) >= 3)
    queue.close()
    assert len(calls) >= 3


def test_a_redis_that_is_not_there_fails_no_post(settings: Settings) -> None:
    service = Service.open(settings.model_copy(update={"redis_url": "redis://127.0.0.1:9/0"}))
    try:
        item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text="hi"),)))
        service.pipeline.intake([item])
        assert service.store.get_item(item.id).status == "pending"
    finally:
        service.close()


@pytest.mark.redis
@pytest.mark.slow
def test_a_worker_process_moderates_what_redis_rings_for_and_refuses_foreign_jobs(
    redis_url: str, settings: Settings, tmp_path: Path
) -> None:
    import redis
    from rq import Queue
    from rq.serializers import JSONSerializer

    service = Service.open(settings.model_copy(update={"redis_url": redis_url}))
    canary = tmp_path / "canary"
    connection = redis.Redis.from_url(redis_url)
    Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer).enqueue("pathlib.Path.touch", str(canary))
    item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text="hi"),)))
    service.pipeline.intake([item])
    command = [sys.executable, "-m", "tests.patience", "worker", "--burst", "--data", str(settings.data)]
    environment = {"MODERATION_REDIS_URL": redis_url, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    try:
        assert done.returncode == 0, done.stderr
        assert service.store.get_item(item.id).status == "decided"
        assert not canary.exists()
        assert "refused" in done.stderr
    finally:
        service.close()
        connection.close()


@pytest.mark.redis
def test_rings_do_not_pile_up(redis_url: str) -> None:
    import redis
    from rq import Queue
    from rq.serializers import JSONSerializer

    queue = RedisDoorbell(redis_url, lambda: False, sweep_seconds=60)
    for _ in range(200):
        queue.ring()
    connection = redis.Redis.from_url(redis_url)

    assert Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer).count <= 64
    queue.close()
    connection.close()
