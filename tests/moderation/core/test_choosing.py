"""What is chosen without an explanation is what the explanation says, whatever the policies, the items, and what fails."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from moderation.core.coverage import Coverage
from moderation.core.detections import Detection, Failure
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy
from moderation.core.rules.choosing import choose
from moderation.core.rules.engine import evaluate
from moderation.core.rules.hearing import Reach
from moderation.core.rules.making import prepare, program_of
from moderation.core.rules.ruling import rule_on
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Examined
from tests.examples import examples
from tests.moderation.core.random_policies import DETECTORS, TAXONOMY, detections, failures, policies, subjects

MANY = settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))

SEEN = st.sampled_from(
    [
        None,
        Coverage(("p0",), (Examined("p0", ("det.a",)),)),
        Coverage(("p0", "p1"), (Examined("p0", ("det.a",)), Examined("p1", ()))),
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Policies with daily caps, redactions, actions, ignored failures and apps that change rules."""
    document = draw(policies())
    document["ignore_failures_of"] = draw(st.sampled_from([[], [], ["det.a"], ["det.c"]]))
    changes: dict[str, Any] = {}
    for rule in document["rules"]:
        kind = rule["then"] if isinstance(rule["then"], str) else "review"
        if kind == "reject" and draw(st.booleans()):
            rule["at_most_per_day"] = 1
        if kind == "approve" and draw(st.booleans()):
            rule["redact"] = draw(st.sampled_from([["Weapons"], ["Explicit", "Alcohol"]]))
        if draw(st.integers(0, 4)) == 0:
            rule["actions"] = {"warn": True}
        if draw(st.integers(0, 3)) == 0:
            changes[rule["id"]] = draw(st.sampled_from([{"enabled": False}, {"then": "reject"}]))
    if changes:
        document.setdefault("apps", {}).setdefault("kids", {}).setdefault("change", {}).update(changes)
    return document


def made(document: dict[str, Any]) -> Policy:
    policy, problems = parse_policy(copy.deepcopy(document), TAXONOMY, detectors=DETECTORS)
    if any(problem.code == "E110" for problem in problems):
        reject()  # random overrides may run in a circle
    assert policy is not None, problems
    return policy


Asked = tuple[list[Policy], Subject, list[Detection | Failure], Taxonomy, Reach, set[str], Coverage | None]


@st.composite
def asked_of_the_rules(draw: st.DrawFn) -> Asked:
    """What `choose`, `rule_on` and `evaluate` take: one or two random policies, and something to judge."""
    some = draw(st.lists(documents(), min_size=1, max_size=2))
    policies = [made({**document, "policy": name}) for document, name in zip(some, "pq", strict=False)]
    findings = [*draw(st.lists(detections, max_size=6)), *draw(st.lists(failures, max_size=2))]
    spent = draw(st.sets(st.sampled_from(["p/rule0", "p/rule1", "p/band0.reject", "q/rule0"])))
    return policies, draw(subjects), findings, TAXONOMY, DETECTORS, spent, draw(SEEN)


ASKED = asked_of_the_rules()


@MANY
@given(ASKED)
def test_the_choice_is_the_outcome_of_the_explanation(asked: Asked) -> None:
    choice = choose(*asked)

    verdict = evaluate(*asked)
    assert (choice.outcome, choice.queue, choice.policy) == (verdict.outcome, verdict.queue, verdict.policy)
    for mine, told in zip(choice.policies, verdict.policies, strict=True):
        assert not told.fault
        assert (mine.outcome, mine.queue) == (told.outcome, told.queue)
        assert sorted(mine.rules()) == sorted(rule.rule for rule in (*told.deciding, *told.also_true))


@MANY
@given(ASKED)
def test_the_ruling_says_what_the_explanation_says_of_what_is_acted_upon(asked: Asked) -> None:
    ruling = rule_on(*asked)

    verdict = evaluate(*asked)
    for name in ("outcome", "queue", "policy", "labels", "reason", "samples", "spent", "examined", "not_examined"):
        assert getattr(ruling, name) == getattr(verdict, name), name
    for mine, told in zip(ruling.policies, verdict.policies, strict=True):
        for name in ("policy", "outcome", "queue", "because", "actions", "fault"):
            assert getattr(mine, name) == getattr(told, name), name
        assert mine.deciding == tuple(rule.rule for rule in told.deciding)
        assert mine.also_true == tuple(rule.rule for rule in told.also_true)
        assert mine.on_trial == tuple(rule.rule for rule in told.shadow if rule.truth == "true")
        assert mine.is_locked == any(rule.locked and rule.outcome == "reject" for rule in told.deciding)
    wanted = [each for policy in verdict.policies for each in policy.redact]
    assert sorted(map(repr, ruling.to_redact([each for each in asked[2] if isinstance(each, Detection)]))) == sorted(
        {id(each): repr(each) for each in wanted}.values()
    )


