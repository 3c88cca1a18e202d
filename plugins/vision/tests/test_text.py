"""``vision.text``."""

from __future__ import annotations

import pytest
from moderation_vision.text import Text

from plugins.vision.tests.pictures import Files, example


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
