"""Values of which a checksum or a form says that they are real, to be planted in text."""

import string

from hypothesis import assume
from hypothesis import strategies as st
from moderation_pii import checksums


def with_check_digit(digits):
    return next(digits + last for last in string.digits if checksums.luhn(digits + last))


@st.composite
def cards(draw):
    start = draw(st.sampled_from(["4", "51", "55", "2221", "6011", "65"]))
    digits = with_check_digit(start + draw(st.text(string.digits, min_size=15 - len(start), max_size=15 - len(start))))
    assume(len(set(digits)) > 1)
    gap = draw(st.sampled_from(["", " ", "-", "."]))
    return gap.join(digits[i : i + 4] for i in range(0, 16, 4))


@st.composite
def ibans(draw):
    bank = draw(st.text(string.digits, min_size=18, max_size=18))
    check = 98 - int(bank + "131400") % 97  # D is 13, E is 14; ISO 13616
    iban = f"DE{check:02}{bank}"
    return iban if draw(st.booleans()) else " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))


emails = st.from_regex(r"[a-z][a-z0-9]{0,10}(\.[a-z0-9]{1,8})?@[a-z]{2,10}\.(com|org|co\.uk|museum)", fullmatch=True)
phones = st.from_regex(r"(\([2-9][0-9]{2}\) |[2-9][0-9]{2}-)[2-9][0-9]{2}-[0-9]{4}", fullmatch=True).filter(
    lambda phone: len(set(phone[-8:])) > 2
)
