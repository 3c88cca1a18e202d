"""``/v1/flags``: users report, and can be told what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.houses.api import Api

ITEM = {"parts": [{"type": "text", "text": "hi"}]}


def test_a_report_is_kept_once_and_says_whether_anybody_looks_because_of_it(idle_api: Api) -> None:
    item_id = idle_api.post("/v1/items", json={**ITEM, "content_id": "post-7"}).json["id"]

    first = idle_api.post("/v1/flags", json={"item": item_id, "reason": "spam", "reporter": "ann"})
    again = idle_api.post("/v1/flags", json={"content_id": "post-7", "reason": "rude", "reporter": " ann "})

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json == again.json
    assert (first.json["item"], first.json["status"], first.json["reason"]) == (item_id, "received", "spam")
    assert first.json["acts"] is False  # no shipped policy goes by reports
    assert idle_api.get(f"/v1/flags/{first.json['id']}").json == first.json
    assert idle_api.get("/v1/flags?reporter=ann").json == {"flags": [first.json]}
    assert idle_api.get(f"/v1/flags?item={item_id}&reporter=bob").json == {"flags": []}


def test_another_app_sees_no_reports(idle_api: Api) -> None:
    item_id = idle_api.post("/v1/items", json=ITEM).json["id"]
    made = idle_api.post("/v1/flags", json={"item": item_id, "reason": "spam", "reporter": "ann"}).json

    assert idle_api.get(f"/v1/flags/{made['id']}", app="forum").status_code == 404
    assert idle_api.get("/v1/flags", app="forum").json == {"flags": []}


def test_reports_go_with_their_item(idle_api: Api) -> None:
    item_id = idle_api.post("/v1/items", json=ITEM).json["id"]
    made = idle_api.post("/v1/flags", json={"item": item_id, "reason": "spam", "reporter": "ann"}).json

    idle_api.call("DELETE", f"/v1/items/{item_id}")

    assert idle_api.get(f"/v1/flags/{made['id']}").status_code == 404
    again = {"item": item_id, "reason": "spam", "reporter": "bob"}
    assert idle_api.post("/v1/flags", json=again).status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": "spam", "reporter": "ann"}, "item"),
        ({"item": "x", "content_id": "y", "reason": "spam", "reporter": "ann"}, "item"),
        ({"item": "x", "reporter": "ann"}, "reason"),
        ({"item": "x", "reason": " ", "reporter": "ann"}, "reason"),
        ({"item": "x", "reason": "spam", "reporter": "\u0000"}, "reporter"),
        ({"item": "x", "reason": "spam", "reporter": "ann", "why": ""}, "why"),
    ],
)
def test_a_report_that_says_too_little_is_refused_by_field(empty_api: Api, given: dict[str, Any], field: str) -> None:
    answer = empty_api.post("/v1/flags", json=given)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "given", [{"item": "x"}, {"item": "01a1fb69-8c15-730f-b107-a0c881b9b117"}, {"content_id": "x"}]
)
def test_an_item_that_there_is_not_is_404(empty_api: Api, given: dict[str, Any]) -> None:
    assert empty_api.post("/v1/flags", json={"reason": "spam", "reporter": "ann", **given}).status_code == 404
