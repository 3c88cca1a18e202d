"""Deadlines on an item's way: from the policy to the loop, the reviewers, the API, the webhook and the figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from moderation.api.views import explanation, item_view
from moderation.core.items import Part
from moderation.pipeline.intake import Submission
from moderation.storage.ages import look_at_ages
from tests.houses.service import NUMBER, REJECTS, REVIEWS, House, appealed
from tests.waiting import wait_for

TIMED = "decide_within: {by: label, PII: 4h, default: 48h}\n"
NO_AGREEMENT = "{name: people, a2i_flow: people, reviewers: 2, agree: 2, if_no_agreement: {review: quality}}"


def _with_callback(house: House) -> str:
    item = house.service.pipeline.prepare(
        Submission("shop", (Part(id="p0", type="text", text=NUMBER),), callback_url="http://127.0.0.1:9/hook")
    )
    house.service.pipeline.intake([item])
    house.wait(item.id, lambda record: record.status != "pending")
    return item.id


def _payloads(house: House) -> list[dict[str, object]]:
    rows = house.service.database.read(
        lambda c: list(c.exec_driver_sql("SELECT payload FROM deliveries ORDER BY number"))
    )
    return [json.loads(row.payload)["data"] for row in rows]


def test_an_item_in_review_is_due_as_its_policy_says_and_everybody_is_told(
    open_house: Callable[[str], House],
) -> None:
    house = open_house(REVIEWS + TIMED)
    item_id = _with_callback(house)
    name = f"{item_id}-1"
    wait_for(lambda: name in house.people.started)
    record = house.service.store.get_item(item_id)
    [loop], shown = record.loops, house.people.started[name]
    now = house.service.pipeline.now()

    due_at = record.item.created_at + timedelta(hours=4)
    assert (loop.due_at, loop.due_because) == (due_at, "policy 'words' for PII says 4h")
    assert datetime.fromisoformat(shown["decide_by"]) == due_at
    assert shown["decide_by_because"] == loop.due_because
    ages = [look_at_ages(house.service.database, now + timedelta(hours=hours)).deadlines for hours in (0, 3.5, 5)]
    assert ages == [{("words", "people"): counts} for counts in ((0, 0), (0, 1), (1, 0))]

    house.people.said[name] = "reject"
    decided = house.wait(item_id, lambda r: r.status == "decided")

    view = item_view(decided, house.service.versions).model_dump(mode="json")["human_loop"]
    assert datetime.fromisoformat(view["due_at"]) == due_at
    words = explanation(decided, house.service.versions).words
    assert f"To be decided by {due_at:%Y-%m-%d %H:%M} UTC: policy 'words' for PII says 4h." in " ".join(words)
    assert [set(each) for each in view["answers"]] == [{"claimed_at", "decided_at"}]
    assert datetime.fromisoformat(str(_payloads(house)[0]["due_at"])) == due_at
    assert look_at_ages(house.service.database, now + timedelta(hours=5)).deadlines == {}


def test_what_rules_decide_is_never_due(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS + TIMED)
    item_id = _with_callback(house)

    assert house.service.store.get_item(item_id).loops == ()
    assert "due_at" not in _payloads(house)[0]


def test_a_further_round_goes_on_with_the_same_clock(open_house: Callable[[str], House]) -> None:
    house = open_house(REVIEWS.replace("{name: people, a2i_flow: people}", NO_AGREEMENT) + TIMED)
    record = house.post(NUMBER)
    first, second = f"{record.item.id}-1", f"{record.item.id}-2"
    wait_for(lambda: first in house.people.started)
    house.people.said[first] = "reject"
    wait_for(lambda: second in house.people.started)

    assert house.people.started[second]["decide_by"] == house.people.started[first]["decide_by"]


def test_the_clock_of_an_appeal_begins_with_the_appeal(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS + TIMED)
    record = house.post(NUMBER)

    again = appealed(house, record.item.id, "approve")

    [loop] = again.loops
    assert loop.due_at == loop.created_at + timedelta(hours=4)
