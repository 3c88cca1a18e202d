"""Codes and names whose characters stand apart."""

import pytest

from plugins.pii.tests.finding import REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "i b a n ‹D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0›", REVIEW),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "iban ‹GB82.WEST.1234.5698.7654.32›", REVIEW),
    ("PASSPORT_NUMBER", "passp0rt ‹B 4 4 0 1 7 2 9›", REVIEW),
    ("DRIVER_ID", "drivers licnse ‹K 1 1 8 2 0 5 7›", REVIEW),
    ("LICENSE_PLATE", "licens plate ‹8 T R J 2 0 4›", REVIEW),
    ("UK_NATIONAL_INSURANCE_NUMBER", "nino ‹P J 2 2 0 4 1 7 A›", REVIEW),
    ("NAME", "im ‹s.a.n.d.r.a›", REVIEW),
    ("NAME", "im ‹s a n d r a›", REVIEW),
    ("NAME", "my name is ‹M4rtin K3lly›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
