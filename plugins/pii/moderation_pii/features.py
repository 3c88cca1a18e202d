"""What counts of a word for the tagger of names: how it is written, how it ends, on which lists it stands.

Used alike to train and to tag.
"""

from __future__ import annotations

import re

DISTANCES = (-2, -1, 0, 1, 2, 3)
"""Where a word's neighbours stand whose properties count; 1 is the word before."""

_BREAK = "¶"
"""What a line's end is called in features, whose names stand in lines themselves."""

TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019](?![sS]\b)[^\W\d_]+)?|\d+|\n|['\u2019][sS]\b|[^\w\s]|_")


class Lists:
    """What is known of words: names with their rank's class, common words, places.

    Args:
        known: kind to words in lower case, separated by spaces.
    """

    def __init__(self, known: dict[str, str]) -> None:
        self.kinds: dict[str, str] = {}
        for kind, words in sorted(known.items()):
            for word in words.split():
                self.kinds[word] = self.kinds.get(word, "") + kind

    def of(self, lowered: str) -> str:
        """The kinds of a word in lower case, one letter each."""
        return self.kinds.get(lowered, "")


def shape(word: str) -> str:
    """How a word is written: C capitalised, U capitals, I one capital, l small letters, m mixed; digits by number."""
    if word.isdigit():
        return f"d{min(len(word), 6)}"
    if not word[0].isalpha():
        return "p"
    if not _is_read(word):
        return "x"
    if word.islower():
        return "l"
    if word.isupper():
        return "U" if len(word) > 1 else "I"
    if word[0].isupper() and (word[1:].islower() or (len(word) > 3 and not word[:3].isupper())):
        return "C"
    return "m" if word.isascii() or word != word.lower() else "l"


def _is_read(word: str) -> bool:
    """True for Latin letters, which alone the model was trained on."""
    return word.isascii() or all(char < "\u0250" or "\u1e00" <= char < "\u1f00" for char in word)


def class_of(word: str, kinds: str) -> str:
    """The class of a word in features of two neighbours."""
    form = shape(word)
    if form == "p":
        return _BREAK if word == "\n" else word
    if form[0] in "dx":
        return form
    lowered = word.lower()
    return form + lowered if "o" in kinds else form + kinds


def word_features(word: str, kinds: str) -> list[str]:
    """The properties of a word that count for itself."""
    lowered, form = word.lower(), shape(word)
    features = ["s=" + form, "c=" + class_of(word, kinds)]
    if form[0] not in "dxp":
        features += ["w=" + lowered, "2=" + lowered[-2:], "3=" + lowered[-3:], "p=" + lowered[:3], "k=" + kinds]
        features.append(f"n={form}{min(len(word), 8)}")
    return features


def near_features(word: str, kinds: str) -> list[str]:
    """The properties of a word that count for its neighbours."""
    form = shape(word)
    if form[0] in "dx":
        return ["s=" + form]
    seen = class_of(word, kinds)
    return ["c=" + seen] if form == "p" else ["w=" + word.lower(), "c=" + seen]
