"""Checksums."""

import random
import string

import pytest
from moderation_pii import checksums

from plugins.pii.tests.planted import with_check_digit


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
