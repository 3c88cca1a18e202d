from __future__ import annotations

import contextlib
import io
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ground.blobs import FolderBlobs
from ground.media.display import display_copy
from ground.media.limits import Limits
from ground.media.naming import markup
from ground.s3 import S3Blobs
from moderation.core.errors import MediaRefused, NotFound
from moderation.media.inspecting import inspect, inspect_copy, store_media
from tests.examples import examples
from tests.pictures import HEIC

LIMITS = Limits(max_media_bytes=2_000_000, max_pixels=1_000_000, max_frames=20, max_text_chars=1000)


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40), frames: int = 1, **options: object) -> bytes:
    out = io.BytesIO()
    images = [Image.new("RGB", size, (200, 30 + 20 * (n % 10), 40)) for n in range(frames)]
    extra = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(out, kind, **extra, **options)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
    ],
)
def test_five_kinds_of_picture_are_known_by_their_content(kind: str, content_type: str) -> None:
    facts = inspect(picture(kind), LIMITS, None)

    assert (facts.type, facts.content_type, facts.width, facts.height, facts.frames) == (
        "image",
        content_type,
        60,
        40,
        1,
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
@pytest.mark.parametrize("is_deceptive", [False, True])
def test_of_a_copy_that_is_looked_at_the_same_is_said_without_decoding_it(kind: str, is_deceptive: bool) -> None:
    data = picture(kind)
    known = replace(inspect(data, LIMITS, None), is_deceptive=is_deceptive)

    assert inspect_copy(data, known, LIMITS) == known


def test_what_is_no_copy_of_a_picture_is_refused() -> None:
    known = inspect(picture(), LIMITS, None)

    for data, kind in ((b"a text", "mismatch"), (picture(size=(2000, 2000)), "bomb"), (b"", "damaged")):
        with pytest.raises(MediaRefused) as refused:
            inspect_copy(data, known, LIMITS)
        assert refused.value.kind == kind


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "JPEG2000", "QOI"])
def test_other_kinds_of_picture_are_refused(kind: str) -> None:
    with pytest.raises(MediaRefused):
        inspect(picture(kind), LIMITS, "image")


def test_sizes_are_those_after_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    facts = inspect(picture("JPEG", exif=exif), LIMITS, None)
    assert (facts.width, facts.height) == (40, 60)


@pytest.mark.parametrize(
    ("data", "declared", "kind"),
    [
        (b"", None, "damaged"),
        (b"\x00" * 50, None, "unknown_format"),
        (b"hello", "image", "mismatch"),
        (picture(), "audio", "mismatch"),
        (picture("JPEG", (400, 300))[:800], None, "damaged"),
        (picture("GIF", frames=12)[:-200], None, "damaged"),
        (picture(size=(2000, 2000)), None, "bomb"),
        (picture("GIF", frames=25), None, "bomb"),
        (b"x" * 2_000_001, None, "too_large"),
        (b"long text " * 200, None, "too_large"),
        (b"\xff\xd8\xff" + b"<html>" * 100, None, "damaged"),
    ],
)
def test_bad_media_is_refused_by_kind(data: bytes, declared: str | None, kind: str) -> None:
    with pytest.raises(MediaRefused) as caught:
        inspect(data, LIMITS, declared)  # type: ignore[arg-type]

    assert caught.value.kind == kind


