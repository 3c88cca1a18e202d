"""What all tools say of what is no picture."""

from __future__ import annotations

from typing import Any

import pytest
from moderation_vision.faces import Faces
from moderation_vision.frames import Frames
from moderation_vision.metadata import Metadata
from moderation_vision.quality import Quality
from moderation_vision.text import Text

from moderation.hookspecs import Unreadable
from plugins.vision.tests.pictures import EXAMPLES, Files


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