def test_what_breaks_while_choosing_never_approves(monkeypatch: Any) -> None:
    document: dict[str, Any] = {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["image"]},
        "if_nothing_matches": "approve",
        "if_a_detector_fails": "reject",
        "bands": {"weapons": {"label": "Weapons", "reject_from": 90}},
    }
    policy = made(document)
    program = program_of(policy, "a", frozenset({"image"}), TAXONOMY)
    broken = type(program).table

    def breaks(*_: Any) -> Any:
        raise RuntimeError("a fault of the engine")

    monkeypatch.setattr(type(program), "table", breaks)
    item = Detection(label="Weapons", parents=TAXONOMY.parents("Weapons"), confidence=50)
    subject = Subject("a", frozenset({"image"}))
    assert choose([policy], subject, [item], TAXONOMY).outcome == "reject"

    monkeypatch.setattr(type(program), "table", broken)
    assert choose([policy], subject, [item], TAXONOMY).outcome == "approve"


def test_a_failure_has_only_the_rules_in_its_reach_looked_at(monkeypatch: Any) -> None:
    asked: list[str] = []
    document: dict[str, Any] = {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["image"]},
        "needs": ["det.a"],
        "if_nothing_matches": "approve",
        "if_a_detector_fails": {"review": "general"},
        "queues": [{"name": "general", "a2i_flow": "general"}],
        "rules": [
            {
                "id": label.lower().replace(" ", "-"),
                "when": {"all": [{"label": label}, {"not": {"label": "Gambling"}}]},
                "then": "reject",
            }
            for label in ("Weapons", "Explicit", "Alcohol", "Hate Symbols")
        ],
    }
    policy = made(document)
    for branch in program_of(policy, "a", frozenset({"image"}), TAXONOMY).branches:
        assert branch is not None
        holds, name = branch.holds, branch.id
        monkeypatch.setitem(
            vars(branch), "holds", lambda scene, holds=holds, name=name: asked.append(name) or holds(scene)
        )
    [failed] = [Failure(detector={"name": "det.a", "version": "1"}, kind="raised", message="x")]

    choice = choose([policy], Subject("a", frozenset({"image"})), [failed], TAXONOMY, DETECTORS)

    assert (choice.outcome, choice.queue) == ("review", "general")
    assert asked == ["weapons"]


def test_no_item_has_to_wait_for_a_program_that_could_have_been_made_before() -> None:
    document: dict[str, Any] = {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["image", "text"]},
        "if_nothing_matches": "approve",
        "if_a_detector_fails": "reject",
        "apps": {"kids": {"change": {"weapons": {"reject_from": 50}}}},
        "bands": {"weapons": {"label": "Weapons", "reject_from": 90}},
        "rules": [
            {"id": "shop", "when": {"all": [{"app": ["shop"]}, {"label": "Alcohol"}]}, "then": "reject"},
            {"id": "text", "when": {"all": [{"content_type": ["text"]}, {"label": "Gambling"}]}, "then": "reject"},
        ],
    }
    policy = made(document)

    prepare(policy, TAXONOMY)

    ready = len(policy.programs)
    for app in ("kids", "shop", "another", "one more"):
        for kind in ("image", "text"):
            program_of(policy, app, frozenset({kind}), TAXONOMY)
    assert len(policy.programs) == ready
    kids, other = (program_of(policy, app, frozenset({"image"}), TAXONOMY) for app in ("kids", "another"))
    assert kids.indexes[0] is other.indexes[0], "what an app does not change is there once"
    assert choose([policy], Subject("kids", frozenset({"image"})), [at(60)], TAXONOMY).outcome == "reject"
    assert choose([policy], Subject("another", frozenset({"image"})), [at(60)], TAXONOMY).outcome == "approve"


def at(confidence: float) -> Detection:
    return Detection(label="Weapons", parents=TAXONOMY.parents("Weapons"), confidence=confidence)
