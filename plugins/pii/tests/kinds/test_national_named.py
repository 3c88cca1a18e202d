"""A number that the name of a national number stands before is one, not a telephone, whatever it looks like."""

import pytest

from plugins.pii.tests.finding import REVIEW, found_in, parts


@pytest.mark.parametrize(
    "marked",
    [
        "Tlf 22 34 56 78, fødselsnummer ‹010190 12345›",
        "CPR-nr. ‹010180-1234›, telefon 22 33 44 55",
        "SV-Nr. ‹1237 010180›, Tel. 0664 1234567",
        "Rodné číslo ‹736028/5163›, telefon 601 123 456",
        "DNI ‹30.123.456›, tel 11 4321-5678",
        "PPS number ‹1234567T›, phone 087 123 4567",
    ],
)
def test_it_is_a_national_number_beside_a_telephone(marked):
    before, value, after = parts(marked)

    found = found_in(before + value + after, REVIEW)

    assert ("SSN", value) in found
    assert [kind for kind, _ in found].count("PHONE") == 1


@pytest.mark.parametrize("text", ["DNI tel 612 345 678", "tel. 612 345 678 (no DNI)"])
def test_a_telephone_that_is_called_one_stays_one(text):
    assert found_in(text, REVIEW) == [("PHONE", "612 345 678")]
