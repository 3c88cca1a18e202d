"""Words that are misspelled so that no filter sees them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation_pii.reading.folding import Folded

from plugins.pii.tests.finding import REVIEW, cases, detect, found_in, parts
from tests.examples import examples

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("PASSWORD", "passw0rd - ‹Cloudy_sky2›", REVIEW),
    ("LICENSE_PLATE", "reg number ‹ce66 xkd› is blocking the drive", REVIEW),
    ("PASSPORT_NUMBER", "pass port number ‹B77120448›", REVIEW),
    ("DRIVER_ID", "d r i v e r licence ‹K441-7721-0093›", REVIEW),
    ("PASSWORD", "p*ssword: ‹Bl4ckb1rd›", REVIEW),
    ("PASSWORD", "passwordd: ‹Bl4ckb1rd›", REVIEW),
    ("CREDIT_DEBIT_NUMBER", "my kard is ‹4111-1111-1111-1112›", REVIEW),
    ("USERNAME", "login n@me ‹fern_88›", REVIEW),
    ("PHONE", "cal me at ‹206.555.O1O0›", REVIEW),
    ("PASSWORD", "my pasword is ‹tr0ub4dor!3›", REVIEW),
    ("PHONE", "numbr ‹2O6-555-Ol99›", REVIEW),
    ("PASSWORD", "my pssword is ‹tr0ub4dor!3›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_misspelled_words_name(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)


@settings(max_examples=examples(60))
@given(before=st.text(alphabet="😀漢\u0301ש \r\n\u200b\ufe0f", max_size=20), after=st.text(max_size=20))
@pytest.mark.parametrize(
    ("lead", "value"),
    [("my emial is ", "bob@example.com"), ("acnt nmbr ", "4 one 9 two two 7 8 8 1"), ("s0cial ", "536-22-9018")],
)
def test_places_in_a_respelled_text_cut_the_original(lead, value, before, after):
    text = f"{before}\n{lead}{value}\n{after}"

    assert value in [text[d.span.start : d.span.end] for d in detect(text)]


@given(text=st.text(alphabet="acntphoebrmilsdue 0O1l.-€é\n", max_size=120))
def test_a_respelled_text_has_a_place_for_each_of_its_characters(text):
    folded = Folded(text)
    respelled = folded.respelled()

    for at in range(len(respelled.text)):
        start, end = respelled.original(at, at + 1)
        assert 0 <= start < end <= len(text)
