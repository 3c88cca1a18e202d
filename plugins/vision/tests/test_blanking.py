"""``vision.blank``."""

from __future__ import annotations

import io
from typing import Any

import numpy
import pytest
from moderation_vision.blanking import Blank
from moderation_vision.faces import Faces
from PIL import Image

from moderation.core.detections import Detection
from moderation.core.items import Box
from moderation.hookspecs import Unreadable
from plugins.vision.tests.pictures import EXAMPLES, Files, png

FORMATS = {
    "JPEG": ("image/jpeg", [{"quality": 60}, {"quality": 95, "subsampling": 0}, {"quality": 85, "progressive": True}]),
    "WEBP": ("image/webp", [{"quality": 70}, {"lossless": True}]),
    "PNG": ("image/png", [{}]),
    "AVIF": ("image/avif", [{"quality": 70}]),
}


def detection(box: tuple[float, float, float, float] | None, label: str = "PII/EMAIL", **attributes: Any) -> Detection:
    return Detection(
        label=label,
        confidence=90,
        box=Box(**dict(zip(Box.model_fields, box, strict=True))) if box else None,
        attributes=attributes,
    )


def photo() -> Image.Image:
    """Something to look at in each pixel, so that bytes tell of pixels."""
    with Image.open(EXAMPLES / "face.jpg") as picture:
        return picture.convert("RGB")


def saved(picture: Image.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def blanked(files: Files, data: bytes, content_type: str, *found: Detection, **facts: Any) -> bytes:
    copy = Blank().redact(files.add(data, content_type, **facts), found, files)
    assert copy.data is not None
    return copy.data


def is_black(copy: bytes, box: tuple[int, int, int, int], most: int = 40) -> bool:
    return numpy.asarray(Image.open(io.BytesIO(copy)).convert("RGB").crop(box)).max() <= most


def test_a_face_goes_with_a_fifth_of_its_size_around_it(files: Files) -> None:
    copy = blanked(
        files, png(Image.new("RGB", (1000, 500), "white")), "image/png", detection((0.4, 0.4, 0.1, 0.2), "Face")
    )

    # 400-500 by 200-300, with 20 pixels on each side.
    assert is_black(copy, (380, 180, 521, 321), 0)
    pixels = numpy.asarray(Image.open(io.BytesIO(copy)).convert("RGB"))
    assert (pixels[..., 0] == 0).sum() == 141 * 141


def test_a_line_of_text_goes_with_a_fifth_of_its_height_around_it(files: Files) -> None:
    copy = blanked(files, png(Image.new("RGB", (1000, 500), "white")), "image/png", detection((0.1, 0.4, 0.6, 0.1)))

    assert is_black(copy, (90, 190, 711, 261), 0)
    assert (numpy.asarray(Image.open(io.BytesIO(copy)).convert("L")) == 0).sum() == 621 * 71


def test_places_at_the_edge_end_there(files: Files) -> None:
    copy = blanked(files, png(Image.new("RGB", (50, 50), "white")), "image/png", detection((0, 0.9, 0.5, 0.1)))

    assert is_black(copy, (0, 45, 25, 50), 0)


@pytest.mark.parametrize(("kind", "how"), [(kind, how) for kind, (_, hows) in FORMATS.items() for how in hows])
def test_a_copy_has_the_format_the_pixels_and_about_the_bytes_of_its_original(
    files: Files, kind: str, how: dict[str, Any]
) -> None:
    original = saved(photo(), kind, **how)
    copy = blanked(files, original, FORMATS[kind][0], detection((0.02, 0.02, 0.05, 0.05)))

    with Image.open(io.BytesIO(copy)) as made:
        assert (made.format, made.size) == (kind, (512, 512))
    assert 0.9 < len(copy) / len(original) < 1.1
    assert is_black(copy, (12, 12, 34, 34))


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "1"])
def test_a_copy_of_few_or_of_printers_colors_is_no_larger_than_it_must_be(files: Files, mode: str) -> None:
    kind, content_type = ("JPEG", "image/jpeg") if mode in ("L", "CMYK") else ("PNG", "image/png")
    original = saved(photo().convert(mode), kind)
    copy = blanked(files, original, content_type, detection((0.02, 0.02, 0.05, 0.05)))

    with Image.open(io.BytesIO(copy)) as made:
        assert made.format == kind
    assert len(copy) < 1.1 * len(original)


def test_a_copy_lies_upright_as_it_was_seen(files: Files) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    original = saved(photo().crop((0, 0, 512, 300)), "JPEG", exif=exif)
    copy = blanked(files, original, "image/jpeg", detection((0, 0, 0.5, 0.1)))

    with Image.open(io.BytesIO(copy)) as made:
        assert made.size == (300, 512)
    assert is_black(copy, (0, 0, 150, 51))


def test_nothing_comes_along_but_pixels(files: Files) -> None:
    secret = b"ann@example.org"
    thumbnail = Image.Exif()
    thumbnail[0x010E] = secret.decode()
    head = saved(photo(), "JPEG", exif=thumbnail, comment=secret, icc_profile=b"not a profile " + secret)
    for data, kind in (
        (head + b"\x00" + secret, "image/jpeg"),
        (saved(photo(), "PNG") + secret, "image/png"),
        (saved(photo(), "WEBP", exif=thumbnail, xmp=secret), "image/webp"),
    ):
        copy = blanked(files, data, kind, detection((0.1, 0.1, 0.1, 0.1)))

        assert secret in data
        assert secret not in copy


def test_what_was_found_in_the_metadata_alone_leaves_the_picture_as_it_is(files: Files) -> None:
    original = png(photo())
    copy = blanked(files, original, "image/png", detection(None, "PII/GPS_POSITION", source="EXIF GPS"))

    assert numpy.array_equal(numpy.asarray(Image.open(io.BytesIO(copy)).convert("RGB")), numpy.asarray(photo()))


def test_what_was_found_somewhere_takes_all_of_it(files: Files) -> None:
    assert is_black(blanked(files, png(photo()), "image/png", detection(None)), (0, 0, 512, 512), 0)


def test_what_shows_on_black_alone_is_not_in_the_copy(files: Files) -> None:
    hidden = Image.new("LA", (300, 300), 255)
    hidden.putalpha(photo().crop((110, 0, 350, 240)).resize((300, 300)).convert("L"))
    part = files.add(png(hidden))
    found = Faces().detect(part, files)
    copy = Blank().redact(part, found, files)

    assert copy.data is not None
    assert found
    assert Faces().detect(files.add(copy.data), files) == []


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe0 nothing", b"RIFF\x10\x00\x00\x00WEBPVP8X"])
def test_what_is_no_picture_is_unreadable(files: Files, data: bytes) -> None:
    with pytest.raises(Unreadable):
        blanked(files, data, "image/jpeg", detection(None))


def test_animations_are_refused(files: Files) -> None:
    with pytest.raises(Unreadable, match="animations"):
        blanked(files, png(photo()), "image/gif", detection(None), frames=2)
