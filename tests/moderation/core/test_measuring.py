"""What is measured of parts, and how it reaches the rules of a running service."""

from __future__ import annotations

from pathlib import Path

import pytest

from ground.media.limits import Limits
from moderation.core.items import Media, Part, Source
from moderation.core.measuring import measured
from moderation.core.taxonomy import Taxonomy
from moderation.media.inspecting import inspect, media_at
from moderation.policies.files import policy_of_bytes
from moderation.settings import Settings
from tests.houses.service import HEAD, House
from tests.recordings import mp4

RULES = """\
needs: [pii.text]
rules:
  - id: long
    when: {text_length: {at_least: 20}}
    then: {review: people}
  - id: short
    when: {all: [{text_length: {below: 3}}, {parts: {at_most: 1}}]}
    then: reject
"""


def test_rules_know_what_was_measured(settings: Settings, tmp_path: Path) -> None:
    house = House(settings, tmp_path / "rules", HEAD + RULES)
    items = [house.post(text) for text in ("a", "a fine day", "a fine day for a walk")]
    house.service.close()

    assert [(item.status, item.ruling and item.ruling.outcome) for item in items] == [
        ("decided", "reject"),
        ("decided", "approve"),
        ("in_review", "review"),
    ]


def test_a_picture_has_all_that_its_file_says_and_a_film_what_is_known_of_it() -> None:
    picture = Media(
        uri="s3://b/k", sha256="0", content_type="image/gif", size_bytes=9, width=2000, height=500, frames=3
    )
    film = Media(uri="s3://b/k", sha256="0", content_type="video/mp4", size_bytes=9, seconds=12.5, sound_seconds=0.0)

    assert measured(Part(id="p0", type="image", media=picture)) == {
        "width": 2000, "height": 500, "megapixels": 1.0, "frames": 3, "bytes": 9, "media_type": "image/gif"
    }  # fmt: skip
    assert measured(Part(id="p0", type="video", media=film)) == {
        "width": None, "height": None, "megapixels": None, "frames": None, "bytes": 9, "media_type": "video/mp4",
        "duration": 12.5, "sound": 0.0
    }  # fmt: skip
    assert measured(Part(id="p0", type="text", text="\U0001f600é")) == {"text_length": 2}


def test_how_long_a_recording_plays_is_kept_with_it_and_not_known_of_older_ones() -> None:
    data = mp4(b"vide", b"soun", seconds=12.5)
    film = media_at("s3://b/k", data, inspect(data, Limits(), None))
    stored = film.model_dump(mode="json")
    measured_later = ("seconds", "sound_seconds")
    older = Media.model_validate({key: value for key, value in stored.items() if key not in measured_later})

    facts = measured(Part(id="p0", type="video", media=Media.model_validate(stored)))
    assert (facts["duration"], facts["sound"]) == (12.5, 12.5)
    facts = measured(Part(id="p0", type="video", media=older))
    assert (facts["duration"], facts["sound"]) == (None, None)
    assert "seconds" not in older.model_dump(mode="json")


def test_what_could_not_be_fetched_may_be_anything_of_its_type() -> None:
    gone = Source(url="http://x.example/y", problem="404")

    assert set(measured(Part(id="p0", type="image", source=gone)).values()) == {None}
    assert "width" not in measured(Part(id="p0", type="audio", source=gone))
    assert "duration" in measured(Part(id="p0", type="audio", source=gone))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{hour: {at_least: 5, below: 5}}", "the whole day, or no time at all"),
        ("{hour: {at_least: 0, below: 24}}", "the whole day, or no time at all"),
        ("{hour: {at_least: 22, below: 6}, zone: Zurich}", "'Zurich' is no time zone"),
        ("{weekday: [Monday]}", "mon"),
        ("{media_type: [gif]}", "'gif' is no type of pictures"),
        ("{width: 300}", "its keys: at_least, below"),
        ("{width: {at_least: 5}, zone: UTC}", "'zone' stands beside hour or weekday, not beside width"),
    ],
)
def test_what_makes_no_sense_is_refused_in_its_line(written: str, said: str) -> None:
    text = f"{HEAD}rules:\n  - id: odd\n    when: {written}\n    then: reject\n"
    policy, problems = policy_of_bytes("words.yml", text.encode(), Taxonomy())

    assert policy is None
    assert any(said in f"{problem.message} {problem.hint}" for problem in problems), problems
    assert {problem.line for problem in problems} == {text.splitlines().index(f"    when: {written}") + 1}
