"""Human loops that a detector's own service started: the item waits, and what people chose there is what was found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from moderation.core.errors import NotFound, OutputMalformed
from moderation.core.items import Part
from moderation.core.loops import Answer
from moderation.core.taxonomy import Taxonomy
from moderation.evidence.replaying import replay
from moderation.pipeline.intake import Submission
from moderation.review.answers import read_confirmations
from moderation.review.client import LoopState
from moderation.settings import Settings
from moderation.storage.records import ItemRecord
from tests.houses.service import House, People
from tests.waiting import wait_for

ACCOUNT = "arn:aws:sagemaker:eu-west-1:111122223333:human-loop/"
DETECTOR = '''
from moderation import hookimpl
from moderation.core.detections import Detection

LOOP = "Custom/HUMAN_LOOP"


class Far:
    """Finds what the text says that it finds: a JSON object of labels, and of the loop that was started."""

    name, version = "far.away", "1.0"
    reads, labels = ("text",), ("Weapons", "Gambling", LOOP)
    min_confidence, time_limit_seconds = 0.0, 30.0

    def detect(self, part, context):
        import json

        said = json.loads(part.text)
        arn = said.pop("loop", None)
        facts = {} if arn is None else {"human_loop": arn}
        found = [Detection(label=label, confidence=sure, attributes=facts) for label, sure in said.items()]
        return found + ([Detection(label=LOOP, confidence=100, attributes=facts)] if arn else [])


@hookimpl
def register_detectors(settings):
    return [Far()]
'''
POLICY = """\
policy: words
format: 1
applies_to: {content_type: [text]}
needs: [far.away]
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
bands:
  weapons: {label: Weapons, review_from: 50, reject_from: 95, queue: people}
  gambling: {label: Gambling, review_from: 50, queue: people}
"""


class Elsewhere(People):
    """Amazon's A2I beside ours: loops that Rekognition started, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.chose: dict[str, list[list[str]] | str] = {}
        self.asked_about: set[str] = set()

    def describe(self, name: str) -> LoopState:
        if not name.startswith("far"):
            return super().describe(name)
        self.asked_about.add(name)
        said = self.chose.get(name)
        if said == "gone":
            raise NotFound(f"no human loop {name}")
        if isinstance(said, str) and said != "malformed":
            return LoopState(said, "Expired" if said == "Failed" else "", None)
        return LoopState("InProgress" if said is None else "Completed", "", f"s3://b/{name}")

    def confirmations(self, name: str, uri: str) -> list[Answer]:
        said = self.chose[name]
        if isinstance(said, str):
            raise OutputMalformed(f"the output of human loop {name} cannot be read")
        return [
            Answer(
                reviewer=f"w{n}",
                outcome="reject" if labels else "approve",
                labels=tuple(labels),
                submitted_at=datetime.now(UTC),
            )
            for n, labels in enumerate(said)
        ]


class Place:
    def __init__(self, settings: Settings, folder: Path) -> None:
        plugins = folder / "plugins"
        plugins.mkdir()
        (plugins / "far.py").write_text(DETECTOR)
        self.house = House(settings.model_copy(update={"plugins_dir": plugins}), folder / "rules", POLICY, Elsewhere())
        self.far: Any = self.house.people

    def post(self, *parts: dict[str, Any]) -> ItemRecord:
        pipeline = self.house.service.pipeline
        item = pipeline.prepare(Submission("shop", tuple(parts_of(parts))))
        pipeline.intake([item])
        return self.house.wait(item.id, lambda record: record.status != "pending")

    def decided(self, record: ItemRecord) -> ItemRecord:
        return self.house.wait(record.item.id, lambda now: now.status == "decided")


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Iterator[Place]:
    place = Place(settings, tmp_path)
    yield place
    place.house.service.close()


def parts_of(contents: Sequence[dict[str, Any]]) -> Iterator[Part]:
    for number, each in enumerate(contents):
        yield Part(id=f"p{number}", type="text", text=json.dumps(each))


def loop(name: str) -> str:
    return f"{ACCOUNT}{name}"


@pytest.mark.parametrize(
    ("found", "chosen", "outcome", "labels"),
    [
        ({"Weapons": 80}, [["Weapons"]], "reject", ("Weapons",)),
        ({"Weapons": 80}, [[]], "approve", ()),
        ({}, [[]], "approve", ()),
        ({}, [["Weapons"], ["Weapons"]], "reject", ("Weapons",)),
    ],
    ids=["confirmed", "not confirmed", "a sample without a finding", "more than was found"],
)
def test_an_item_is_decided_by_what_people_chose(
    place: Place, found: dict[str, float], chosen: list[list[str]], outcome: str, labels: tuple[str, ...]
) -> None:
    posted = place.post({**found, "loop": loop("far-1")})
    wait_for(lambda: "far-1" in place.far.asked_about)
    waits = place.house.service.store.get_item(posted.item.id)
    place.far.chose["far-1"] = chosen

    record = place.decided(posted)

    assert (waits.status, waits.decision) == ("in_review", None)
    assert record.decision is not None
    assert (record.decision.outcome, record.decision.decided_by) == (outcome, "people")
    assert record.decision.labels == labels
    assert place.far.started == {}, "nobody else was asked"
    assert [(each.purpose, each.state, each.arn) for each in record.loops] == [("service", "ended", loop("far-1"))]
    assert len(record.loops[0].answers) == len(chosen)


