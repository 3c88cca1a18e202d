"""Payment cards: numbers, security codes, expiries."""

import pytest

from plugins.pii.tests.finding import ACT, REVIEW, cases, found_in, parts

FOUND = [
    # kind, text with the value in ‹›, least confidence
    ("CREDIT_DEBIT_NUMBER", "‹4111 1111 1111 1111›", ACT),
    ("CREDIT_DEBIT_NUMBER", "‹4111111111111111›", ACT),
    ("CREDIT_DEBIT_NUMBER", "amex ‹3782 822463 10005›", ACT),
    ("CREDIT_DEBIT_NUMBER", "card: ‹4111-1111-1111-1112›", ACT),
    ("CREDIT_DEBIT_NUMBER", "my visa ‹4111.1111.1111.1111›", ACT),
    ("CREDIT_DEBIT_NUMBER", "card ‹XXXX-XXXX-XXXX-1234›", REVIEW),
    ("CREDIT_DEBIT_CVV", "CVV: ‹123›", ACT),
    ("CREDIT_DEBIT_CVV", "the security code is ‹4321›", ACT),
    ("CREDIT_DEBIT_CVV", "‹123› is my cvv", ACT),
    ("CREDIT_DEBIT_EXPIRY", "card 4111 1111 1111 1111 exp ‹12/27›", ACT),
    ("CREDIT_DEBIT_EXPIRY", "visa valid thru ‹09/2028›", ACT),
    ("CREDIT_DEBIT_EXPIRY", "my card 4111 1111 1111 1111 ‹12/27› 123", REVIEW),
    ("CREDIT_DEBIT_EXPIRY", "Expiration Date ‹6/1/2022›", ACT),
    ("CREDIT_DEBIT_CVV", "last three on the back: ‹712›", REVIEW),
    ("CREDIT_DEBIT_CVV", "ok its ‹317› on the back", REVIEW),
    ("CREDIT_DEBIT_EXPIRY", "its good til ‹09/27›", REVIEW),
    ("CREDIT_DEBIT_CVV", "amex 371449635398431 cid ‹8820›", REVIEW),
    ("CREDIT_DEBIT_EXPIRY", "4111111111111111 ‹09/28› 123", REVIEW),
    ("CREDIT_DEBIT_CVV", "cardCvc: ‹377›", REVIEW),
    ("CREDIT_DEBIT_EXPIRY", "visa 4111111111111111 ‹9/28› 123", REVIEW),
    ("CREDIT_DEBIT_CVV", "visa 4111111111111111 0928 ‹123›", REVIEW),
    ("CREDIT_DEBIT_CVV", "the back of my card says ‹206›", REVIEW),
    ("CREDIT_DEBIT_EXPIRY", "MM/YY: ‹10/27›, cvv 118", REVIEW),
    ("CREDIT_DEBIT_CVV", "4111 1111 1111 1111, expires 04/27, code ‹549›", REVIEW),
    ("CREDIT_DEBIT_EXPIRY", "visa 4111 1111 1111 1111 exp. ‹Jun 31›", REVIEW),
    ("CREDIT_DEBIT_CVV", "mi tarjeta 4111 1111 1111 1111, código de seguridad ‹549›", REVIEW),
    ("CREDIT_DEBIT_EXPIRY", "tarjeta 4111 1111 1111 1111, caduca ‹05/28›", REVIEW),
    ("CREDIT_DEBIT_NUMBER", "card # ‹503812345674›", REVIEW),
    ("CREDIT_DEBIT_NUMBER", "the visa ending in ‹4242›", REVIEW),
]


@pytest.mark.parametrize(("kind", "marked", "least"), cases(FOUND))
def test_finds_what_people_write(kind, marked, least):
    before, value, after = parts(marked)

    assert (kind, value) in found_in(before + value + after, least)
