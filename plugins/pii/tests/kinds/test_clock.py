"""Times of day."""

import pytest

from plugins.pii.tests.finding import REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("DATE_TIME", "at ‹10:30 pm›", REVIEW),
    ("DATE_TIME", "open ‹9:30 to 11:00 AM› for callers", REVIEW),
    ("DATE_TIME", "they came at ‹0340 hrs› through the yard", REVIEW),
    ("DATE_TIME", "breakfast from ‹6.45am› on weekdays", REVIEW),
    ("DATE_TIME", "wake me at ‹half past six›", REVIEW),
    ("DATE_TIME", "the shop shuts at ‹6 o'clock›", REVIEW),
    ("DATE_TIME", "nos vemos a las ‹7 de la tarde›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
