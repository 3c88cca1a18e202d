"""Ages, dates and expiries spelled out."""

import pytest

from plugins.pii.tests.finding import REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("DATE_TIME", "born ‹zero nine / eleven / nineteen eighty›", REVIEW),
    ("DATE_TIME", "my birthday is the ‹third of march nineteen ninety›".replace("the ‹", "‹the "), REVIEW),
    ("AGE", "she is ‹thirty-one years old› now", REVIEW),
    ("AGE", "i'm ‹seventeen›, is that ok?", REVIEW),
    ("AGE", "a woman in her ‹late sixties› fell", REVIEW),
    ("CREDIT_DEBIT_EXPIRY", "card expires ‹zero four twenty nine›", REVIEW),
    ("DATE_TIME", "born ‹14 slash 02 slash 1988›", REVIEW),
    ("CREDIT_DEBIT_EXPIRY", "exp ‹nine slash twenty seven›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
