"""Numbers that are spelled out or spread."""

import pytest

from plugins.pii.tests.finding import REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("SSN", "soc ‹five three six two two nine oh one eight›", REVIEW),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "nhs ‹nine four three four seven six five nine one nine›", REVIEW),
    ("BANK_ROUTING", "sort code ‹two zero, one four, five three›", REVIEW),
    ("PHONE", "two one five is the area code then ‹five five five oh one four six›", REVIEW),
    ("PHONE", "text me ‹4 1 5 5 5 5 o 1 2 i›", REVIEW),
    ("PHONE", "call ‹(415)-five five five-zero one two three›", REVIEW),
    ("PIN", "p1n ‹seven one nine four›", REVIEW),
    ("PHONE", "my nmbr is ‹five five five 0 1 nine nine›", REVIEW),
    ("PHONE", "txt me ‹fv five five, zero one nin nine›", REVIEW),
    ("SSN", "my s0cial scurity is ‹5*3*6*2*2*9*0*1*8›", REVIEW),
    ("BANK_ACCOUNT_NUMBER", "acount nmber ‹4 one 9 two two 7 8 8 1›", REVIEW),
    ("BANK_ROUTING", "routng ‹zero 2 1 zero zero zero zero two one›", REVIEW),
    ("PIN", "pin ‹4 . 9 . 8 . 2›", REVIEW),
    ("PHONE", "call me at ‹five five five, 0 1 nine nine 2 3 four›", REVIEW),
    ("PHONE", "text ‹4 1 5 5 5 5 0 1 2 3› pls", REVIEW),
    ("CREDIT_DEBIT_CVV", "the cvv is ‹three one nine›", REVIEW),
    ("CREDIT_DEBIT_NUMBER", "card ‹four one one one one one one one one one one one one one one one›", REVIEW),
    ("SSN", "my s.s.n is ‹5 3 6 2 2 9 0 1 8›", REVIEW),
    ("PIN", "pin is ‹four eight two one›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_is_spelled_out_or_spread(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
