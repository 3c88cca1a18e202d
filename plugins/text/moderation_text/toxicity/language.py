"""Whether a text is in the one language that the classifier has learned: English.

Told by how many of its words are frequent in English; four words or fewer in Latin letters are taken for English, since
names and exclamations say nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from functools import lru_cache

FEWEST_WORDS = 5
"""Fewer words in Latin letters than this are taken for English."""

LEAST_KNOWN = 0.5
"""The share of words that are frequent in English from which a text is."""

FEWEST_LETTERS = 2
"""Of another script, from which a text can be in another language."""


def is_readable(words: Sequence[str], frequent: Collection[int]) -> bool:
    """True unless the words are plainly of another language.

    Args:
        words: of a text, as `moderation_text.toxicity.words` gives them.
        frequent: numbers, by `number_of`, of frequent English words.
    """
    latin = foreign = known = letters = 0
    for word in words:
        if word.isascii():
            if len(word) > 1 and word.isalpha():
                latin += 1
                letters += len(word)
                known += number_of(word) in frequent
        elif any(map(str.isalpha, word)):
            foreign += len(word)
    if foreign >= FEWEST_LETTERS and foreign > letters:
        return False
    return latin < FEWEST_WORDS or known >= LEAST_KNOWN * latin


@lru_cache(20_000)
def number_of(word: str) -> int:
    """What stands for a word in the model's list of frequent ones."""
    return zlib.crc32(word.encode())
