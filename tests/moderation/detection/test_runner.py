"""Detectors that misbehave, in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.core.items import Part
from moderation.detection.answers import Answers
from moderation.detection.pool import BREAKER_FAILURES
from moderation.detection.runner import Runner
from moderation.hookspecs import Detector
from moderation.plugins import load_plugins
from moderation.settings import load_settings

BAD = """
import ctypes, os, sys, time
from moderation import hookimpl
from moderation.core.detections import Detection
from moderation.hookspecs import Unavailable, Unreadable

class Bad:
    version, reads, labels, min_confidence = "1", ("text",), ("Weapons",), 0
    def __init__(self, name): self.name, self.time_limit_seconds = "bad." + name, 1.0 if name == "hangs" else 240.0
    def detect(self, part, context):
        return getattr(self, self.name[4:])(part)
    def raises(self, part): raise RuntimeError("secret content: " + part.text)
    def hangs(self, part): time.sleep(600)
    def exits(self, part): os._exit(3)
    def leaves(self, part): sys.exit(0)
    def segfaults(self, part): ctypes.string_at(0)
    def recurses(self, part): return self.recurses(part)
    def prints(self, part):
        print("noise " * 1000, flush=True)
        return [Detection(label="Weapons", confidence=50)]
    def generates(self, part): return (x for x in [])
    def mislabels(self, part): return [Detection(label="Alcohol", confidence=50)]
    def misplaces(self, part): return [Detection(label="Weapons", confidence=50, span=(0, 10_000))]
    def nan(self, part): return [Detection(label="Weapons", confidence=float("nan"))]
    def floods(self, part): return [Detection(label="Weapons", confidence=1)] * 20_000
    def forges(self, part): return [Detection.model_construct(label="Weapons", confidence=1e308)]
    def unreadable(self, part): raise Unreadable("the part is odd")
    def waits(self, part): raise Unavailable("the service said no")

NAMES = "raises hangs exits leaves segfaults recurses prints generates mislabels misplaces nan floods forges unreadable waits".split()

@hookimpl
def register_detectors(settings):
    return [Bad(name) for name in NAMES]
"""
KINDS = {
    "raises": "raised", "hangs": "timed_out", "exits": "crashed", "leaves": "raised", "segfaults": "crashed", "recurses": "raised",
    "generates": "invalid_answer", "mislabels": "invalid_answer", "misplaces": "invalid_answer", "nan": "raised",
    "floods": "invalid_answer", "forges": "invalid_answer", "unreadable": "unreadable", "waits": "unavailable",
}  # fmt: skip
TEXT = Part(id="p0", type="text", text="my number is 206-555-0100")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "bad.py").write_text(BAD)
    opened = Runner(load_plugins(load_settings(plugins_dir=folder)), folder, lambda part: Path("/nowhere"))
    yield opened
    opened.close()


def test_each_way_to_misbehave_is_a_failure_of_its_own_kind_and_the_others_findings_stand(runner: Runner) -> None:
    answers = runner.look("app", [TEXT])

    assert {f.detector.name.removeprefix("bad."): f.kind for f in answers.failures} == KINDS
    assert {"bad.prints", "pii.text"} <= {d.detector.name for d in answers.detections if d.detector}
    assert answers.answered == answers.counted
    assert {part for _, part in answers.answered} == {"p0"}
    assert {name for name, _ in answers.answered}.isdisjoint(f.detector.name for f in answers.failures)
    assert {"bad.prints", "pii.text"} <= {name for name, _ in answers.answered}


def test_many_texts_in_one_call_are_looked_at_as_one_by_one(runner: Runner) -> None:
    texts = [TEXT.model_copy(update={"id": f"p{n}", "text": text}) for n, text in enumerate(["", TEXT.text, "hello"])]

    def is_well(detector: Detector) -> bool:
        return detector.name in ("pii.text", "bad.prints")

    together, answers = runner.look_each("app", texts, is_well)
    _, every = runner.look_each("app", texts)

    assert not answers.failures
    assert sorted(answers.answered) == sorted((name, part.id) for name in ("pii.text", "bad.prints") for part in texts)
    assert [sorted(found, key=repr) for found in together] == [
        sorted(runner.look("app", [text], is_well).detections, key=repr) for text in texts
    ]
    assert {f.detector.name.removeprefix("bad."): f.kind for f in every.failures} == KINDS
    assert runner.look_each("app", []) == ([], Answers())


TOGETHER = """
from moderation import hookimpl
from moderation.core.detections import Detection

class Together:
    version, reads, labels, min_confidence, time_limit_seconds = "1", ("text",), ("Weapons",), 0, 240.0
    def __init__(self, name): self.name = name
    def detect(self, part, context):
        return [Detection(label="Weapons", confidence=1)]
    def detect_batch(self, parts, context):
        if self.name == "two.raises": raise RuntimeError
        return [[Detection(label="Weapons", confidence=len(parts))] for part in parts if self.name != "two.few"]

@hookimpl
def register_detectors(settings):
    return [Together("two.well"), Together("two.raises"), Together("two.few")]
"""


def test_a_detector_that_can_is_given_many_texts_in_one_go(tmp_path: Path) -> None:
    (tmp_path / "together.py").write_text(TOGETHER)
    runner = Runner(load_plugins(load_settings(plugins_dir=tmp_path)), tmp_path, lambda part: Path("/nowhere"))
    texts = [TEXT.model_copy(update={"id": f"p{number}"}) for number in range(3)]
    found, answers = runner.look_each("app", texts, lambda tool: tool.name.startswith("two."))
    runner.close()
    sure = [{d.detector.name: d.confidence for d in each if d.detector} for each in found]

    assert not answers.failures
    assert sure == [{"two.well": 3, "two.raises": 1, "two.few": 1}] * 3


def test_a_failures_words_carry_no_content(runner: Runner) -> None:
    failures = runner.look("app", [TEXT]).failures

    assert not [f.message for f in failures if "206-555" in f.message or "secret" in f.message]


def test_detections_say_who_where_and_under_what(runner: Runner) -> None:
    detections = runner.look("app", [TEXT]).detections
    [phone] = [d for d in detections if d.label == "PII/PHONE"]

    assert (phone.part, phone.parents) == ("p0", ("PII",))
    assert phone.detector is not None
    assert phone.detector.version
    assert phone.span is not None
    assert (TEXT.text or "")[phone.span.start : phone.span.end] == "206-555-0100"


def test_one_that_fails_again_and_again_is_left_alone_for_a_while(runner: Runner) -> None:
    for _ in range(BREAKER_FAILURES):
        runner.look("app", [TEXT])
    failures = runner.look("app", [TEXT]).failures
    kinds = {f.detector.name: f.kind for f in failures}

    assert kinds["bad.hangs"] == "unavailable"
    assert kinds["bad.exits"] == "unavailable"
    assert kinds["bad.raises"] == "raised", "an exception is an answer; its process lives"
    assert "rests" in {f.detector.name: f.message for f in failures}["bad.waits"], "a service that is down is not asked"
