"""Numbers that somebody spells out, spreads or disguises so that no pattern sees them.

Runs like ``five five five, 0 1 nine nine``, ``4 1 5 . 2 6``, ``fv3 sx nin`` are read as digits; how many they are and
the last word before them that names a kind say what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from moderation_pii import checksums
from moderation_pii.context import is_called_otherwise, words
from moderation_pii.expression import later
from moderation_pii.pattern import Hit, Sighting

_DIGITS = {"zero": "0", "oh": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}  # fmt: skip
_TENS = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18",
    "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3}
_SPANISH = {"cero": "0", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9"}  # fmt: skip
_INSIDE = {"to": "2", "too": "2", "for": "4", "ate": "8", "won": "1", "o": "0", "l": "1", "i": "1", "on": "1"}
"""Words that stand for a digit between two others only."""
_LIKE_DIGIT = {"o": "0", "l": "1", "i": "1"}
_LEAST_ROW = 6
"""So many single digits in a row make digits of the letters that look like some among them."""

_PLAIN = r"(?:zero|one|two|three|four|five|six|seven|eight|nine)"
_TOKEN = later(r"[a-z0-9]+")
_GLUED = later(rf"{_PLAIN}|[0-9]+")
_GAP = later(r"[ \t]?[\-.,_*/|~()+][ \t]?|\)-|[ \t]{1,2}|\.{2,4} ?")
_ODD_GAP = r"[ \t]?[,_*|~()+/][ \t]?|[ \t]{2}|[ \t][\-.][ \t]?|[\-.][ \t]|\.{2,4} ?"


def _bent() -> dict[str, str]:
    """Digit words with a letter left out, exchanged, or written as a digit."""
    made: dict[str, str] = {}
    for word, digit in _DIGITS.items():
        if len(word) > 2:
            bent = [word[:at] + word[at + 1 :] for at in range(len(word))]
            bent += [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]
            bent += [word.replace("o", "0"), word.replace("e", "3"), word.replace("e", "3", 1), word.replace("i", "1")]
            bent += [word.replace("e", "3")[::-1].replace("3", "e", 1)[::-1], word[0] + re.sub("[aeiou]", "", word[1:])]
            for written in bent:
                if len(written) > 1:
                    made.setdefault(written, digit)
    return {written: digit for written, digit in made.items() if written not in _WORDS_OF_TEXT}


_WORDS_OF_TEXT = words(
    "on to ne or our for fur in six one two he wo eve ten is it at as so no we ix hour fir there the thee seen even fie oe"
)
_BENT = _bent()
_CLEAR = _DIGITS | _TENS | _SPANISH
_PIECES = dict.fromkeys([*_BENT, *_INSIDE], False) | dict.fromkeys([*_CLEAR, *_TIMES], True)
"""Words that may be a piece of a number; True for those that hardly are anything else."""

_KEYWORDS = (
    r"(?<![a-z])(?:"
    r"(?P<CREDIT_DEBIT_CVV>cvv2?|cvc2?|c[ .]?v[ .]?[vc]|security co?de?|cd|back|csc)"
    r"|(?P<PIN>pin|p[ .]i[ .]n|pincode|passcode|clave)"
    r"|(?P<SSN>ssn|s[ .]?s[ .]?n|social(?: security)?|soc(?: sec)?)"
    r"|(?P<BANK_ROUTING>r(?:ou?)?u?t(?:i?ng?|in)|routing|aba|rtn)"
    r"|(?P<SORT>sort code)"
    r"|(?P<UK_NATIONAL_HEALTH_SERVICE_NUMBER>nhs)"
    r"|(?P<IN_AADHAAR>aad?haar|aadhar)"
    r"|(?P<BANK_ACCOUNT_NUMBER>acc(?:oun)?t|acc|acnt|bank|cuenta)"
    r"|(?P<CREDIT_DEBIT_NUMBER>card|crd|cc|visa|mastercard|amex|credit|debit|discover|tarjeta)"
    r"|(?P<PHONE>ph(?:one)?|phn|phne|fone?|call|text|txt|cell|mobile|mob|whats ?app|wa|tel|telegram|signal"
    r"|sms|ring|reach|hit|contact|dial|area code|m[oó]vil|tel[eé]fono)"
    r")(?![a-z])"
)
_SIZES = {
    "CREDIT_DEBIT_CVV": (3, 4), "PIN": (4, 8), "SSN": (9, 9), "BANK_ROUTING": (9, 9), "BANK_ACCOUNT_NUMBER": (6, 17), "CREDIT_DEBIT_NUMBER": (13, 19),
    "PHONE": (7, 14), "SORT": (6, 6), "UK_NATIONAL_HEALTH_SERVICE_NUMBER": (10, 10), "IN_AADHAAR": (12, 12),
}  # fmt: skip
"""Least and most digits of each kind."""
_COUNTING = "0123456789101112131415161718192021222324252627282930", "9876543210"
"""One, two, three ...: a number in these is counting, not a number of something."""
_LABELS = {"SORT": "BANK_ROUTING"}


def signs() -> str:
    """Regex of what a text holds in which there may be such a run.

    Three words and numbers in a row, a number and a word in one, or four short numbers of which one is a single digit
    or has more than a blank, a dash or a dot between: others are grouped as the patterns of their kinds know them.
    """
    word = f"(?:{'|'.join([*_CLEAR, *_TIMES, *_BENT])})"
    token = f"(?:{'|'.join([*_CLEAR, *_TIMES, *_BENT, *_INSIDE])}|[0-9]+)"
    gap, odd = f"(?:{_GAP.pattern})", f"(?:{_ODD_GAP})"
    rows = [gap.join(row) for row in ((word, token, token), (token, word, token), (token, token, word))]
    few, one = "[0-9]{1,4}", "[0-9]"
    places = range(4)
    rows += [gap.join(one if at == single else few for at in places) for single in places]
    rows += [few + "".join((odd if at == special else gap) + few for at in range(3)) for special in range(3)]
    glued = f"[0-9]{_PLAIN}|{_PLAIN}(?:[0-9]|{_PLAIN})"
    return rf"(?i)(?:^|[^a-z0-9])(?:(?:{'|'.join(rows)})(?:$|[^a-z0-9])|[a-z0-9]{{0,40}}(?:{glued}))"


class _Token(NamedTuple):
    start: int
    end: int
    word: str
    is_clear: bool


def runs(text: str, lowered: str, start: int, end: int) -> Iterator[Hit]:
    """The numbers that are spelled out or spread, from start to end.

    Args:
        text: as it is folded.
        lowered: the same in lower case, of the same length.
        start: of the place that is looked through.
        end: of the same.
    """
    run: list[_Token] = []
    for found in _TOKEN.finditer(lowered, start, end):
        token = _token(found)
        if run and (token is None or not _GAP.fullmatch(lowered, run[-1].end, found.start())):
            yield from _judged(run, text, lowered)
            run = []
        if token is not None:
            run.append(token)
    yield from _judged(run, text, lowered)


def _token(found: re.Match[str]) -> _Token | None:
    """A piece of a number; None when it is none."""
    word = found[0]
    is_clear = _PIECES.get(word)
    if is_clear is None:
        if word.isalpha():
            return None
        if word.isdigit():
            is_clear = len(word) <= 5 or None
        elif "".join(_GLUED.findall(word)) == word:
            is_clear = True
    return None if is_clear is None else _Token(*found.span(), word, is_clear)


def _judged(run: list[_Token], text: str, lowered: str) -> Iterator[Hit]:
    """What a run is, if it is anything."""
    is_row = sum(len(token.word) == 1 and token.word.isdigit() for token in run) >= _LEAST_ROW
    run = [token._replace(word=_LIKE_DIGIT.get(token.word, token.word)) for token in run] if is_row else run
    while run and run[0].word in _INSIDE:
        run = run[1:]
    while run and (run[-1].word in _INSIDE or run[-1].word in _TIMES):
        run = run[:-1]
    has_words = any(not token.word.isdigit() and token.word not in _INSIDE for token in run)
    if not has_words and any(not token.word.isdigit() for token in run):
        return
    if not run or (len(run) < 3 and not any(_GLUED.findall(token.word)[1:] for token in run)):
        return
    if 2 * sum(token.is_clear for token in run) < len(run):
        return
    read = _read(token.word for token in run)
    if len(read) < 3 or len(set(read)) == 1:
        return
    sighting = Sighting(text, lowered, run[0].start, run[-1].end)
    if not has_words and (len(run) < 4 or max(len(token.word) for token in run) > 4 or is_called_otherwise(sighting)):
        return
    kind, confidence = _weighed(read, sighting.before(44), has_words, len(run))
    if kind:
        is_opened = lowered[sighting.start - 1 : sighting.start] == "(" and ")" in sighting.value
        yield Hit(sighting.start - is_opened, sighting.end, confidence, "PII/" + kind)


def _read(run: Iterator[str]) -> str:
    """The digits of a run."""
    read, times, is_ten = "", 1, False
    for word in run:
        if word in _TIMES:
            times = _TIMES[word]
            continue
        digits = word if word.isdigit() else _CLEAR.get(word) or _BENT.get(word) or _INSIDE.get(word)
        if digits is None:
            digits = "".join(piece if piece.isdigit() else _DIGITS[piece] for piece in _GLUED.findall(word))
        if is_ten and len(digits) == 1 and digits != "0" and not word.isdigit():
            read = read[:-1] + digits
        else:
            read += digits * times
        is_ten = word in _TENS and word.endswith("ty")
        times = 1
    return read


@cache
def _keywords() -> re.Pattern[str]:
    """Compiled at the first use: a start does not wait for it."""
    return re.compile(_KEYWORDS)


def _weighed(read: str, before: str, has_words: bool, parts: int) -> tuple[str, float]:
    """The kind of a number and how sure it is; the nearest keyword that fits its length decides."""
    size = len(read)
    for found in reversed(list(_keywords().finditer(before))):
        least, most = _SIZES[str(found.lastgroup)]
        if least <= size <= most:
            return _LABELS.get(str(found.lastgroup), str(found.lastgroup)), 88.0
    if any(read in counting for counting in _COUNTING):
        return "", 0.0
    if 13 <= size <= 19 and checksums.card_network(read):
        return "CREDIT_DEBIT_NUMBER", 88.0 if checksums.luhn(read) else 60.0 if has_words else 0.0
    if 7 <= size <= 13 and "numb" in before[-14:]:
        return "PHONE", 80.0
    if size in (10, 11) and (has_words or parts >= size - 1):
        return "PHONE", 72.0 if has_words else 55.0
    return "", 0.0
