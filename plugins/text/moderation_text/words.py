"""Words of a folded text, and the listed words that each can be read as.

A word is read as it stands, and in ways that undo a disguise: leetspeak, repeated letters, a hidden letter. A reading
counts only when the whole of it is a listed word, so nothing is ever found inside an innocent one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby, islice, product
from typing import NamedTuple

_ALONE = (
    ("\u0e00", "\u0e7f"), ("\u3040", "\u30ff"), ("\u3400", "\u4dbf"), ("\u4e00", "\u9fff"), ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)  # fmt: skip
"""Scripts written without spaces (Thai, kana, ideographs): each character is a word, a listed word a phrase of them."""
_LEET = {
    "0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "il", "|": "il", "+": "t", "€": "e", "£": "l", "¢": "c", "†": "t", "×": "x",
}  # fmt: skip
"""Digits and signs to the letters they stand for inside a word."""
_HIDDEN = "*#"
"""Signs that hide one letter each."""
_SIGNS = "@$!|+€£¢†×*#"
_TAIL_SIGNS = "!|+*#†×€£¢"
"""Signs that may stand before or behind a word and mean nothing."""

_WITHOUT_SIGNS = dict.fromkeys(map(ord, _TAIL_SIGNS))

_BARE_U = re.compile(r"0(?=ck|nt)")
"""A nought in front of these stands for a u as well: f0ck."""
_TAILED = re.compile(r"([^\W\d_]{4,})[0-9]{1,2}")
"""A word of four letters or more with a digit or two behind it, as names have them: idiot2."""
_RUN_TOGETHER = (
    *("you", "your", "youre", "are", "r", "a", "an", "such", "so"),
    *("stupid", "dumb", "fat", "ugly", "dirty", "little", "fucking", "damn", "u"),
)
"""Words that are written together with a listed one: youstupididiot. The first must be one of the first three."""
_FEWEST_RUN_TOGETHER = 4
"""Letters of a listed word in there."""
_MODEL = re.compile(r"[^\W\d_]+[0-9]+")
"""Letters, then digits: A55, SH17; a model or room, not a disguise."""
_MAX_LETTERS = 48
_MAX_READINGS = 16
_LONG_LETTERS = 5
_CANONICAL = {ord(sign): letters[0] for sign, letters in _LEET.items()} | {ord("l"): "i"}
"""One letter for all that can be read alike, so that a set finds them."""
_NEVER_DOUBLE = "aiuyhjkqvwx"
"""Letters that English hardly doubles: two of them are one, drawn out."""


class Reading(NamedTuple):
    """A listed word at ``[start, end)`` of the folded text."""

    word: str
    start: int
    end: int


class Word(NamedTuple):
    """A word of the text.

    Attributes:
        text: folded, with the signs that touch it.
        start: where it begins in the folded text.
        end: where it ends.
    """

    text: str
    start: int
    end: int

    @property
    def letter(self) -> Word | None:
        """The word without punctuation when it can be one letter of a word spelled out, else None."""
        if len(self.text) == 1:
            return self if (self.text.isalpha() and not _is_alone(self.text)) or self.text in _LEET else None
        bare = self.text.strip(_TAIL_SIGNS) if len(self.text) <= 4 else ""
        if len(bare) != 1:
            return None
        start = self.start + self.text.index(bare)
        return Word(bare, start, start + 1).letter


def split_words(text: str) -> list[Word]:
    """The words of a folded text, in order. Signs alone are words too when they can stand for a letter."""
    return [
        Word(match.group(), match.start(), match.end())
        for match in _word(_OR_SIGN, is_ascii=text.isascii()).finditer(text)
        if match.end() - match.start() == 1 or any(c.isalnum() for c in match.group())
    ]


def listed_words(text: str) -> list[str]:
    """The words of a folded entry, as `Vocabulary` keeps them: letters and digits, without signs."""
    return _word("", is_ascii=text.isascii()).findall(text)


_OR_SIGN = f"|[{re.escape(_SIGNS)}]"


@cache
def _word(or_sign: str, *, is_ascii: bool) -> re.Pattern[str]:
    """A word of a text. Those scripts take milliseconds to compile, for which an ASCII text does not wait."""
    if is_ascii:
        return re.compile(rf"(?:[^\W_]{or_sign})+")
    alone = "".join(f"{first}-{last}" for first, last in _ALONE)
    return re.compile(rf"[{alone}]|(?:[^\W_{alone}]{or_sign})+")


def _is_alone(character: str) -> bool:
    return any(first <= character <= last for first, last in _ALONE)


class Vocabulary:
    """All listed words, found through disguise.

    Args:
        words: folded; letters and digits.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._squeezed: dict[str, list[str]] = {}
        self._by_shape: dict[tuple[int, str], list[str]] = {}
        self._long = {word.translate(_CANONICAL) for word in self._words if len(word) >= _LONG_LETTERS}
        self._long_lengths = sorted({len(word) for word in self._long})
        for word in sorted(self._words):
            self._squeezed.setdefault(_squeeze(word), []).append(word)
            self._by_shape.setdefault((len(word), word[0]), []).append(word)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def readings(self, word: Word) -> list[Reading]:
        """The listed words that a word of the text is, with and without the signs that touch it."""
        if word.text in self._words:
            return [Reading(word.text, word.start, word.end)]
        if word.text.isalpha():
            readings = [Reading(read, word.start, word.end) for read in self._drawn_out(word.text)]
            if not readings and word.text.startswith("you") and 7 <= len(word.text) <= _MAX_LETTERS:
                return self._run_together(word)
            return readings
        found: dict[str, Reading] = {}
        for text, left, right in bared(word.text):
            for read in self.disguised(text):
                found.setdefault(read, Reading(read, word.start + left, word.end - right))
        return list(found.values())

    def disguised(self, text: str) -> Iterator[str]:
        """The listed words that a run of letters, digits and signs is."""
        if text in self._words:
            yield text
        letters = sum(c.isalpha() for c in text)
        if not letters or len(text) > 20 * _MAX_LETTERS:
            return  # a number stays a number
        if text[0] not in _TAIL_SIGNS and text[-1] not in _TAIL_SIGNS and any(c in _TAIL_SIGNS for c in text):
            # A sign between letters may only part them: f*u*c*k.
            parted = text.translate(_WITHOUT_SIGNS)
            if len(parted) >= 4 and parted in self._words:
                yield parted
        if any(c in _HIDDEN for c in text):
            yield from self._unhidden(text)
        elif letters == len(text):
            yield from self._drawn_out(text)
        elif (tailed := _TAILED.fullmatch(text)) is not None and tailed.group(1) in self._words:
            yield tailed.group(1)
        elif _is_leet(text, letters):
            for read in _leet_readings(text):
                if read in self._words:
                    yield read
                yield from self._drawn_out(read)

    def long_words(self, spelled: str) -> Iterator[tuple[int, int, str]]:
        """Listed words of five letters or more anywhere in letters spelled out, with begin and end.

        Only there may a word be a piece of something: nobody spells out an innocent word that has one in it.
        """
        canonical = spelled.translate(_CANONICAL)
        for start in range(len(canonical) - _LONG_LETTERS + 1):
            for length in self._long_lengths:
                if start + length > len(canonical):
                    break
                if canonical[start : start + length] in self._long:
                    for word in self.disguised(spelled[start : start + length]):
                        yield start, start + length, word

    def _run_together(self, word: Word) -> list[Reading]:
        """Listed words in one that is ``you`` and listed words through and through: ``youstupididiot``."""
        text, size = word.text, len(word.text)
        pieces: dict[int, list[int]] = {}
        for start in range(size - 1, -1, -1):
            ends = (end for end in range(start + 1, size + 1) if end == size or end in pieces)
            fitting = [end for end in ends if text[start:end] in _RUN_TOGETHER or self._is_piece(text[start:end])]
            if fitting:
                pieces[start] = fitting
        reached, found = {0}, []
        for start in range(size):
            for end in pieces.get(start, ()) if start in reached else ():
                if start or text[:end] in _RUN_TOGETHER[:3]:
                    reached.add(end)
                    if start and self._is_piece(text[start:end]):
                        found.append(Reading(text[start:end], word.start + start, word.start + end))
        return found

    def _is_piece(self, text: str) -> bool:
        return len(text) >= _FEWEST_RUN_TOGETHER and text in self._words

    def _drawn_out(self, text: str) -> Iterator[str]:
        """Listed words with letters written more often than they have them: ``idiooot``, ``fuuck``."""
        squeezed = _squeeze(text)
        if len(squeezed) == len(text):
            return
        for word in self._squeezed.get(squeezed, ()):
            if word != text and _is_drawn_out(word, text):
                yield word

    def _unhidden(self, text: str) -> Iterator[str]:
        """Listed words with hidden letters filled in: ``f*ck``, ``b***h``. The first letter must be seen."""
        hidden = sum(c in _HIDDEN for c in text)
        if not 4 <= len(text) <= _MAX_LETTERS or text[0] in _HIDDEN or len(text) - hidden < 2 or hidden > 3:
            return
        for first in _LEET.get(text[0], text[0]):
            for word in self._by_shape.get((len(text), first), ()):
                pairs = zip(text, word, strict=True)
                if all(seen in _HIDDEN or letter in _LEET.get(seen, seen) for seen, letter in pairs):
                    yield word


