"""Numbers that somebody spells out, spreads or disguises so that no pattern sees them.

Runs like ``five five five, 0 1 nine nine``, ``4 1 5 . 2 6``, ``2O6-555-O1OO`` are read as digits; how many they are and
the words before them say what they are.
"""

from __future__ import annotations

import re

from moderation_pii import checksums
from moderation_pii.context import Words, is_called_otherwise
from moderation_pii.pattern import Pattern, Sighting, as_word

_VALUES = {
    "zero": "0", "zer0": "0", "oh": "0", "nought": "0", "o": "0", "one": "1", "0ne": "1", "two": "2", "tw0": "2", "too": "2", "three": "3", "thr33": "3",
    "thre": "3", "four": "4", "f0ur": "4", "fuor": "4", "five": "5", "f1ve": "5", "fiv3": "5", "fiv": "5", "six": "6", "s1x": "6", "seven": "7", "s3ven": "7", "sevn": "7",
    "svn": "7", "eight": "8", "e1ght": "8", "eigt": "8", "eght": "8", "ate": "8", "nine": "9", "n1ne": "9", "nin": "9",
}  # fmt: skip
_TENS = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18",
    "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
}  # fmt: skip
_WORD = (
    r"(?:zer[o0]|oh?|nought|[o0]ne|tw[o0]|thr[e3]{1,2}|f[o0]ur|f[i1]v[e3]?|s[i1]x|s[e3]v[e3]?n|svn|e[i1]?gh?t|n[i1]ne?"
    r"|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|double|triple)"
)
_PLAIN_WORD = r"(?:zero|one|two|three|four|five|six|seven|eight|nine)"
_GLUED = re.compile(rf"(?i)(?<=[0-9]){_PLAIN_WORD}|{_PLAIN_WORD}(?=[0-9])")
_GAP = r"(?:[ \t]?[\-.,_*/|~()+][ \t]?|[ \t]{1,2}|\.{2,4} ?)"

_NOTHING = ("", 0.0)

_PHONE = Words(
    r"ph(?:one)?|phn|phne|fone?|call|text|txt|cell|mobile|mob|number|numbr|nmbr|num|whats ?app|wa|tel|telegram|signal|sms|ring|reach|hit me up|contact|dial|line|digits"
)
_SSN = Words(r"ssn|s\.?s\.?n|s s n|social|soc sec|socail")
_CARD = Words(r"card|crd|cc|visa|mastercard|amex|credit|debit|discover")
_CVV = Words(r"cvv2?|cvc2?|c v v|c\.v\.v|c v c|security code|back|csc")
_PIN = Words(r"pin|p i n|p\.i\.n|pincode|passcode")
_ACCOUNT = Words(r"acc(?:oun)?t|account|acc|acnt|accnt|bank")
_ROUTING = Words(r"routing|routng|aba|rtn|sort code")


def _digits(value: str) -> str:
    """What a run reads as; empty when a word in it is none of a number."""
    value = _GLUED.sub(lambda word: _VALUES[word.group().lower()], value)
    read, times, last_ten = "", 1, False
    word = ""
    for char in [*value.lower(), " "]:
        if char.isalnum():
            word += char
            continue
        if not word:
            continue
        if word in ("double", "triple"):
            times = 2 if word == "double" else 3
        else:
            digit = word if word.isdigit() else _VALUES.get(word) or _TENS.get(word)
            if digit is None:
                return ""
            if last_ten and len(digit) == 1 and digit != "0" and not word.isdigit():
                read = read[:-1] + digit
            else:
                read += digit * times
            last_ten = word in _TENS and word.endswith("ty")
            times = 1
        word = ""
    return read


def _kind(sighting: Sighting) -> str:
    return _seen(sighting)[0]


def _confidence(sighting: Sighting) -> float:
    return _seen(sighting)[1]


def _seen(sighting: Sighting) -> tuple[str, float]:
    """What a run is, and how surely."""
    read = _digits(sighting.value)
    return _weighed(sighting, read) if len(read) >= 3 else _NOTHING


def _weighed(sighting: Sighting, read: str) -> tuple[str, float]:
    """What a run that reads as these digits is, and how surely."""
    size = len(read)
    before = sighting.before(40)
    has_words = any(c.isalpha() for c in sighting.value)
    if len(set(read)) == 1 or (not has_words and is_called_otherwise(sighting)):
        return _NOTHING
    if size in (3, 4) and _CVV.in_(before):
        return "PII/CREDIT_DEBIT_CVV", 88.0
    if 4 <= size <= 8 and _PIN.in_(before):
        return "PII/PIN", 88.0
    if size == 9 and _SSN.in_(before):
        return "PII/SSN", 92.0
    if size == 9 and _ROUTING.in_(before):
        return "PII/BANK_ROUTING", 90.0
    if 13 <= size <= 19 and (_CARD.in_(before) or (checksums.luhn(read) and checksums.card_network(read))):
        return "PII/CREDIT_DEBIT_NUMBER", 90.0
    if 6 <= size <= 17 and _ACCOUNT.in_(before):
        return "PII/BANK_ACCOUNT_NUMBER", 86.0
    if size in (10, 11) or (7 <= size <= 13 and _PHONE.in_(before)):
        return "PII/PHONE", 88.0 if _PHONE.in_(before) else 72.0 if has_words else 55.0
    return _NOTHING


_RUN = rf"(?i)\b((?:(?:{_WORD}|[0-9]{{1,4}}){_GAP}){{2,22}}(?:{_WORD}|[0-9]{{1,4}}))\b"
_TRIGGER = rf"(?i)\b{_WORD}{_GAP}(?:{_WORD}|[0-9])|\b[0-9]{_GAP}[0-9]{_GAP}[0-9]\b"


def _letters(sighting: Sighting) -> float:
    """A telephone number with letters for some digits: 2O6-555-OlOO."""
    value = sighting.value
    digits = sum(c.isdigit() for c in value)
    return 0.0 if value.isalpha() or digits < 5 or not any(c.isalpha() for c in value) else 72.0


PATTERNS = (
    Pattern("PII/PHONE", _RUN, _confidence, as_word, _TRIGGER, kind=_kind),
    Pattern("PII/PHONE", rf"(?i)\b([0-9]{{1,8}}(?:{_PLAIN_WORD}+[0-9]{{1,8}}){{1,6}})\b", _confidence, as_word, rf"(?i)[0-9]{_PLAIN_WORD}", kind=_kind),
    Pattern("PII/PHONE", r"\b([2-9lIiSB][0-9OolISB]{2}[ .\-][0-9OolISB]{3}[ .\-][0-9OolISB]{4})\b", _letters, as_word),
)  # fmt: skip
