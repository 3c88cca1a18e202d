"""The contract of detectors, and what must hold for any text."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation_pii import TextPii

from moderation.core.items import Part
from moderation.testing import DetectorContract
from plugins.pii.tests.finding import detect
from plugins.pii.tests.planted import cards, emails, ibans, phones
from tests.examples import examples

NEUTRAL = st.text(alphabet="😀漢é̈ёש \n\u200b", max_size=30)
"""Characters of one to four bytes, some of them invisible, none of which says anything about a value."""


class TestPii(DetectorContract):
    detector = TextPii
    finds = (
        ("Write to bob@example.com or call (206) 555-0100.", {"PII/EMAIL", "PII/PHONE"}),
        ("👩‍👩‍👧 SSN 123-45-6789, card 4111 1111 1111 1111", {"PII/SSN", "PII/CREDIT_DEBIT_NUMBER"}),
        ("password: hunter2!", "PII/PASSWORD"),
    )
    ignores = ("", "Nothing to see here.", "Version 1.2 costs $19.99.", "漢字かな交じり文")


@given(text=st.text(max_size=300))
def test_places_are_inside_any_text_in_order_and_never_overlap(text):
    end = 0
    for detection in detect(text):
        assert end <= detection.span.start < detection.span.end <= len(text)
        end = detection.span.end


@given(
    planted=st.one_of(
        st.tuples(st.just("PII/EMAIL"), emails),
        st.tuples(st.just("PII/CREDIT_DEBIT_NUMBER"), cards()),
        st.tuples(st.just("PII/INTERNATIONAL_BANK_ACCOUNT_NUMBER"), ibans()),
        st.tuples(st.just("PII/PHONE"), phones),
    ),
    before=st.text(max_size=60),
    after=st.text(max_size=60),
)
def test_finds_what_is_planted_in_any_text(planted, before, after):
    label, value = planted
    text = f"{before}\n{value}\n{after}"

    spans = {(d.span.start, d.span.end) for d in detect(text) if d.label == label and d.confidence >= 50}

    # A "1" alone in the line before may be the country's: what is found begins there then.
    starts = {len(before) + 1, len(before) - 1} if label == "PII/PHONE" and before.endswith("1") else {len(before) + 1}
    assert spans & {(start, len(before) + 1 + len(value)) for start in starts}


@settings(max_examples=examples(60))
@given(before=NEUTRAL, after=NEUTRAL)
@pytest.mark.parametrize(
    "text",
    [
        "SSN 123-45-6789 and bob@example.com",
        "My Bank account number is 940517528812 and routing number 195991012.",
        "IBAN DE89 3704 0044 0532 0130 00; PIN: 4821; 203.0.113.42",
        "My address is 2657 Koontz Lane, Los Angeles, CA. My name is María García.",
    ],
)
def test_neutral_text_around_moves_places_and_changes_nothing_else(text, before, after):
    expected = [
        (d.label, d.confidence, d.span.start + len(before) + 1, d.span.end + len(before) + 1) for d in detect(text)
    ]

    found = [(d.label, d.confidence, d.span.start, d.span.end) for d in detect(f"{before}\n{text}\n{after}")]

    assert expected
    assert found == expected


def test_places_are_code_points_behind_letters_of_any_width():
    text = "e\u0301 👩‍👩‍👧‍👦 漢字 ﷺ 𝔘𝔫𝔦 \u202eabc\u202c bob@example.com"

    (found,) = detect(text)

    assert text[found.span.start : found.span.end] == "bob@example.com"


def test_a_checksum_raises_the_confidence_and_a_keyword_finds_what_fails_it():
    def confidence(text):
        return max((d.confidence for d in detect(text) if d.label == "PII/CREDIT_DEBIT_NUMBER"), default=0)

    good, bad = "4111 1111 1111 1111", "4111 1111 1111 1112"

    assert confidence(bad) < 50 < confidence(good)
    assert 85 <= confidence(f"credit card {bad}") < confidence(f"credit card {good}")


def test_a_price_before_a_number_keeps_it_from_being_one():
    assert detect("It costs $206-555-0100 or € 4111111111111111.") == []


def test_lone_surrogates_do_not_hide_what_stands_beside_them():
    text = "\ud800\udfff bob@example.com \udc00"

    (found,) = detect(text)

    assert text[found.span.start : found.span.end] == "bob@example.com"


def test_a_detector_can_be_sent_to_another_process():
    copy = pickle.loads(pickle.dumps(TextPii(only_patterns=True)))

    assert [d.label for d in copy.detect(Part(type="text", text="I am Ann Lee, bob@example.com"), None)] == [
        "PII/NAME",
        "PII/EMAIL",
    ]
