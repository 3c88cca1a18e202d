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
        "Min CPR er ‹010180-1234›, ring på 20 30 40 50",
        "cpr nummeret ‹010180 1234› og telefon 20 30 40 50",
        "Identifikationsnummer ‹65 929 970 489›, Tel. 030 1234567",
        "fødselsnummeret mitt er ‹010180 12345›, tlf. 22 33 44 55",
        "kennitala mín er ‹010180-1239›, sími +354 555 1234",
        "Henkilötunnukseni on ‹010180-123A›, puh. 040 123 4567",
        "RRN ‹850730 033 28›, phone 087 123 4567",
        "r.č. ‹850730/0332›, telefon 601 123 456",
        "CUIL ‹20-12345678-3›, tel 11 4321-5678",
        "her identity number ‹850730 5009 081›, phone 087 123 4567",
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


def test_it_is_no_end_of_the_address_before_it():
    text = "Via dei Gelsomini 14, 20147 Milano, codice fiscale CTTFRZ80A01F205X."

    assert found_in(text, REVIEW) == [("ADDRESS", "Via dei Gelsomini 14, 20147 Milano"), ("SSN", "CTTFRZ80A01F205X")]
