"""Folding: text without its disguise, with each letter's place in the original.

Case, compatibility forms (NFKC: fullwidth, circled, mathematical letters), combining marks, look-alike letters
of other scripts, leetspeak, and invisible characters are undone. The facts are those of UTS 39 (confusables), kept to
the letters that stand for a-z.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_ALIKE = {
    "a": "аαɑᴀ∂ӑӓ",  # Cyrillic, Greek, Latin small capitals
    "b": "ЬьвβʙɓƄ",
    "c": "сϲᴄⅽ¢",
    "d": "ԁɗᴅⅾ",
    "e": "еєэεɛᴇℯ€ёѐ",
    "f": "ƒϝꜰ",
    "g": "ɡցɢ",
    "h": "һнʜհ",
    "i": "іιıɪỉⅰїӏ",
    "j": "јʝᴊ",
    "k": "кκᴋ",
    "l": "ⅼʟ|ℓ",
    "m": "мᴍⅿ",
    "n": "пηɴոи",
    "o": "оοσᴏօ○●◯ө",
    "p": "рρᴘ",
    "q": "ԛգ",
    "r": "гʀᴦя",
    "s": "ѕꜱʂ",
    "t": "тτᴛ†",
    "u": "цυᴜսμ",
    "v": "ѵνᴠⅴ",
    "w": "ѡωᴡԝш",
    "x": "хχⅹ×",
    "y": "уγʏүў",
    "z": "ᴢʐ",
}
LOOK_ALIKE = {alike: letter for letter, many in _ALIKE.items() for alike in many}
LEET = {
    "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "i", "+": "t", "*": "*", "#": "*",
}  # fmt: skip
"""Signs that stand for a letter inside a word; ``*`` and ``#`` hide any one letter."""

_INVISIBLE = {"\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u180e", "\u034f", "\u061c"}


@dataclass(frozen=True)
class Sign:
    """One folded sign.

    Attributes:
        char: a-z for letters and what looks like one; a digit, sign or space as it is.
        is_letter: True when it was a letter, not leetspeak.
        start: code-point offset in the original.
        end: offset after it.
    """

    char: str
    is_letter: bool
    start: int
    end: int


def fold(text: str) -> list[Sign]:
    """The folded signs of `text`, in order; marks and invisible characters are gone."""
    signs: list[Sign] = []
    for position, original in enumerate(text):
        if original in _INVISIBLE or ("\u202a" <= original <= "\u202e") or ("\u2066" <= original <= "\u2069"):
            continue
        if original.isascii():
            lowered = original.lower()
            signs.append(Sign(lowered, lowered.isalpha(), position, position + 1))
            continue
        alike = LOOK_ALIKE.get(original) or LOOK_ALIKE.get(original.lower())
        folded = alike or unicodedata.normalize("NFKD", original).lower()
        for char in folded:
            if unicodedata.combining(char):
                continue
            char = LOOK_ALIKE.get(char, char)
            signs.append(Sign(char, char.isalpha(), position, position + 1))
    return signs


def skeleton(text: str) -> str:
    """The letters of a listed word or phrase as the matcher compares them: folded, words joined by one space."""
    chars = [sign.char if sign.is_letter or sign.char.isdigit() else LEET.get(sign.char, " ") for sign in fold(text)]
    return " ".join("".join(chars).split())
