"""Letters that everybody sees in a browser are read, however the file makes them."""

from __future__ import annotations

import io

import pytest
from moderation_vision.frames import Frames
from moderation_vision.text import Text
from PIL import Image, ImageDraw

from plugins.vision.tests.pictures import Files
from tests.odd_pictures import gamma, gamma_profile, png, png16, saved

CARD = "4111 1111 1111 1111"
SIZE = (640, 160)


def letters(ink: int, paper: int) -> Image.Image:
    """The number in grey on grey."""
    picture = Image.new("L", SIZE, paper)
    ImageDraw.Draw(picture).text((40, 50), CARD, fill=ink, font_size=48)
    return picture


def by_transparency() -> bytes:
    photograph = Image.effect_noise(SIZE, 30).point(lambda level: level // 2).convert("RGB")
    photograph.putalpha(letters(0, 255))
    return saved(photograph, "PNG")


def by_transparency_on_black() -> bytes:
    """White on white, where the page is white."""
    white = Image.new("RGB", SIZE, "white")
    white.putalpha(letters(255, 0))
    return saved(white, "PNG")


def by_sixteen_bits() -> bytes:
    """All of it is over 255, where converting cuts off."""
    return png16(letters(40, 220))


def by_gamma() -> bytes:
    return png(letters(243, 255).convert("RGB"), gamma(0.022))


def by_a_profile() -> bytes:
    return saved(letters(4, 0).convert("RGB"), "PNG", icc_profile=gamma_profile(0.25))


def by_inks() -> bytes:
    """In the black alone, which is the fourth of the inks."""
    none = Image.new("L", SIZE, 0)
    return saved(Image.merge("CMYK", (none, none, none, letters(255, 0))), "JPEG", quality=90)


@pytest.fixture(scope="module")
def reader() -> Text:
    return Text()


@pytest.mark.slow
@pytest.mark.parametrize(
    "hide", [by_transparency, by_transparency_on_black, by_sixteen_bits, by_gamma, by_a_profile, by_inks]
)
def test_letters_are_read_however_they_are_made(files: Files, reader: Text, hide: object) -> None:
    assert callable(hide)
    [read] = reader.extract(files.add(hide()), files)

    assert CARD.replace(" ", "") in (read.text or "").replace(" ", "")


@pytest.mark.slow
def test_letters_of_a_frame_that_is_shown_for_long_are_read(files: Files, reader: Text) -> None:
    brief = [Image.new("L", SIZE, 200 + number).convert("P") for number in range(8)]
    brief[4] = letters(0, 200).convert("P")
    out = io.BytesIO()
    durations = [20] * 4 + [10_000] + [20] * 3
    brief[0].save(out, "GIF", save_all=True, append_images=brief[1:], duration=durations)

    [frame] = Frames().extract(files.add(out.getvalue()), files)
    [read] = reader.extract(files.add(frame.data or b""), files)
    assert CARD.replace(" ", "") in (read.text or "").replace(" ", "")
