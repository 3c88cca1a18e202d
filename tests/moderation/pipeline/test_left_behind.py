"""What a dead process held of a data folder is free when the next one starts; what the living hold stays theirs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ground.presence import Presence
from moderation.core.errors import IdempotencyInFlight
from moderation.core.items import Part
from moderation.pipeline.intake import Submission
from moderation.service import PRESENT, Service
from moderation.settings import Settings
from moderation.storage.idempotency import KeyedAnswer, KeyedPost
from tests.houses.service import People
from tests.leases import end_leases
from tests.waiting import wait_for

HOUR = timedelta(hours=1)
SLOW_TO_START = """
import time
from pathlib import Path
from moderation import hookimpl

class Slow:
    name, version, reads, labels = "slow.start", "1", ("text",), ("Custom/SLOW",)
    min_confidence, time_limit_seconds = 0.0, 60.0
    def __init__(self, folder): self.folder = folder
    def __setstate__(self, state):
        self.__dict__ = state
        (self.folder / "starts").touch()
        while not (self.folder / "may").exists():
            time.sleep(0.01)
    def detect(self, part, context): return []

@hookimpl
def register_detectors(settings):
    return [Slow(Path(__file__).parent)]
"""


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """Whose workers do not run."""
    opened = Service.open(settings, human_loops=People())  # type: ignore[arg-type]
    yield opened
    opened.close()


@pytest.mark.parametrize("another_lives", [False, True])
def test_a_start_frees_what_the_dead_held(service: Service, another_lives: bool) -> None:
    now = datetime.now(UTC)
    item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text="hello"),)))
    post = KeyedPost("shop", "order-1", "0" * 64)
    service.store.add_items([item], KeyedAnswer(post, {"status": 202}, now, in_flight_until=now + HOUR))
    held = service.store.claim("texts", 20, HOUR.total_seconds(), now)
    other = Presence(service.settings.data / PRESENT)
    if another_lives:
        other.enter(lambda: None)
    service.live("worker")
    again = service.store.claim("texts", 20, HOUR.total_seconds(), now)
    other.close()

    assert [claim.item.id for claim in held] == [item.id]
    assert [claim.item.id for claim in again] == ([] if another_lives else [item.id])
    if another_lives:
        with pytest.raises(IdempotencyInFlight):
            service.store.kept_answer(post, now)
    else:
        assert service.store.kept_answer(post, datetime.now(UTC)) == {"status": 202}


def test_an_item_that_is_given_back_unseen_has_used_up_no_attempt_but_the_first(service: Service) -> None:
    now = datetime.now(UTC)
    item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text="hello"),)))
    service.store.add_items([item])
    attempts = []
    for _ in range(4):
        (claim,) = service.store.claim("texts", 20, HOUR.total_seconds(), now)
        attempts.append(claim.attempts)
        service.store.release([item.id], claim.held_until)

    assert attempts == [1, 2, 2, 2]


def test_no_item_is_claimed_while_its_detectors_start(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW_TO_START)
    service = Service.open(settings.model_copy(update={"plugins_dir": tmp_path}), human_loops=People())  # type: ignore[arg-type]
    item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text="hello"),)))
    service.store.add_items([item])
    working = threading.Thread(target=service.work_once, args=(["texts"],))
    working.start()
    wait_for((tmp_path / "starts").exists)
    claims = service.store.claim("texts", 20, HOUR.total_seconds(), datetime.now(UTC))
    (tmp_path / "may").touch()
    working.join()
    service.close()

    assert [claim.attempts for claim in claims] == [1]


def test_whatever_kills_its_worker_takes_few_others_along(service: Service) -> None:
    now, store = datetime.now(UTC), service.store
    parts = [Part(id="p0", type="text", text=f"hello {number}") for number in range(200)]
    items = [service.pipeline.prepare(Submission("shop", (part,))) for part in parts]
    store.add_items(items)
    deadly = items[37].id
    together = []
    while claims := store.claim("texts", 200, HOUR.total_seconds(), now):
        ids = [claim.item.id for claim in claims]
        if deadly in ids:  # as when the process dies
            together.append(len(ids))
            if len(together) == 5:
                break
            end_leases(service, *ids)

    assert together == [200, 50, 12, 3, 1]


def test_suspects_are_claimed_in_turn_with_others_and_never_with_them(service: Service) -> None:
    now, store = datetime.now(UTC), service.store
    parts = [Part(id="p0", type="text", text=f"hello {number}") for number in range(100)]
    items = [service.pipeline.prepare(Submission("shop", (part,))) for part in parts]
    store.add_items(items[:30])
    for _ in range(2):
        end_leases(service, *(claim.item.id for claim in store.claim("texts", 200, HOUR.total_seconds(), now)))
    store.add_items(items[30:])
    claimed = [[each.attempts for each in store.claim("texts", 200, HOUR.total_seconds(), now)] for _ in range(4)]

    assert claimed == [[3] * 12, [1] * 70, [3] * 12, [3] * 6]


def test_items_that_were_claimed_before_hold_up_no_other_app(service: Service) -> None:
    now, store = datetime.now(UTC), service.store
    apps = [app for app in ("one", "two") for _ in range(30)]
    items = [service.pipeline.prepare(Submission(app, (Part(id="p0", type="text", text="hello"),))) for app in apps]
    store.add_items(items[:30])
    end_leases(service, *(claim.item.id for claim in store.claim("texts", 200, HOUR.total_seconds(), now)))
    store.add_items(items[30:])
    claimed = [[each.item.app for each in store.claim("texts", 200, HOUR.total_seconds(), now)] for _ in range(2)]

    assert claimed == [["two", "one"] * 25, ["two", "one"] * 5]
