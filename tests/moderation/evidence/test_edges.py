"""Tests that are made of the past: of the items nearest to each threshold, and none of their content."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from moderation.core.detections import Detection
from moderation.core.policy.policies import Policy
from moderation.core.rules.sampling import is_sampled
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy
from moderation.evidence.edges import EdgeFinder
from moderation.evidence.history import Case, Opinion
from moderation.policies.files import policy_of_bytes
from tests.houses.past import OLD, Past

TAXONOMY = Taxonomy()
NOW = datetime(2027, 1, 1, tzinfo=UTC)


def test_the_tests_pass_and_stand_at_both_sides_of_each_threshold(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    for confidence, people in ((48.5, None), (47, None), (51, "reject"), (88, "approve"), (90, None), (99, None)):
        past.item(confidence, people)
    past.item(52)  # people have not answered: it is not decided

    assert past.run("rules", "suggest-tests", "words") == 0
    said = capsys.readouterr().out

    made = yaml.safe_load(said)["tests"]
    assert [(t["name"], t["item"]["detections"], t["expect"]) for t in made] == [
        ("numbers.review under 50", [{"PII/SSN": 48.5}], "approve"),
        ("numbers.review from 50", [{"PII/SSN": 51}], {"review": "people"}),
        ("numbers.reject under 90", [{"PII/SSN": 88}], {"review": "people"}),
        ("numbers.reject from 90", [{"PII/SSN": 90}], "reject"),
    ]
    assert "# People said reject.\n" in said
    assert "script" not in said.replace("<b>shop</b>", ""), "no content goes into a test"
    (past.rules / "words.yml").write_text(OLD + said)
    assert past.run("rules", "test", str(past.rules / "words.yml")) == 0
    assert "4 of 4 tests passed" in capsys.readouterr().out


def test_where_nothing_is_near_it_says_so(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    past.item(20)

    assert past.run("rules", "suggest-tests", "words") == 1
    assert "no stored item lies within 5 points" in capsys.readouterr().err


RICH = """\
policy: rich
format: 1
applies_to: {content_type: [text, image]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues: [{name: people, a2i_flow: people}]
rules:
  - id: long
    when: {label: PII/PASSWORD, at_least: 50, span_length: {at_least: 8}, detector: pii.text}
    then: reject
    mode: {percent: 1}
  - id: new
    when: {all: [{metadata: {key: seller.age, below: 7}}, {label: PII/URL, at_least: 60}]}
    then: {review: people}
"""


def made(text: str) -> Policy:
    policy, faults = policy_of_bytes("rich.yml", text.encode(), TAXONOMY)
    assert policy is not None, faults
    return policy


def case(item_id: str, found: dict[str, Any], metadata: dict[str, Any], said: str | None = None) -> Case:
    detection = Detection.model_validate({"part": "p0", **found})
    subject = Subject("shop", frozenset({"text"}), item_id, metadata, {"p0": frozenset({"text"})})
    opinions = (Opinion(said, True, (), None, "rich", "", "people"),) if said else ()
    return Case(item_id, NOW, subject, [detection], "approve", None, {}, None, NOW, opinions)


def test_a_test_says_as_much_as_is_needed_and_no_facts_that_nobody_asks_about() -> None:
    finder = EdgeFinder(made(RICH), TAXONOMY, {})
    by = {"name": "pii.text", "version": "1"}
    password = {"label": "PII/PASSWORD", "confidence": 52, "span": {"start": 4, "end": 20}, "detector": by}
    # One of a hundred items is in the roll-out.
    acting = next(str(n) for n in range(10_000) if is_sampled("rich", "mode/long", str(n), 1))
    finder.add(case(acting, password, {"name": "ann"}))
    finder.add(case("z", {"label": "PII/URL", "confidence": 61}, {"seller": {"age": 3, "mail": "a@b"}}, "approve"))

    suggested = finder.suggest()

    by_name = {str(each.document["name"]): each.document for each in suggested}
    assert by_name["new from 60"]["item"]["metadata"] == {"seller": {"age": 3}}
    assert by_name["new from 60"]["expect"] == {"review": "people"}
    long = by_name["long from 50"]
    assert (long["expect"], "metadata" in long["item"]) == ("reject", False)
    [said] = long["item"]["detections"]
    assert said == {"PII/PASSWORD": 52, "part": "p0", "detector": "pii.text", "span": {"start": 4, "end": 20}}
    assert [each.said for each in suggested] == [None, "approve"]
