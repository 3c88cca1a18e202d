"""Numbers by which states know their people, and their check digits."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation_pii.kinds import national

from plugins.pii.tests.finding import REVIEW, cases, detect, found_in, parts
from tests.examples import examples

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("SSN", "seguridad social ‹28 12345678 40›", REVIEW),
    ("SSN", "mi DNI es ‹12345678Z›", REVIEW),
]

NUMBERS = [
    # country, what is right, what is not
    ("ES", "12345678Z", "12345678A"), ("ES", "X1234567L", "X1234567A"), ("IT", "RSSMRA85T10A562S", "RSSMRA85T10A562T"), ("FR", "185057800608491", "185057800608492"),
    ("DE", "86095742719", "86095742718"), ("HR", "94577403194", "94577403195"), ("PL", "44051401359", "44051401358"), ("NL", "111222333", "111222334"),
    ("BE", "85073003328", "85073003329"), ("SE", "811228-9874", "811228-9875"), ("FI", "131052-308T", "131052-308U"), ("NO", "01010100050", "01010100051"),
    ("PT", "123456789", "123456780"), ("CH", "756.9217.0769.85", "756.9217.0769.84"), ("RO", "1800101221144", "1800101221145"), ("TR", "10000000146", "10000000147"),
    ("BR", "111.444.777-35", "111.444.777-36"), ("CL", "12.345.678-5", "12.345.678-6"), ("MX", "HEGG560427MVZRRL04", "HEGG560427MVZRRL05"),
    ("CN", "11010519491231002X", "110105194912310021"), ("KR", "900101-1234568", "900101-1234567"), ("ZA", "8001015009087", "8001015009088"), ("SG", "S1234567D", "S1234567E"),
    ("AU", "123456782", "123456783"),
]  # fmt: skip
KEYWORDS = {
    "ES": "DNI", "IT": "codice fiscale", "FR": "NIR", "DE": "Steuer-ID", "HR": "OIB", "PL": "PESEL", "NL": "BSN", "BE": "rijksregisternummer", "SE": "personnummer",
    "FI": "HETU", "NO": "fødselsnummer", "PT": "contribuinte", "CH": "AHV", "RO": "CNP", "TR": "kimlik", "BR": "CPF", "CL": "RUT", "MX": "CURP", "CN": "身份证", "KR": "RRN",
    "ZA": "RSA identity", "SG": "NRIC", "AU": "TFN",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)


@pytest.mark.parametrize(("country", "right", "wrong"), NUMBERS, ids=[f"{n[0]} {n[1]}" for n in NUMBERS])
def test_national_numbers_are_checked_and_named_by_country(country, right, wrong):
    def seen(number):
        return [
            d.confidence
            for d in detect(f"{KEYWORDS[country]}: {number}")
            if d.label == "PII/SSN" and d.attributes.get("country") == country
        ]

    assert seen(right)[0] >= 85 > seen(wrong)[0] >= 50


@settings(max_examples=examples(15))
@given(data=st.data())
@pytest.mark.parametrize("pattern", national.PATTERNS, ids=lambda pattern: pattern.attributes["country"])
def test_no_number_is_too_odd_for_its_check(pattern, data):
    number = data.draw(st.from_regex(re.compile(pattern.regex, re.ASCII), fullmatch=True))

    detect(f"{KEYWORDS[pattern.attributes['country']]} {number}")


def test_every_national_number_has_a_country_and_a_document():
    assert len({pattern.attributes["country"] for pattern in national.PATTERNS}) >= 12
    assert all(pattern.attributes["document"] for pattern in national.PATTERNS)
