"""What counts of a word for the tagger of names: how it is written, how it ends, on which lists it stands.

Used alike to train and to tag.
"""

from __future__ import annotations

import re
from functools import cache

DISTANCES = (-2, -1, 0, 1, 2, 3)
"""Where a word's neighbours stand whose properties count; 1 is the word before."""

_BREAK = "¶"
"""What a line's end is called in features, whose names stand in lines themselves."""

FIRST_CLUSTER = "\u4e00"
"""From this character on, what is known of a word is its cluster: with which others it shares its neighbours."""

TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019](?![sS]\b)[^\W\d_]+)?|\d+|\n|['\u2019][sS]\b|[^\w\s]|_")


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
    return form + word.lower() if "o" in kinds else form + outline(kinds)


@cache
def outline(kinds: str) -> str:
    """What is known of a word, in short: is it a first name, a last name, something else, English, mostly capitalised."""
    has = set(kinds)
    first = "1" if has & {"a", "b"} else "2" if has & {"f", "g"} else "3" if "c" in has else ""
    last = "4" if has & {"x", "y"} else "5" if has & {"z", "h"} else "6" if "d" in has else ""
    other = "".join(sorted(has & {"k", "t"}))
    habit = "A" if has & {"A", "B"} else "C" if has & {"C", "D"} else "E" if "E" in has else "G" if "G" in has else ""
    english = "e" if has & {"u", "v"} else "r" if has & {"w", "q"} else ""
    return (
        first + last + other + (habit or english) + ("".join(sorted(has & {"F", "L", "P", "N"})) if not first else "")
    )


@cache
def evidence(kinds: str) -> str:
    """What lists say of a word that is written like a name: that it is one, or may be, or is something else; or nothing."""
    has = set(kinds)
    is_name, may_be = not has.isdisjoint("abgxyfh"), not has.isdisjoint("czd")
    if not has.isdisjoint("kt"):
        return "both" if is_name else "thing"
    if "E" in has or "o" in has:
        return "word"
    if is_name:
        return "name"
    if not has:
        return "nothing"
    return "rare" if may_be else "capital" if not has.isdisjoint("ABC") else "other"


def word_features(word: str, kinds: str) -> list[str]:
    """The properties of a word that count for itself."""
    lowered, form = word.lower(), shape(word)
    features = ["s=" + form, "c=" + class_of(word, kinds)]
    if form[0] not in "dxp":
        features += [
            "w=" + lowered,
            "2=" + lowered[-2:],
            "3=" + lowered[-3:],
            "p=" + lowered[:3],
            "k=" + form + kinds.rstrip(_cluster(kinds)),
        ]
        features.append(f"n={form}{min(len(word), 8)}")
        features += _known(form, kinds)
        features.append("e=" + form + evidence(kinds))
        if not kinds:
            features += ["4=" + lowered[-4:], "q=" + lowered[:2], f"u{form}" + lowered[-2:]]
    return features


@cache
def _known(form: str, kinds: str) -> list[str]:
    """What is known of a word, each thing alone and with how people write it."""
    habit = "".join(letter for letter in kinds if letter in "ABCDEG") or "-"
    others = [letter for letter in kinds if letter not in "ABCDEG"]
    return [f"h={form}{habit}{letter}" for letter in others or ("",)]


def _cluster(kinds: str) -> str:
    """The cluster of a word of which this is known; empty when it has none."""
    return kinds[-1] if kinds and kinds[-1] >= FIRST_CLUSTER else ""


def near_features(word: str, kinds: str) -> list[str]:
    """The properties of a word that count for its neighbours."""
    form = shape(word)
    if form[0] in "dx":
        return ["s=" + form]
    seen = class_of(word, kinds)
    if form == "p":
        return ["c=" + seen]
    cluster = _cluster(kinds)
    features = ["w=" + word.lower(), "c=" + seen]
    return [*features, "b=" + cluster] if cluster else features
