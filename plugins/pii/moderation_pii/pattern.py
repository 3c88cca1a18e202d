"""What a pattern is, and the sighting it makes: a value where it stands, for the weighing of what stands around it.

Every repetition in a pattern is bounded, and none can be read in two ways, so that the time of a search grows with the
length of the text whatever is in it. Patterns see folded text; its offsets are turned into those of the original at the
very end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

_NO_DIGITS = bytes(code for code in range(256) if not 0x30 <= code <= 0x39)
_WORD = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_DIGITS = frozenset("0123456789")
_JOINTS = frozenset("-./:")
_SIGNS = frozenset("$@")
_MONEY = ("$", "€", "£", "¥", "₹")


class Hit(NamedTuple):
    """A value that was found: where, how surely, in percent, as which kind."""

    start: int
    end: int
    confidence: float
    label: str
    attributes: Mapping[str, str] = MappingProxyType({})


class Sighting(NamedTuple):
    """A value as a pattern saw it.

    Attributes:
        text: the whole folded text.
        lowered: the same in lower case; same length.
        start: where the value begins.
        end: where it ends.
        gap: what stands between the pattern's keyword and the value; None for a pattern without keyword.
    """

    text: str
    lowered: str
    start: int
    end: int
    gap: str | None = None

    @property
    def value(self) -> str:
        """The value itself."""
        return self.text[self.start : self.end]

    @property
    def digits(self) -> str:
        """The value's digits."""
        value = self.text[self.start : self.end].encode("utf-8", "surrogatepass")
        return value.translate(None, _NO_DIGITS).decode()

    def before(self, count: int) -> str:
        """Up to `count` characters before the value, in lower case."""
        return self.lowered[max(0, self.start - count) : self.start]

    def after(self, count: int) -> str:
        """Up to `count` characters after the value, in lower case."""
        return self.lowered[self.end : self.end + count]


Weigh = Callable[[Sighting], float]
"""Confidence, percent, that a sighting is what its pattern looks for; 0 when it is not.

From 85: it is that, and a policy may act on it. 50 to 85: a person should look. Under 50: a note.
"""
Edges = Callable[[str, int, int], bool]
"""Whether a value may begin and end where it does."""


def as_number(text: str, start: int, end: int) -> bool:
    """True when a number is no piece of a longer number, code, price or share."""
    if start:
        left = text[start - 1]
        if left in _WORD or left in _SIGNS or (left in _JOINTS and start > 1 and text[start - 2] in _DIGITS):
            return False
        if text[max(0, start - 6) : start].rstrip(" ").endswith(_MONEY):
            return False
    return _ends_as_number(text, end)


def after_keyword(text: str, start: int, end: int) -> bool:
    """True when a value that follows its keyword is no piece of a longer one."""
    return _ends_as_number(text, end)


def as_word(text: str, start: int, end: int) -> bool:
    """True when no letter, digit or underscore touches the value."""
    return not (start and text[start - 1] in _WORD) and not (end < len(text) and text[end] in _WORD)


def anywhere(text: str, start: int, end: int) -> bool:
    """True: the pattern itself says where its value may stand."""
    return True


def _ends_as_number(text: str, end: int) -> bool:
    if end >= len(text):
        return True
    right = text[end]
    if right in _WORD or right == "%":
        return False
    return not (right in _JOINTS and end + 1 < len(text) and text[end + 1] in _DIGITS)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One look of one kind of personal data.

    Attributes:
        label: taxonomy name.
        regex: its last group is the value; with two groups the first is the gap after the keyword.
        weigh: how sure a sighting is.
        edges: where the value may begin and end.
        trim: the part of the value, from its beginning, that counts.
        beside: regex of the words without one of which, anywhere in the text, `weigh` says 0 to every value; a text
            without them is not looked at. For patterns that many a number looks like.
        attributes: facts about what is found, for its detection.
    """

    label: str
    regex: str
    weigh: Weigh
    edges: Edges = as_number
    trim: Callable[[str], str] | None = None
    beside: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
