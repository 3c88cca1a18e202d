"""What counts of a word for the tagger of names: how it is written, how it ends, on which lists it stands.

Used alike to train and to tag.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

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


class Properties(NamedTuple):
    """What counts of a word.

    Attributes:
        own: for the word itself.
        near: for the words around it.
        name: its class, for pairs of neighbours.
    """

    own: list[str]
    near: list[str]
    name: str


def properties(word: str, kinds: str) -> Properties:
    """The properties of a word of which this is known."""
    form = shape(word)
    if form == "p":
        name = _BREAK if word == "\n" else word
        return Properties(["s=p", "c=" + name], ["c=" + name], name)
    if form[0] in "dx":
        return Properties(["s=" + form, "c=" + form], ["s=" + form], form)
    lowered = word.lower()
    cluster = kinds[-1] if kinds and kinds[-1] >= FIRST_CLUSTER else ""
    plain = kinds[:-1] if cluster else kinds
    name = form + (lowered if "o" in kinds else outline(plain))
    own = [
        "s=" + form,
        "c=" + name,
        "w=" + lowered,
        "2=" + lowered[-2:],
        "3=" + lowered[-3:],
        "p=" + lowered[:3],
        "k=" + form + plain,
        f"n={form}{min(len(word), 8)}",
        *_known(form, plain),
        "e=" + form + (evidence(plain) if kinds else "nothing"),
    ]
    if not kinds:
        own += ["4=" + lowered[-4:], "q=" + lowered[:2], f"u{form}" + lowered[-2:]]
    near = ["w=" + lowered, "c=" + name]
    return Properties(own, [*near, "b=" + cluster] if cluster else near, name)


@cache
def outline(kinds: str) -> str:
    """What is known of a word, in short: is it a first name, a last name, something else, how is it written."""
    has = set(kinds)
    first = "1" if has & {"a", "b"} else "2" if has & {"f", "g"} else "3" if "c" in has else ""
    last = "4" if has & {"x", "y"} else "5" if has & {"z", "h"} else "6" if "d" in has else ""
    other = "".join(sorted(has & {"k", "s", "t"}))
    habit = "A" if has & {"A", "B"} else "C" if has & {"C", "D"} else "E" if "E" in has else "G" if "G" in has else ""
    english = "e" if has & {"u", "v"} else "r" if has & {"w", "q"} else ""
    return (
        first + last + other + (habit or english) + ("".join(sorted(has & {"F", "L", "P", "N"})) if not first else "")
    )


@cache
def evidence(kinds: str) -> str:
    """What lists say of a known word that is written like a name: that it is one, or may be, or is something else."""
    has = set(kinds)
    is_name, may_be = not has.isdisjoint("abgxyfh"), not has.isdisjoint("czd")
    if not has.isdisjoint("kt"):
        return "both" if is_name else "thing"
    if "E" in has or "o" in has:
        return "word"
    if is_name:
        return "name"
    return "rare" if may_be else "capital" if not has.isdisjoint("ABC") else "other"


@cache
def _known(form: str, kinds: str) -> list[str]:
    """What is known of a word, each thing alone and with how people write it."""
    habit = "".join(letter for letter in kinds if letter in "ABCDEG") or "-"
    others = [letter for letter in kinds if letter not in "ABCDEG"]
    return [f"h={form}{habit}{letter}" for letter in others or ("",)]
