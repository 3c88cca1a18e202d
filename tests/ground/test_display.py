"""The copy of a picture that a reviewer's browser gets shows what detectors were shown."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops, ImageSequence

from ground.media.display import BACKGROUND_MS, display_copy
from ground.media.rendering import frames, looks
from tests.odd_animations import gif, gif_frame, odd_animations
from tests.odd_pictures import apng, grey, odd_pictures, saved, subject


def shown(data: bytes, **given: object) -> list[tuple[Image.Image, int]]:
    """Each picture of the copy, and for how many milliseconds it is shown."""
    copy, kind = display_copy(data, **given)  # type: ignore[arg-type]
    with Image.open(io.BytesIO(copy)) as opened:
        assert kind == f"image/{str(opened.format).lower()}"
        found = []
        for frame in ImageSequence.Iterator(opened):
            picture = frame.convert("RGB")
            found.append((picture, int(frame.info.get("duration", 0))))
        return found


def alike(one: Image.Image, other: Image.Image, most: int = 30) -> bool:
    """The same picture, but for what a lossy format changes."""
    if one.size != other.size:
        return False
    small = (one.resize((12, 8), Image.Resampling.BOX), other.resize((12, 8), Image.Resampling.BOX))
    return max(int(high) for _, high in ImageChops.difference(*small).getextrema()) <= most


def test_a_reviewer_sees_of_every_odd_picture_what_detectors_see() -> None:
    wrong = []
    for name, (_, data) in odd_pictures().items():
        pictures = [picture for picture, _ in shown(data)]
        first, last = looks(data)[0], looks(data)[-1]
        if not (
            alike(pictures[0], first) and (len(pictures) == 1 or name.count("animated") or alike(pictures[-1], last))
        ):
            wrong.append(name)
    assert wrong == []


def test_every_frame_of_an_animation_is_shown_on_white_and_on_black_when_these_differ() -> None:
    wrong = []
    for name, (_, data) in odd_animations().items():
        seen = [frame.looks for frame in frames(data)]
        wanted = [each[0] for each in seen]
        if any(len(each) > 1 for each in seen):
            wanted += [each[-1] for each in seen]
        pictures = [picture for picture, _ in shown(data)]
        # A writer joins neighbours that are alike.
        steps = iter(wanted)
        if not all(any(alike(picture, one, 100) for one in steps) for picture in pictures):
            wrong.append(name)
    assert wrong == []


def test_a_still_picture_that_shows_through_is_on_white_and_on_black_in_turn() -> None:
    letters = Image.new("RGBA", (40, 30), "white")
    letters.putalpha(grey().resize((40, 30)))

    copies = shown(saved(letters, "PNG"))
    assert [milliseconds for _, milliseconds in copies] == [BACKGROUND_MS] * 2
    assert all(alike(picture, look) for (picture, _), look in zip(copies, looks(saved(letters, "PNG")), strict=True))


def test_what_is_painted_over_is_on_both_backgrounds() -> None:
    letters = Image.new("RGBA", (40, 40), "white")
    letters.putalpha(200)

    copies = shown(saved(letters, "PNG"), covers=[(0.5, 0.5, 0.25, 0.25)])
    assert len(copies) == 2
    for picture, _ in copies:
        assert max(picture.getpixel((25, 25))) < 40  # type: ignore[arg-type]
        assert min(picture.getpixel((5, 5))) > 150  # type: ignore[arg-type]


def test_an_animation_with_something_to_hide_is_its_first_frame() -> None:
    data = gif([gif_frame(subject().quantize(16)), gif_frame(grey().convert("P"))])

    [(picture, _)] = shown(data, covers=[(0.0, 0.0, 0.1, 0.1)])
    assert max(picture.getpixel((1, 1))) < 40  # type: ignore[arg-type]


@pytest.mark.parametrize("delay", [0, 30])
def test_the_picture_before_an_animation_is_shown_long_enough(delay: int) -> None:
    data = apng(grey().convert("RGB"), [(subject(), 0, 0, 0, 0)], delay=delay)

    assert [milliseconds for _, milliseconds in shown(data)] == [100 if delay == 0 else 30, BACKGROUND_MS]
