"""What is known of some hundred thousand words, in as little room and time to load as their letters take.

Words stand in lines by their bytes, those that begin alike together; a word is looked for in the few lines that may have
it, in the bytes of the model's file as they lie. A dictionary of them, or of how they begin, would take longer to make
than all the rest of a start.
"""

from __future__ import annotations

import mmap
import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

_ALIKE = 3
"""By how many first letters words are kept together."""
_MOST_BYTES = 4 * _ALIKE
"""Of so many letters."""


class Filed(NamedTuple):
    """Words as they are filed.

    Attributes:
        kinds: letters, one for each thing that is known of a word. What they stand for is said in ``tools/pii-training/known.py``.
        lines: UTF-8: of each word a line of it and the number of its kinds; an empty one before those that begin alike.
        begin: where the lines begin in what they lie in.
        end: where they end.
    """

    kinds: list[str]
    lines: bytes | mmap.mmap
    begin: int
    end: int


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
    made = "".join(line for those in lines.values() for line in those).encode()
    return Filed(kinds, made, 0, len(made))


class KnownWords:
    """What is known of words.

    Args:
        words: filed ones.
    """

    def __init__(self, words: Filed) -> None:
        self._kinds, self._lines, self._begin, self._end = words
        self._places: dict[str, tuple[int, int]] = {}

    def of(self, lowered: str) -> str:
        """The kinds of a word in lower case; none for one that is not known."""
        start = lowered[:_ALIKE]
        line = b"\n%s " % lowered.encode("utf-8", "surrogatepass")
        at = self._lines.find(line, *(self._places.get(start) or self._place(start)))
        if at < 0:
            return ""
        at += len(line)
        return self._kinds[int(self._lines[at : self._lines.find(b"\n", at)])]

    def _place(self, start: str) -> tuple[int, int]:
        """Where the lines of words that begin so are; where there are none, any place without them."""
        begin = start.encode("utf-8", "surrogatepass")
        at = bisect_left(range(self._end), begin, lo=self._begin, key=self._line)
        end = self._lines.find(b"\n\n", at, self._end)
        place = at, end if end >= 0 else self._end
        if self._line(at).startswith(begin):  # else a text of odd words would fill the memory
            self._places[start] = place
        return place

    def _line(self, at: int) -> bytes:
        """How the line begins that the byte at this place is of; the next one, where it is empty."""
        begin = max(self._lines.rfind(b"\n", self._begin, at) + 1, self._begin)
        line = self._lines[begin : begin + 1 + _MOST_BYTES]
        return line[1:] if line.startswith(b"\n") else line[:-1]

    def among(self, kinds: str) -> Iterator[str]:
        """All words of which one of these things is known."""
        numbers = [str(number) for number, each in enumerate(self._kinds) if not set(kinds).isdisjoint(each)]
        line = re.compile(rf"(?m)^([^ \n]+) (?:{'|'.join(numbers)})$".encode())
        return (word.decode() for word in line.findall(self._lines, self._begin, self._end))
