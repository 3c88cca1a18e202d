"""A film is judged by what detectors of pictures see in it, each thing with its seconds; what nobody saw goes to people."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ground.blobs import FolderBlobs
from ground.media.limits import Limits
from moderation.core.errors import PolicyMissing
from moderation.core.items import Item, Part
from moderation.detection.judge import Judge
from moderation.detection.judgement import Judgement
from moderation.detection.runner import Runner
from moderation.media.inspecting import inspect, store_media
from moderation.plugins import load_plugins
from moderation.policies.files import load_policies, shipped_rules
from moderation.settings import load_settings
from plugins.film.tests.films import BLUE, GREEN, GREY, RED, film, shots

PLUGIN = """
from moderation import hookimpl
from moderation.core.detections import Detection
from moderation.hookspecs import Unreadable

class Red:
    name, version, reads, labels = "test.red", "1", ("image",), ("Weapons",)
    min_confidence, time_limit_seconds = 0, 20.0
    def detect(self, part, context):
        red, green, blue = context.looks(part)[0].resize((1, 1)).getpixel((0, 0))
        if blue > 150:
            raise Unreadable("blue")
        return [Detection(label="Weapons", confidence=90)] if red > 150 else []

@hookimpl
def register_detectors(settings):
    return [Red()]
"""
POLICY = """
policy: films
format: 1
description: A test.
applies_to: {content_type: [video]}
needs: [film.frames, test.red]
every: 1s
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues: [{name: people, a2i_flow: people}]
rules:
  - id: red-for-long
    why: Red for three seconds
    when: {label: Weapons, at_least: 50, seconds: {at_least: 3}}
    then: reject
"""
PICTURES = """
policy: pictures
format: 1
description: A test.
applies_to: {content_type: [image]}
needs: [test.red]
if_nothing_matches: reject
if_a_detector_fails: reject
"""
Judging = Callable[..., Judgement]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judging]:
    folder = tmp_path_factory.mktemp("films")
    for name, text in (("plugins/red.py", PLUGIN), ("rules/films.yml", POLICY), ("rules/pictures.yml", PICTURES)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    settings = load_settings(data=folder / "data", plugins_dir=folder / "plugins")
    plugins = load_plugins(settings)
    plugins = dataclasses.replace(
        plugins,
        detectors=tuple(each for each in plugins.detectors if each.name == "test.red"),
        extractors=tuple(each for each in plugins.extractors if each.name == "film.frames"),
        redactors=(),
    )
    blobs = FolderBlobs(folder / "media", "moderation")
    policies = load_policies(folder / "rules", plugins.taxonomy, plugins.tools)
    runner = Runner(plugins, settings.plugins_dir, lambda part: blobs.local_path(part.media.uri if part.media else ""))
    judge = Judge(plugins, policies, runner, blobs, Limits())

    def judged_of(data: bytes, *left_out: str) -> Judgement:
        media = store_media(blobs, data, inspect(data, Limits(), "video"), None, left_out)
        part = Part(id="p0", type="video", media=media)
        return judge.judge(Item(id="i", app="shop", parts=(part,), created_at=datetime.now(UTC)))

    yield judged_of
    judge.close()


def test_what_is_seen_has_its_seconds_and_rules_know_how_long_it_lasts(judged: Judging) -> None:
    long = judged(film(shots((2, GREY), (6, RED), (8, GREEN)), 8, gop=25))
    short = judged(film(shots((2, GREY), (4, RED), (8, GREEN)), 8, gop=25))

    (detection,) = long.detections
    assert detection.time_range is not None
    assert (round(detection.time_range.start, 1), round(detection.time_range.end, 1)) == (2.0, 6.0)
    assert detection.part.startswith("p0.")
    assert [judgement.verdict.outcome for judgement in (long, short)] == ["reject", "approve"]
    assert [each.detectors for each in short.verdict.examined] == [("test.red",)]


def test_a_film_of_which_something_is_not_in_its_file_goes_to_people(judged: Judging) -> None:
    judgement = judged(film(shots((2, GREEN)), 2), "line 2 of its playlist: subtitles, which were not read")

    assert judgement.verdict.outcome == "review"
    assert [(each.kind, each.part, each.message) for each in judgement.failures] == [
        ("not_examined", "p0", "line 2 of its playlist: subtitles, which were not read")
    ]


def test_policies_for_pictures_do_not_judge_films(judged: Judging) -> None:
    judgement = judged(film(shots((4, GREEN)), 4))

    assert [policy.name for policy in judgement.applicable] == ["films"]
    assert judgement.verdict.outcome == "approve"


def test_a_picture_that_nobody_could_look_at_sends_the_film_to_people(judged: Judging) -> None:
    judgement = judged(film(shots((2, GREY), (4, BLUE), (8, GREEN)), 8, gop=25))

    assert [failure.kind for failure in judgement.failures] == ["unreadable"]
    assert (judgement.verdict.outcome, judgement.verdict.queue) == ("review", "people")


def test_a_film_that_breaks_off_goes_to_people_with_what_was_seen(judged: Judging) -> None:
    data = bytearray(film(shots((3, GREEN), (9, GREY)), 9, gop=25))
    at = data.index(b"mdat")
    size = int.from_bytes(data[at - 4 : at], "big")
    data[at + 4 + size // 2 : at - 4 + size] = bytes(len(data[at + 4 + size // 2 : at - 4 + size]))

    judgement = judged(bytes(data))

    assert [(failure.detector.name, failure.kind) for failure in judgement.failures] == [("film.frames", "not_run")]
    assert "could not be decoded" in judgement.failures[0].message
    assert len(judgement.parts) > 1
    assert judgement.verdict.outcome == "review"


def test_without_the_extra_films_are_refused_and_it_is_said_how_to_add_it(tmp_path: Path) -> None:
    plugins = load_plugins(load_settings(data=tmp_path / "data"))
    plugins = dataclasses.replace(
        plugins, extractors=tuple(each for each in plugins.extractors if each.name != "film.frames")
    )
    blobs = FolderBlobs(tmp_path / "media", "moderation")
    policies = load_policies(shipped_rules(), plugins.taxonomy, plugins.tools)
    runner = Runner(plugins, None, lambda part: tmp_path)
    judge = Judge(plugins, policies, runner, blobs, Limits())

    try:
        with pytest.raises(
            PolicyMissing, match=r"policy 'film' is for it and waits for film.frames.*moderation\[film\]"
        ):
            judge.applicable("shop", [Part(id="p0", type="video")])
    finally:
        judge.close()
