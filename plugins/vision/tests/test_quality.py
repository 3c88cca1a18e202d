"""``vision.quality``."""

from __future__ import annotations

import pytest
from moderation_vision.quality import Quality
from PIL import Image

from plugins.vision.tests.pictures import Files, png


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
