"""Lists at run time over HTTP: for operators, and from the next item on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.houses.api import Api


@pytest.fixture
def as_operator(idle_api: Api) -> Callable[..., Any]:
    key = idle_api.service.accounts.add_key("ops", datetime.now(UTC), is_operator=True)

    def call(method: str, path: str, **given: Any) -> Any:
        return idle_api.call(method, path, app=None, headers={"Authorization": f"Bearer {key.key}"}, **given)

    return call


def test_an_operator_keeps_a_list(as_operator: Callable[..., Any]) -> None:
    made = as_operator("POST", "/v1/lists/watch", json={"value": "ann", "why": "case 4711"})
    assert made.status_code == 201
    shown = as_operator("GET", "/v1/lists/watch").json
    assert (shown["kind"], shown["entries"], shown["listed"][0]["value"]) == ("values", 1, "ann")
    assert shown["listed"][0]["by"].startswith("API key ")
    assert [each["name"] for each in as_operator("GET", "/v1/lists").json["lists"]] == ["watch"]

    gone = as_operator("DELETE", f"/v1/lists/watch/entries/{made.json['id']}?why=mistake")

    assert gone.status_code == 200
    assert as_operator("GET", "/v1/lists/watch").json["listed"] == []
    changes = as_operator("GET", "/v1/lists/watch/changes").json["changes"]
    assert [(each["action"], each["why"]) for each in changes] == [("remove", "mistake"), ("add", "case 4711")]


def test_an_app_may_neither_see_nor_change_what_it_is_judged_by(idle_api: Api, as_operator: Callable[..., Any]) -> None:
    as_operator("POST", "/v1/lists/watch", json={"value": "ann", "why": "case 4711"})

    answers = [
        idle_api.get("/v1/lists/watch"),
        idle_api.post("/v1/lists/watch", json={"value": "bob", "why": "revenge"}),
        idle_api.call("DELETE", "/v1/lists/watch/entries/1"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert {answer.json["type"] for answer in answers} == {"/docs#problem-not-an-operator"}
    assert [each["value"] for each in as_operator("GET", "/v1/lists/watch").json["listed"]] == ["ann"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"value": "ann"}, "why"),
        ({"value": "", "why": "x"}, "value"),
        ({"value": "ann", "why": "x", "until": "tomorrow"}, "until"),
        ({"value": "ann", "why": "x", "kind": "people"}, "kind"),
        ({"value": "ann", "why": "x", "expires_at": "2027-01-31T00:00:00"}, "expires_at"),
        ({"value": "ann", "why": "x", "expires_at": "2020-01-31T00:00:00Z"}, "expires_at"),
    ],
)
def test_what_is_wrong_is_named(as_operator: Callable[..., Any], body: dict[str, Any], field: str) -> None:
    answer = as_operator("POST", "/v1/lists/watch", json=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_an_entry_may_expire(as_operator: Callable[..., Any]) -> None:
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = as_operator("POST", "/v1/lists/watch", json={"value": "ann", "why": "x", "expires_at": until})

    assert made.status_code == 201
    assert datetime.fromisoformat(made.json["expires_at"]) == datetime.fromisoformat(until)


def test_no_such_list_or_entry_is_not_found(as_operator: Callable[..., Any]) -> None:
    assert as_operator("GET", "/v1/lists/nothing").status_code == 404
    assert as_operator("GET", "/v1/lists/nothing/changes").status_code == 404
    assert as_operator("DELETE", "/v1/lists/nothing/entries/1").status_code == 404
