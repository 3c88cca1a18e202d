"""Accounts, routing numbers, sort codes, IBANs."""

import pytest

from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "‹DE89 3704 0044 0532 0130 00›", ACT),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "‹GB82WEST12345698765432› BANK OF X", ACT),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "‹AT61 1904 3002 3457 3201› BANK", ACT),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "iban ‹de89370400440532013000›", ACT),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "IBAN: ‹DE89 3704 0044 0532 0130 01›", ACT),
    ("BANK_ACCOUNT_NUMBER", "account number: ‹000123456789›", ACT),
    ("BANK_ACCOUNT_NUMBER", "my checking account ‹12345678›", ACT),
    ("BANK_ROUTING", "routing ‹111000025›", ACT),
    ("BANK_ROUTING", "ABA number is ‹111000026›", ACT),
    ("BANK_ROUTING", "sort code ‹20-00-00›", ACT),
    ("SWIFT_CODE", "SWIFT: ‹DEUTDEFF500›", ACT),
    ("BANK_ACCOUNT_NUMBER", "my checking is ‹7761543210›", REVIEW),
    ("BANK_ROUTING", "sort_code: ‹20-14-53›", REVIEW),
    ("BANK_ROUTING", "RTN ‹0210-0002-1›", REVIEW),
    ("BANK_ACCOUNT_NUMBER", "the sort code is 20-14-53 and acc ‹55120934›", REVIEW),
    ("BANK_ACCOUNT_NUMBER", "My routing number is 021000021 and the account is ‹0031204457›.", REVIEW),
    ("BANK_ROUTING", "⑆‹021000021›⑆ 0031204457⑈ 1207", REVIEW),
    ("BANK_ROUTING", "BSB: ‹083-004›", REVIEW),
    ("BANK_ROUTING", "Sort: ‹20-14-53› Acc: 55120934", REVIEW),
    ("BANK_ACCOUNT_NUMBER", "Número de cuenta ‹249390819270›", REVIEW),
    ("BANK_ACCOUNT_NUMBER", "account ending in ‹*913›", REVIEW),
    ("BANK_ACCOUNT_NUMBER", "refund to checking ending in ‹7854›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
