"""What a mistyped word may have meant: the known word a slip of the finger away, and none that means something else.

A suggestion is taken over without much thought, so that a wrong one does harm. There is none where two known words are
equally near, where the likeness is an accident of spelling (`and`, `any`), where a number in the two differs, and where
one says the contrary of the other (`Explicit`, `Non-Explicit`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

REAL_WORDS = frozenset(
    ("and", "or", "nor", "none", "xor", "at_most", "above", "over", "under", "max", "min", "hand", "foot", "glove")
)
"""Words that people mean as they stand. What they resemble is not what was meant."""
_NEGATION = re.compile(r"(^|(?<=[/_.]))(non|not?_|un|anti|without_|never_)_?(?=\w)")
_SEPARATORS = re.compile(r"[\s_-]+")


def nearest(typed: str, known: Iterable[str]) -> str | None:
    """The known word that `typed` is a slip of the finger away from; None when none is, or several are.

    Capitals, blanks, hyphens and underscores do not count. Of other slips (a letter too many, too few, another one, two
    in each other's place) one is allowed in five letters or fewer, and one more for each four after that, up to three;
    in words of up to three letters none may be another letter.
    """
    folded = _folded(typed)
    if not folded or typed.casefold() in REAL_WORDS:
        return None
    best: dict[int, set[str]] = {}
    for word in known:
        other = _folded(word)
        slips = 0 if other == folded else _slips(folded, other)
        if slips is not None:
            best.setdefault(slips, set()).add(word)
    if not best:
        return None
    found = best[min(best)]
    return next(iter(found)) if len(found) == 1 else None


def _folded(word: str) -> str:
    return _SEPARATORS.sub("_", word.strip().casefold())


def _slips(typed: str, word: str) -> int | None:
    """How many slips lie between the two; None for too many, or where they mean different things."""
    if re.findall(r"\d+", typed) != re.findall(r"\d+", word):
        return None
    short = min(len(typed), len(word))
    most = 1 if short <= 5 else min(2 + (short - 6) // 4, 3)
    slips = distance(typed, word, most)
    if slips is None or (short <= 3 and len(typed) == len(word) and sorted(typed) != sorted(word)):
        return None
    return None if _is_contrary(typed, word, slips) else slips


def _is_contrary(typed: str, word: str, slips: int) -> bool:
    """True when one of them says "no", and they are more alike without it."""
    plain = [_NEGATION.sub("", each) for each in (typed, word)]
    if (plain[0] == typed) is (plain[1] == word):
        return False
    return distance(plain[0], plain[1], slips - 1) is not None


def distance(one: str, other: str, most: int) -> int | None:
    """Letters added, left out, changed, or swapped with their neighbour; None when there are more than `most`.

    Optimal string alignment (a restricted Damerau-Levenshtein distance).
    """
    if abs(len(one) - len(other)) > most:
        return None
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, row, older = row, [i], before
        for j, wanted in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if older and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        before = last
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None
