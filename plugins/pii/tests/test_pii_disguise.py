"""Personal data as people write it who hide it, or who speak Spanish, or who put it in tables."""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation_pii import TextPii
from moderation_pii.folding import Folded
from moderation_pii.spelling import spellings

from moderation.core.items import Part

TRAINING = Path(__file__).parents[1] / "training"
DETECTOR = TextPii()

FOUND = [
    ("PHONE", "my nmbr is ‹five five five 0 1 nine nine›"),
    ("PHONE", "txt me ‹fv five five, zero one nin nine›"),
    ("PHONE", "cal me at ‹206.555.O1O0›"),
    ("SSN", "my s0cial scurity is ‹5*3*6*2*2*9*0*1*8›"),
    ("BANK_ACCOUNT_NUMBER", "acount nmber ‹4 one 9 two two 7 8 8 1›"),
    ("BANK_ROUTING", "routng ‹zero 2 1 zero zero zero zero two one›"),
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
    ("PHONE", "our office in Lagos: ‹+234 803 123 4567›"),
    ("PHONE", "‹+81 90-1234-5678›"),
    ("PHONE", "‹+1 206 555 0100› 25 items"),
]
CLEAN = [
    "one in five of the two or three hundred",
    "population grew from 2,560,589 to 51,621,700 in ten years",
    "We lol'd on and on, to be or not to be",
    "the street was 12 km long, no one on it",
    "name,size\nshirt,M\nsocks,L",
]


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


@settings(max_examples=60)
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


def test_no_trigger_keeps_a_pattern_from_what_it_would_find(unseen):
    """Looked for everywhere, the patterns find nothing that triggers hid, but digits inside longer numbers."""
    everywhere = TextPii(only_patterns=True)
    everywhere.detect(Part(type="text", text=""), None)
    triggered = TextPii(only_patterns=True)
    prefilter = everywhere._prefilter
    prefilter._look = lambda piece: prefilter._all

    for _, text, _ in unseen:
        part = Part(type="text", text=text)
        places = [d.span for d in triggered.detect(part, None)]
        for hidden in everywhere.detect(part, None):
            assert any(span.start < hidden.span.end and hidden.span.start < span.end for span in places), hidden
