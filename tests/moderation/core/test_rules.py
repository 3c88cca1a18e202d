"""The meaning of policies, as tables and properties."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.detections import Detection, Failure
from moderation.core.items import Tool
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy
from moderation.core.rules.choosing import choose
from moderation.core.rules.engine import Subject, evaluate
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Verdict

TAXONOMY = Taxonomy()
STRICT = {"approve": 0, "review": 1, "reject": 2}


def policy(**parts: Any) -> Policy:
    data = {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["image"]},
        "needs": ["det"],
        "if_nothing_matches": "approve",
        "if_a_detector_fails": {"review": "general"},
        "queues": [{"name": "first", "a2i_flow": "first"}, {"name": "general", "a2i_flow": "general"}],
    } | parts
    made, problems = parse_policy(data, TAXONOMY)
    assert made is not None, problems
    return made


def found(label: str, confidence: float) -> Detection:
    return Detection(label=label, parents=TAXONOMY.parents(label), confidence=confidence, part="p0")


def failed(name: str = "det") -> Failure:
    return Failure(detector=Tool(name=name, version="1"), part="p0", kind="raised", message="x")


def judge(*policies: Policy, of: list[Detection | Failure], app: str = "a", reach: Any = None) -> Verdict:
    subject = Subject(app, frozenset({"image"}))
    verdict = evaluate(policies, subject, of, TAXONOMY, reach)
    choice = choose(policies, subject, of, TAXONOMY, reach)
    assert (choice.outcome, choice.queue) == (verdict.outcome, verdict.queue), "chosen as it is explained"
    return verdict


BAND = {"weapons": {"label": "Weapons", "review_from": 60, "reject_from": 95, "queue": "general"}}


@pytest.mark.parametrize(
    ("confidence", "outcome"),
    [(0, "approve"), (59.999, "approve"), (60, "review"), (94.999, "review"), (95, "reject"), (100, "reject")],
)
def test_a_band_has_no_gap_and_no_overlap_and_rounds_nothing(confidence: float, outcome: str) -> None:
    assert judge(policy(bands=BAND), of=[found("Weapons", confidence)]).outcome == outcome


def test_a_band_goes_by_the_highest_confidence() -> None:
    verdict = judge(policy(bands=BAND), of=[found("Weapons", 70), found("Weapons", 96)])

    assert [rule.rule for rule in verdict.policies[0].deciding] == ["weapons.reject"]


def test_the_strictest_true_rule_wins_and_the_queue_listed_first_among_reviews() -> None:
    rules = [
        {"id": "late", "when": {"label": "Alcohol", "at_least": 50}, "then": {"review": "general"}},
        {"id": "early", "when": {"label": "Gambling", "at_least": 50}, "then": {"review": "first"}},
    ]
    both = judge(policy(rules=rules), of=[found("Alcohol", 80), found("Gambling", 80)])

    assert (both.outcome, both.queue) == ("review", "first")


@pytest.mark.parametrize("fails", [{"approve": "a reason"}, "reject", {"review": "general"}])
def test_what_a_failure_leaves_open_takes_the_answer_for_failures_and_never_a_milder_one(fails: Any) -> None:
    with_nothing = judge(policy(bands=BAND, if_a_detector_fails=fails), of=[failed()])
    with_review = judge(policy(bands=BAND, if_a_detector_fails=fails), of=[failed(), found("Weapons", 70)])
    wanted = fails if isinstance(fails, str) else next(iter(fails))

    assert with_nothing.outcome == wanted
    assert STRICT[with_review.outcome] == max(STRICT[wanted], STRICT["review"])


def test_a_failure_that_cannot_matter_changes_nothing() -> None:
    verdict = judge(policy(bands=BAND, if_a_detector_fails={"review": "general"}), of=[failed(), found("Weapons", 99)])

    assert verdict.outcome == "reject"


def test_a_failed_detector_whose_labels_are_known_leaves_only_those_open() -> None:
    reach = {"other": frozenset({"Face"})}
    verdict = judge(policy(bands=BAND), of=[failed("other")], reach=reach)
    [result] = verdict.policies

    assert result.unknown == ()
    assert verdict.outcome == "review", "nobody planned for this failure, so a person looks"


def test_failures_pass_only_where_the_policy_says_so_by_name() -> None:
    reach = {"other": frozenset({"Face"})}

    assert judge(policy(ignore_failures_of=["other"]), of=[failed("other")], reach=reach).outcome == "approve"


OVERRIDE = [
    {
        "id": "sport",
        "when": {
            "all": [
                {"app": ["sports"]},
                {"label": "Weapons", "at_least": 60},
                {"not": {"label": "Graphic Violence", "at_least": 50}},
            ]
        },
        "then": "approve",
        "overrides": ["weapons.reject", "weapons.review"],
    }
]


@pytest.mark.parametrize(
    ("app", "of", "outcome"),
    [
        ("sports", [found("Weapons", 97)], "approve"),
        ("news", [found("Weapons", 97)], "reject"),
        ("sports", [found("Weapons", 97), found("Blood & Gore", 60)], "reject"),
        ("sports", [found("Weapons", 97), failed()], "reject"),
    ],
)
def test_an_override_acts_only_when_it_is_certainly_true(app: str, of: list[Any], outcome: str) -> None:
    assert judge(policy(bands=BAND, rules=OVERRIDE), of=of, app=app).outcome == outcome


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rules": [{"id": "a", "when": {"label": "Face"}, "then": "approve", "overrides": ["nobody"]}]}, "E107"),
        ({"rules": [{"id": "a", "when": {"label": "Fase"}, "then": "approve"}]}, "E104"),
        ({"if_nothing_matches": {"review": "nowhere"}}, "E105"),
        ({"rules": [{"id": "a", "when": {"label": {"list": "x"}}, "then": "approve"}]}, "E106"),
        ({"bands": BAND | {"weapons": BAND["weapons"] | {"locked": True}}, "rules": OVERRIDE}, "E109"),
        (
            {
                "rules": [
                    {"id": "a", "when": {"label": "Face"}, "then": "approve", "overrides": ["b"]},
                    {"id": "b", "when": {"label": "Face"}, "then": "approve", "overrides": ["a"]},
                ]
            },
            "E110",
        ),
        ({"bands": BAND, "apps": {"kids": {"change": {"weapons": {"at_least": 5}}}}}, "E111"),
        (
            {
                "bands": {"weapons": BAND["weapons"] | {"locked": True}},
                "apps": {"x": {"change": {"weapons": {"review_from": 70}}}},
            },
            "E109",
        ),
        ({"bands": {"w": {"label": "Weapons", "review_from": 0.6, "queue": "general"}}}, "E102"),
        ({"bandz": {}}, "E101"),
    ],
)
def test_what_cannot_be_meant_is_an_error(change: dict[str, Any], code: str) -> None:
    base = policy(bands=BAND).file.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    made, problems = parse_policy({**base, **change}, TAXONOMY)

    assert made is None
    assert code in {problem.code for problem in problems}


def test_an_app_changes_named_keys_and_others_do_not_notice() -> None:
    kids = policy(bands=BAND, apps={"kids": {"change": {"weapons": {"review_from": 20, "reject_from": 40}}}})

    assert judge(kids, of=[found("Weapons", 45)], app="kids").outcome == "reject"
    assert judge(kids, of=[found("Weapons", 45)], app="other").outcome == "approve"


BY_CATEGORY = {"by": "metadata.category", "toys": 40, "knives": 90, "default": 60}
TABLED = {"weapons": BAND["weapons"] | {"review_from": BY_CATEGORY}}


@pytest.mark.parametrize(
    ("change", "outcomes"),
    [
        ({"review_from": 50}, ["review", "review", "approve"]),
        ({"review_from": {"by": "metadata.category", "toys": 55, "default": 45}}, ["approve", "review", "approve"]),
        ({"reject_from": 92}, ["review", "approve", "approve"]),
    ],
)
def test_what_an_app_has_stands_in_place_of_the_whole_table(change: dict[str, Any], outcomes: list[str]) -> None:
    changed = policy(bands=TABLED, apps={"kids": {"change": {"weapons": change}}})
    items = [({"category": "toys"}, 50), ({}, 50), ({}, 40)]

    assert [
        choose([changed], Subject("kids", frozenset({"image"}), metadata=facts), [found("Weapons", sure)], TAXONOMY)[0]
        for facts, sure in items
    ] == outcomes


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"review_from": 40}, ""),
        ({"review_from": 41}, "E109"),  # more than among toys
        ({"review_from": {"by": "metadata.category", "toys": 40, "default": 60}}, ""),
        ({"review_from": {"by": "metadata.category", "toys": 30, "books": 61, "default": 50}}, "E109"),
        ({"review_from": {"by": "metadata.seller", "ann": 20, "default": 40}}, ""),
        ({"review_from": {"by": "metadata.seller", "ann": 20, "default": 50}}, "E109"),
        ({"reject_from": 80}, "E111"),  # less than the review begins among knives
    ],
)
def test_a_locked_table_may_only_become_stricter_in_every_row(change: dict[str, Any], fault: str) -> None:
    base = policy(bands={"weapons": TABLED["weapons"] | {"locked": True}}).file
    document = base.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)

    _, faults = parse_policy({**document, "apps": {"kids": {"change": {"weapons": change}}}}, TAXONOMY)

    assert [each.code for each in faults] == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("relation", "truth", "reach", "outcome"),
    [
        ("without", "reject", {"det": frozenset({"Alcohol"})}, "review"),
        ("without", "reject", {"det": frozenset({"Smoking"})}, "reject"),
        ("inside", "reject", {"det": frozenset({"Alcohol"})}, "review"),
        ("overlaps", "reject", {"det": frozenset({"Smoking"})}, "approve"),
    ],
)
def test_who_could_have_found_the_other_label_leaves_a_place_open(
    relation: str, truth: str, reach: dict[str, frozenset[str]], outcome: str
) -> None:
    rule = {"id": "place", "when": {"label": "Weapons", "at_least": 50, relation: "Alcohol"}, "then": truth}

    assert judge(policy(rules=[rule]), of=[found("Weapons", 60), failed()], reach=reach).outcome == outcome


@pytest.mark.parametrize(("change", "outcome"), [({"then": "reject"}, "reject"), ({"enabled": False}, "approve")])
def test_an_app_may_change_what_any_rule_leads_to_or_switch_it_off(change: dict[str, Any], outcome: str) -> None:
    rule = {
        "id": "armed-drinker",
        "when": {"all": [{"label": "Weapons", "at_least": 50}, {"label": "Alcohol", "at_least": 50}]},
        "then": {"review": "general"},
    }
    changed = policy(rules=[rule], apps={"kids": {"change": {"armed-drinker": change}}})
    of: list[Detection | Failure] = [found("Weapons", 60), found("Alcohol", 60)]

    assert judge(changed, of=of, app="kids").outcome == outcome
    assert judge(changed, of=of, app="others").outcome == "review"


def test_the_strictest_policy_wins_over_several() -> None:
    mild = policy(policy="mild")
    strict = policy(bands=BAND)
    verdict = judge(mild, strict, of=[found("Weapons", 97)])

    assert (verdict.outcome, verdict.policy.name) == ("reject", "p")
    assert [v.policy.name for v in verdict.policies] == ["mild", "p"]


def test_the_explanation_names_rule_detection_threshold_and_near_misses() -> None:
    verdict = judge(policy(bands=BAND), of=[found("Weapons", 92)])
    [rule] = verdict.policies[0].deciding
    [near] = verdict.policies[0].near_misses

    assert (rule.rule, rule.evidence[0].threshold, rule.evidence[0].margin) == ("weapons.review", 60, 32)
    assert (near.rule, near.evidence[0].margin) == ("weapons.reject", -3)


def test_a_rule_on_trial_is_recorded_and_does_not_act() -> None:
    rules = [{"id": "t", "when": {"label": "Face"}, "then": "reject", "mode": {"shadow_until": "2030-01-01"}}]
    rules[0]["mode"] = {"shadow_until": __import__("datetime").date(2030, 1, 1)}
    verdict = judge(policy(rules=rules), of=[found("Face", 90)])

    assert verdict.outcome == "approve"
    assert [rule.rule for rule in verdict.policies[0].shadow] == ["t"]


PERSON = st.fixed_dictionaries(
    {}, optional={"head": st.fixed_dictionaries({}, optional={"head_cover": st.floats(0, 100)})}
)


@given(st.lists(PERSON, max_size=4))
def test_people_lack_a_cover_when_the_part_is_seen_and_the_cover_is_not_sure(people: list[dict[str, Any]]) -> None:
    rules = [
        {"id": "h", "when": {"people": {"lacking": {"head": "head_cover"}, "covered_at_least": 75}}, "then": "reject"}
    ]
    persons = [
        Detection(label="Person", parents=("People",), confidence=90, attributes={"parts": parts}) for parts in people
    ]
    lacking = any("head" in parts and parts["head"].get("head_cover", -1) < 75 for parts in people)

    assert judge(policy(rules=rules), of=list(persons)).outcome == ("reject" if lacking else "approve")


LABELS = st.sampled_from(
    ["Weapons", "Violence", "Graphic Violence", "Alcohol", "Face", "Explicit", "Exposed Male Genitalia"]
)
DETECTIONS = st.builds(found, LABELS, st.floats(0, 100))
FINDINGS = st.lists(st.one_of(DETECTIONS, st.sampled_from([failed(), failed("other")])), max_size=6)
MANY = policy(
    bands=BAND | {"explicit": {"label": "Explicit", "review_from": 50, "reject_from": 90, "queue": "first"}},
    rules=[
        *OVERRIDE,
        {
            "id": "two",
            "when": {
                "any": [{"label": "Face", "at_least": 30, "below": 60}, {"label": "Alcohol", "count": {"at_least": 2}}]
            },
            "then": {"review": "general"},
        },
    ],
)


@given(FINDINGS, st.randoms())
def test_the_order_of_findings_never_matters(findings: list[Any], random: Any) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)

    assert judge(MANY, of=findings) == judge(MANY, of=shuffled)


@given(st.lists(DETECTIONS, max_size=5), st.integers(0, 4), st.floats(0, 100))
def test_more_confidence_is_never_milder_on_bands(detections: list[Detection], which: int, more: float) -> None:
    banded = policy(bands=MANY.file.model_dump(by_alias=True, exclude_none=True)["bands"])
    if which >= len(detections):
        return
    raised = list(detections)
    one = raised[which]
    raised[which] = one.model_copy(update={"confidence": max(one.confidence, more)})

    before, after = judge(banded, of=list(detections)).outcome, judge(banded, of=list(raised)).outcome
    assert STRICT[after] >= STRICT[before]


@given(FINDINGS)
def test_a_failure_never_approves(findings: list[Any]) -> None:
    if any(isinstance(finding, Failure) for finding in findings):
        assert judge(MANY, of=findings).outcome != "approve"


@given(FINDINGS)
def test_a_failure_never_makes_the_outcome_milder(findings: list[Any]) -> None:
    without = [finding for finding in findings if isinstance(finding, Detection)]
    assert STRICT[judge(MANY, of=[*findings, failed()]).outcome] >= STRICT[judge(MANY, of=without).outcome]


def test_an_exception_that_a_failed_detector_could_have_found_is_open() -> None:
    rules = [
        {
            "id": "weapon",
            "when": {"all": [{"label": "Weapons", "at_least": 50}, {"not": {"label": "Alcohol", "at_least": 50}}]},
            "then": "reject",
        }
    ]
    reach = {"det": frozenset({"Alcohol"})}

    of: list[Detection | Failure] = [found("Weapons", 90)]
    assert judge(policy(rules=rules), of=of, reach=reach).outcome == "reject"
    assert judge(policy(rules=rules), of=[*of, failed()], reach=reach).outcome == "review"


BOTH = {"all": [{"label": "Weapons", "at_least": 50}, {"label": "Alcohol", "at_least": 50}]}


@pytest.mark.parametrize("when", [{"label": "Alcohol", "at_least": 50}, BOTH], ids=["asleep", "half true"])
def test_what_a_certain_rule_sets_aside_is_not_left_open_by_a_failure(when: Any) -> None:
    bad = {"id": "bad", "when": when, "then": "reject"}
    fine = {"id": "fine", "when": {"label": "Gambling", "at_least": 50}, "then": "approve", "overrides": ["bad"]}
    reach = {"det": frozenset({"Alcohol"})}
    of = [found("Weapons", 90), found("Gambling", 90), failed()]

    assert judge(policy(rules=[bad, fine]), of=of, reach=reach).outcome == "approve"
    assert judge(policy(rules=[bad]), of=of, reach=reach).outcome == "review"
