"""What nobody looked at is approved by nobody: random policies, tools, parts, looks and failures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from moderation.core.coverage import Coverage, Tools, examined, not_examined, unseen_types
from moderation.core.decisions import PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.items import Extraction, Part, Tool
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy
from moderation.core.rules.engine import evaluate
from moderation.core.rules.scene import Subject
from moderation.core.rules.weights import RANKS
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Examined, NotExamined, Verdict

TAXONOMY = Taxonomy()
LABELS = ("Weapons", "Alcohol", "PII/SSN", "Face")
TYPES = ("text", "image", "video", "audio")
UNSEEN = Failure(detector=Tool(name="coverage", version="1"), part="p0", kind="not_examined", message="nobody looked")


@dataclass(frozen=True)
class Detector:
    """A detector as it is loaded."""

    name: str
    reads: tuple[str, ...]
    labels: tuple[str, ...] = ()
    examines: bool = True


@dataclass(frozen=True)
class Extractor:
    """An extractor as it is loaded."""

    name: str
    reads: tuple[str, ...]
    makes: tuple[str, ...]
    examines: bool = True


def policy(**more: Any) -> Policy:
    document = {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": list(TYPES)},
        "if_nothing_matches": "approve",
        "if_a_detector_fails": {"review": "people"},
        "queues": [{"name": "people", "a2i_flow": "people"}],
        **more,
    }
    made, problems = parse_policy(document, TAXONOMY, version="v", text="", path="p.yml", lines={})
    assert made is not None, problems
    return made


ASKS = st.sampled_from(["approve", "reject", {"review": "people"}])
FAILS = st.sampled_from(["reject", {"review": "people"}, {"approve": "somebody said so"}])
RULES = st.lists(st.tuples(st.sampled_from(LABELS), st.floats(20, 99), ASKS), max_size=4)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = [
        {"id": f"r{n}", "why": "because", "when": {"label": label, "at_least": round(least, 2)}, "then": then}
        for n, (label, least, then) in enumerate(draw(RULES))
    ]
    return policy(
        rules=rules,
        if_nothing_matches=draw(ASKS),
        if_a_detector_fails=draw(FAILS),
        needs=draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True)),
    )


PARTS = ("p0", "p1", "p2")
LOOKS = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([*PARTS, "p0.0", "p1.0.1"])))
FINDINGS = st.lists(
    st.builds(Detection, label=st.sampled_from(LABELS), confidence=st.floats(0, 100), part=st.sampled_from(PARTS))
)
FAILURES = st.lists(
    st.builds(
        Failure,
        detector=st.builds(Tool, name=st.sampled_from(["a", "b", "c"]), version=st.just("1")),
        part=st.sampled_from(["", *PARTS]),
        kind=st.sampled_from(["timed_out", "raised", "unreadable"]),
        message=st.just("no answer"),
    )
)
OFFERED = [
    Detector("a", ("image",), ("Weapons", "Face")), Detector("b", ("text",), ("PII/SSN",)), Detector("c", ("image",)),
]  # fmt: skip


@given(st.lists(policies(), min_size=1, max_size=3), st.integers(1, 3), LOOKS, FINDINGS, FAILURES)
def test_nothing_is_approved_unless_each_given_part_was_looked_at_by_a_named_detector(
    chosen: list[Policy], count: int, looks: list[tuple[str, str]], found: list[Detection], failed: list[Failure]
) -> None:
    given_parts = PARTS[:count]
    named = Tools(OFFERED).named_by(chosen, TAXONOMY)
    seen = examined(given_parts, looks, named)
    subject = Subject("app", frozenset(TYPES), parts={part: frozenset({"image"}) for part in given_parts})

    verdict = evaluate(chosen, subject, [*found, *failed], TAXONOMY, coverage=Coverage(given_parts, seen))

    looked_at = {part.partition(".")[0] for tool, part in looks if tool in named}
    if verdict.outcome == "approve":
        assert looked_at >= set(given_parts)
    unseen = {each.part for each in verdict.examined if not each.detectors}
    assert unseen == set(given_parts) - looked_at
    told = {f.part.partition(".")[0] for f in verdict.failures}
    assert unseen <= told or "" in told, "each is told of by a failure"


@given(st.lists(policies(), min_size=1, max_size=2), LOOKS, FINDINGS, FAILURES)
def test_fewer_looks_never_make_it_milder(
    chosen: list[Policy], looks: list[tuple[str, str]], found: list[Detection], failed: list[Failure]
) -> None:
    named = Tools(OFFERED).named_by(chosen, TAXONOMY)
    subject = Subject("app", frozenset(TYPES), parts={part: frozenset({"image"}) for part in PARTS})

    def outcome(answered: list[tuple[str, str]]) -> int:
        coverage = Coverage(PARTS, examined(PARTS, answered, named))
        return RANKS[evaluate(chosen, subject, [*found, *failed], TAXONOMY, coverage=coverage).outcome]

    outcomes = [outcome(looks[:count]) for count in range(len(looks), -1, -1)]
    assert outcomes == sorted(outcomes)


def test_a_verdict_that_approves_what_nobody_looked_at_cannot_be_made() -> None:
    fields = {"policy": PolicyRef(name="p", version="v"), "reason": "r", "failures": (UNSEEN,)}

    with pytest.raises(ValidationError, match="nobody looked at"):
        Verdict(outcome="approve", **fields)
    with pytest.raises(ValueError, match="nobody looked at"):
        Verdict.trusted({"outcome": "approve", "examined": (), **fields})
    with pytest.raises(ValidationError, match="nobody looked at"):
        Verdict(outcome="approve", **fields | {"failures": (), "examined": (Examined("p0", ()),)})

    assert Verdict(outcome="review", **fields).outcome == "review"


def test_the_policys_word_for_failures_speaks_of_what_nobody_looked_at() -> None:
    subject = Subject("app", frozenset({"image"}), parts={"p0": frozenset({"image"})})
    nobody = Coverage(("p0",), ())

    def outcome(**more: Any) -> tuple[str, str | None]:
        verdict = evaluate([policy(**more)], subject, [], TAXONOMY, coverage=nobody)
        return verdict.outcome, verdict.queue

    assert outcome() == ("review", "people")
    assert outcome(if_a_detector_fails="reject", queues=[]) == ("reject", None)
    assert outcome(if_a_detector_fails={"approve": "trusted"}) == ("review", "people")
    assert outcome(if_a_detector_fails={"approve": "trusted"}, queues=[]) == ("reject", None)


def test_the_reason_names_the_part_and_the_verdict_says_who_looked() -> None:
    subject = Subject("app", frozenset({"image"}), parts={"p0": frozenset({"image"}), "p1": frozenset({"video"})})
    waiting = (NotExamined("later", ("vision.nudity",), ("Explicit",)),)
    coverage = Coverage(("p0", "p1"), (Examined("p0", ("a",)),), waiting)

    verdict = evaluate([policy()], subject, [], TAXONOMY, coverage=coverage)

    assert verdict.reason == "No detector that the policies name looked at part p1."
    assert verdict.examined == (Examined("p0", ("a",)),)
    assert verdict.not_examined == waiting
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_a_tool_is_named_by_needs_or_by_a_label_above_what_it_finds() -> None:
    tools = Tools([Detector("guns", ("image",), ("Weapons",)), Detector("faces", ("image",), ("Face",))])
    asks = policy(rules=[{"id": "r", "why": "w", "when": {"label": "Violence", "at_least": 50}, "then": "reject"}])

    assert tools.named_by([asks], TAXONOMY) == {"guns"}
    assert tools.named_by([policy(needs=["faces"])], TAXONOMY) == {"faces"}


FACES = Detector("vision.faces", ("image",), ("Face",))
PII = Detector("pii.text", ("text",), ("PII/SSN",))
OCR = Extractor("vision.text", ("image",), ("text",))
FRAMES = Extractor("film.frames", ("video",), ("image",))
HEARD = Extractor("speech.text", ("audio",), ("text",), examines=False)
LISTED = Detector("vision.hashes", ("image",), ("Face",), examines=False)


@pytest.mark.parametrize(
    ("content_type", "needs", "tools", "is_blind"),
    [
        ("image", ["vision.faces"], Tools([FACES]), False),
        ("video", ["vision.faces"], Tools([FACES]), True),
        ("video", ["vision.faces"], Tools([FACES], [FRAMES]), False),
        ("video", ["pii.text"], Tools([PII], [FRAMES, OCR]), False),
        ("audio", ["vision.faces"], Tools([FACES], [FRAMES]), True),
        ("image", ["pii.text"], Tools([PII]), True),
        ("image", ["vision.text"], Tools([PII], [OCR]), False),
        ("video", ["film.frames"], Tools([], [FRAMES]), True),
        ("document", ["pii.text"], Tools([PII]), False),
        ("text", [], Tools([PII]), True),
        ("image", ["vision.hashes"], Tools([LISTED]), True),
        ("image", ["vision.hashes", "vision.faces"], Tools([LISTED, FACES]), False),
        ("audio", ["pii.text", "speech.text"], Tools([PII], [HEARD]), True),
    ],
)
def test_lint_knows_the_types_that_a_policy_could_approve_blindly(
    content_type: str, needs: list[str], tools: Tools, is_blind: bool
) -> None:
    chosen = policy(applies_to={"content_type": [content_type]}, needs=needs)

    found = list(unseen_types(chosen, tools, TAXONOMY))

    assert [number for number, _, _ in found] == ([0] if is_blind else [])
    sends = policy(applies_to={"content_type": [content_type]}, if_nothing_matches={"review": "people"})
    assert list(unseen_types(sends, tools, TAXONOMY)) == []


def test_who_knows_a_few_things_only_examines_nothing_and_neither_does_who_reads_what_it_made() -> None:
    tools = Tools([LISTED, FACES, PII], [OCR, FRAMES, HEARD])
    chains = {
        "p0": None,
        "p0.0": ("p0", FRAMES),
        "p0.0.0": ("p0.0", OCR),
        "p1.0": ("p1", HEARD),
        "p1.0.0": ("p1.0", OCR),
    }

    parts = [
        Part(
            id=name,
            type="text",
            extraction=made and Extraction(part=made[0], extractor=Tool(name=made[1].name, version="1")),
        )
        for name, made in chains.items()
    ]

    assert tools.lookers == {"vision.faces", "pii.text", "vision.text"}
    assert tools.not_of_the_given(parts) == {"p1.0", "p1.0.0"}


def test_what_waits_is_told_by_its_top_labels() -> None:
    bands = {"explicit": {"label": "Exposed Male Nipple", "review_from": 50, "queue": "people"}}
    rules = [{"id": "r", "why": "w", "when": {"label": "Weapons", "at_least": 50}, "then": "reject"}]

    told = not_examined(policy(bands=bands, rules=rules), ["vision.nudity"], TAXONOMY)

    assert told.labels == ("Non-Explicit Nudity of Intimate parts and Kissing", "Violence")
    assert told.waits_for == ("vision.nudity",)
