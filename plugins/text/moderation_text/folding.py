"""Folding: text without its disguise, with a way back to the code points of the original.

Case, compatibility forms (NFKC: fullwidth, circled, mathematical letters), marks, look-alike letters of other scripts
and invisible characters are undone. The facts are those of Unicode's UTS 39 (confusables), kept to the letters that
stand for a-z. Leetspeak is left to the reading of words, where a sign may mean itself.
"""

from __future__ import annotations

import unicodedata
from itertools import chain

_ALIKE = {
    "a": "аαɑᴀ∂ɐ", "b": "ЬьвβʙɓƄƅ", "c": "сϲᴄ", "d": "ԁɗᴅđ", "e": "еєэεɛᴇℯ", "f": "ƒϝꜰ", "g": "ɡցɢ", "h": "һнʜհħ",
    "i": "іιıɪⅰӏ", "j": "јʝᴊ", "k": "кκᴋ", "l": "ʟℓł", "m": "мᴍ", "n": "пηɴոи", "o": "оοσᴏօөø", "p": "рρᴘ",
    "q": "ԛգ", "r": "гʀᴦя", "s": "ѕꜱʂ", "t": "тτᴛŧ", "u": "цυᴜսμ", "v": "ѵνᴠ", "w": "ѡωᴡԝш", "x": "хχ",
    "y": "уγʏү", "z": "ᴢʐ", "ae": "æ", "oe": "œ", "ss": "ß",
}  # fmt: skip
LOOK_ALIKE = {alike: letter for letter, many in _ALIKE.items() for alike in many}
"""Letters of other scripts, lower case, to the letter they look like."""

_RANGES = ((0x1F1E6, 26), (0x1F130, 26), (0x1F150, 26), (0x1F170, 26))
"""Letters drawn as signs: flags' letters, and squared and circled ones that have no compatibility form."""
_HIDING = "●○◯•"
"""Signs put in place of a letter, as a star is."""


class Folded:
    """A folded text.

    Attributes:
        original: as it came.
        text: folded; may be shorter or longer.
    """

    def __init__(self, text: str) -> None:
        self.original = text
        self._places: list[int] | None = None
        if text.isascii():
            self.text = text.lower()
            return
        table = {ord(char): fold_char(char) for char in set(text)}
        self.text = text.translate(table)
        if any(len(folded) != 1 for folded in table.values()):
            self._places = list(
                chain.from_iterable((place,) * len(table[ord(char)]) for place, char in enumerate(text))
            )

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the folded text in code points of the original, with the marks on its last letter."""
        if self._places is not None:
            start, end = self._places[start], self._places[end - 1] + 1
            while end < len(self.original) and unicodedata.combining(self.original[end]):
                end += 1
        return start, end


def fold_char(char: str) -> str:
    """What one character is read as: usually one letter or the sign itself, nothing when it cannot be seen."""
    if char.isascii():
        return char.lower()
    if char in _HIDING:
        return "*"
    alike = LOOK_ALIKE.get(char) or LOOK_ALIKE.get(char.lower())
    if alike is not None:
        return alike
    for first, count in _RANGES:
        if first <= ord(char) < first + count:
            return chr(ord("a") + ord(char) - first)
    folded = []
    for part in unicodedata.normalize("NFKD", char).casefold():
        if unicodedata.category(part) in ("Mn", "Me", "Cf"):
            continue
        folded.append(LOOK_ALIKE.get(part, part))
    return "".join(folded)


def is_latin(char: str) -> bool:
    """True for a letter or digit of the Latin script in whatever form: à, ａ, 𝖆; not for Cyrillic а."""
    return any(part.isascii() and part.isalnum() for part in unicodedata.normalize("NFKD", char)[:1])
