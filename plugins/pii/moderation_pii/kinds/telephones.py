"""Telephone numbers of all countries, by Google's metadata in ``phonenumbers``.

The library takes some fifty microseconds for a number, so it is asked only about candidates which neither a keyword nor
their look has decided.
"""

from __future__ import annotations

_REGIONS = (
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "AU",
    "IN",
    "BR",
    "JP",
    "MX",
    "NL",
    "CH",
    "AT",
    "IE",
    "ZA",
    "NZ",
    "SE",
    "BE",
    "TR",
    "KR",
)
"""Whose national numbers are tried, with their trunk prefix; the larger and the English-speaking ones first."""


def is_international(value: str) -> bool:
    """True when a number that begins with + or 00 is in use in its country's plan."""
    import phonenumbers

    try:
        number = phonenumbers.parse("+" + value.lstrip("+0"), None)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number(number))


def is_national(value: str) -> bool:
    """True when a number with a trunk zero is in use in one of the larger countries' plans."""
    import phonenumbers

    for region in _REGIONS:
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(number, region):
            return True
    return False


def international_part(value: str) -> str:
    """A number without groups of digits behind it that cannot be part of it: ``+1 206 555 0100`` of `` ... 0100 25``."""
    import phonenumbers

    end = len(value)
    while end > 8 and sum(char.isdigit() for char in value[:end]) > 12:
        try:
            if phonenumbers.is_possible_number(phonenumbers.parse(value[:end], None)):
                return value[:end]
        except phonenumbers.NumberParseException:
            pass
        end = max(value.rfind(sign, 0, end) for sign in " .-/(")
    return value
