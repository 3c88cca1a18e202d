"""What a dead process held of a data folder is free when the next one starts; what the living hold stays theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

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

HOUR = timedelta(hours=1)


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
            if len(together) == 4:
                break
            end_leases(service, *ids)

    assert together == [200, 20, 2, 1]


def test_items_that_were_claimed_before_hold_up_no_other_app(service: Service) -> None:
    now, store = datetime.now(UTC), service.store
    apps = [app for app in ("one", "two") for _ in range(30)]
    items = [service.pipeline.prepare(Submission(app, (Part(id="p0", type="text", text="hello"),))) for app in apps]
    store.add_items(items[:30])
    end_leases(service, *(claim.item.id for claim in store.claim("texts", 200, HOUR.total_seconds(), now)))
    store.add_items(items[30:])
    claimed = [[each.item.app for each in store.claim("texts", 200, HOUR.total_seconds(), now)] for _ in range(3)]

    assert claimed == [["two", "one"] * 10] * 3
