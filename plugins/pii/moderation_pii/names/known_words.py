"""What is known of some hundred thousand words, in as little room and time to load as their letters take.

Words stand in lines, those that begin alike together; a word is looked for in the few lines that may have it, in the
bytes of the model's file as they are. A dictionary of them would be ten times as large and take longer to make than all
the rest of a start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_ALIKE = 3
"""By how many first letters words are kept together."""


class Filed(NamedTuple):
    """Words as they are filed.

    Attributes:
        kinds: letters, one for each thing that is known of a word. What they stand for is said in ``tools/pii-training/known.py``.
        sizes: first letters of words, to how many bytes the lines of those that begin so take, in the order of the lines.
        lines: UTF-8: of each word a line of it and the number of its kinds; an empty one before those that begin alike.
    """

    kinds: list[str]
    sizes: dict[str, int]
    lines: bytes


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
    made = {start: "".join(those).encode() for start, those in lines.items()}
    return Filed(kinds, {start: len(those) for start, those in made.items()}, b"".join(made.values()))


class KnownWords:
    """What is known of words.

    Args:
        words: filed ones.
    """

    def __init__(self, words: Filed) -> None:
        self._kinds, self._lines = words.kinds, words.lines
        self._starts: dict[str, tuple[int, int]] = {}
        at = 0
        for start, size in words.sizes.items():
            self._starts[start] = (at, at := at + size)

    def of(self, lowered: str) -> str:
        """The kinds of a word in lower case; none for one that is not known."""
        place = self._starts.get(lowered[:_ALIKE])
        if place is None:
            return ""
        line = b"\n%s " % lowered.encode()
        at = self._lines.find(line, *place)
        if at < 0:
            return ""
        at += len(line)
        return self._kinds[int(self._lines[at : self._lines.index(b"\n", at)])]

    def among(self, kinds: str) -> Iterator[str]:
        """All words of which one of these things is known."""
        numbers = [str(number) for number, each in enumerate(self._kinds) if not set(kinds).isdisjoint(each)]
        line = re.compile(rf"(?m)^([^ \n]+) (?:{'|'.join(numbers)})$".encode())
        return (word.decode() for word in line.findall(self._lines))
