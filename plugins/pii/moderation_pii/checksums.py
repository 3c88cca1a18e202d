"""Checksums that tell a number from a look-alike. They move a confidence; they never decide alone."""

from __future__ import annotations

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Country code to length without spaces (SWIFT IBAN registry)."""

_VIN_VALUES = {
    **{str(n): n for n in range(10)},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)),
}  # fmt: skip
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)

_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_MOVES = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
"""Multiplication in the dihedral group of order 10, and the powers of Verhoeff's permutation."""


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
"""A digit to the sum of the digits of its double."""


def luhn(digits: str) -> bool:
    """True when the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    values = digits.encode("ascii")
    total = sum(values[::-2]) + sum(values[-2::-2].translate(_DOUBLED)) - len(values) * ord("0")
    return total % 10 == 0


def card_network(digits: str) -> bool:
    """True when the first digits and the length are those of a card network (issuer ranges of ISO/IEC 7812-1)."""
    size, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    if digits[0] == "4":
        return size in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return size == 16
    if two in (34, 37):
        return size == 15
    if two in (36, 38, 39) or 300 <= three <= 305:
        return size == 14
    if four == 6011 or two == 65 or 644 <= three <= 649 or 3528 <= four <= 3589 or two == 62:
        return 16 <= size <= 19
    return False


def aba(digits: str) -> bool:
    """True for a US routing number whose weights 3, 7, 1 add up to a multiple of ten."""
    return sum(int(d) * w for d, w in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0


def iban(text: str) -> bool:
    """True when the number is 1 modulo 97 (ISO 13616)."""
    compact = "".join(text.split()).upper()
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def iban_length(country: str) -> int | None:
    """How many characters an IBAN of this country has; None when it has none."""
    return IBAN_LENGTHS.get(country.upper())


def ssn_possible(digits: str) -> bool:
    """True when area, group and serial can have been issued (Social Security Administration's rules)."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def itin_possible(digits: str) -> bool:
    """True when the number is in the ranges of US individual taxpayer numbers (IRS publication 1915)."""
    group = int(digits[3:5])
    return digits[0] == "9" and (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99)


def vin(text: str) -> bool:
    """True when the ninth character checks the others (49 CFR 565.15)."""
    total = sum(_VIN_VALUES[c] * w for c, w in zip(text.upper(), _VIN_WEIGHTS, strict=True)) % 11
    return text[8].upper() == ("X" if total == 10 else str(total))


def verhoeff(digits: str) -> bool:
    """True when the last digit checks the others (Verhoeff 1969), as in an Aadhaar number."""
    state = "0"
    for position, digit in enumerate(reversed(digits)):
        state = _TIMES[int(state)][int(_MOVES[position % 8][int(digit)])]
    return state == "0"


def nhs(digits: str) -> bool:
    """True when the tenth digit checks the others modulo 11 (NHS Data Dictionary)."""
    check = 11 - sum(int(d) * w for d, w in zip(digits[:9], range(10, 1, -1), strict=True)) % 11
    return check % 11 == int(digits[9]) and check != 10