@settings(max_examples=examples(150), deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "AVIF", "HEIC"]), st.integers(0, 2**32))
def test_a_corrupted_picture_is_taken_or_refused_and_nothing_else(kind: str, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(HEIC if kind == "HEIC" else picture(kind, frames=3 if kind in ("GIF", "WEBP") else 1))
    for _ in range(chance.randint(1, 20)):
        data[chance.randrange(len(data))] = chance.randrange(256)

    with contextlib.suppress(MediaRefused):
        inspect(bytes(data[: chance.randint(1, len(data))]), LIMITS, None)


def test_a_frame_far_larger_than_its_picture_is_refused_before_it_is_decoded() -> None:
    small = picture("GIF", (10, 10))
    huge = b"\x2c" + (0).to_bytes(2, "little") * 2 + (65_535).to_bytes(2, "little") * 2 + b"\x00\x02\x02\x4c\x01\x00"

    with pytest.raises(MediaRefused):
        inspect(small[:-1] + huge + b"\x3b", LIMITS, None)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_avif_is_turned_by_its_own_boxes(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    facts = inspect(picture("AVIF", exif=exif), LIMITS, "image")
    assert (facts.width, facts.height) == ((40, 60) if orientation >= 5 else (60, 40))


@pytest.mark.parametrize("where", ["ispe", "av01"])
def test_an_avif_that_says_it_is_far_larger_is_refused_before_it_is_decoded(where: str) -> None:
    """Both the file and the coded data state a size, and a decoder may believe either."""
    small = bytearray(picture("AVIF"))
    if where == "ispe":
        at = small.index(b"ispe") + 8
        small[at : at + 8] = (30_000).to_bytes(4, "big") * 2
    else:
        # The sequence header of the coded data: the picture's in place of a small one of the same length.
        coded = picture("AVIF", (4000, 4000))
        at, huge = small.index(b"mdat"), coded.index(b"mdat")
        small[at + 4 : at + 16] = coded[huge + 4 : huge + 16]

    with pytest.raises(MediaRefused) as caught:
        inspect(bytes(small), LIMITS, "image")
    assert caught.value.kind == "bomb"


def test_an_animated_avif_is_refused() -> None:
    with pytest.raises(MediaRefused, match="animated"):
        inspect(picture("AVIF", frames=3), LIMITS, "image")


def test_a_heic_is_read_where_its_decoder_is_installed() -> None:
    pytest.importorskip("pi_heif")

    facts = inspect(HEIC, LIMITS, "image")
    copy, content_type = display_copy(HEIC)

    assert (facts.content_type, facts.width, facts.height, facts.frames) == ("image/heic", 60, 40, 1)
    assert content_type == "image/jpeg"
    assert Image.open(io.BytesIO(copy)).getpixel((5, 5))[0] > 200  # type: ignore[index]


def test_a_heic_is_refused_by_name_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ground.media.pictures.reads_heic", lambda: False)

    with pytest.raises(MediaRefused, match=r"HEIC.*moderation\[heic\].*JPEG") as caught:
        inspect(HEIC, LIMITS, "image")
    assert caught.value.kind == "unknown_format"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<svg/>", "svg"),
        ("\ufeff \n<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a '<svg>'>]>\n<!-- <html> --><s:svg xmlns:s='x'>", "svg"),
        ("<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'x'>", "svg"),
        ("<!doctype HTML>", "html"),
        ("<html lang='en'>", "html"),
        ("<?xml version='1.0'?><note/>", "xml"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'>", "xml"),
        ("<!-- no end", "xml"),
        ("I <3 <svg> and <html>", None),
        ("<3", None),
        ("<b>bold</b> words", None),
        ("", None),
    ],
)
def test_a_text_is_markup_by_its_first_element(text: str, kind: str | None) -> None:
    assert markup(text) == kind


def test_a_png_that_ends_too_soon_is_refused() -> None:
    with pytest.raises(MediaRefused):
        inspect(picture("PNG")[:-12], LIMITS, None)


def test_a_reviewers_copy_carries_nothing_but_the_picture() -> None:
    exif = Image.Exif()
    exif[0x0110] = "secret camera"
    hostile = picture("JPEG", exif=exif) + b"<script>alert(1)</script>PK\x03\x04"

    copy, content_type = display_copy(hostile)
    assert content_type == "image/jpeg"
    assert b"secret camera" not in copy
    assert b"<script>" not in copy


def test_an_animation_stays_one_for_reviewers() -> None:
    copy, content_type = display_copy(picture("GIF", frames=5))

    assert content_type == "image/webp"
    assert getattr(Image.open(io.BytesIO(copy)), "n_frames", 1) == 5


def test_the_same_bytes_lie_in_the_store_once(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path, "bucket")
    data = picture()
    first = store_media(blobs, data, inspect(data, LIMITS, None), "../../etc/passwd")
    second = store_media(blobs, data, inspect(data, LIMITS, None), "other.png")

    assert first.uri == second.uri
    assert blobs.get(first.uri) == data
    assert [p.suffix for p in tmp_path.rglob("*") if p.is_file()] == [".png"]


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/../x",
        "s3://bucket//x",
        "s3://../x",
        "file:///etc/passwd",
        "s3://bucket/a/./b",
        "s3://bucket/",
        "s3://b/x",
        "s3://[/x",
        "s3://bucket/" + "a" * 5000,
    ],
)
def test_no_name_climbs_out_of_its_bucket(tmp_path: Path, uri: str) -> None:
    with pytest.raises(NotFound):
        FolderBlobs(tmp_path, "bucket").get(uri)


def test_s3_keeps_the_same_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        blobs = S3Blobs("bucket", client, tmp_path)
        uri = blobs.put("a/b.png", b"data", "image/png")

        assert uri == "s3://bucket/a/b.png"
        assert blobs.get(uri) == b"data"
        assert blobs.local_path(uri).read_bytes() == b"data"
        with pytest.raises(NotFound):
            blobs.get("s3://bucket/none")
