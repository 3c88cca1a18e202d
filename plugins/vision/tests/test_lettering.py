"""``vision.lettering``."""

from __future__ import annotations

from moderation_vision.lettering import Lettering

from moderation.core.items import Box, Extraction, Part, Place, Span, TimeRange, Tool
from moderation.testing import DetectorContract
from plugins.vision.tests.pictures import Files

READER = Tool(name="vision.text", version="1")
SPAN = Span(start=0, end=5)


def read(*places: Place) -> Part:
    return Part(id="p0.0", type="text", text="HELLO", extraction=Extraction(part="p0", extractor=READER, places=places))


class TestLetteringContract(DetectorContract):
    detector = Lettering


def test_text_that_stood_in_a_picture_is_text(files: Files) -> None:
    place = Place(span=SPAN, box=Box(left=0, top=0, width=1, height=0.1))

    assert [(d.label, d.span) for d in Lettering().detect(read(place), files)] == [("Text", None)]


def test_what_was_posted_or_said_is_not(files: Files) -> None:
    said = Place(span=SPAN, time_range=TimeRange(start=0, end=1))

    assert Lettering().detect(Part(id="p0", type="text", text="HELLO"), files) == []
    assert Lettering().detect(read(said), files) == []
