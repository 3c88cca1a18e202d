"""Remoderation: decided items are judged by changed policies, within bounds, and what was changed is taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation import hookimpl
from moderation.cli import run as run_command
from moderation.core.decisions import Decision
from moderation.core.items import Item
from moderation.pipeline.remoderating import from_evidence, preview, remoderate, undo
from moderation.storage.audit import open_chain
from moderation.storage.holds import Holds
from moderation.storage.remoderations import Remoderation, Remoderations
from tests.houses.service import HEAD, NUMBER, REVIEWS, House
from tests.waiting import wait_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOOKS = HEAD + "needs: [pii.text]\n"
APPROVES = LOOKS
REJECTS = LOOKS + "bands: {ssn: {label: PII/SSN, reject_from: 50, why: a number}}\n"


def change(house: House, text: str) -> None:
    """Put another policy into force."""
    before = house.version
    house.file.write_text(text)
    wait_for(lambda: house.version != before)


def given(house: House, runs: Remoderations, **more: Any) -> Remoderation:
    asked = {"by": "olga", "app": None, "since": None, "most": 99, "with_people": False, "now": datetime.now(UTC)}
    return runs.begin(runs.planned(why="numbers are rejected now", **(asked | more)))


def outcomes(house: House, *item_ids: str) -> list[str]:
    return [house.service.store.get_item(each).decisions[-1].outcome for each in item_ids]


class Told:
    """A plugin that is told of decisions."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, str]] = []

    @hookimpl
    def item_decided(self, item: Item, decision: Decision) -> None:
        self.outcomes.append((item.id, decision.outcome))


def test_decided_items_are_judged_by_changed_policies_and_taken_back(open_house: Callable[[str], House]) -> None:
    house = open_house(APPROVES)
    bad, good = house.post(NUMBER).item.id, house.post("have a nice day").item.id
    change(house, REJECTS)
    ports, runs = house.service.pipeline.ports, Remoderations(house.service.database)

    shown = preview(runs, ports, runs.planned(by="", app=None, since=None, most=9, with_people=False, why="", now=NOW))
    assert shown.moves == {("approve", "reject"): 1, ("approve", "approve"): 1}
    assert [each[:3] for each in shown.examples] == [(bad, "approve", "reject")]
    assert outcomes(house, bad, good) == ["approve", "approve"], "a look changes nothing"

    run = given(house, runs)
    counts = remoderate(runs, ports, run)
    assert (counts["decided"], counts["same"]) == (1, 1)
    assert outcomes(house, bad, good) == ["reject", "approve"]
    assert house.service.store.get_item(bad).decisions[-1].supersedes == 1
    assert remoderate(runs, ports, runs.get(run.id))["decided"] == 1, "gone on with, it has nothing more to do"

    told = Told()
    house.service.judge.plugins.manager.register(told)
    assert undo(runs, ports, run, "olga") == {"taken back": 1}
    assert told.outcomes == [(bad, "approve")]
    assert [each.outcome for each in house.service.store.get_item(bad).decisions] == ["approve", "reject", "approve"]
    assert undo(runs, ports, run, "olga") == {"decided since": 1}
    chain = open_chain(house.service.database)
    chain.seal()
    assert list(chain.problems()) == []
    assert chain.records("remoderation begun") == chain.records("remoderation undone") == {run.id}


def test_a_run_changes_no_more_than_it_may_and_goes_on_where_it_was(open_house: Callable[[str], House]) -> None:
    house = open_house(APPROVES)
    posted = [house.post(f"{NUMBER} {number}").item.id for number in range(3)]
    change(house, REJECTS)
    ports, runs = house.service.pipeline.ports, Remoderations(house.service.database)
    slept: list[float] = []

    run = given(house, runs, most=2)
    remoderate(runs, ports, run, pause_seconds=7, sleep=slept.append)
    assert outcomes(house, *posted) == ["reject", "reject", "approve"]
    assert slept == [7, 7]

    killed = given(house, runs)
    runs.intend(killed, posted[2], 1, was_redacted=False)  # and then it was killed, before or after the decision
    house.service.pipeline.judge_anew(posted[2])
    counts = remoderate(runs, ports, runs.get(killed.id))
    assert outcomes(house, *posted) == ["reject"] * 3
    assert counts["decided"] == 1, "it was this run that decided it"
    assert undo(runs, ports, killed, "olga") == {"taken back": 1}
    assert outcomes(house, *posted) == ["reject", "reject", "approve"]


def test_holds_and_people_beat_a_change_of_policies(open_house: Callable[[str], House]) -> None:
    house = open_house(REVIEWS)
    of_people, held = house.post(NUMBER), house.post("have a nice day")
    (loop,) = of_people.loops
    wait_for(lambda: loop.name in house.people.started)
    house.people.said[loop.name] = "approve"
    house.wait(of_people.item.id, lambda record: record.status == "decided")
    change(house, LOOKS.replace("if_nothing_matches: approve", "if_nothing_matches: {review: people}"))
    Holds(house.service.database).add("item", held.item.id, why="a letter", by="olga", now=datetime.now(UTC))
    ports, runs = house.service.pipeline.ports, Remoderations(house.service.database)

    counts = remoderate(runs, ports, given(house, runs))

    assert counts == {"left to people": 1, "on hold": 1}
    assert outcomes(house, of_people.item.id, held.item.id) == ["approve", "approve"]


def test_who_did_not_look_in_the_version_of_today_is_to_look_again(open_house: Callable[[str], House]) -> None:
    house = open_house(APPROVES)
    record = house.post(NUMBER)
    change(house, REJECTS)
    judge = house.service.judge
    known = from_evidence(judge, record)
    assert known is not None
    assert known.ruling.outcome == "reject"

    older = {**record.basis, "versions": {**record.basis["versions"], "pii.text": "0"}}
    object.__setattr__(record, "basis", older)
    assert from_evidence(judge, record) is None
    object.__setattr__(record, "basis", {})
    assert from_evidence(judge, record) is None


def test_the_command_shows_first_and_says_how_to_take_back(
    open_house: Callable[[str], House], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(APPROVES)
    bad = house.post(NUMBER).item.id
    change(house, REJECTS)
    settings = house.settings
    monkeypatch.setenv("MODERATION_RULES", str(settings.rules))
    command = ["again", "--json", "--data", str(settings.data)]
    capsys.readouterr()

    assert run_command(command) == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown["examples"][0]["item"] == bad
    assert run_command([*command, "--yes"]) == 2
    assert run_command([*command, "--yes", "--why", "numbers are rejected now"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["items"]["decided"] == 1
    assert outcomes(house, bad) == ["reject"]
    assert run_command([*command, "--undo", said["run"]]) == 0
    assert outcomes(house, bad) == ["approve"]
    assert run_command([*command, "--list"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])[0]["state"] == "undone"
    assert run_command([*command, "--undo", "nothing"]) == 2