def test_where_the_rules_want_people_for_what_was_confirmed_a_queue_of_ours_is_asked(place: Place) -> None:
    posted = place.post({"Gambling": 60, "loop": loop("far-2")})
    place.far.chose["far-2"] = [["Gambling"], [], ["Gambling"]]
    name = f"{posted.item.id}-1"
    wait_for(lambda: name in place.far.started)
    record = place.house.service.store.get_item(posted.item.id)
    place.far.said[name] = "approve"

    assert record.status == "in_review"
    far_away = [each for each in record.detections if each.detector is not None and each.detector.name == "far.away"]
    assert [(each.label, round(each.confidence)) for each in far_away] == [("Gambling", 67)]
    assert place.decided(posted).decision.outcome == "approve"  # type: ignore[union-attr]


def test_an_item_waits_for_all_its_loops(place: Place) -> None:
    posted = place.post({"Weapons": 80, "loop": loop("far-3")}, {"Weapons": 70, "loop": loop("far-4")})
    place.far.chose["far-3"] = [[]]
    place.far.asked_about.clear()
    wait_for(lambda: {"far-3", "far-4"} <= place.far.asked_about)
    waits = place.house.service.store.get_item(posted.item.id)
    place.far.chose["far-4"] = [["Weapons"]]

    record = place.decided(posted)

    assert waits.status == "in_review"
    assert record.decision is not None
    assert record.decision.outcome == "reject"
    assert [each.state for each in record.loops] == ["ended", "ended"]


@pytest.mark.parametrize("end", ["Failed", "Stopped", "gone", "malformed"])
def test_a_loop_that_comes_to_nothing_is_no_approval(place: Place, end: str) -> None:
    posted = place.post({"Weapons": 80, "loop": loop("far-5")})
    place.far.chose["far-5"] = end
    name = f"{posted.item.id}-1"
    wait_for(lambda: name in place.far.started)
    record = place.house.service.store.get_item(posted.item.id)

    assert record.status == "in_review"
    assert ("far.away", "unavailable") in [(each.detector.name, each.kind) for each in record.failures]
    assert record.loops[0].problem


def test_a_sure_rejection_waits_for_nobody_and_keeps_what_people_say(place: Place) -> None:
    posted = place.post({"Weapons": 99, "loop": loop("far-6")})
    place.far.chose["far-6"] = [[]]
    store = place.house.service.store
    wait_for(lambda: store.get_item(posted.item.id).loops[0].state == "ended")
    record = store.get_item(posted.item.id)

    assert record.decision is not None
    assert (record.decision.outcome, record.decision.decided_by, len(record.decisions)) == ("reject", "rules", 1)
    assert record.loops[0].outcome == "approve"


def test_the_verdict_on_what_people_chose_is_replayed(place: Place) -> None:
    posted = place.post({"Weapons": 80, "loop": loop("far-7")})
    place.far.chose["far-7"] = [["Weapons"]]
    record = place.decided(posted)

    assert replay(record, place.house.service.versions).is_identical


def test_what_is_no_loops_arn_is_no_answer(place: Place) -> None:
    record = place.post({"Weapons": 10, "loop": "arn:aws:s3:::bucket"})

    assert record.status == "in_review"
    assert [(each.detector.name, each.kind) for each in record.failures] == [("far.away", "invalid_answer")]


REKOGNITION = "AWS/Rekognition/DetectModerationLabels/Image/V3"


def output(*chosen: Any) -> bytes:
    answers = [
        {
            "submissionTime": "2026-11-20T10:15:44.902Z",
            "workerId": f"w{number}",
            "answerContent": {REKOGNITION: {"moderationLabels": each}},
        }
        for number, each in enumerate(chosen)
    ]
    return json.dumps({"humanLoopName": "l", "humanAnswers": answers}).encode()


def test_the_built_in_tasks_answers_are_read() -> None:
    graphic = {"name": "Graphic Violence", "parentName": "Violence", "confidence": 71.2}
    new = {"name": "Some New Label", "parentName": "Violence"}
    answers = read_confirmations("l", output([graphic, "Weapons"], [], [new]))

    assert [(each.outcome, each.labels) for each in answers] == [
        ("reject", ("Graphic Violence", "Weapons")),
        ("approve", ()),
        ("reject", ("Violence",)),
    ]
    assert set(answers[0].labels) <= set(Taxonomy().labels)


@pytest.mark.parametrize("chosen", ["x", {"a": 1}, [{"name": "Unheard of"}], [3], None])
def test_what_is_no_choice_of_labels_decides_nothing(chosen: Any) -> None:
    with pytest.raises(OutputMalformed):
        read_confirmations("l", output(chosen))
