"""What is found at a place is drawn and blanked there, whatever a file says of its upper side."""

from __future__ import annotations

import io

import pytest
from moderation_vision.blanking import Blank
from PIL import Image

from ground.media.display import display_copy
from moderation.core.detections import Detection
from moderation.core.items import Box
from plugins.vision.tests.pictures import Files
from tests.odd_pictures import odd_pictures

TURNED = {
    name: given
    for name, given in odd_pictures().items()
    if any(word in name for word in ("exif", "xmp", "eXIf", "XMP", "turned"))
}


def mark(picture: Image.Image) -> tuple[float, float, float, float] | None:
    """Where the white mark is, as ratios: left, top, right, bottom; None where there is none."""
    white = picture.convert("L").point(lambda level: 255 if level > 235 else 0)
    found = white.getbbox()
    if found is None:
        return None
    left, top, right, bottom = found
    return left / picture.width, top / picture.height, right / picture.width, bottom / picture.height


@pytest.mark.parametrize("name", TURNED)
def test_a_box_is_at_the_same_place_for_detectors_reviewers_and_redaction(files: Files, name: str) -> None:
    kind, data = TURNED[name]
    part = files.add(data, kind)
    [seen] = files.looks(part)
    place = mark(seen)
    assert place is not None
    with Image.open(io.BytesIO(display_copy(data)[0])) as copy:
        assert copy.size == seen.size
        assert mark(copy) == pytest.approx(place, abs=0.05)

    left, top, right, bottom = place
    box = Box(left=left, top=top, width=right - left, height=bottom - top)
    redacted = Blank().redact(part, [Detection(label="Face", confidence=99, box=box)], files)
    with Image.open(io.BytesIO(redacted.data or b"")) as blanked:
        assert blanked.size == seen.size
        assert mark(blanked) is None
