"""What the lint says of idle rules is true: held against the engine over random policies and items."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from moderation.core.coverage import Tools
from moderation.core.detections import Detection
from moderation.core.items import Tool
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy
from moderation.core.rules.engine import evaluate
from moderation.core.rules.idle import idle_rules
from moderation.core.rules.scene import Subject
from moderation.core.rules.setting import Setting
from tests.examples import examples
from tests.moderation.core.random_policies import DETECTORS, TAXONOMY, policies, subjects

MANY = settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))
SETTING = Setting(TAXONOMY, (), Tools(), date(2027, 1, 1))


def made(document: dict[str, Any]) -> Policy:
    policy, slips = parse_policy(copy.deepcopy(document), TAXONOMY, detectors=DETECTORS)
    assume(not any(slip.code == "E110" for slip in slips))
    assert policy is not None, slips
    return policy


def _name(path: tuple[str | int, ...], policy: Policy) -> str:
    return policy.file.rules[int(path[1])].id if path[0] == "rules" else f"{path[1]}.review"


PARENT, CHILD = "PII", "PII/SSN"
EDGES = [40, 50, 60]
LABELS = st.builds(
    lambda label, low, more: {"label": label, "at_least": low, **more},
    st.sampled_from([PARENT, CHILD]),
    st.sampled_from(EDGES),
    st.sampled_from([{}, {}, {"exact": True}, {"below": 70}, {"count": {"at_most": 1}}, {"detector": "d.one"}]),
)
FACTS = st.sampled_from(
    [
        *({"is": "x"}, {"is": 5}, {"in": ["x", 5]}, {"in": [True]}, {"has": "x"}, {"given": True}, {"given": False}),
        *({"at_least": 5}, {"below": 5}, {"at_least": 1, "below": 9}),
    ]
).map(lambda test: {"metadata": {"key": "fact", **test}})
SCORES = st.sampled_from([{"at_least": 60}, {"below": 60}, {"below": 40}, {"at_least": 40}])
SINGLE = st.one_of(
    LABELS, LABELS, LABELS, FACTS, SCORES.map(lambda bounds: {"score": "s", **bounds}), st.just({"app": ["a"]})
)
CLOSE = st.one_of(SINGLE, SINGLE, SINGLE.map(lambda part: {"not": part}), SINGLE.map(lambda part: {"one_part": part}))
VALUES = st.sampled_from([None, "x", "y", 5, 1, True, ["x"], ["y"]])


def of_bands_and_rules(conditions: list[list[Any]], outcomes: list[str]) -> dict[str, Any]:
    """A policy whose rules are near each other, so that many are idle."""
    asks = {"reject": "reject", "review": {"review": "q"}}
    return {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["image"]},
        "if_nothing_matches": "approve",
        "if_a_detector_fails": "reject",
        "queues": [{"name": "q", "a2i_flow": "q"}],
        "scores": {"s": {"combine": "weighted_maximum", "of": [{"label": CHILD}]}},
        "rules": [
            {"id": f"r{n}", "when": parts[0] if len(parts) == 1 else {"all": parts}, "then": asks[then]}
            for n, (parts, then) in enumerate(zip(conditions, outcomes, strict=False))
        ],
    }


@MANY
@given(
    st.one_of(
        st.lists(st.lists(CLOSE, min_size=1, max_size=3), min_size=2, max_size=4),
        st.lists(st.lists(LABELS, min_size=1, max_size=1), min_size=4, max_size=4),
    ),
    st.lists(st.sampled_from(["review", "reject"]), min_size=4, max_size=4),
    st.lists(
        st.tuples(st.lists(st.tuples(st.sampled_from([PARENT, CHILD]), st.integers(35, 75))), VALUES),
        min_size=5,
        max_size=20,
    ),
)
def test_idle_rules_are_idle(conditions: list[list[Any]], outcomes: list[str], items: list[Any]) -> None:
    policy = made(of_bands_and_rules(conditions, outcomes))
    slips = list(idle_rules(policy.file, SETTING))
    never = {_name(s.path, policy) for s in slips if "can never fire" in s.message}
    shadowed = {_name(s.path, policy) for s in slips if "rejects all" in s.message}
    nearly = {_name(s.path, policy) for s in slips if s.code == "W212"}
    event(f"never fires: {bool(never)}, shadowed: {bool(shadowed)}, nearly everything: {bool(nearly)}")

    for found, fact in items:
        subject = Subject("a", frozenset({"image"}), metadata={} if fact is None else {"fact": fact})
        verdict = evaluate([policy], subject, [_detection(*each) for each in found], TAXONOMY)
        said = verdict.policies[0]
        true = {rule.rule for rule in (*said.deciding, *said.also_true)}
        assert never.isdisjoint(true)
        assert shadowed.isdisjoint(true) or verdict.outcome == "reject"
        assert found or nearly <= true


def _detection(label: str, confidence: float) -> Detection:
    by = Tool(name="d.one" if confidence % 2 else "d.two", version="1")
    parents = TAXONOMY.parents(label)
    return Detection(label=label, parents=parents, confidence=confidence, part="p0", detector=by)


@MANY
@given(policies(), subjects)
def test_a_rule_that_is_true_of_nearly_everything_is_true_of_nothing_found(
    document: dict[str, Any], subject: Subject
) -> None:
    policy = made(document)
    nearly = {_name(s.path, policy) for s in idle_rules(policy.file, SETTING) if s.code == "W212"}
    applies = policy.applies(subject.app, subject.content_types)
    off = (
        {name for name, change in policy.file.apps[subject.app].change.items() if not change.enabled}
        if (subject.app in policy.file.apps)
        else set()
    )
    assume(applies and subject.content_types >= set(policy.file.applies_to.content_type))

    said = evaluate([policy], subject, (), TAXONOMY, DETECTORS).policies[0]

    true = {r.rule for r in (*said.deciding, *said.also_true, *said.overridden, *said.shadow)}
    assert nearly - off <= true
