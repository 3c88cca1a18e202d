"""``vision.faces``."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import moderation_vision
import numpy
import pytest
from moderation_vision.faces import Faces, QuickFaces
from PIL import Image

from plugins.vision.tests.pictures import EXAMPLES, Files, example, png

WEIGHTS = Path(moderation_vision.__file__).parent / "weights"


def on_a_wall(*faces: Image.Image, size: tuple[int, int] = (1100, 900)) -> Image.Image:
    """Faces on grey, in rows from the top left; each in a square of 350 pixels."""
    wall = Image.new("RGB", size, "#8a8f94")
    for number, face in enumerate(faces):
        wall.paste(face, (20 + 350 * (number % 3), 20 + 430 * (number // 3)))
    return wall


def face(side: int = 300) -> Image.Image:
    with Image.open(EXAMPLES / "face.jpg") as picture:
        return picture.convert("RGB").crop((110, 0, 350, 240)).resize((side, side))


def test_a_face_is_found_where_it_is(files: Files) -> None:
    [found] = Faces().detect(example(files, "face.jpg"), files)

    assert found.confidence > 90
    assert found.box is not None
    assert 0.3 < found.box.left < 0.5
    assert 0.05 < found.box.top < 0.25


@pytest.mark.parametrize("side", [110, 180, 700])
def test_the_quick_look_finds_upright_faces_of_all_sizes_where_they_are(files: Files, side: int) -> None:
    scene = Image.new("RGB", (1280, 720), "#8a8f94")
    scene.paste(face(side), (40, 10))

    [found] = QuickFaces().detect(files.add(png(scene)), files)

    assert found.box is not None
    x, y = found.box.left + found.box.width / 2, found.box.top + found.box.height / 2
    assert 40 < x * 1280 < 40 + side
    assert 10 < y * 720 < 10 + side


def test_the_quick_look_finds_nothing_where_there_is_no_face(files: Files) -> None:
    assert QuickFaces().detect(example(files, "landscape.jpg"), files) == []
    assert not QuickFaces.examines, "it clears nothing"


def test_boxes_hold_for_a_picture_that_lies_on_its_side(files: Files) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.open(EXAMPLES / "face.jpg").rotate(90, expand=True).save(out, "JPEG", exif=exif)
    [found] = Faces().detect(files.add(out.getvalue()), files)

    assert found.box is not None
    assert 0.3 < found.box.left < 0.5


@pytest.mark.parametrize("angle", [35, 90, 180, 270])
def test_a_face_that_is_turned_is_found_where_it_is(files: Files, angle: int) -> None:
    turned = on_a_wall(face().rotate(angle, expand=False))
    [found] = Faces().detect(files.add(png(turned)), files)

    assert found.box is not None
    assert 20 < (found.box.left + found.box.width / 2) * turned.width < 320
    assert 20 < (found.box.top + found.box.height / 2) * turned.height < 320
    assert 80 < found.box.width * turned.width < 260


def test_each_face_of_a_group_is_found(files: Files) -> None:
    group = on_a_wall(*(face(side) for side in (340, 200, 150, 120, 300, 90)))

    assert len(Faces().detect(files.add(png(group)), files)) == 6


def test_a_small_face_in_a_large_picture_is_found(files: Files) -> None:
    large = on_a_wall(face(130), size=(2400, 1700))

    assert len(Faces().detect(files.add(png(large), width=2400, height=1700), files)) == 1


def test_a_face_that_fills_a_large_picture_is_found(files: Files) -> None:
    assert len(Faces().detect(files.add(png(face(1600))), files)) == 1


def test_a_face_that_shows_on_black_alone_is_found_once(files: Files) -> None:
    # A bright face of the alpha channel: white on white, and there on black.
    hidden = Image.new("LA", (300, 300), 255)
    hidden.putalpha(face().convert("L"))

    assert len(Faces().detect(files.add(png(hidden)), files)) == 1


def test_a_landscape_has_no_face(files: Files) -> None:
    assert Faces().detect(example(files, "landscape.jpg"), files) == []


@pytest.mark.parametrize("size", [(1, 1), (3, 4000), (4000, 3), (40, 40)])
def test_pictures_of_odd_sizes_have_no_face(files: Files, size: tuple[int, int]) -> None:
    noise = numpy.random.default_rng(5).integers(0, 255, (size[1], size[0], 3), numpy.uint8)

    assert Faces().detect(files.add(png(Image.fromarray(noise))), files) == []


def test_the_weights_are_those_whose_origin_is_written_down() -> None:
    said = re.findall(r"`([0-9a-f]{64})` \|$", (WEIGHTS / "README.md").read_text(), re.MULTILINE)

    assert said == [hashlib.sha256((WEIGHTS / "yunet.onnx").read_bytes()).hexdigest()]
