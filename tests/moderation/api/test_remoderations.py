"""Decided items judged by changed policies over HTTP: seen first, followed, stopped and taken back, by operators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation.serving.app import create_app
from moderation.storage.audit import open_chain
from moderation.storage.remoderations import Remoderations
from review_ui.opening import open_review
from tests.houses.api import Api, check_documented
from tests.houses.service import HEAD, NUMBER, House
from tests.waiting import wait_for

APPROVES = HEAD + "needs: [pii.text]\n"
REJECTS = APPROVES + "bands: {ssn: {label: PII/SSN, reject_from: 50, why: a number}}\n"


class Operated:
    """A service whose policy has changed since its items were decided, and an operator of it."""

    def __init__(self, house: House) -> None:
        self.house, self.service = house, house.service
        self.bad = [house.post(f"{NUMBER} {number}").item.id for number in range(2)]
        house.post("have a nice day")
        before = house.version
        house.file.write_text(REJECTS)
        wait_for(lambda: house.version != before)
        self.review = open_review(house.settings, blobs=self.service.blobs)
        self.client = create_app(self.service, self.review).test_client()
        self.keys = {
            name: self.service.accounts.add_key("ops", datetime.now(UTC), is_operator=name == "operator").key
            for name in ("operator", "app")
        }

    def call(self, method: str, path: str, key: str = "operator", **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[key]}"}
        answer = self.client.open(path, method=method, headers=headers, **given)
        check_documented(self.client.application, method, path, answer)
        return answer

    def begin(self, **given: Any) -> str:
        answer = self.call("POST", "/v1/remoderations", json={"why": "numbers are rejected now", **given})
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == f"/v1/remoderations/{answer.json['id']}"
        return str(answer.json["id"])

    def wait(self, run: str, status: str) -> dict[str, Any]:
        wait_for(lambda: self.call("GET", f"/v1/remoderations/{run}").json["status"] == status)
        told: dict[str, Any] = self.call("GET", f"/v1/remoderations/{run}").json
        return told

    def outcomes(self) -> list[str]:
        return [self.service.store.get_item(each).decisions[-1].outcome for each in self.bad]


@pytest.fixture
def operated(open_house: Callable[[str], House]) -> Any:
    made = Operated(open_house(APPROVES))
    yield made
    made.review.database.close()


def test_an_operator_sees_what_would_change_has_it_done_and_takes_it_back(operated: Operated) -> None:
    shown = operated.call("POST", "/v1/remoderations", json={"why": "a look", "dry_run": True})
    assert shown.status_code == 200
    assert {(m["was"], m["would_be"]): m["items"] for m in shown.json["moves"]} == {
        ("approve", "reject"): 2,
        ("approve", "approve"): 1,
    }
    assert [each["item"] for each in shown.json["examples"]] == operated.bad
    assert operated.call("GET", "/v1/remoderations").json["remoderations"] == []
    assert operated.outcomes() == ["approve", "approve"]

    run = operated.begin(most=99)
    done = operated.wait(run, "done")
    assert (done["decided"], done["asked"], done["by"].startswith("API key ")) == (2, 0, True)
    assert operated.outcomes() == ["reject", "reject"]
    assert [each["id"] for each in operated.call("GET", "/v1/remoderations").json["remoderations"]] == [run]
    assert operated.call("POST", f"/v1/remoderations/{run}/cancel").status_code == 409

    assert operated.call("POST", f"/v1/remoderations/{run}/undo").status_code == 202
    operated.wait(run, "undone")
    assert operated.outcomes() == ["approve", "approve"]
    chain = open_chain(operated.service.database)
    chain.seal()
    assert list(chain.problems()) == []
    for kind in ("begun", "done", "undoing", "undone"):
        assert chain.records(f"remoderation {kind}") == {run}


def test_a_run_is_stopped_in_its_tracks_and_what_it_did_is_taken_back(operated: Operated) -> None:
    run = operated.begin(pace=1)
    wait_for(lambda: operated.call("GET", f"/v1/remoderations/{run}").json["decided"] == 1)
    assert operated.call("POST", f"/v1/remoderations/{run}/undo").status_code == 409  # under way

    stopped = operated.call("POST", f"/v1/remoderations/{run}/cancel")

    assert (stopped.status_code, stopped.json["status"], stopped.json["decided"]) == (200, "cancelled", 1)
    assert sorted(operated.outcomes()) == ["approve", "reject"]
    assert operated.call("POST", f"/v1/remoderations/{run}/cancel").status_code == 200  # twice is once


def test_a_run_of_a_service_that_was_stopped_is_gone_on_with(operated: Operated) -> None:
    run = operated.begin(pace=1)
    wait_for(lambda: operated.call("GET", f"/v1/remoderations/{run}").json["decided"] == 1)
    operated.service.remoderating.close()
    runs = Remoderations(operated.service.database)

    left = runs.claim(datetime.now(UTC))

    assert left is not None
    assert (left.id, left.state, left.pace) == (run, "running", 1)
    assert runs.claim(datetime.now(UTC)) is None  # held by one


@pytest.fixture
def ask(idle_api: Api) -> Callable[..., Any]:
    key = idle_api.service.accounts.add_key("ops", datetime.now(UTC), is_operator=True).key

    def call(method: str, path: str, key: str = key, **given: Any) -> Any:
        return idle_api.call(method, path, app=None, headers={"Authorization": f"Bearer {key}"}, **given)

    return call


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "why"),
        ({"why": " "}, "why"),
        ({"why": "x", "most": 0}, "most"),
        ({"why": "x", "pace": 0}, "pace"),
        ({"why": "x", "since": "2027-01-31T00:00:00"}, "since"),
        ({"why": "x", "outcome": "reject"}, "outcome"),
    ],
)
def test_what_is_wrong_is_named(ask: Callable[..., Any], body: dict[str, Any], field: str) -> None:
    answer = ask("POST", "/v1/remoderations", json=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_no_app_has_items_judged_anew_and_what_is_not_there_is_not_found(
    idle_api: Api, ask: Callable[..., Any]
) -> None:
    assert idle_api.post("/v1/remoderations", json={"why": "x"}).status_code == 403
    assert ask("GET", f"/v1/remoderations/{'0' * 32}").status_code == 404
    assert ask("POST", f"/v1/remoderations/{'0' * 32}/undo").status_code == 404
