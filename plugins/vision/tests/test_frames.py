"""``vision.frames``."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from moderation_vision.frames import MOST, Frames
from PIL import Image, ImageDraw

from moderation.core.items import Part
from moderation.hookspecs import Incomplete
from moderation.testing import ExtractorContract
from plugins.vision.tests.pictures import EXAMPLES, Files, example
from tests.odd_animations import gif, gif_frame
from tests.odd_pictures import apng, subject

CARD = "4111 1111 1111 1111"


def scene(number: int = 0, words: str = "") -> Image.Image:
    """A picture of 480 x 120 pixels; with another number the square on it is elsewhere."""
    picture = Image.new("RGB", (480, 120), (0, 90, 140))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((8 * number, 90, 8 * number + 10, 110), fill="yellow")
    draw.text((20, 30), words, fill="white", font_size=36)
    return picture


def animation(frames: Sequence[tuple[Image.Image, int]], kind: str = "GIF") -> bytes:
    """Frames with the milliseconds of each."""
    out = io.BytesIO()
    first, *others = [picture for picture, _ in frames]
    durations = [milliseconds for _, milliseconds in frames]
    options = {"lossless": True} if kind == "WEBP" else {"disposal": 1} if kind == "GIF" else {}
    first.save(out, kind, save_all=True, append_images=others, duration=durations, loop=0, **options)
    return out.getvalue()


def times(parts: Sequence[Part]) -> list[float]:
    """When each frame is first shown."""
    return [
        round(part.extraction.time_range.start, 2) for part in parts if part.extraction and part.extraction.time_range
    ]


def opened(part: Part) -> Image.Image:
    assert part.data is not None
    return Image.open(io.BytesIO(part.data))


class TestContract(ExtractorContract):
    extractor = Frames
    extracts = (((EXAMPLES / "animated.gif"), ""),)
    ignores = ((EXAMPLES / "landscape.jpg"),)


def test_nothing_hides_behind_the_first_frame(files: Files) -> None:
    frames = Frames().extract(example(files, "animated.gif"), files)

    assert len(frames) > 1
    assert times(frames) == sorted(set(times(frames)))
    assert Frames().extract(example(files, "landscape.jpg"), files) == []


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_frame_among_many_alike_is_found_wherever_it_stands(files: Files, kind: str) -> None:
    shown = [(scene(), 20)] * 40
    shown[23] = (scene(words=CARD), 10_000)
    # Writers join frames that are alike, so each of them differs in a corner, by a little.
    shown = [(picture.copy(), milliseconds) for picture, milliseconds in shown]
    for number, (picture, _) in enumerate(shown):
        picture.putpixel((number % 8, 0), (3, 90, 140))

    [frame] = Frames().extract(files.add(animation(shown, kind)), files)
    assert opened(frame).convert("L").getextrema()[1] > 200
    assert frame.extraction is not None
    assert frame.extraction.time_range is not None
    assert frame.extraction.time_range.end - frame.extraction.time_range.start == pytest.approx(10)


@pytest.mark.parametrize(("milliseconds", "strength", "is_taken"), [
    (5000, 150, True), (5000, 255, True), (60, 255, True), (60, 141, False), (10, 255, True),
])  # fmt: skip
def test_what_is_shown_longer_needs_to_differ_less(
    files: Files, milliseconds: int, strength: int, is_taken: bool
) -> None:
    faint = scene()
    ImageDraw.Draw(faint).text((20, 30), CARD, fill=(strength - 140, 90, max(strength, 146)), font_size=36)
    frames = Frames().extract(files.add(animation([(scene(), 60), (faint, milliseconds)])), files)

    assert bool(frames) == is_taken


def test_beyond_the_limit_it_says_so_and_takes_what_is_shown_longest(files: Files) -> None:
    shown = [(scene(number), 40) for number in range(60)]
    shown[50] = (scene(50, CARD), 5000)
    part = files.add(animation(shown, "WEBP"))

    with pytest.raises(Incomplete, match=f"{MOST} of its frames") as left:
        Frames().extract(part, files)
    assert len(left.value.parts) == MOST
    assert 50 * 0.04 in times(left.value.parts)


def test_a_picture_that_stands_before_an_animation_is_looked_at_too(files: Files) -> None:
    part = files.add(apng(Image.new("RGB", (48, 32), "red"), [(subject(), 0, 0, 0, 0)]))

    [frame] = Frames().extract(part, files)
    assert opened(frame).getpixel((0, 0)) == (255, 0, 0)
    assert frame.extraction is not None
    assert frame.extraction.time_range is None


def test_a_frame_keeps_what_shows_through_it(files: Files) -> None:
    plain = Image.new("P", (40, 40))
    part = files.add(gif([gif_frame(plain), gif_frame(plain, 0, 0, 2), gif_frame(plain.resize((8, 8)))], (40, 40)))

    *_, last = Frames().extract(part, files)
    assert len(files.looks(files.add(last.data or b""))) == 2
