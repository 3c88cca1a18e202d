"""The engine says what the plain reference says, over random policies and items; and the laws that hold for all."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from moderation.core.detections import Detection, Failure
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy
from moderation.core.rules.choosing import choose
from moderation.core.rules.engine import evaluate
from moderation.core.rules.sampling import is_sampled
from moderation.core.rules.scene import Subject
from moderation.core.verdicts import Verdict
from tests.examples import examples
from tests.moderation.core.plain_rules import STRICT, judge
from tests.moderation.core.random_policies import DETECTORS, TAXONOMY, detections, failures, policies, subjects

MANY = settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
FEWER = settings(MANY, max_examples=examples(30))
"""Where most random policies have nothing to say."""


def made(document: dict[str, Any]) -> Policy:
    policy, problems = parse_policy(copy.deepcopy(document), TAXONOMY, detectors=DETECTORS)
    assume(not any(problem.code == "E110" for problem in problems))  # random overrides may run in a circle
    assert policy is not None, problems
    return policy


def run(policy: Policy, subject: Subject, findings: list[Detection | Failure]) -> Verdict:
    return evaluate([policy], subject, findings, TAXONOMY, DETECTORS)


@MANY
@given(policies(), subjects, st.lists(detections, max_size=6), st.lists(failures, max_size=2))
def test_the_engine_says_what_the_plain_reference_says(
    document: dict[str, Any], subject: Subject, found_: list[Detection], failed: list[Failure]
) -> None:
    findings: list[Detection | Failure] = [*found_, *failed]

    verdict = run(made(document), subject, findings)

    expected = judge(document, subject, findings, TAXONOMY, DETECTORS)
    said = verdict.policies[0]
    true = {rule.rule: rule for rule in (*said.deciding, *said.also_true)}
    assert not said.fault
    assert (said.outcome, said.queue) == (expected.outcome, expected.queue)
    assert set(true) == set(expected.true)
    assert {rule.rule for rule in said.unknown} == expected.unknown
    assert {rule.rule for rule in said.overridden} == expected.overridden
    assert {rule.rule for rule in said.shadow} == expected.shadow
    choice = choose([made(document)], subject, findings, TAXONOMY, DETECTORS)
    assert (choice.outcome, choice.queue) == (expected.outcome, expected.queue)
    assert set(choice.policies[0].rules()) == set(expected.true)
    for name, rule in true.items():
        if expected.true[name]:
            shown = sorted((e.detection.label, e.detection.confidence) for e in rule.evidence)
            assert shown == expected.true[name]


@MANY
@given(policies(), subjects, st.lists(detections, max_size=6), st.lists(failures, max_size=2), st.randoms())
def test_the_order_of_rules_and_findings_never_matters(
    document: dict[str, Any], subject: Subject, found_: list[Detection], failed: list[Failure], chance: Any
) -> None:
    findings: list[Detection | Failure] = [*found_, *failed]
    first = run(made(document), subject, findings)
    chance.shuffle(findings)
    chance.shuffle(document["rules"])

    second = run(made(document), subject, findings)

    one, other = first.policies[0], second.policies[0]
    assert (first.outcome, first.queue, first.labels) == (second.outcome, second.queue, second.labels)
    for group in ("deciding", "also_true", "unknown", "overridden", "near_misses", "shadow"):
        assert sorted(map(repr, getattr(one, group))) == sorted(map(repr, getattr(other, group)))


@MANY
@given(policies(plain=True), subjects, st.lists(detections, min_size=1, max_size=5), st.data())
def test_more_confidence_never_gives_a_milder_outcome(
    document: dict[str, Any], subject: Subject, found_: list[Detection], data: st.DataObject
) -> None:
    document["if_nothing_matches"] = "approve"  # a default that is strict is milder once an approving rule fires
    place = data.draw(st.integers(0, len(found_) - 1))
    stronger = found_[place].model_copy(update={"confidence": data.draw(st.floats(found_[place].confidence, 100))})
    policy = made(document)

    before = run(policy, subject, [*found_])
    after = run(policy, subject, [*found_[:place], stronger, *found_[place + 1 :]])

    assert STRICT[after.outcome] >= STRICT[before.outcome]


@FEWER
@given(
    policies(),
    subjects,
    st.lists(detections, max_size=4),
    st.lists(failures, min_size=1, max_size=2),
    st.lists(detections, max_size=3),
)
def test_what_is_approved_in_spite_of_a_failure_would_be_approved_whatever_had_been_found(
    document: dict[str, Any],
    subject: Subject,
    known: list[Detection],
    failed: list[Failure],
    unseen: list[Detection],
) -> None:
    document["if_a_detector_fails"] = {"review": "general"}
    policy = made(document)
    with_silence = run(policy, subject, [*known, *failed])
    assume(with_silence.outcome == "approve")

    might_have_been = [d for d in unseen if any(could_find(failure, d) for failure in failed)]

    assert run(policy, subject, [*known, *might_have_been]).outcome == "approve"


def could_find(failure: Failure, detection: Detection) -> bool:
    reach = DETECTORS[failure.detector.name]
    is_there = not failure.part or detection.part.split(".")[0] == failure.part.split(".")[0]
    return is_there and (reach is None or detection.label in reach)


@MANY
@given(policies(), subjects, st.lists(detections, max_size=5), st.lists(failures, min_size=1, max_size=2))
def test_a_failure_never_turns_what_is_not_approved_into_an_approval(
    document: dict[str, Any], subject: Subject, known: list[Detection], failed: list[Failure]
) -> None:
    document["if_a_detector_fails"] = {"review": "general"}
    policy = made(document)
    assume(run(policy, subject, [*known]).outcome != "approve")

    assert run(policy, subject, [*known, *failed]).outcome != "approve"


@given(st.text(max_size=10), st.floats(0.01, 100), st.floats(0.01, 100))
def test_raising_a_percent_keeps_the_earlier_picks(item_id: str, one: float, other: float) -> None:
    low, high = sorted((one, other))

    assert is_sampled("p", "s", item_id, high) or not is_sampled("p", "s", item_id, low)
