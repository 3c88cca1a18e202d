"""What tools were shown of a picture is evidence, and what an extractor had to leave out is a failure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PIL import Image, ImageDraw

from ground.blobs import FolderBlobs
from ground.media.limits import Limits
from ground.media.rendering import looks
from moderation.core.items import Item, Part
from moderation.core.verdicts import Verdict
from moderation.core.wording import verdict_words
from moderation.detection.answers import Answers
from moderation.detection.judge import Judge
from moderation.media.inspecting import inspect, store_media
from moderation.settings import load_settings
from tests.odd_pictures import saved

PLUGIN = """
from moderation import hookimpl
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Incomplete

class Bright:
    name, version, reads, labels, min_confidence, time_limit_seconds = "a.bright", "1", ("image",), ("Custom/BRIGHT",), 0, 60.0
    def detect(self, part, context):
        found = [look.getpixel((0, 0)) for look in context.looks(part)]
        context.looks(part)
        return [Detection(label="Custom/BRIGHT", confidence=99) for pixel in found if pixel == (255, 255, 255)]

class Words:
    name, version, reads, makes, time_limit_seconds = "a.words", "1", ("image",), ("text",), 60.0
    def extract(self, part, context):
        [*_, last] = context.looks(part, longest=32)
        if last.getpixel((0, 0)) == (255, 0, 0):
            raise Incomplete("only half of it was read", [Part(type="text", text="half")])
        return [Part(type="text", text="whole")]

@hookimpl
def register_detectors(settings):
    return [Bright()]

@hookimpl
def register_extractors(settings):
    return [Words()]
"""
POLICY = """
policy: pictures
format: 1
description: A test.
applies_to: {content_type: [image]}
needs: [a.bright, a.words]
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
rules:
  - id: words
    why: A number that nobody may post
    when: {label: PII/SSN, at_least: 50}
    then: reject
"""


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    folder = tmp_path_factory.mktemp("installation")
    for name in ("plugins", "rules"):
        (folder / name).mkdir()
    (folder / "plugins" / "looking.py").write_text(PLUGIN)
    (folder / "rules" / "pictures.yml").write_text(POLICY)
    settings = load_settings(data=folder / "data", plugins_dir=folder / "plugins", rules=folder / "rules")
    opened = Judge.open(settings, FolderBlobs(folder / "media", "moderation"))
    yield opened
    opened.close()


def verdict_on(judge: Judge, data: bytes) -> Verdict:
    media = store_media(judge._blobs, data, inspect(data, Limits(), "image"), None)
    item = Item(id="i", app="shop", parts=(Part(id="p0", type="image", media=media),), created_at=datetime.now(UTC))
    return judge.judge(item).verdict


def clear() -> bytes:
    picture = Image.new("RGBA", (64, 40), (0, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((20, 20, 40, 30), fill=(0, 200, 0, 255))
    return saved(picture, "PNG")


def digest(look: Image.Image) -> str:
    return hashlib.sha256(b"".join(side.to_bytes(4, "big") for side in look.size) + look.tobytes()).hexdigest()


def test_the_evidence_names_the_digest_of_each_look_that_each_tool_was_given(judge: Judge) -> None:
    data = clear()
    verdict = verdict_on(judge, data)
    again = verdict_on(judge, data)

    assert [(look.detector, look.part) for look in verdict.looks] == [("a.bright", "p0"), ("a.words", "p0")]
    assert list(verdict.looks[0].sha256) == [digest(look) for look in looks(data)]
    assert list(verdict.looks[1].sha256) == [digest(look) for look in looks(data, longest=32)]
    assert len(set(verdict.looks[0].sha256)) == 2
    assert again.looks == verdict.looks, "what was found a moment ago was found in the same pixels"
    assert verdict.looks[0].sha256[1][:12] in " ".join(verdict_words(verdict))
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_a_verdict_from_before_looks_were_recorded_is_read(judge: Judge) -> None:
    stored = verdict_on(judge, clear()).model_dump(mode="json")
    del stored["looks"]

    assert Verdict.model_validate(stored).looks == ()


def test_what_an_extractor_leaves_out_is_a_failure_and_what_it_made_is_looked_at(judge: Judge) -> None:
    whole = verdict_on(judge, saved(Image.new("RGB", (64, 40), (0, 255, 0)), "PNG"))
    half = verdict_on(judge, saved(Image.new("RGB", (64, 40), (255, 0, 0)), "PNG"))

    assert (whole.outcome, half.outcome) == ("approve", "review")
    [failure] = half.failures
    assert (failure.detector.name, failure.kind, failure.message) == ("a.words", "not_run", "only half of it was read")
    _, answers = judge.runner.extract("shop", [], lambda tool: True)
    assert answers == Answers()
