"""``vision.faces``."""

from __future__ import annotations

import io

from moderation_vision.faces import Faces
from PIL import Image

from plugins.vision.tests.pictures import EXAMPLES, Files, example


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
