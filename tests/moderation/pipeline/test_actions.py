"""Actions: what rules ask the app to do beside the outcome reaches it with the decision, whoever decided."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.core.decisions import Decision
from moderation.core.taxonomy import Taxonomy
from moderation.policies.cases import run_tests
from moderation.policies.files import policy_of_bytes
from moderation.settings import Settings
from tests.houses.service import HEAD, House, appealed

POLICY = (
    HEAD
    + """\
rules:
  - id: mail
    why: An address
    when: {label: PII/EMAIL, at_least: 50}
    then: approve
    actions: {warn: It shows an address, limit_reach: 0.5}
  - id: number
    why: A number
    when: {label: PII/SSN, at_least: 50}
    then: {review: people}
    actions: {age_gate: 18, hide: true}
  - id: on-trial
    when: {label: PII/EMAIL, at_least: 50}
    then: approve
    mode: {shadow_until: 2099-01-01}
    actions: {never: true}
tests:
  - name: Addresses are shown with a warning
    item: {content_type: text, detections: [{PII/EMAIL: 90}]}
    expect: approve
    actions: {warn: It shows an address, limit_reach: 0.5}
  - name: Nothing is asked for where nothing is found
    item: {content_type: text}
    expect: approve
    actions: {}
"""
)
MAIL, NUMBER, FINE = "write to ann@example.org", "my number is 123-45-6780", "have a nice day"


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Iterator[House]:
    opened = House(settings, tmp_path / "rules", POLICY)
    yield opened
    opened.service.close()


def asked(decision: Decision | None) -> dict[str, Any]:
    assert decision is not None
    return {f"{action.rule}/{action.name}": action.value for action in decision.actions}


def test_rules_that_act_ask_the_app_for_what_their_authors_wrote(house: House) -> None:
    mail, fine = house.post(MAIL), house.post(FINE)

    assert asked(mail.decision) == {"mail/limit_reach": 0.5, "mail/warn": "It shows an address"}
    assert mail.decision is not None
    assert {action.policy for action in mail.decision.actions} == {"words"}
    assert asked(fine.decision) == {}


@pytest.mark.parametrize("said", ["approve", "reject"])
def test_people_decide_the_outcome_and_actions_stay(house: House, said: str) -> None:
    item = house.post(f"{NUMBER}, {MAIL}")
    assert item.status == "in_review"
    house.people.said[f"{item.item.id}-1"] = said
    decided = house.wait(item.item.id, lambda record: record.status == "decided")
    every = {"number/age_gate": 18, "number/hide": True, "mail/limit_reach": 0.5, "mail/warn": "It shows an address"}

    assert decided.decision is not None
    assert decided.decision.outcome == said
    assert asked(decided.decision) == every
    assert asked(appealed(house, item.item.id, "approve").decision) == every


def test_a_policys_own_tests_say_which_actions_they_expect() -> None:
    policy, problems = policy_of_bytes("words.yml", POLICY.encode(), Taxonomy(["PII/EMAIL", "PII/SSN"]))
    assert policy is not None, problems
    assert all(result.passed for result in run_tests(policy, Taxonomy()))

    wrong = POLICY.replace("limit_reach: 0.5}\ntests", "limit_reach: 0.5}\ntests").replace(
        "actions: {}", "actions: {x: 1}"
    )
    changed, problems = policy_of_bytes("words.yml", wrong.encode(), Taxonomy())
    assert changed is not None, problems
    assert [result.missing for result in run_tests(changed, Taxonomy())] == [(), ("x: 1",)]


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ("{age_gate: [18]}", "the value of an action is a text, a number, true or false"),
        ("{Age Gate: 18}", "did you mean 'age-gate'?"),
        ("{warn: ''}", "1 to 1,000 characters"),
        ("[age_gate]", "a mapping of keys to values"),
    ],
)
def test_actions_that_no_app_could_read_are_refused_with_their_line(actions: str, said: str) -> None:
    text = POLICY.replace("{age_gate: 18, hide: true}", actions)
    policy, problems = policy_of_bytes("words.yml", text.encode(), Taxonomy())

    assert policy is None
    (problem,) = problems
    assert said in f"{problem.message} {problem.hint}"
    assert problem.line == text.splitlines().index(f"    actions: {actions}") + 1
