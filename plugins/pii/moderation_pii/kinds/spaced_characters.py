"""Codes and names whose characters stand apart: ``D E 5 6 6 1 ...``, ``passport C 0 3 0 0 5 9 8 8``, ``k e v i n``.

Numbers of digits only are in `reading.spoken`.
"""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_lowercase

from moderation_pii import checksums
from moderation_pii.context import NARROW_GAP, is_close, keyword
from moderation_pii.pattern import Pattern, Sighting, as_word

_NO_SIGNS = str.maketrans("", "", " .-")
_VOWELS = frozenset("aeiouy")
_CODE = r"(?:[A-Za-z0-9][ .\-]){5,14}[A-Za-z0-9]"
_PLATE = r"(?:[A-Za-z0-9] ){2,7}[A-Za-z0-9]{1,4}"
_IBAN = r"[A-Za-z][ .\-]{0,2}[A-Za-z](?:[ .\-]{0,2}[0-9A-Za-z]){13,32}"
_PASSPORT = r"pass ?ports?(?: ?(?:numbers?|no\.?))?|pasaporte"
_LICENCE = r"(?:driv(?:er'?s?|ers'|ing) ?)?licen[cs]es?(?: ?(?:numbers?|no\.?|#))?|dl"
_VEHICLE = (
    r"(?:licen[cs]e |number |reg |lic )?plates?(?: ?(?:numbers?|no\.?))?|plt|reg(?:istration)?(?: ?(?:number|no\.?))?"
)


def _with(letters: range, digits: range, confidence: float) -> Callable[[Sighting], float]:
    """Close behind its word, with so many letters and digits."""

    def weigh(sighting: Sighting) -> float:
        value = sighting.value
        size = sum(char.isalpha() for char in value), len(sighting.digits)
        return confidence if size[0] in letters and size[1] in digits and is_close(sighting) else 0.0

    return weigh


def _name(sighting: Sighting) -> float:
    """Letters that could be a name, and are not the alphabet."""
    letters = sighting.lowered[sighting.start : sighting.end].translate(_NO_SIGNS)
    return 80.0 if not _VOWELS.isdisjoint(letters) and letters not in ascii_lowercase else 0.0


def _iban(sighting: Sighting) -> float:
    value = "".join(char for char in sighting.value.upper() if char.isalnum())
    return 96.0 if checksums.iban_length(value[:2]) == len(value) and checksums.iban(value) else 0.0


def _cut_iban(value: str) -> str:
    """The value up to its country's length; words may follow it."""
    plain = [place for place, char in enumerate(value) if char.isalnum()]
    country = value[plain[0]] + value[plain[1]]
    length = checksums.iban_length(country.upper()) or 0
    return value[: plain[length - 1] + 1] if 0 < length <= len(plain) else value


PATTERNS = (
    Pattern("PII/INTERNATIONAL_BANK_ACCOUNT_NUMBER", keyword("iban", _IBAN, NARROW_GAP), _iban, as_word, _cut_iban),
    Pattern("PII/PASSPORT_NUMBER", keyword(_PASSPORT, _CODE, NARROW_GAP), _with(range(3), range(6, 10), 95.0), as_word),
    Pattern("PII/DRIVER_ID", keyword(_LICENCE, _CODE, NARROW_GAP), _with(range(6), range(5, 15), 95.0), as_word),
    Pattern("PII/LICENSE_PLATE", keyword(_VEHICLE, _PLATE, NARROW_GAP), _with(range(1, 6), range(1, 6), 86.0), as_word),
    Pattern("PII/UK_NATIONAL_INSURANCE_NUMBER", keyword(r"national insurance(?: number| no\.?)?|nino|ni(?: number| no\.?)?", r"(?i:(?:[a-z] ){2}(?:[0-9] ){6}[a-d])", NARROW_GAP), lambda s: 92.0, as_word),
    Pattern("PII/NAME", r"(?i)\b(?:name(?:'s| is|:)?|i'?m|i am|it'?s|call me) {1,2}((?:[a-z](?: {1,2}|[.\-])){3,24}[a-z])\b", _name, as_word),
    Pattern("PII/NAME", r"\b(?i:name(?:'s| is|:)?|i'?m|i am|it'?s|call me) ([A-Z][a-z]{0,9}[013457$@][a-z]{1,12}(?: [A-Z][a-z0-9$@]{1,14})?)\b", lambda s: 72.0, as_word),
)  # fmt: skip
