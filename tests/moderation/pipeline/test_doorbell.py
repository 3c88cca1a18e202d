from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from moderation.core.errors import SettingsError
from moderation.core.items import LANES, Lane, Part
from moderation.pipeline.doorbell import (
    JOB,
    QUEUE_NAMES,
    QUICK,
    RINGS_KEPT,
    SPARE,
    RedisDoorbell,
    RedisListener,
    ThreadDoorbell,
)
from moderation.pipeline.intake import Submission
from moderation.service import Service
from moderation.settings import Settings
from moderation.worker import Worker
from tests.databases import RedisServer
from tests.waiting import PATIENCE_SECONDS, wait_for


def test_a_ring_wakes_a_thread_and_a_lost_ring_is_swept_up() -> None:
    calls: list[float] = []
    queue = ThreadDoorbell(1, sweep_seconds=0.2)
    queue.start(lambda lanes: calls.append(time.monotonic()) or 0)
    queue.ring()
    wait_for(lambda: len(calls) >= 3)
    queue.close()

    assert len(calls) >= 3, "one ring, and the sweep went on"


def test_a_workers_fault_does_not_end_it() -> None:
    calls: list[int] = []

    def work(lanes: Sequence[Lane]) -> int:
        calls.append(1)
        raise ValueError("once")

    queue = ThreadDoorbell(1, sweep_seconds=0.05)
    queue.start(work)
    wait_for(lambda: len(calls) >= 3)
    queue.close()
    assert len(calls) >= 3


def test_a_text_does_not_wait_behind_pictures_that_hold_every_thread_there_is_for_them() -> None:
    may_end = threading.Event()
    held, texts = threading.Semaphore(0), threading.Event()

    def work(lanes: Sequence[Lane]) -> int:
        if "media" in lanes:
            held.release()
            may_end.wait(PATIENCE_SECONDS)
        else:
            texts.set()
        return 0

    queue = ThreadDoorbell(3, sweep_seconds=3600)
    queue.start(work)
    try:
        assert held.acquire(timeout=PATIENCE_SECONDS)
        assert held.acquire(timeout=PATIENCE_SECONDS)
        assert texts.wait(PATIENCE_SECONDS)
        texts.clear()
        queue.ring("media")
        queue.ring("texts")
        assert texts.wait(PATIENCE_SECONDS), "there is a thread that keeps to texts"
    finally:
        may_end.set()
        queue.close()


def test_one_thread_alone_works_on_everything() -> None:
    seen: list[Sequence[Lane]] = []
    queue = ThreadDoorbell(1, sweep_seconds=3600)
    queue.start(lambda lanes: seen.append(lanes) or 0)
    wait_for(lambda: seen)
    queue.close()

    assert seen == [LANES]


@pytest.mark.redis
def test_a_ring_reaches_who_works_on_what_waits(redis_url: str) -> None:
    texts, media = RedisListener(redis_url, ["texts"]), RedisListener(redis_url, ["media"])
    bell = RedisDoorbell(redis_url)
    bell.ring("media")
    wait_for(media.take)
    bell.close()

    assert not texts.take()
    assert not media.take()
    assert not RedisListener(redis_url).take()


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
    service = Service.open(settings.model_copy(update={"redis_url": redis_url}))
    canary = tmp_path / "canary"
    connection = redis.Redis.from_url(redis_url)
    Queue(QUEUE_NAMES["texts"], connection=connection, serializer=JSONSerializer).enqueue(
        "pathlib.Path.touch", str(canary)
    )
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


def jobs(url: str) -> Any:
    return Queue(QUEUE_NAMES["texts"], connection=redis.Redis.from_url(url), serializer=JSONSerializer)


def ring(bell: RedisDoorbell, queue: Any) -> None:
    """Ring, and wait until Redis has it."""
    before = queue.count
    bell.ring("texts")
    wait_for(lambda: queue.count > before)


@pytest.mark.redis
def test_rings_do_not_pile_up(redis_url: str) -> None:
    bell, queue = RedisDoorbell(redis_url), jobs(redis_url)
    for _ in range(RINGS_KEPT):
        ring(bell, queue)
    bell.ring()
    bell.close()  # after the last one

    assert queue.count == RINGS_KEPT


@pytest.mark.redis
def test_who_posts_never_speaks_to_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_by: list[str] = []
    ask = redis.Redis.execute_command

    def noted(self: Any, *arguments: Any, **given: Any) -> Any:
        asked_by.append(threading.current_thread().name)
        return ask(self, *arguments, **given)

    bell, queue = RedisDoorbell(redis_url), jobs(redis_url)
    monkeypatch.setattr(redis.Redis, "execute_command", noted)
    bell.ring()
    wait_for(lambda: asked_by)
    monkeypatch.undo()
    wait_for(lambda: queue.count == 1)
    bell.close()

    assert set(asked_by) == {"doorbell"}


@pytest.mark.redis
def test_a_ring_that_redis_did_not_take_is_given_when_it_is_back(redis_server: RedisServer) -> None:
    redis_server.stop()
    bell = RedisDoorbell(redis_server.url)
    bell.ring()
    redis_server.start()
    queue = jobs(redis_server.url)
    wait_for(lambda: queue.count == 1)
    bell.close()

    assert queue.count == 1


