"""Names and addresses by the model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation_pii.names import tagger
from moderation_pii.reading.folding import Folded

from plugins.pii.tests.finding import REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("NAME", 'arrested ‹Miguel "Mikey" Fuentes› last week', REVIEW),
    ("NAME", "Ticket raised by ‹Rosa Delgado› on Monday", REVIEW),
    ("NAME", "thanks ‹Kevin›, that helped", REVIEW),
    ("NAME", "The suspect, ‹Martin O'Neill›, fled on foot.", REVIEW),
    ("NAME", "my name is ‹sarah miller›", REVIEW),
    ("NAME", "Passenger list: ‹Jonas van der Berg›", REVIEW),
    ("NAME", "Mail from ‹Priya Sharma›'s office", REVIEW),
    ("NAME", "can't believe ‹Kovalchuk› scored again", REVIEW),
    ("NAME", "went to see the fireworks w/ ‹Brielle› and my mom", REVIEW),
    ("NAME", "so happy for ‹kaitlyn› lol", REVIEW),
    ("AGE", "Police held Martin Foster, ‹41›, of Leeds", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_no_plain_pattern_sees(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)


@given(text=st.text(max_size=200))
def test_tagged_places_are_inside_any_text_in_order(text):
    folded = Folded(text)
    end = 0

    for tagged in tagger.tagger().tag(folded.text):
        assert end <= tagged.start < tagged.end <= len(folded.text)
        end = tagged.end


def test_the_model_is_small():
    assert tagger._MODEL.stat().st_size < 5 << 20
