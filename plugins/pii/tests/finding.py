"""What the tests of kinds ask: what is found in a text, and tables of texts in which the value is marked."""

import pytest
from moderation_pii import TextPii

from moderation.core.items import Part

REVIEW = 50
ACT = 85

DETECTOR = TextPii()


def detect(text):
    return DETECTOR.detect(Part(type="text", text=text), None)


def found_in(text: str, least: float = 0) -> list[tuple[str, str]]:
    detections = detect(text)
    return [
        (d.label.removeprefix("PII/"), text[d.span.start : d.span.end]) for d in detections if d.confidence >= least
    ]


def parts(marked):
    """What stands before the value in ‹›, the value, and what stands behind it."""
    before, _, rest = marked.partition("‹")
    value, _, after = rest.partition("›")
    return before, value, after


def cases(table):
    """The rows of a table, each named by its kind and its text."""
    return [pytest.param(*row, id=f"{row[0]}: {row[1]}") for row in table]
