"""``/v1/items/{id}/statement`` and ``/v1/items/{id}/disputes``, through the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.houses.api import NOBODY, Api
from tests.waiting import wait_for

POLICY = """\
policy: words
format: 1
applies_to: {content_type: [text]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues: [{name: people, a2i_flow: people}]
grounds:
  numbers:
    basis: terms
    reference: Rules, section 2
    explanation: {en: Numbers of people are not published., es: No se publican.}
    category: data_protection_and_privacy_violations
ground: numbers
bands:
  numbers: {label: PII/SSN, reject_from: 50}
  phones: {label: PII/PHONE, reject_from: 50, locked: true}
"""
NUMBER = "my social security number is 123-45-6780"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    from moderation.settings import Settings

    folder = tmp_path_factory.mktemp("stated")
    (folder / "rules").mkdir()
    (folder / "rules" / "words.yml").write_text(POLICY)
    opened = Api.open(
        Settings(data=folder / "data", rules=folder / "rules", a2i_endpoint_url=NOBODY, sweep_seconds=0.2, workers=1)
    )
    opened.work()
    opened.service.disputing.rounds.start()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def item(house: Api) -> str:
    return str(house.post_text(NUMBER)["id"])


def test_the_statement_is_json_unless_a_text_is_asked_for(house: Api, item: str) -> None:
    path = f"/v1/items/{item}/statement"
    found = house.get(path)
    as_text = house.client.get(path, headers={"Authorization": f"Bearer {house.keys['shop']}", "Accept": "text/plain"})

    assert found.json["id"] == f"{item}-1"
    assert found.json["ground"]["reference"] == "Rules, section 2"
    assert (found.json["automated_decision"], found.json["can_appeal"]) == ("fully", True)
    assert found.json["words"] == as_text.text.splitlines()
    assert "123-45" not in found.text


def test_it_is_in_the_language_that_is_asked_for(house: Api, item: str) -> None:
    path = f"/v1/items/{item}/statement"

    assert house.get(f"{path}?language=es").json["ground"]["explanation"] == "No se publican."
    assert house.get(path, headers={"Accept-Language": "es-MX, en;q=0.5"}).json["language"] == "es"
    assert house.get(path, headers={"Accept-Language": "fr"}).json["language"] == "en"


def test_the_databases_row_has_no_empty_fields(house: Api, item: str) -> None:
    row = house.get(f"/v1/items/{item}/statement?format=dsa").json

    assert row["decision_ground"] == "DECISION_GROUND_INCOMPATIBLE_CONTENT"
    assert None not in row.values()


@pytest.mark.parametrize(
    ("query", "field"), [("format=xml", "format"), ("language=fr", "language"), ("decision=0", "decision")]
)
def test_what_is_asked_wrongly_is_refused_by_name(house: Api, item: str, query: str, field: str) -> None:
    answer = house.get(f"/v1/items/{item}/statement?{query}")

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field


def test_there_are_no_reasons_of_others_items_or_of_what_is_not_decided(house: Api, item: str) -> None:
    approved = house.post_text("good morning")["id"]

    assert house.get(f"/v1/items/{item}/statement", app="forum").status_code == 404
    assert house.get(f"/v1/items/{item}/statement?decision=7").status_code == 404
    refused = house.get(f"/v1/items/{approved}/statement?format=dsa")
    assert (refused.status_code, refused.json["type"].rpartition("#")[2]) == (409, "problem-no-ground")


def disputed(house: Api, item_id: str, reference: str) -> dict[str, Any]:
    given = {"body": "Appeals Centre", "reference": reference}
    answer = house.post(f"/v1/items/{item_id}/disputes", json=given)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def test_a_reversal_becomes_one_more_decision(house: Api) -> None:
    item_id = house.post_text(NUMBER)["id"]
    made = disputed(house, item_id, "ref-1")
    assert disputed(house, item_id, "ref-1") == made

    outcome = {"outcome": "reversed"}
    settled = house.post(f"/v1/items/{item_id}/disputes/{made['id']}/outcome", json=outcome).json
    wait_for(lambda: house.get(f"/v1/items/{item_id}/disputes").json["disputes"][0]["followed_at"] is not None)

    assert (made["decision"], settled["is_to_be_followed"]) == (1, True)
    decision = house.get(f"/v1/items/{item_id}").json["decision"]
    assert (decision["outcome"], decision["decided_by"], decision["supersedes"]) == ("approve", "people", 1)
    assert decision["reason"] == "Out-of-court dispute settlement: Appeals Centre has reversed decision 1."
    house.service.disputing.look()
    assert len(house.get(f"/v1/items/{item_id}/explanation").json["decisions"]) == 2
    again = house.post(f"/v1/items/{item_id}/disputes/{made['id']}/outcome", json={"outcome": "upheld"})
    assert again.json["errors"][0]["message"] == "the dispute is settled already: reversed"


def test_a_locked_rule_stays_and_that_is_recorded(house: Api) -> None:
    item_id = house.post_text("call me at +1 212 555 0123 today")["id"]
    made = disputed(house, item_id, "ref-2")

    house.post(f"/v1/items/{item_id}/disputes/{made['id']}/outcome", json={"outcome": "reversed"})
    wait_for(lambda: house.get(f"/v1/items/{item_id}/disputes").json["disputes"][0]["is_to_be_followed"] is False)

    assert house.get(f"/v1/items/{item_id}").json["decision"]["outcome"] == "reject"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"body": " ", "reference": "x"}, "body"),
        ({"body": "x"}, "reference"),
        ({"body": "x", "reference": "x", "submitted_at": "2020-01-01T00:00:00Z"}, "submitted_at"),
        ({"body": "x", "reference": "x", "submitted_at": "2999-01-01T00:00:00Z"}, "submitted_at"),
    ],
)
def test_a_dispute_that_cannot_be_is_refused_by_field(house: Api, item: str, given: dict[str, Any], field: str) -> None:
    answer = house.post(f"/v1/items/{item}/disputes", json=given)

    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_disputes_are_the_apps_own(house: Api, item: str) -> None:
    made = disputed(house, item, "ref-3")

    assert house.get(f"/v1/items/{item}/disputes", app="forum").status_code == 404
    path = f"/v1/items/{item}/disputes/{made['id']}/outcome"
    assert house.post(path, json={"outcome": "upheld"}, app="forum").status_code == 404


def test_the_command_says_it_too(house: Api, item: str, capsys: pytest.CaptureFixture[str]) -> None:
    from moderation.cli import run

    data = ["--data", str(house.service.settings.data)]
    assert run(["statement", item, "--language", "es", *data]) == 0
    assert capsys.readouterr().out.startswith("Exposición de motivos\n")
    assert run(["disputes", "list", item, *data]) == 0
    assert "Appeals Centre" in capsys.readouterr().out
