"""Appeals: people who have not seen an item decide it anew, and their decision supersedes the one there was."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from moderation.core.errors import AppealRefused
from moderation.core.loops import MAX_APPEALS
from tests.houses.api import Api
from tests.houses.service import NUMBER, REJECTS, REVIEWS, House, appealed
from tests.waiting import wait_for


def test_an_overturned_decision_is_superseded(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    record = house.post(NUMBER)

    again = appealed(house, record.item.id, "approve")

    assert [(d.outcome, d.decided_by, d.supersedes) for d in again.decisions] == [
        ("reject", "rules", None),
        ("approve", "people", 1),
    ]
    assert again.decision.reason.startswith("Appeal: the decision is overturned.")


def test_reviewers_read_the_appeal_and_who_has_seen_the_item_is_left_out(open_house: Callable[[str], House]) -> None:
    house = open_house(REVIEWS)
    record = house.post(NUMBER)
    first = f"{record.item.id}-1"
    wait_for(lambda: first in house.people.started)
    house.people.said[first] = "reject"
    house.wait(record.item.id, lambda r: r.status == "decided")

    again = appealed(house, record.item.id, "reject")

    shown = house.people.started[f"{record.item.id}-a1"]
    assert shown["why"][0] == "Appeal against reject: it was a test number"
    assert shown["not_for"] == ["ann"]
    assert "not_for" not in house.people.started[first]
    assert again.decision.reason.startswith("Appeal: the decision is upheld.")


def test_people_cannot_undo_a_locked_reject_by_appeal(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS.replace("reject_from: 50}", "reject_from: 50, locked: true}"))
    record = house.post(NUMBER)

    assert appealed(house, record.item.id, "approve").decision.outcome == "reject"


def test_an_item_is_appealed_only_once_it_is_decided_and_not_for_ever(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    record = house.post(NUMBER)
    pipeline, store = house.service.pipeline, house.service.store
    for number in range(1, MAX_APPEALS + 1):
        pipeline.appeal(store.get_item(record.item.id), f"reason {number}")
        with pytest.raises(AppealRefused, match="in_review"):
            pipeline.appeal(store.get_item(record.item.id), "at the same time")
        name = f"{record.item.id}-a{number}"
        wait_for(lambda name=name: name in house.people.started)
        house.people.said[name] = "reject"
        house.wait(record.item.id, lambda r: r.status == "decided")

    with pytest.raises(AppealRefused, match="3 times"):
        pipeline.appeal(store.get_item(record.item.id), "once more")


def test_each_decision_is_delivered(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    from moderation.core.items import Part
    from moderation.pipeline.intake import Submission

    submission = Submission("shop", (Part(id="p0", type="text", text=NUMBER),), callback_url="http://127.0.0.1:9/hook")
    item = house.service.pipeline.prepare(submission)
    house.service.pipeline.intake([item])
    house.wait(item.id, lambda r: r.status == "decided")

    appealed(house, item.id, "approve")

    rows = house.service.database.read(
        lambda c: list(c.exec_driver_sql("SELECT number, payload FROM deliveries ORDER BY number"))
    )
    outcomes = [(row.number, json.loads(row.payload)["data"]["decision"]["outcome"]) for row in rows]
    assert outcomes == [(1, "reject"), (2, "approve")]


def test_the_api_takes_an_appeal_and_says_what_is_wrong_with_one(api: Api) -> None:
    item = api.post("/v1/items?wait=20", json={"parts": [{"type": "text", "text": "Have a nice day"}]}).get_json()
    path = f"/v1/items/{item['id']}/appeal"

    assert api.post(path, json={}).status_code == 422
    assert api.post(path, json={"reason": ""}).get_json()["errors"][0]["field"] == "reason"
    assert api.post(path, data="reason", headers={"Content-Type": "text/plain"}).status_code == 415
    taken = api.post(path, json={"reason": "a person should look"})
    assert (taken.status_code, taken.get_json()["status"]) == (202, "in_review")
    assert api.post(path, json={"reason": "and again"}).status_code == 409
    words = api.get(f"/v1/items/{item['id']}/explanation").get_json()["words"]
    assert any("a person should look" in sentence for sentence in words)