def bared(text: str) -> Iterator[tuple[str, int, int]]:
    """A word as it is, without signs of punctuation around, and without any signs around.

    Each with how many signs were taken from its beginning and end.
    """
    seen = set()
    for signs in ("", _TAIL_SIGNS, _SIGNS):
        left = text.lstrip(signs) if signs else text
        bare = left.rstrip(signs) if signs else left
        if bare and bare not in seen:
            seen.add(bare)
            yield bare, len(text) - len(left), len(left) - len(bare)


def _is_leet(text: str, letters: int) -> bool:
    """True when digits and signs may stand for letters here, rather than for themselves."""
    if not any(c.isdigit() for c in text):
        return True
    if letters < 2:
        return False  # A55 and 4x4 are no words
    if _MODEL.fullmatch(text):
        return letters >= 3 and not text[-2].isdigit()
    return all(c.isalpha() or c in _LEET for c in text)


def _leet_readings(text: str) -> Iterator[str]:
    """The text with letters for digits and signs; a one may be an i or an l."""
    if len(text) > 4 * _MAX_LETTERS:
        return
    choices = [_LEET.get(c, c) if not c.isalpha() else c for c in text]
    for nought in _BARE_U.finditer(text):
        choices[nought.start()] = "ou"
    for read in islice(product(*choices), _MAX_READINGS):
        yield "".join(read)


def _squeeze(word: str) -> str:
    """The word with each run of a letter written once."""
    return "".join(letter for letter, _ in groupby(word))


def _is_drawn_out(word: str, text: str) -> bool:
    """True when `text` is `word` with letters repeated.

    A mere double letter usually makes another word (``loser`` and ``looser``, ``as`` and ``ass``), so a letter must
    stand three times, or twice where English hardly has it twice.
    """
    is_longer = False
    for (letter, run), (_, own) in zip(groupby(text), groupby(word), strict=True):
        have, need = len(list(run)), len(list(own))
        if have < need:
            return False
        if have > need and (have >= 3 or letter in _NEVER_DOUBLE):
            is_longer = True
        elif have > need:
            return False
    return is_longer
