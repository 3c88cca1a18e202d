"""The contract of detectors, and what must hold for any text."""

import random
import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from moderation_pii import TextPii, checksums

from moderation.core.items import Part
from moderation.testing import DetectorContract
from tests.examples import examples

DETECTOR = TextPii()
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


def found_in(text):
    return DETECTOR.detect(Part(type="text", text=text), None)


def with_check_digit(digits):
    return next(digits + last for last in string.digits if checksums.luhn(digits + last))


@st.composite
def cards(draw):
    start = draw(st.sampled_from(["4", "51", "55", "2221", "6011", "65"]))
    digits = with_check_digit(start + draw(st.text(string.digits, min_size=15 - len(start), max_size=15 - len(start))))
    assume(len(set(digits)) > 1)
    gap = draw(st.sampled_from(["", " ", "-", "."]))
    return gap.join(digits[i : i + 4] for i in range(0, 16, 4))


@st.composite
def ibans(draw):
    bank = draw(st.text(string.digits, min_size=18, max_size=18))
    check = 98 - int(bank + "131400") % 97  # D is 13, E is 14; ISO 13616
    iban = f"DE{check:02}{bank}"
    return iban if draw(st.booleans()) else " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))


emails = st.from_regex(r"[a-z][a-z0-9]{0,10}(\.[a-z0-9]{1,8})?@[a-z]{2,10}\.(com|org|co\.uk|museum)", fullmatch=True)
phones = st.from_regex(r"(\([2-9][0-9]{2}\) |[2-9][0-9]{2}-)[2-9][0-9]{2}-[0-9]{4}", fullmatch=True).filter(
    lambda phone: len(set(phone[-8:])) > 2
)


@given(text=st.text(max_size=300))
def test_places_are_inside_any_text_in_order_and_never_overlap(text):
    end = 0
    for detection in found_in(text):
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

    spans = {(d.span.start, d.span.end) for d in found_in(text) if d.label == label and d.confidence >= 50}

    assert (len(before) + 1, len(before) + 1 + len(value)) in spans


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
        (d.label, d.confidence, d.span.start + len(before) + 1, d.span.end + len(before) + 1) for d in found_in(text)
    ]

    found = [(d.label, d.confidence, d.span.start, d.span.end) for d in found_in(f"{before}\n{text}\n{after}")]

    assert expected
    assert found == expected


def test_places_are_code_points_behind_letters_of_any_width():
    text = "e\u0301 👩‍👩‍👧‍👦 漢字 ﷺ 𝔘𝔫𝔦 \u202eabc\u202c bob@example.com"

    (found,) = found_in(text)

    assert text[found.span.start : found.span.end] == "bob@example.com"


def test_a_checksum_raises_the_confidence_and_a_keyword_finds_what_fails_it():
    def confidence(text):
        return max((d.confidence for d in found_in(text) if d.label == "PII/CREDIT_DEBIT_NUMBER"), default=0)

    good, bad = "4111 1111 1111 1111", "4111 1111 1111 1112"

    assert confidence(bad) < 50 < confidence(good)
    assert 85 <= confidence(f"credit card {bad}") < confidence(f"credit card {good}")


def test_a_price_before_a_number_keeps_it_from_being_one():
    assert found_in("It costs $206-555-0100 or € 4111111111111111.") == []


def test_lone_surrogates_do_not_hide_what_stands_beside_them():
    text = "\ud800\udfff bob@example.com \udc00"

    (found,) = found_in(text)

    assert text[found.span.start : found.span.end] == "bob@example.com"


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (checksums.luhn, "4539148803436467", "4539148803436476"),
        (checksums.aba, "111000025", "111000026"),
        (checksums.iban, "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 23"),
        (checksums.verhoeff, "2363", "2364"),
        (checksums.nhs, "9434765919", "9434765910"),
        (checksums.vin, "1M8GDM9AXKP042788", "1M8GDM9A1KP042788"),
        (checksums.ssn_possible, "123456789", "666456789"),
        (checksums.itin_possible, "912711234", "912661234"),
        (checksums.card_network, "371449635398431", "171449635398431"),
    ],
)
def test_checksums_tell_good_numbers_from_bad(check, good, bad):
    assert check(good)
    assert not check(bad)


def test_any_one_wrong_digit_is_seen_by_the_card_and_aadhaar_checks():
    digits = random.Random(7).choices(string.digits, k=11)
    number = "".join(digits)
    card = with_check_digit(number)
    aadhaar = next(number + last for last in string.digits if checksums.verhoeff(number + last))

    for place in range(12):
        for other in set(string.digits) - {card[place]}:
            assert not checksums.luhn(card[:place] + other + card[place + 1 :])
        for other in set(string.digits) - {aadhaar[place]}:
            assert not checksums.verhoeff(aadhaar[:place] + other + aadhaar[place + 1 :])
