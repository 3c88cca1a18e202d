"""What a pattern is, and the sighting it makes: a value where it stands, for the weighing of what stands around it.

Every pattern is RE2 syntax and runs in linear time, so hostile text cannot make one slow. Patterns see UTF-8 bytes of
folded text; offsets are turned into code points at the very end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

_WORD = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_DIGITS = frozenset(b"0123456789")
_JOINTS = frozenset(b"-./:")
_SIGNS = frozenset(b"$@")
_MONEY = ("€".encode(), "£".encode(), "¥".encode(), "₹".encode())


class Sighting(NamedTuple):
    """A value as a pattern saw it.

    Attributes:
        text: the whole folded text, UTF-8.
        lowered: the same with A-Z in lower case; same length.
        start: where the value begins, in bytes.
        end: where it ends.
        gap: what stands between the pattern's keyword and the value; None for a pattern without keyword.
    """

    text: bytes
    lowered: bytes
    start: int
    end: int
    gap: bytes | None = None

    @property
    def value(self) -> str:
        """The value itself."""
        return self.text[self.start : self.end].decode("utf-8", "replace")

    @property
    def digits(self) -> str:
        """The value's digits."""
        return "".join(c for c in self.value if "0" <= c <= "9")

    def before(self, count: int) -> bytes:
        """Up to `count` bytes before the value, in lower case."""
        return self.lowered[max(0, self.start - count) : self.start]

    def after(self, count: int) -> bytes:
        """Up to `count` bytes after the value, in lower case."""
        return self.lowered[self.end : self.end + count]


Weigh = Callable[[Sighting], float]
"""Confidence, percent, that a sighting is what its pattern looks for; 0 when it is not.

From 85: it is that, and a policy may act on it. 50 to 85: a person should look. Under 50: a note.
"""
Edges = Callable[[bytes, int, int], bool]
"""Whether a value may begin and end where it does."""


def as_number(text: bytes, start: int, end: int) -> bool:
    """True when a number is no piece of a longer number, code, price or share."""
    if start:
        left = text[start - 1]
        if left in _WORD or left in _SIGNS or (left in _JOINTS and start > 1 and text[start - 2] in _DIGITS):
            return False
        if text[max(0, start - 6) : start].rstrip(b" ").endswith((b"$", *_MONEY)):
            return False
    return _ends_as_number(text, end)


def after_keyword(text: bytes, start: int, end: int) -> bool:
    """True when a value that follows its keyword is no piece of a longer one."""
    return _ends_as_number(text, end)


def as_word(text: bytes, start: int, end: int) -> bool:
    """True when no letter, digit or underscore touches the value."""
    return not (start and text[start - 1] in _WORD) and not (end < len(text) and text[end] in _WORD)


def anywhere(text: bytes, start: int, end: int) -> bool:
    """True: the pattern itself says where its value may stand."""
    return True


def _ends_as_number(text: bytes, end: int) -> bool:
    if end >= len(text):
        return True
    right = text[end]
    if right in _WORD or right == 0x25:  # a share: 25%
        return False
    return not (right in _JOINTS and end + 1 < len(text) and text[end + 1] in _DIGITS)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One look of one kind of personal data.

    Attributes:
        label: taxonomy name.
        regex: RE2. Its last group is the value; with two groups the first is the gap after the keyword.
        weigh: how sure a sighting is.
        edges: where the value may begin and end.
        trigger: RE2 that is cheap and in every text that `regex` can match; empty for `regex` itself.
        trim: the part of the value, from its beginning, that counts.
        kind: the label of a sighting, for patterns whose values are of many kinds.
    """

    label: str
    regex: str
    weigh: Weigh
    edges: Edges = as_number
    trigger: str = ""
    trim: Callable[[str], str] | None = None
    kind: Callable[[Sighting], str] | None = None
