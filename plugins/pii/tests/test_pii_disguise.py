"""Personal data as people write it who hide it, or who speak Spanish, or who put it in tables."""

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation_pii import TextPii, national
from moderation_pii.folding import Folded
from moderation_pii.spelling import spellings

from moderation.core.items import Part
from tests.examples import examples

TRAINING = Path(__file__).parents[1] / "training"
DETECTOR = TextPii()

FOUND = [
    ("PHONE", "my nmbr is ‹five five five 0 1 nine nine›"),
    ("PHONE", "txt me ‹fv five five, zero one nin nine›"),
    ("PHONE", "cal me at ‹206.555.O1O0›"),
    ("SSN", "my s0cial scurity is ‹5*3*6*2*2*9*0*1*8›"),
    ("BANK_ACCOUNT_NUMBER", "acount nmber ‹4 one 9 two two 7 8 8 1›"),
    ("BANK_ROUTING", "routng ‹zero 2 1 zero zero zero zero two one›"),
    ("EMAIL", "mail me at ‹h o r v a t h _ e + 7 @ orange.fr›"),
    ("PASSWORD", "my pasword is ‹tr0ub4dor!3›"),
    ("PIN", "pin ‹4 . 9 . 8 . 2›"),
    ("PASSWORD", "helpdesk reset the password for jdoe42 to ‹Winter2024!›"),
    ("USERNAME", "sshd: Accepted password for ‹gizmo76› from 203.0.113.4 port 22"),
    ("CREDIT_DEBIT_CVV", "4111 1111 1111 1111, expires 04/27, code ‹549›"),
    ("CREDIT_DEBIT_EXPIRY", "visa 4111 1111 1111 1111 exp. ‹Jun 31›"),
    ("CREDIT_DEBIT_CVV", "mi tarjeta 4111 1111 1111 1111, código de seguridad ‹549›"),
    ("CREDIT_DEBIT_EXPIRY", "tarjeta 4111 1111 1111 1111, caduca ‹05/28›"),
    ("BANK_ACCOUNT_NUMBER", "Número de cuenta ‹249390819270›"),
    ("PASSWORD", "Su contraseña es ‹Tundra25!›"),
    ("PHONE", "mi teléfono es ‹672 89 53 03›"),
    ("DATE_TIME", "nacida el ‹24 de abril de 1996›"),
    ("AGE", "mi hijo tiene ‹12 años›"),
    ("ADDRESS", "Vivo en ‹Avda. Colón 52, 3º B, 08001 Barcelona›"),
    ("NAME", "Surname: ‹Rice›   Forename: Isolde"),
    ("NAME", "<familyName>‹Ozturk›</familyName>"),
    ("ADDRESS", "Lives at ‹PO Box 5061, Fort Collins, CO 27294›."),
    ("SSN", "mi DNI es ‹12345678Z›"),
    ("PHONE", "our office in Lagos: ‹+234 803 123 4567›"),
    ("PHONE", "‹+81 90-1234-5678›"),
    ("PHONE", "‹+1 206 555 0100› 25 items"),
]
CLEAN = [
    "one in five of the two or three hundred",
    "population grew from 2,560,589 to 51,621,700 in ten years",
    "12 Lane swims and 3 Court cases",
    "We lol'd on and on, to be or not to be",
    "the street was 12 km long, no one on it",
    "name,size\nshirt,M\nsocks,L",
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


def detect(text):
    return DETECTOR.detect(Part(type="text", text=text), None)


def found_in(text):
    return [(d.label.removeprefix("PII/"), text[d.span.start : d.span.end]) for d in detect(text)]


@pytest.mark.parametrize(("kind", "marked"), FOUND, ids=[f"{kind}: {text}" for kind, text in FOUND])
def test_finds_what_is_disguised_spanish_or_in_a_form(kind, marked):
    before, _, rest = marked.partition("‹")
    value, _, after = rest.partition("›")

    assert (kind, value) in found_in(before + value + after)


@pytest.mark.parametrize("text", CLEAN)
def test_leaves_what_only_looks_disguised_alone(text):
    assert found_in(text) == []


def test_a_table_says_what_its_columns_hold():
    text = 'ref;last_name;first_name;mobile;address\n17;Knight;Bohdan;4155550123;"Elm 5, Hull"\n18;Reed;Xan;4155550124;\n\nend'

    assert found_in(text) == [
        ("NAME", "Knight"), ("NAME", "Bohdan"), ("PHONE", "4155550123"), ("ADDRESS", "Elm 5, Hull"),
        ("NAME", "Reed"), ("NAME", "Xan"), ("PHONE", "4155550124"),
    ]  # fmt: skip


def test_a_table_ends_with_a_line_of_other_cells():
    assert ("AGE", "34") not in found_in("| Name | Age |\n|---|---|\n| Ann Lee | 33 |\nsums up | 34")


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


def test_spellings_are_all_that_an_alternation_matches():
    assert spellings(r"e-?mail|call(?: me| us)?|n[ao]\.") == {
        "e-mail", "email", "call", "call me", "call us", "na.", "no.",
    }  # fmt: skip
    with pytest.raises(ValueError, match="no end of spellings"):
        spellings("a+")


@pytest.fixture(scope="module")
def unseen():
    sys.path.append(str(TRAINING))
    try:
        from unseen import unseen

        return unseen(2, seed=5)
    finally:
        sys.path.remove(str(TRAINING))


def test_keeps_its_marks_on_documents_that_share_nothing_with_training(unseen):
    sys.path.append(str(TRAINING))
    try:
        from scoring import Scores
    finally:
        sys.path.remove(str(TRAINING))
    scores = Scores()
    for group, text, places in unseen:
        found = [(d.span.start, d.span.end, d.label.removeprefix("PII/")) for d in detect(text) if d.confidence >= 50]
        scores.add(group, places, found)

    assert scores.micro[2] >= 0.93, "\n".join(scores.table())
    assert scores.macro >= 0.92
    assert scores.kind("ADDRESS")[2] >= 0.90
