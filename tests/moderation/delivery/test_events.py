"""Events: what a callback is told of an item beside decisions, in an order that receivers can put right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from moderation.api.openapi import openapi
from moderation.core.events import EVENT_TYPES
from moderation.storage.records import ItemRecord
from tests.houses.api import Api
from tests.houses.service import NUMBER, REVIEWS, House
from tests.receiver import Receiver
from tests.waiting import wait_for


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    opened.start()
    yield opened
    opened.stop()


def post(house: House, receiver: Receiver, **more: Any) -> ItemRecord:
    house.service.accounts.add_key("shop", datetime.now(UTC))  # with the secret that signs
    given = replace(house.submission(NUMBER), content_id="post-7", metadata={"category": "toys"}, **more)
    item = house.service.pipeline.prepare(replace(given, callback_url=f"{receiver.url}/hook"))
    house.service.pipeline.intake([item])
    return house.wait(item.id, lambda record: record.status == "in_review")


def answer(house: House, item_id: str, said: str) -> None:
    (loop,) = [each for each in house.service.store.get_item(item_id).loops if each.state != "ended"]
    wait_for(lambda: loop.name in house.people.started)
    house.people.said[loop.name] = said
    house.wait(item_id, lambda record: record.status == "decided")


def walk(house: House, record: ItemRecord) -> None:
    """Decide it, appeal, and decide it anew."""
    item_id = record.item.id
    answer(house, item_id, "reject")
    house.service.pipeline.appeal(house.service.store.get_item(item_id), "it is a test number")
    answer(house, item_id, "approve")


def told(receiver: Receiver, count: int) -> list[dict[str, Any]]:
    wait_for(lambda: len(receiver.got("/hook")) >= count)
    events = {json.loads(each.body)["number"]: json.loads(each.body) for each in receiver.got("/hook")}
    return [events[number] for number in sorted(events)]


def test_a_callback_is_told_of_every_step_that_it_asked_for_in_order(
    open_house: Callable[[str], House], receiver: Receiver, empty_api: Api
) -> None:
    house = open_house(REVIEWS)
    record = post(house, receiver, events=EVENT_TYPES, event_metadata=True)
    walk(house, record)
    told(receiver, 4)
    house.service.erasing.withdraw([record.item.id], "test")

    events = told(receiver, 5)

    assert [each["type"] for each in events] == [
        "item.in_review", "item.decided", "item.appealed", "item.decided", "item.withdrawn",
    ]  # fmt: skip
    assert [(each["number"], each["supersedes"]) for each in events] == [(1, None), (2, 1), (3, 2), (4, 3), (5, 4)]
    assert [each["id"] for each in events] == [f"evt_{record.item.id.replace('-', '')}_{n}" for n in range(1, 6)]
    assert events[0]["data"]["queue"] == "people"
    assert [each["data"].get("metadata") for each in events] == [{"category": "toys"}] * 4 + [None]
    assert events[4]["data"] == {"id": record.item.id, "app": "shop"}
    assert NUMBER not in json.dumps(events)
    document = openapi(empty_api.client.application)
    for event in events:
        content = document["webhooks"][event["type"]]["post"]["requestBody"]["content"]
        schema = content["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(event)


def test_a_callback_that_asks_for_nothing_is_told_of_decisions_alone(
    open_house: Callable[[str], House], receiver: Receiver
) -> None:
    house = open_house(REVIEWS)
    walk(house, post(house, receiver))

    events = told(receiver, 2)

    assert [(each["type"], each["number"], each["supersedes"]) for each in events] == [
        ("item.decided", 1, None), ("item.decided", 2, 1),
    ]  # fmt: skip
    assert "metadata" not in events[0]["data"]


def test_a_callback_hears_nothing_of_what_it_did_not_ask_for(
    open_house: Callable[[str], House], receiver: Receiver
) -> None:
    house = open_house(REVIEWS)
    record = post(house, receiver, events=("item.in_review", "item.withdrawn"))
    walk(house, record)
    told(receiver, 1)
    house.service.erasing.withdraw([record.item.id], "test")

    assert [each["type"] for each in told(receiver, 2)] == ["item.in_review", "item.withdrawn"]


def test_an_event_that_there_is_not_is_refused(empty_api: Api) -> None:
    item = {"parts": [{"type": "text", "text": "hi"}], "events": ["item.decided", "item.lost"]}
    refused = empty_api.post("/v1/items", json=item)

    assert refused.status_code == 422
    assert refused.json["errors"][0]["field"] == "events[1]"
