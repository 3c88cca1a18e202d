"""Pictures at the edges of the operations' limits: what leaves is what the service takes."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation_aws.pictures import CUSTOM_LABELS, MODERATION, PPE, Fitting, PictureLimits, box_of, images_of
from PIL import Image, ImageChops

from moderation.core.items import Media, Part
from moderation.hookspecs import Unreadable
from moderation.testing import FakeContext
from tests.aws_double import limits
from tests.aws_double.examples import picture
from tests.examples import examples
from tests.odd_pictures import odd_pictures

ORIENTATION = 0x0112
AS_USUAL = Fitting()
AS_LARGE_AS_IT_GOES = Fitting(megapixels=None)
CHECKS = {
    "moderation": (MODERATION, limits.CHECKS["rekognition.DetectModerationLabels"]),
    "ppe": (PPE, limits.CHECKS["rekognition.DetectProtectiveEquipment"]),
    "custom": (CUSTOM_LABELS, limits.CHECKS["rekognition.DetectCustomLabels"]),
}


class Bytes(FakeContext):
    """A context over one picture."""

    def __init__(self, data: bytes) -> None:
        super().__init__(Path())
        self.data = data

    def read(self, part: Part) -> bytes:
        return self.data


def part(data: bytes) -> Part:
    media = Media(uri="s3://media/a/b.jpg", sha256="", content_type="image/jpeg", size_bytes=len(data))
    return Part(id="p0", type="image", media=media)


def sent(data: bytes, limit: PictureLimits, fitting: Fitting = AS_USUAL) -> dict[str, Any]:
    return images_of(part(data), Bytes(data), limit, fitting)[0]


def size(image: dict[str, Any]) -> tuple[int, int]:
    with Image.open(io.BytesIO(image["Bytes"])) as opened:
        return opened.size


def plain(width: int, height: int, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize(
    "sides", [(1, 1), (63, 63), (64, 64), (65, 64), (79, 500), (80, 80), (81, 79), (4096, 80), (4097, 80), (10_000, 81), (10_001, 90)]
)  # fmt: skip
def test_sides_at_the_edges_are_brought_within_the_limits(name: str, sides: tuple[int, int]) -> None:
    limit, check = CHECKS[name]
    if max(sides) / min(sides) > limit.max_side / limit.min_side:
        with pytest.raises(Unreadable, match="too long and thin"):
            sent(plain(*sides), limit, AS_LARGE_AS_IT_GOES)
        return
    image = sent(plain(*sides), limit, AS_LARGE_AS_IT_GOES)

    assert check({"Image": image}, {}) is None
    fits = limit.min_side <= min(sides) and max(sides) <= limit.max_side
    assert (size(image) == sides) == fits, "what fits is sent as it is"


@settings(max_examples=examples(25), deadline=None)
@given(
    st.integers(1, 700), st.integers(1, 700), st.sampled_from(["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"]),
    st.sampled_from(sorted(CHECKS)), st.integers(1, 8),
)  # fmt: skip
def test_any_picture_leaves_within_the_limits_or_not_at_all(
    width: int, height: int, mode: str, name: str, orientation: int
) -> None:
    limit, check = CHECKS[name]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, "JPEG" if mode == "CMYK" else "PNG", exif=exif)
    try:
        image = sent(out.getvalue(), limit)
    except Unreadable:
        assert max(width, height) / min(width, height) > limit.max_side / limit.min_side
        return

    assert check({"Image": image}, {}) is None


def test_a_large_photograph_is_sent_with_two_megapixels() -> None:
    width, height = size(sent(plain(4000, 3000, "JPEG"), MODERATION))

    assert 1_950_000 < width * height <= 2_005_000
    assert math.isclose(width / height, 4 / 3, rel_tol=0.01)


def test_bytes_at_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    data = picture(300, 300)
    exactly = PictureLimits(max_bytes=len(data))
    one_less = PictureLimits(max_bytes=len(data) - 1)

    assert sent(data, exactly) == {"Bytes": data}
    assert len(sent(data, one_less)["Bytes"]) < len(data)


def test_what_is_too_large_to_send_is_read_from_s3_where_it_lies_there() -> None:
    data = picture(300, 300)
    limit = PictureLimits(max_bytes=len(data) - 1)
    from_s3 = Fitting(megapixels=None, own_media="s3://media/")

    assert sent(data, limit, from_s3) == {"S3Object": {"Bucket": "media", "Name": "a/b.jpg"}}
    beyond = PictureLimits(max_bytes=len(data) - 1, max_s3_bytes=len(data) - 1)
    assert "Bytes" in sent(data, beyond, from_s3), "and made smaller where S3 is no way either"
    of_an_app = Fitting(megapixels=None, own_media="s3://media/media/")
    assert "Bytes" in sent(data, limit, of_an_app), "what an app may replace is sent as it was looked at"


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_picture_on_its_side_is_turned_first(orientation: int) -> None:
    upright = Image.new("RGB", (200, 100))
    upright.paste("white", (0, 0, 100, 100))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    out = io.BytesIO()
    upright.transpose(Image.Transpose(undo)).save(out, "JPEG", quality=95, exif=exif)

    with Image.open(io.BytesIO(sent(out.getvalue(), MODERATION)["Bytes"])) as turned:
        assert turned.size == (200, 100)
        assert turned.convert("L").getpixel((20, 50)) > 200
        assert turned.convert("L").getpixel((180, 50)) < 50
        assert turned.getexif().get(ORIENTATION, 1) == 1


def test_what_is_clear_is_seen_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (100, 100), (255, 0, 0, 0)).save(out, "PNG")

    with Image.open(io.BytesIO(sent(out.getvalue(), MODERATION)["Bytes"])) as flat:
        assert flat.convert("RGB").getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["WEBP", "GIF"])
def test_other_formats_become_jpeg(kind: str) -> None:
    assert sent(picture(kind=kind), MODERATION)["Bytes"].startswith(b"\xff\xd8")


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a", picture()[:200], b"%PDF-1.4"])
def test_what_cannot_be_decoded_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        sent(data, MODERATION)


@given(st.tuples(*[st.floats(-2, 3)] * 4))
def test_any_bounding_box_becomes_one_inside_the_picture(sides: tuple[float, float, float, float]) -> None:
    box = box_of(dict(zip(("Left", "Top", "Width", "Height"), sides, strict=True)))

    assert box is not None
    assert box.left + box.width <= 1 + 1e-9
    assert box.top + box.height <= 1 + 1e-9


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif", "gif"])
def test_what_leaves_is_what_people_see_whatever_the_file_says_of_itself(kind: str) -> None:
    for name, (_, data) in odd_pictures().items():
        if not name.startswith(kind):
            continue
        context = Bytes(data)
        seen = context.looks(part(data))
        images = images_of(part(data), context, MODERATION, AS_USUAL)
        assert len(images) == len(seen), name
        for image, look in zip(images, seen, strict=True):
            with Image.open(io.BytesIO(image["Bytes"])) as read:
                # By the simplest of readers, who knows no profiles, no turns and no transparency.
                small = read.convert("RGB").resize((12, 12), Image.Resampling.BOX)
            wanted = look.resize((12, 12), Image.Resampling.BOX)
            worst = max(int(high) for _, high in ImageChops.difference(small, wanted).getextrema())
            assert worst < 40, (name, worst)
