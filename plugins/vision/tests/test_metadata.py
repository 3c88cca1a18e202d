"""``vision.exif``."""

from __future__ import annotations

import io

from moderation_vision.metadata import Metadata
from PIL import Image

from plugins.vision.tests.pictures import Files, example


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
