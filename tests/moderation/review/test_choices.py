"""A policy's own labels and reasons: what reviewers may choose, and what the app is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from moderation.core.loops import Answer
from moderation.core.taxonomy import Taxonomy
from moderation.policies.files import policy_of_bytes
from moderation.review.answers import read_answers
from moderation.settings import Settings
from tests.houses.service import HEAD, NUMBER, House, People
from tests.waiting import wait_for

BANDS = "bands:\n  numbers: {label: PII/SSN, review_from: 50, queue: people}\n"
CHOICES = """\
labels:
  PII: {en: Personal data, es: Datos personales}
  Toxicity/SPAM: Advertising
reasons:
  own-number: {en: It is their own number, es: Es su propio número}
  advert: It advertises something
"""
POLICY = HEAD + BANDS + CHOICES


class Choosing(People):
    """Reject, with the reasons that the test wants."""

    reasons: tuple[str, ...] = ()

    def answers(self, name: str, uri: str) -> list[Answer]:
        now = datetime.now(UTC)
        return [Answer(reviewer="ann", outcome="reject", reasons=self.reasons, note="see there", submitted_at=now)]


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Iterator[House]:
    opened = House(settings, tmp_path / "rules", POLICY, Choosing())
    yield opened
    opened.service.close()


def test_reviewers_are_offered_the_policys_own_words_likely_ones_first(house: House) -> None:
    item = house.post(NUMBER)
    name = f"{item.item.id}-1"
    wait_for(lambda: name in house.people.started)
    content = house.people.started[name]

    assert content["labels"] == ["PII", "Toxicity/SPAM"], "the parent of what was found, as the policy names it"
    assert content["names"]["PII"] == {"en": "Personal data", "es": "Datos personales"}
    assert content["names"]["Toxicity/SPAM"] == {"": "Advertising"}
    assert [reason["name"] for reason in content["reasons"]] == ["own-number", "advert"]


def test_the_app_is_told_which_reasons_were_chosen_and_what_they_mean(house: House) -> None:
    assert isinstance(house.people, Choosing)
    house.people.reasons = ("advert", "own-number", "long-gone")
    item = house.post(NUMBER)
    house.people.said[f"{item.item.id}-1"] = "reject"
    decision = house.wait(item.item.id, lambda record: record.status == "decided").decision

    assert decision is not None
    assert decision.reasons == ("advert", "long-gone", "own-number")
    assert decision.reason == (
        "1 of 1 reviewers chose reject (It advertises something; It is their own number): see there"
    )


def test_ticks_of_amazons_own_form_are_read(house: House) -> None:
    content: dict[str, Any] = {"decision": {"approve": True, "reject": False}, "reasons.advert": {"advert": True}}
    content |= {"reasons.own-number": {"own-number": False}, "labels.PII": {"PII": True}}
    raw = {"workerId": "w", "submissionTime": "2026-11-20T10:15:44.902Z", "answerContent": content}
    (answer,) = read_answers("loop", json.dumps({"humanLoopName": "loop", "humanAnswers": [raw]}).encode())

    assert (answer.labels, answer.reasons) == (("PII",), ("advert",))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{en: Personal data", "{english: Personal data", "'english' is no language"),
        ("Toxicity/SPAM: Adv", "Toxicity/SPAN: Adv", "unknown label 'Toxicity/SPAN'"),
        ("Toxicity/SPAM: Advertising", "Toxicity/SPAM:", "write the words that people read"),
        ("advert: It advertises something", "Ad vert: It advertises", "is no name"),
    ],
)
def test_words_that_nobody_could_read_are_refused_with_their_line(old: str, new: str, said: str) -> None:
    policy, problems = policy_of_bytes("words.yml", POLICY.replace(old, new).encode(), Taxonomy(["PII/SSN"]))

    assert policy is None
    assert [problem for problem in problems if said in problem.message]
    assert {problem.line for problem in problems} == {
        number for number, line in enumerate(POLICY.replace(old, new).splitlines(), 1) if new in line
    }
