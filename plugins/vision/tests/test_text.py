"""``vision.text``."""

from __future__ import annotations

from pathlib import Path

import pytest
from moderation_vision.reading import finding, pages, scripts
from moderation_vision.text import Text
from PIL import Image, ImageDraw, ImageFont

from moderation.core.items import Part
from moderation.hookspecs import Incomplete, Unreadable
from moderation.testing import FakeContext
from plugins.vision.tests.pictures import EXAMPLES, png

WORDS = "Call Maria Gonzalez 206-555-0142"
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(scope="module")
def reader() -> Text:
    """One for all, because it loads its models once."""
    return Text()


@pytest.fixture
def context(tmp_path: Path) -> FakeContext:
    return FakeContext(tmp_path)


def drawn(
    text: str = WORDS,
    size: int = 28,
    on: tuple[int, int] = (640, 100),
    at: tuple[int, int] = (30, 30),
    ink: object = "black",
    ground: object = "white",
    mode: str = "RGB",
) -> Image.Image:
    """A picture with one line."""
    picture = Image.new(mode, on, ground)  # type: ignore[arg-type]
    ImageDraw.Draw(picture).text(at, text, ink, ImageFont.load_default(size))  # type: ignore[arg-type]
    return picture


def read(reader: Text, context: FakeContext, picture: Image.Image | bytes) -> list[str]:
    """The lines of a picture, in order."""
    made = reader.extract(context.part(picture if isinstance(picture, bytes) else png(picture)), context)
    return (made[0].text or "").split("\n") if made else []


def places_of(part: Part) -> list[str]:
    assert part.text is not None
    assert part.extraction is not None
    return [part.text[place.span.start : place.span.end] for place in part.extraction.places if place.span]


def test_text_in_a_picture_is_read_line_by_line_with_its_places(reader: Text, context: FakeContext) -> None:
    [part] = reader.extract(context.part((EXAMPLES / "address-in-picture.png").read_bytes()), context)
    assert part.text is not None
    assert part.extraction is not None

    assert places_of(part) == part.text.split("\n")
    assert len(places_of(part)) == 4
    assert "217-555-0148" in part.text
    assert "margaret.hollis@example.com" in part.text
    tops = [place.box.top for place in part.extraction.places if place.box]
    assert tops == sorted(tops)


def test_a_table_is_read_row_by_row(reader: Text, context: FakeContext) -> None:
    picture = Image.new("RGB", (640, 240), "white")
    for row, cells in enumerate((("Name", "Maria"), ("Phone", "555-0142"), ("City", "Seattle"))):
        for column, cell in enumerate(cells):
            ImageDraw.Draw(picture).text((30 + 300 * column, 30 + 60 * row), cell, "black", ImageFont.load_default(28))

    assert read(reader, context, picture) == ["Name", "Maria", "Phone", "555-0142", "City", "Seattle"]


@pytest.mark.parametrize("size", [10, 14, 40])
def test_letters_of_many_sizes_are_read(reader: Text, context: FakeContext, size: int) -> None:
    assert read(reader, context, drawn(size=size, on=(900, 120))) == [WORDS]


@pytest.mark.parametrize("degrees", [10, 45, 90, 180, 270])
def test_turned_text_is_read(reader: Text, context: FakeContext, degrees: int) -> None:
    turned = drawn().rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")

    assert read(reader, context, turned) == [WORDS]


def test_text_that_hardly_differs_from_its_ground_is_read(reader: Text, context: FakeContext) -> None:
    assert read(reader, context, drawn(ink=(136,) * 3, ground=(128,) * 3)) == [WORDS]


def test_small_text_in_a_large_picture_is_read_where_it_is(reader: Text, context: FakeContext) -> None:
    picture = drawn(size=22, on=(4000, 3000), at=(2900, 2500), ground=(235, 235, 230))
    [part] = reader.extract(context.part(png(picture)), context)

    assert part.text == WORDS
    assert part.extraction is not None
    box = part.extraction.places[0].box
    assert box is not None
    assert box.left == pytest.approx(2900 / 4000, abs=0.005)
    assert box.top + box.height / 2 == pytest.approx(2513 / 3000, abs=0.005)


