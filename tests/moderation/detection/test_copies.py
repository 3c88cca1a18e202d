"""Redacted copies are looked at again, made again, and withheld when something is still found in them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import pytest
from PIL import Image, ImageDraw

from ground.media.limits import Limits
from moderation.core.detections import Detection, Failure
from moderation.core.items import Part
from moderation.core.policy.checks import parse_policy
from moderation.core.rules.ruling import rule_on
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy
from moderation.detection.copies import ROUNDS, Copy, CopyMaker, unwanted_labels
from moderation.detection.runner import Runner
from moderation.media.inspecting import inspect, media_at
from moderation.plugins import load_plugins
from moderation.settings import load_settings

LOOSE = """
import numpy
from moderation import hookimpl
from moderation.core.detections import Detection
from moderation.core.items import Extraction, Part, Place, Span

def squares(part, context, least):
    pixels = numpy.asarray(context.looks(part)[0])
    for number in range(10):
        if pixels[50, 100 * number + 50].max() > least:
            yield (number / 10 + 0.02, 0.2, 0.06, 0.6)

class OneAtATime:
    "Sees the first square that is left; a picture where it is red is none that it can read."
    name, version, reads, labels = "odd.first", "1", ("image",), ("Custom/SQUARE",)
    min_confidence, time_limit_seconds = 0, 30.0
    def detect(self, part, context):
        if part.media.width == 500:
            raise ValueError("five squares")
        return [Detection(label=self.labels[0], confidence=80, box=box) for box in list(squares(part, context, 40))[:1]]

class Stubborn(OneAtATime):
    "Sees a square in anything."
    name, labels = "odd.stubborn", ("Custom/GHOST",)
    def detect(self, part, context):
        return [Detection(label=self.labels[0], confidence=80, box=(0.1, 0.1, 0.1, 0.1))]

class Reader:
    "Reads a word in each square."
    name, version, reads, makes, time_limit_seconds = "odd.reader", "1", ("image",), ("text",), 30.0
    def extract(self, part, context):
        boxes = list(squares(part, context, 40))
        places = [Place(span=Span(start=5 * n, end=5 * n + 4), box=box) for n, box in enumerate(boxes)]
        text = "".join(f"word {n} " [:5] for n, _ in enumerate(boxes))
        return [Part(type="text", text=text, extraction=Extraction(part="", extractor={"name": "x", "version": "1"}, places=places))] if boxes else []

class Words:
    "Finds the first word."
    name, version, reads, labels, min_confidence, time_limit_seconds = "odd.words", "1", ("text",), ("Custom/WORD",), 0, 30.0
    def detect(self, part, context):
        return [Detection(label="Custom/WORD", confidence=80, span=(0, 4))] if part.text.startswith("word") else []

@hookimpl
def register_detectors(settings):
    return [OneAtATime(), Stubborn(), Words()]

@hookimpl
def register_extractors(settings):
    return [Reader()]
"""
Maker = Callable[[str], CopyMaker]


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    """Copies in which nothing of a label may be found."""
    folder = tmp_path_factory.mktemp("plugins")
    (folder / "odd.py").write_text(LOOSE)
    plugins = load_plugins(load_settings(plugins_dir=folder))
    runner = Runner(plugins, folder, lambda part: Path(part.media.uri if part.media else ""))
    # The plugins' own reader of text takes seconds to load, and has nothing to read here.
    asked = {"odd.first", "odd.stubborn", "odd.reader", "odd.words"}
    yield lambda label: CopyMaker(runner, plugins, Limits(), "app", frozenset({label}), lambda tool: tool.name in asked)
    runner.close()


def with_squares(folder: Path, count: int, width: int = 1000) -> Part:
    """White squares on black, side by side, from the left."""
    picture = Image.new("RGB", (width, 100))
    for number in range(count):
        ImageDraw.Draw(picture).rectangle((100 * number + 20, 20, 100 * number + 79, 79), fill="white")
    out = io.BytesIO()
    picture.save(out, "PNG")
    path = folder / f"{count}-{width}.png"
    path.write_bytes(out.getvalue())
    return Part(
        id="p0", type="image", media=media_at(str(path), out.getvalue(), inspect(out.getvalue(), Limits(), "image"))
    )


def found(label: str, number: int = 0) -> Detection:
    return Detection(label=label, confidence=80, part="p0", box=(number / 10 + 0.02, 0.2, 0.06, 0.6))


def brightest(copy: Copy) -> int:
    return int(numpy.asarray(Image.open(io.BytesIO(copy.data)).convert("L")).max())


def test_what_is_seen_once_the_rest_is_gone_is_taken_out_too(maker: Maker, tmp_path: Path) -> None:
    copy = maker("Custom/SQUARE").make(with_squares(tmp_path, ROUNDS), [found("Custom/SQUARE")])

    assert isinstance(copy, Copy)
    assert brightest(copy) == 0


def test_what_is_read_once_the_rest_is_gone_is_taken_out_too(maker: Maker, tmp_path: Path) -> None:
    copy = maker("Custom/WORD").make(with_squares(tmp_path, 2), [found("Custom/WORD")])

    assert isinstance(copy, Copy)
    assert brightest(copy) == 0


def test_a_copy_that_shows_something_after_all_rounds_is_none(maker: Maker, tmp_path: Path) -> None:
    [failure] = maker("Custom/SQUARE").make(with_squares(tmp_path, ROUNDS + 1), [found("Custom/SQUARE")])

    assert isinstance(failure, Failure)
    assert (failure.part, failure.kind) == ("p0", "invalid_answer")
    assert "Custom/SQUARE was still found" in failure.message


def test_who_sees_something_in_blackness_lets_no_copy_pass(maker: Maker, tmp_path: Path) -> None:
    [failure] = maker("Custom/GHOST").make(with_squares(tmp_path, 1), [found("Custom/GHOST", 1)])

    assert isinstance(failure, Failure)


def test_a_copy_that_nobody_could_look_at_is_none(maker: Maker, tmp_path: Path) -> None:
    [failure] = maker("Custom/SQUARE").make(with_squares(tmp_path, 1, width=500), [found("Custom/SQUARE")])

    assert isinstance(failure, Failure)
    assert (failure.detector.name, failure.part, failure.kind) == ("odd.first", "p0", "raised")


def test_only_what_was_to_go_is_looked_for(maker: Maker, tmp_path: Path) -> None:
    copy = maker("Custom/OTHER").make(with_squares(tmp_path, 2), [found("Custom/OTHER")])

    assert isinstance(copy, Copy)
    assert brightest(copy) == 255


def test_all_that_the_true_rules_name_must_not_be_found_and_nothing_that_others_name() -> None:
    taxonomy = Taxonomy()
    policy, problems = parse_policy(
        {
            "policy": "p",
            "format": 1,
            "applies_to": {"content_type": ["image"]},
            "if_nothing_matches": "approve",
            "if_a_detector_fails": "reject",
            "rules": [
                {"id": "a", "when": {"label": "PII/EMAIL"}, "then": "approve", "redact": ["PII", "Text"]},
                {"id": "b", "when": {"label": "Weapons"}, "then": "approve", "redact": ["Face"]},
            ],
        },
        taxonomy,
    )
    assert policy is not None, problems
    seen = Detection(label="PII/EMAIL", confidence=90, part="p0")
    ruling = rule_on([policy], Subject("a", frozenset({"image"})), [seen], taxonomy)

    labels = unwanted_labels(ruling, [seen], taxonomy)

    assert {"PII/EMAIL", "PII/PHONE", "PII", "Text"} <= labels
    assert "Face" not in labels
