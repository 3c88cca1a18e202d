from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from moderation_vision.faces import Faces
from moderation_vision.frames import Frames
from moderation_vision.metadata import Metadata
from moderation_vision.quality import Quality
from moderation_vision.text import Text
from PIL import Image

from moderation.core.items import Media, Part
from moderation.hookspecs import Unreadable

EXAMPLES = Path(__file__).parent.parent.parent.parent / "examples"


class Files:
    """A context over bytes."""

    app = "test"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, data: bytes, content_type: str = "image/png", name: str | None = None, **facts: Any) -> Part:
        path = self.folder / str(len(list(self.folder.iterdir())))
        path.write_bytes(data)
        media = Media(uri=str(path), sha256="", content_type=content_type, size_bytes=len(data), name=name, **facts)
        return Part(id="p0", type="image", media=media)

    def path(self, part: Part) -> Path:
        assert part.media is not None
        return Path(part.media.uri)

    def read(self, part: Part) -> bytes:
        return self.path(part).read_bytes()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def example(files: Files, name: str) -> Part:
    return files.add((EXAMPLES / name).read_bytes(), name=name)


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_a_face_is_found_where_it_is(files: Files) -> None:
    [face] = Faces().detect(example(files, "face.jpg"), files)

    assert face.confidence > 80
    assert face.box is not None
    assert 0.3 < face.box.left < 0.5
    assert 0.05 < face.box.top < 0.25


def test_boxes_hold_for_a_picture_that_lies_on_its_side(files: Files) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.open(EXAMPLES / "face.jpg").rotate(90, expand=True).save(out, "JPEG", exif=exif)
    [face] = Faces().detect(files.add(out.getvalue()), files)

    assert face.box is not None
    assert 0.3 < face.box.left < 0.5


def test_a_landscape_has_no_face(files: Files) -> None:
    assert Faces().detect(example(files, "landscape.jpg"), files) == []


def test_a_position_in_the_metadata_is_said_but_not_copied(files: Files) -> None:
    found = Metadata().detect(example(files, "gps.jpg"), files)

    assert [(d.label, d.confidence) for d in found] == [("PII/GPS_POSITION", 99)]
    assert "48" not in str(found[0].attributes)


def test_serial_numbers_and_owners_are_said(files: Files) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0xA431: "SN12345", 0xA430: "Jane Doe"})
    out = io.BytesIO()
    Image.new("RGB", (60, 60)).save(out, "JPEG", exif=exif)

    assert {d.label for d in Metadata().detect(files.add(out.getvalue()), files)} == {"PII/DEVICE_SERIAL", "PII/NAME"}


def test_a_picture_without_metadata_gives_nothing_away(files: Files) -> None:
    assert Metadata().detect(example(files, "landscape.jpg"), files) == []


@pytest.mark.parametrize(
    ("picture", "name", "labels"),
    [
        (Image.effect_noise((200, 200), 80).convert("RGB"), "x.png", set()),
        (Image.effect_noise((20, 200), 80).convert("RGB"), "x.png", {"Quality/TOO_SMALL"}),
        (Image.new("RGB", (200, 200), "red"), "x.png", {"Quality/BLANK"}),
        (Image.effect_noise((200, 200), 80).convert("RGB"), "x.jpg", {"Quality/WRONG_TYPE"}),
    ],
)
def test_quality(files: Files, picture: Image.Image, name: str, labels: set[str]) -> None:
    part = files.add(png(picture), name=name, width=picture.width, height=picture.height)

    assert {d.label for d in Quality().detect(part, files)} == labels


@pytest.mark.slow
def test_text_in_a_picture_is_read_line_by_line_with_its_places(files: Files) -> None:
    [part] = Text().extract(example(files, "address-in-picture.png"), files)
    assert part.text is not None
    assert part.extraction is not None
    lines = [part.text[place.span.start : place.span.end] for place in part.extraction.places]

    assert lines == part.text.split("\n")
    assert len(lines) == 4
    assert "217-555-0148" in part.text
    assert "margaret.hollis@example.com" in part.text
    tops = [place.box.top for place in part.extraction.places if place.box]
    assert tops == sorted(tops)


def test_nothing_hides_behind_the_first_frame(files: Files) -> None:
    frames = Frames().extract(example(files, "animated.gif"), files)

    assert 1 < len(frames) <= 6
    assert all(frame.data is not None for frame in frames)
    times = [frame.extraction.time_range.start for frame in frames if frame.extraction and frame.extraction.time_range]
    assert times == sorted(set(times))
    assert Frames().extract(example(files, "landscape.jpg"), files) == []


@pytest.mark.parametrize(
    "tool", [Faces().detect, Metadata().detect, Quality().detect, Text().extract, Frames().extract]
)
def test_what_is_no_picture_is_unreadable(files: Files, tool: Any) -> None:
    for data in (b"", b"\xff\xd8\xff\xe0 nothing", (EXAMPLES / "corrupt.jpg").read_bytes()):
        part = files.add(data)
        if data and tool.__self__.name in ("vision.exif", "vision.frames") and len(data) > 100:
            continue  # the head of a truncated picture is enough for these
        with pytest.raises(Unreadable):
            tool(part, files)
