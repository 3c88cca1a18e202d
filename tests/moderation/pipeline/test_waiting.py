"""Waiting for what becomes of an item: over as soon as the rules have spoken."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from moderation.core.items import Part
from moderation.pipeline.intake import Submission
from moderation.service import Service
from moderation.storage.records import ItemRecord
from tests.houses.api import Api
from tests.waiting import wait_for

SECONDS = 240.0
DOUBTFUL, CLEAN = "you are an idiot", "Have a nice day"


def post(service: Service, text: str) -> str:
    item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text=text),)))
    service.pipeline.intake([item])
    return item.id


def waiting(threads: ThreadPoolExecutor, service: Service, item_id: str) -> Callable[[], ItemRecord]:
    """Somebody who waits already; calling it gives what they were told, in far less time than they would wait."""
    future = threads.submit(service.pipeline.wait_decided, item_id, SECONDS)
    wait_for(future.running)
    return lambda: future.result(SECONDS / 2)


@pytest.mark.parametrize(("text", "status"), [(DOUBTFUL, "in_review"), (CLEAN, "decided")])
def test_a_wait_is_over_when_people_are_asked_and_when_it_is_decided(idle_api: Api, text: str, status: str) -> None:
    service = idle_api.service
    item_id = post(service, text)
    with ThreadPoolExecutor(1) as threads:
        told = waiting(threads, service, item_id)
        service.work_once()

        assert told().status == status


def test_what_another_process_does_is_seen_too(idle_api: Api) -> None:
    service = idle_api.service
    item_id = post(service, DOUBTFUL)
    other = Service.open(service.settings)
    try:
        with ThreadPoolExecutor(1) as threads:
            told = waiting(threads, service, item_id)
            other.work_once()

            assert told().status == "in_review"
    finally:
        other.close()


def test_who_waits_for_one_item_holds_up_nobody_elses_news(idle_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    service = idle_api.service
    slow, quick = post(service, DOUBTFUL), post(service, CLEAN)
    get_item, looking, go_on = service.store.get_item, threading.Event(), threading.Event()

    def slowly(item_id: str) -> Any:
        if item_id == slow:
            looking.set()
            go_on.wait(SECONDS)
        return get_item(item_id)

    monkeypatch.setattr(service.store, "get_item", slowly)
    with ThreadPoolExecutor(3) as threads:
        told = threads.submit(service.pipeline.wait_decided, slow, SECONDS)
        looking.wait(SECONDS)
        try:
            quickly = threads.submit(service.pipeline.wait_decided, quick, 0.01).result(30)
        finally:
            go_on.set()
        service.work_once()
        assert quickly.status == "pending"
        assert told.result(SECONDS / 2).status == "in_review"
