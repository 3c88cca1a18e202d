"""Postal addresses by their look."""

import pytest

from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("ADDRESS", "I live at ‹221 Baker Street, London NW1 6XE›", ACT),
    ("ADDRESS", "ship to ‹1600 Pennsylvania Ave NW, Washington, DC 20500›", ACT),
    ("ADDRESS", "my address is ‹12 elm street apt 4›", 80),
    ("ADDRESS", "‹Springfield, IL 62704›", 80),
    ("ADDRESS", "near ‹LS6 2AB› in the north", REVIEW),
    ("ADDRESS", "went to ‹9 Chapel Approach, Hove BN3 4AA› by bus", REVIEW),
    ("ADDRESS", "They met at ‹31 Harbour Street›. Robert Kline was late.", REVIEW),
    ("ADDRESS", "Vivo en ‹Avda. Colón 52, 3º B, 08001 Barcelona›", REVIEW),
    ("ADDRESS", "The parcel went to ‹742 Evergreen Terrace, Springfield, OR 97403›.", REVIEW),
    ("ADDRESS", "residing at ‹18 Orchard Close, Leeds LS6 2AB›", REVIEW),
    ("ADDRESS", "the corner of ‹Oak Street and 5th Avenue›", ACT),
    ("ADDRESS", "‹USS Halvorsen\nFPO AP 96601›", ACT),
    ("ADDRESS", "‹ul. Krótka 9 m. 4\n50-026 Wrocław›", ACT),
    ("ADDRESS", "Mrs Thorne\n‹The Old Forge\nMill Lane\nNether Wallop\nHampshire SO20 8EW›\n\nDear", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
