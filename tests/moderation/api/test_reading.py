"""Reading items: lean answers, what has not changed, and items by author, thread and parent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.houses.api import Api

NAMED = {"author": "ann", "thread": "t-7", "parent": "post-1"}


def test_an_item_has_the_fields_that_are_asked_for(api: Api) -> None:
    item_id = api.post_text("have a nice day")["id"]

    lean = api.get(f"/v1/items/{item_id}?fields=status,id,decision")
    page = api.get("/v1/items?fields=id")

    assert list(lean.json) == ["id", "status", "decision"]
    assert lean.json["decision"]["outcome"] == "approve"
    assert {tuple(each) for each in page.json["items"]} == {("id",)}
    assert page.json["next_cursor"] is None


def test_a_field_that_there_is_not_is_refused_by_name(empty_api: Api) -> None:
    answer = empty_api.get("/v1/items?fields=id,stauts")

    assert answer.status_code == 422
    assert "unknown field 'stauts'" in answer.json["errors"][0]["message"]


def test_what_has_not_changed_is_not_sent_again(api: Api) -> None:
    item_id = api.post_text("have a nice day")["id"]
    tag = api.get(f"/v1/items/{item_id}").headers["ETag"]

    same = api.get(f"/v1/items/{item_id}", headers={"If-None-Match": tag})
    lean = api.get(f"/v1/items/{item_id}?fields=id", headers={"If-None-Match": tag})
    api.call("DELETE", f"/v1/items/{item_id}")
    other = api.get(f"/v1/items/{item_id}", headers={"If-None-Match": tag})

    assert (same.status_code, same.data) == (304, b"")
    assert lean.status_code == other.status_code == 200


@pytest.mark.parametrize(("method", "rest", "body"), [("DELETE", "", None), ("POST", "/appeal", {"reason": "why"})])
def test_an_item_that_has_changed_since_is_left_alone(api: Api, method: str, rest: str, body: object) -> None:
    item_id = api.post_text("have a nice day")["id"]
    seen = api.get(f"/v1/items/{item_id}").headers["ETag"]

    refused = api.call(method, f"/v1/items/{item_id}{rest}", json=body, headers={"If-Match": '"another"'})
    before = api.get(f"/v1/items/{item_id}").json["status"]
    taken = api.call(method, f"/v1/items/{item_id}{rest}", json=body, headers={"If-Match": seen})

    assert (refused.status_code, before, taken.status_code) == (412, "decided", 202)


def test_author_thread_and_parent_are_shown_and_found_by(api: Api) -> None:
    item_id = api.post_text("have a nice day", **NAMED)["id"]
    api.post_text("have a nice day", author="bob")

    document = api.get(f"/v1/items/{item_id}").json
    found = {name: [each["id"] for each in api.get(f"/v1/items?{name}={NAMED[name]}").json["items"]] for name in NAMED}

    assert {name: document[name] for name in NAMED} == NAMED
    assert found == {name: [item_id] for name in NAMED}
    assert api.get("/v1/items?author=ann&thread=other").json["items"] == []
    assert api.get("/v1/items?author=ann", app="forum").json["items"] == []


def test_items_are_found_by_place_time_and_words(api: Api) -> None:
    first = api.post_text("the crane is moving", metadata={"place": "gate-1"})
    api.post_text("the crane is still", metadata={"place": "gate-2"})
    api.service.word_index.fill(datetime.now(UTC))

    def found(query: str) -> list[str]:
        return [each["id"] for each in api.get(f"/v1/items?{query}").json["items"]]

    assert found("place=gate-1") == [first["id"]]
    assert found("words=crane+mov") == [first["id"]]
    assert len(found("words=crane")) == 2
    assert found("words=crane&place=gate-1&until=2020-01-01T00:00:00Z") == []
    assert found("words=...") == [], "signs alone are no words"
    assert api.get("/v1/items?until=yesterday").status_code == 422


def test_an_author_in_metadata_is_the_same_author(api: Api) -> None:
    item_id = api.post_text("have a nice day", metadata={"user": {"id": "carl"}})["id"]

    assert api.get(f"/v1/items/{item_id}").json["author"] == "carl"
    assert [each["id"] for each in api.get("/v1/items?author=carl").json["items"]] == [item_id]


def test_an_item_is_found_by_its_author_before_it_is_judged(idle_api: Api) -> None:
    item = {"parts": [{"type": "text", "text": "hi"}], "author": "ann"}
    item_id = idle_api.post("/v1/items", json=item).json["id"]

    assert [each["id"] for each in idle_api.get("/v1/items?author=ann").json["items"]] == [item_id]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"author": "ann", "metadata": {"author_id": "bob"}}, "metadata names another author; say it once"),
        ({"author": "  "}, "it is empty"),
        ({"thread": "x" * 201}, "at most 200"),
        ({"parent": 7}, "valid string"),
    ],
)
def test_a_name_that_cannot_be_is_refused_by_field(empty_api: Api, given: dict[str, object], message: str) -> None:
    answer = empty_api.post("/v1/items", json={"parts": [{"type": "text", "text": "hi"}], **given})

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == next(iter(given))
    assert message in answer.json["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "status", "found"),
    [
        ("since=0001-01-01T00:00:00%2B00:04", 200, True),
        ("until=0001-01-01T00:00:00%2B00:04", 200, False),
        ("until=9999-12-31T23:59:59-00:04", 200, True),
        ("until=9", 422, None),
        ("until=9&app=another", 422, None),
    ],
)
def test_any_time_with_a_zone_is_taken_and_nothing_else(api: Api, query: str, status: int, found: bool | None) -> None:
    api.post_text("have a nice day")

    answer = api.get(f"/v1/items?{query}")
    assert answer.status_code == status
    assert found is None or bool(answer.json["items"]) is found