@pytest.mark.redis
def test_a_ring_wakes_a_worker_that_would_not_look_for_an_hour_before_and_after_redis_was_away(
    redis_server: RedisServer,
) -> None:
    looked: list[int] = []
    worker = Worker(lambda lanes: looked.append(1) or 0, heard(redis_server.url), sweep_seconds=3600)
    worker.start()
    for _ in range(2):
        wait_for(lambda: is_listened_to(redis_server.url))
        before = len(looked)
        bell = RedisDoorbell(redis_server.url)
        bell.ring()
        wait_for(lambda known=before: len(looked) > known)
        bell.close()
        redis_server.stop()
        redis_server.start()

    assert worker.close(PATIENCE_SECONDS)


@pytest.mark.redis
def test_a_worker_that_is_to_end_says_whether_something_is_still_in_its_hands(redis_url: str) -> None:
    began, may_end = threading.Event(), threading.Event()
    worker = Worker(lambda lanes: began.set() or may_end.wait() or 1, heard(redis_url), sweep_seconds=3600)
    worker.start()
    began.wait()

    assert not worker.close(0.01)
    may_end.set()
    assert worker.close(PATIENCE_SECONDS)


@pytest.mark.redis
def test_a_ring_that_the_thread_for_few_items_takes_reaches_those_for_many(redis_server: RedisServer) -> None:
    bell, taken = RedisDoorbell(redis_server.url), threading.Event()
    looked: list[int] = []
    few = Worker(
        lambda lanes: taken.set() or 0,
        heard(redis_server.url, SPARE),
        sweep_seconds=3600,
        pass_on=lambda lanes: bell.ring(*lanes) or True,
    )
    few.start()
    bell.ring("texts")
    assert taken.wait(PATIENCE_SECONDS)
    many = Worker(lambda lanes: looked.append(1) or 0, heard(redis_server.url, QUICK), sweep_seconds=3600)
    many.start()

    wait_for(lambda: len(looked) >= 2)  # once as it starts, and then because of a ring
    assert many.close(PATIENCE_SECONDS)
    assert few.close(PATIENCE_SECONDS)
    bell.close()


def heard(url: str, lanes: Sequence[Lane] = LANES) -> list[tuple[Sequence[Lane], RedisListener]]:
    return [(lanes, RedisListener(url, lanes))]


def is_listened_to(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        return any(each["cmd"] == "blpop" for each in client.client_list())


def put(client: Any, data: bytes | None = None, **more: Any) -> None:
    """A job as somebody who writes to Redis makes it."""
    if data is not None:
        client.hset(f"{Job.redis_job_namespace_prefix}bad", mapping={"data": data, **more})
    client.rpush(f"{Queue.redis_queue_namespace_prefix}{QUEUE_NAMES['texts']}", "bad")


def packed(function: str, *arguments: Any) -> bytes:
    return zlib.compress(JSONSerializer.dumps((function, None, arguments, {})))


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self._path,)


@pytest.mark.redis
@pytest.mark.parametrize(
    ("data", "more"),
    [
        (lambda canary: packed("pathlib.Path.touch", str(canary)), {}),
        (lambda canary: packed(JOB, str(canary)), {}),
        (lambda canary: zlib.compress(pickle.dumps(Touch(canary))), {}),
        (lambda canary: pickle.dumps(Touch(canary)), {}),
        (lambda canary: b"", {}),
        (lambda canary: b"no job at all", {}),
        (lambda canary: zlib.compress(b"[" * 100_000), {}),
        (lambda canary: zlib.compress(b" " * 50_000_000), {}),
        (
            lambda canary: packed("pathlib.Path.touch", str(canary)),
            {"timeout": "x", "created_at": b"\xff", "status": "?"},
        ),
    ],
    ids=[
        "foreign",
        "with data",
        "pickle",
        "pickle not packed",
        "empty",
        "not packed",
        "deep",
        "bomb",
        "no job's fields",
    ],
)
def test_a_job_that_is_not_ours_is_refused_and_dropped(
    redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, data: Any, more: dict[str, Any]
) -> None:
    canary, client, listener = tmp_path / "canary", redis.Redis.from_url(redis_url), RedisListener(redis_url)
    put(client, data(canary), **more)

    assert listener.take()
    assert not listener.take()
    assert caplog.messages == ["a job that is not ours was refused"]
    assert not canary.exists()
    assert client.keys() == []


@pytest.mark.redis
def test_a_job_of_another_type_of_key_is_refused_and_dropped(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    client, listener = redis.Redis.from_url(redis_url), RedisListener(redis_url)
    client.set(f"{Job.redis_job_namespace_prefix}bad", "text")
    put(client)

    assert listener.take()
    assert caplog.messages == ["a job that is not ours was refused"]
    assert client.keys() == []


@pytest.mark.redis
def test_our_job_is_a_ring_and_so_is_one_whose_time_ran_out_and_none_of_their_callbacks_is_called(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    client, listener = redis.Redis.from_url(redis_url), RedisListener(redis_url)
    bell, queue = RedisDoorbell(redis_url), jobs(redis_url)
    ring(bell, queue)
    bell.close()
    assert listener.take()
    put(client)
    assert listener.take()
    put(client, packed(JOB), success_callback_name="tests.waiting.wait_for")
    assert listener.take()

    assert not listener.take()
    assert caplog.messages == []
    assert client.keys(f"{Job.redis_job_namespace_prefix}*") == []


def test_a_redis_address_that_is_none_is_said(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="MODERATION_REDIS_URL"):
        Service.open(settings.model_copy(update={"redis_url": "127.0.0.1"}))
