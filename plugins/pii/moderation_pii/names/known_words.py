"""What is known of some hundred thousand words, in as little room and time to load as their letters take.

Words stand in lines of text, those that begin alike together; a word is looked for in the few lines that may have it.
A dictionary of them would be ten times as large and take longer to make than all the rest of a start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

_ALIKE = 3
"""By how many first letters words are kept together."""


class Filed(TypedDict):
    """Words as they are filed.

    Attributes:
        kinds: letters, one for each thing that is known of a word. What they stand for is said in ``tools/pii-training/known.py``.
        lines: first letters of words, to lines of a word that begins so and the number of its kinds.
    """

    kinds: list[str]
    lines: dict[str, str]


def filed(known: dict[str, str]) -> Filed:
    """Words, filed.

    Args:
        known: kinds to words in lower case of which just these are known, separated by spaces.
    """
    kinds = sorted(known)
    numbers = {word: number for number, kind in enumerate(kinds) for word in known[kind].split()}
    lines: dict[str, list[str]] = {}
    for word in sorted(numbers):
        lines.setdefault(word[:_ALIKE], ["\n"]).append(f"{word} {numbers[word]}\n")
    return Filed(kinds=kinds, lines={start: "".join(those) for start, those in lines.items()})


class KnownWords:
    """What is known of words.

    Args:
        words: filed ones.
    """

    def __init__(self, words: Filed) -> None:
        self._kinds, self._lines = words["kinds"], words["lines"]

    def of(self, lowered: str) -> str:
        """The kinds of a word in lower case; none for one that is not known."""
        lines = self._lines.get(lowered[:_ALIKE])
        if lines is None or (at := lines.find(f"\n{lowered} ")) < 0:
            return ""
        at += len(lowered) + 2
        return self._kinds[int(lines[at : lines.index("\n", at)])]

    def among(self, kinds: str) -> Iterator[str]:
        """All words of which one of these things is known."""
        numbers = {str(number) for number, each in enumerate(self._kinds) if not set(kinds).isdisjoint(each)}
        for lines in self._lines.values():
            for word, _, number in (line.partition(" ") for line in lines.split("\n") if line):
                if number in numbers:
                    yield word