def test_each_message_of_a_tall_screenshot_is_read_once(reader: Text, context: FakeContext) -> None:
    """Tiles end at other heights than messages do."""
    picture = Image.new("RGB", (720, 3600), (230, 225, 215))
    draw, said = ImageDraw.Draw(picture), []
    for number in range(40):
        left, top = 30 + 150 * (number % 2), 20 + 89 * number
        draw.rounded_rectangle((left, top, left + 480, top + 56), 12, "white")
        said.append(f"Meet me in room {1000 + 37 * number} in May")
        draw.text((left + 14, top + 12), said[-1], "black", ImageFont.load_default(26))

    assert read(reader, context, picture) == said


def test_a_line_that_crosses_many_tiles_is_one_line(reader: Text, context: FakeContext) -> None:
    said = " ".join(f"Maria called {number}" for number in range(100, 108))
    lines = read(reader, context, drawn(said, size=24, on=(4000, 48), at=(20, 8)))

    assert " ".join(lines) == said


def test_what_shows_on_white_and_on_black_is_read(reader: Text, context: FakeContext) -> None:
    picture = drawn(on=(640, 200), ground=(0, 0, 0, 0), ink=(255, 255, 255, 255), mode="RGBA")
    ImageDraw.Draw(picture).text((30, 120), "Name Seattle 98101", (0, 0, 0, 255), ImageFont.load_default(28))

    assert sorted(read(reader, context, picture)) == [WORDS, "Name Seattle 98101"]


@pytest.mark.parametrize("name", ["landscape.jpg", "face.jpg"])
def test_a_photograph_has_no_text(reader: Text, context: FakeContext, name: str) -> None:
    assert read(reader, context, (EXAMPLES / name).read_bytes()) == []


def test_what_is_beyond_the_budget_makes_the_picture_unreadable(
    reader: Text, context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_COLUMNS", 500)
    with pytest.raises(Unreadable, match="more text than is read in one picture: 1 lines or so"):
        read(reader, context, drawn())

    monkeypatch.setattr(finding, "MOST", 50_000)
    with pytest.raises(Unreadable, match="may be text"):
        read(reader, context, drawn())


@pytest.mark.parametrize("name", ["russian", "georgian"])
def test_a_line_that_cannot_be_read_makes_the_picture_unreadable(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What other scripts need is not installed."""
    monkeypatch.setattr(scripts, "FOLDERS", ())

    with pytest.raises(Unreadable, match="1 of 1 lines of text in it cannot be read"):
        read(Text(), context, (SAMPLES / f"{name}.png").read_bytes())


def test_what_can_be_read_beside_a_line_that_cannot_is_read(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripts, "FOLDERS", ())
    foreign = Image.open(SAMPLES / "georgian.png").convert("RGB")
    both = Image.new("RGB", (max(foreign.width, 640), foreign.height + 120), "white")
    both.paste(foreign, (0, 0))
    ImageDraw.Draw(both).text((30, foreign.height + 40), WORDS, (0, 0, 0), ImageFont.load_default(28))

    with pytest.raises(Incomplete, match="1 of 2 lines of text in it cannot be read") as caught:
        read(Text(), context, png(both))

    assert [part.text for part in caught.value.parts] == [WORDS]


@pytest.mark.parametrize(
    ("name", "said"),
    [("russian", "Позвони Марии Ивановой 206-555-0142"), ("greek", "Κάλεσε τη Μαρία στο 206-555-0142")],
)
def test_other_scripts_are_read_where_they_are_installed(
    reader: Text, context: FakeContext, name: str, said: str
) -> None:
    assert scripts.missing() == ""
    assert read(reader, context, (SAMPLES / f"{name}.png").read_bytes()) == [said]
    upside_down = Image.open(SAMPLES / f"{name}.png").convert("RGB").rotate(180)
    assert read(reader, context, upside_down) == [said]


def test_the_models_stay_behind_when_it_travels(reader: Text, context: FakeContext) -> None:
    import pickle

    read(reader, context, drawn())

    assert len(pickle.dumps(reader)) < 1000
