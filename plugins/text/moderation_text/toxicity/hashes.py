"""The numbers that words and pieces of words are hashed by; `features` says what is hashed."""

from __future__ import annotations

import zlib

from moderation_text.toxicity.words import GROUP

WORD_BITS = 17
PIECE_BITS = 17
"""Of a number in the tables of words and of pieces."""

PIECES = (2, 3, 4, 5)
"""Lengths of pieces, in bytes of the folded text."""

NEAR = 6
"""Words on each side within which a word is near to a group, a person or a denial."""

MIX = 0x9E3779B97F4A7C15
MIXES = (
    0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB,
    0x8EBC6AF09C88C6E3, 0x589965CC75374CC3, 0x1D8E4E27C47D124F, 0xEB44ACCAB455D165, 0x9FB21C651E98DF25,
    0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
)  # fmt: skip
PIECE_BASE = 0x100000001B3
GAPS = ((1, MIXES[:2]), (2, MIXES[2:4]), (3, MIXES[10:12]))
"""Of two words that are looked at together: how far apart they stand, and what each is multiplied by."""
BESIDE = MIXES[4:10]
"""What a word is multiplied by for what it is near to, in turn."""

_YOU = "you u ur your youre yourself urself ya yall yourselves"
_I = "i im me my myself ive id ill"
_DENIALS = """
not no never dont doesnt isnt arent cant cannot wont nobody none without shouldnt wouldnt didnt wasnt nothing
"""
_OTHERS = "he she they them him her his their"
_REPORTS = """
said says saying say called calling calls told wrote quote word words anyone people sentence statement claim claims
reported
"""
_MARKED = (frozenset({GROUP}), *(frozenset(words.split()) for words in (_YOU, _I, _DENIALS, _OTHERS, _REPORTS)))
"""Words whose nearness changes what others mean: of groups, the one spoken to, the one who speaks, and so on."""
_QUOTES = frozenset("\"“”„«»'")
MARKS = len(_MARKED) + 1
"""How many kinds of such words there are, quotes among them."""


def hash_of(word: str) -> int:
    """A number of 64 bits for a word."""
    data = word.encode("utf-8", "surrogatepass")
    return zlib.crc32(data) << 32 | zlib.crc32(data[::-1], 77)


def marks_of(word: str) -> int:
    """A bit for each of the `MARKS` kinds that a word is of."""
    marks = sum(1 << number for number, words in enumerate(_MARKED) if word in words)
    return marks | (1 << len(_MARKED) if word in _QUOTES else 0)
