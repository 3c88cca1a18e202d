"""Values that a line's end cuts in two."""

import pytest

from plugins.pii.tests.finding import REVIEW, found_in


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Card: 4111 1111\n1111 1111\n", "CREDIT_DEBIT_NUMBER", "4111 1111\n1111 1111"),
        ("SSN: 536-22-\n8146\n", "SSN", "536-22-\n8146"),
        ("Email:\nann.lee@\nexample.org\n", "EMAIL", "ann.lee@\nexample.org"),
        ("Phone: (206)\r\n555-0147\n", "PHONE", "(206)\r\n555-0147"),
        ("pay to DE89 3704 0044\n0532 0130 00 today", "INTERNATIONAL_BANK_ACCOUNT_NUMBER", "DE89 3704 0044\n0532 0130 00"),
        ("> my card is 5555 5555\n> 5555 4444 ok", "CREDIT_DEBIT_NUMBER", "5555 5555\n> 5555 4444"),
    ],
)  # fmt: skip
def test_is_one_value(text, kind, value):
    assert (kind, value) in found_in(text, REVIEW)


@pytest.mark.parametrize(
    "text", ["GET /a 200 4111\n2026-03-01 12:00 GET", "1. 4111\n2. 1111 1111\n3. 1111", "total 4111\n\n1111 1111 1111"]
)
def test_lists_and_logs_are_not_joined(text):
    assert [kind for kind, value in found_in(text, REVIEW) if "\n" in value] == []
