"""AutoModerator's rules as a policy: what can be said means the same, and what cannot is named with its line."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.cli import run
from moderation.core.errors import PolicyFault
from moderation.core.policy.policies import Policy
from moderation.core.rules.engine import Subject, evaluate
from moderation.core.taxonomy import Taxonomy
from moderation.policies.automod_import import AutomodImporter, Imported
from moderation.policies.automod_reading import read_rules
from moderation.policies.automod_writing import files_of
from moderation.policies.cases import read_detection
from moderation.policies.files import policy_of_bytes

CONFIG = """\
---
# new accounts
type: submission
author:
    account_age: "< 2 weeks"
    combined_karma: "< 10"
    satisfy_any_threshold: true
action: filter
action_reason: "New user: please check"
---
title+body: [frobnicator, "sell my account", "!"]
~domain: [example.org]
action: remove
comment: |
    It was removed.
---
title (regex): ["foo.*bar"]
action: remove
---
domain: Bad.example
body_longer_than: 5000
action: spam
---
author:
    is_contributor: true
action: approve
---
author:
    name (full-exact): [mallory]
action: report
"""


def imported(text: str) -> Imported:
    return AutomodImporter("automod", "review").add_all(read_rules("config.yml", text.encode()))


def policy(text: str) -> tuple[Policy, Taxonomy]:
    made = imported(text)
    taxonomy = Taxonomy([document["label"] for document in made.lists.values()])
    found, faults = policy_of_bytes(
        "automod.yml", files_of(made, "automod", "review")["automod.yml"].encode(), taxonomy
    )
    assert found is not None, [fault.render() for fault in faults]
    return found, taxonomy


def outcome(text: str, metadata: dict[str, Any], *labels: str) -> str:
    made, taxonomy = policy(text)
    found = [read_detection({label: 85}, taxonomy) for label in labels]
    return evaluate([made], Subject("forum", frozenset({"text"}), metadata=metadata), found, taxonomy).outcome


@pytest.mark.parametrize(
    ("metadata", "labels", "expected"),
    [
        ({}, [], "approve"),
        ({"type": "submission", "author": {"account_age_days": 13.9, "combined_karma": 50}}, [], "review"),
        ({"type": "submission", "author": {"account_age_days": 14, "combined_karma": 9}}, [], "review"),
        ({"type": "submission", "author": {"account_age_days": 14, "combined_karma": 10}}, [], "approve"),
        ({"type": "comment", "author": {"account_age_days": 1, "combined_karma": 1}}, [], "approve"),
        ({}, ["Custom/automod-2-1"], "reject"),
        ({"domain": "example.org"}, ["Custom/automod-2-1"], "approve"),
        ({"domain": "bad.example"}, [], "approve"),
        ({"author": {"name": "mallory"}}, [], "review"),
    ],
)
def test_what_is_said_means_the_same(metadata: dict[str, Any], labels: list[str], expected: str) -> None:
    assert outcome(CONFIG, metadata, *labels) == expected


def test_what_cannot_be_said_is_named_with_its_line() -> None:
    made = imported(CONFIG)

    assert [(each.line, each.words.split(":")[0]) for each in sorted(made.unsaid, key=lambda one: one.line)] == [
        (11, "an entry of 'title+body' that is no word or phrase of two characters or more"),
        (14, "'comment' of automod-2"),
        (17, "'title (regex)'"),
        (21, "'body_longer_than' has no like here"),
        (26, "'action"),
    ]
    assert [rule["id"] for rule in made.rules] == ["automod-1", "automod-2", "automod-3"]
    assert list(made.lists) == ["2-1"], "words of rules that are left out are in no list"


def test_the_files_are_good_where_they_are_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yml").write_text(CONFIG)
    rules = tmp_path / "rules"

    assert run(["rules", "import-automod", str(tmp_path / "config.yml"), "--out", str(rules)]) == 0
    assert "config.yml:17: not said: 'title (regex)'" in capsys.readouterr().out
    monkeypatch.setenv("MODERATION_LISTS", str(rules / "lists"))
    assert run(["rules", "lint", "--strict", str(rules)]) == 0
    assert run(["rules", "test", str(rules)]) == 0
    assert "4 of 4 tests passed" in capsys.readouterr().out
    assert run(["rules", "import-automod", str(tmp_path / "config.yml"), "--out", str(rules)]) == 2, (
        "nothing is replaced"
    )


@given(
    st.sampled_from("<>"), st.integers(0, 400), st.sampled_from(["", "days", "hours", "weeks"]), st.integers(0, 9000)
)
def test_ages_are_compared_as_they_are_there(sign: str, number: int, unit: str, hours: int) -> None:
    text = f'author: {{account_age: "{sign} {number} {unit}"}}\naction: remove\n'
    limit = number * {"": 24, "days": 24, "hours": 1, "weeks": 168}[unit]

    said = outcome(text, {"author": {"account_age_days": hours / 24}})

    if number and abs(hours - limit) > 1e-6:  # no age is under nothing
        assert (said == "reject") is (hours < limit if sign == "<" else hours > limit)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [*x]", "anchors"),
        ("[" * 3000, "YAML|nested deeper"),
        ("title: [a\naction: remove", "config.yml:1.*never closed"),
        ("title: a\ntitle: b", "stands twice"),
        ("? [a]\n: b", "a key is a word"),
    ],
)
def test_bad_files_are_refused_with_their_line(text: str, said: str) -> None:
    with pytest.raises(PolicyFault, match=said):
        imported(text)


@given(st.text(max_size=200))
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(PolicyFault):
        imported(text)
