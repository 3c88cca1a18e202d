"""Names where a record says that there is one."""

import pytest

from plugins.pii.tests.finding import REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("NAME", "Patient: ‹ROE, JANE›  Ward 4", REVIEW),
    ("NAME", "this is mr ‹okafor› again", REVIEW),
    ("NAME", '{"id":7,"name":"‹Yannis Theodorou›","iban":"x"}', REVIEW),
    ("NAME", "Klant: ‹Joost van Aerle›\nBSN 1", REVIEW),
    ("NAME", "<fn>‹Mwajuma›</fn><tel>1</tel>", REVIEW),
    ("NAME", "1.‹KOWALSKI/EWA MRS› 2 seats", REVIEW),
    ("NAME", "Name: ‹HALLORAN, SEAN P›\nDOB unknown", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
