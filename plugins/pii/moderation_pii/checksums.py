"""Checksums that tell a number from a look-alike. They move a confidence; they never decide alone."""

from __future__ import annotations


def luhn(digits: str) -> bool:
    """True when the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def aba(digits: str) -> bool:
    """True for a US routing number whose weights 3, 7, 1 add up to a multiple of ten."""
    return sum(int(d) * w for d, w in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0


def iban(text: str) -> bool:
    """True when the number is 1 modulo 97 (ISO 13616)."""
    compact = "".join(text.split()).upper()
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def ssn_possible(digits: str) -> bool:
    """True when area, group and serial can have been issued (Social Security Administration's rules)."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"
