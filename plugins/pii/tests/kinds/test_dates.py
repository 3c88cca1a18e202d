"""Dates, with and without their time of day."""

import pytest

from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("DATE_TIME", "born on ‹July 4, 1976›", ACT),
    ("DATE_TIME", "‹4th of July 1976›", ACT),
    ("DATE_TIME", "‹1976-07-04›", ACT),
    ("DATE_TIME", "‹07/04/1976›", ACT),
    ("DATE_TIME", "‹2024-05-01T10:20:30Z›", ACT),
    ("DATE_TIME", "reported ‹Wed, 3 Jan 2024 17:20:09 +0100› by post", REVIEW),
    ("DATE_TIME", "the meeting is on ‹March 9, 2023 at 4 pm›.", REVIEW),
    ("DATE_TIME", "he left on ‹june 12› for good", REVIEW),
    ("DATE_TIME", "free from ‹21st october› on", REVIEW),
    ("DATE_TIME", "good until ‹november 2026›", REVIEW),
    ("DATE_TIME", "departure ‹07AUG24› from gate C", REVIEW),
    ("DATE_TIME", "the lease of ‹19 Oct 95› is lost", REVIEW),
    ("DATE_TIME", "née le ‹3 février 1981› à Lille", REVIEW),
    ("DATE_TIME", "geboren am ‹7. Dezember 1966›", REVIEW),
    ("DATE_TIME", "BDAY:‹19880214›", REVIEW),
    ("DATE_TIME", "she was born in ‹1974› in Oslo", REVIEW),
    ("DATE_TIME", "closed ‹12-15 August 2022› for repairs", REVIEW),
    ("DATE_TIME", "Passport valid, exp: ‹11/04/2031›", REVIEW),
    ("DATE_TIME", "see you ‹tues 14 may› then", REVIEW),
    ("DATE_TIME", "my birthday is ‹4 12 1988›", REVIEW),
    ("DATE_TIME", "dob ‹140288›", REVIEW),
    ("DATE_TIME", "nacida el ‹24 de abril de 1996›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
