"""Which patterns are worth looking for in a text.

A text is cut into pieces: words, numbers with the signs in them, and a few signs alone. What a piece may be the sign of
is worked out at its first sight, by google-re2's ``Set`` over the triggers of all patterns, and kept; digits are all
read as 0, so that one piece stands for all numbers of its form. A text then costs a look-up for each piece.

NOTE: to run the ``Set`` over whole texts looks simpler, and is fast on the same text again. But the automaton is built
as it runs, and its states tell which triggers were seen: new text makes new states at nearly every character, which
takes a hundred times as long as all else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from moderation_pii.pattern import Pattern

Search = Callable[..., "re.Match[str] | None"]
"""A compiled pattern's search: text and where to begin, to the first match."""

_KEPT_PIECES, _KEPT_PLANS = 50_000, 5_000
_LONGEST_KEPT = 48
"""Longer pieces are looked at anew each time: hardly two are alike."""

_SAME_DIGITS = bytes(0x30 if 0x31 <= code <= 0x39 else code for code in range(256))
_BLANKS = bytes(code if code >= 0x80 or chr(code).isalnum() else 0x20 for code in range(256))
HEXADECIMAL, TRUNK, IN_BRACKETS = b"0hexadecimal", b"0trunk", b"0brackets"
"""Pieces that stand for what is no piece: groups of hexadecimal digits, a zero before a number, ``(at)`` and ``[dot]``."""

_NUMBER = re.compile(rb"0(?:[ .,\-/():_*|~]{0,3}0)+")
_NO_SIGNS = bytes(code for code in range(256) if chr(code) not in "@:=>+*#[(" and code != 0xE2)
_SIGNS = {
    ord("@"): (b"@", b" @", b"@ ", b",com", b", com"),
    ord(":"): (b":", b"::", b"://"),
    0xE2: ("•".encode(),),
    **{sign[0]: (sign,) for sign in (b"=", b">", b"+", b"*", b"#", b"[", b"(")},
}
"""Signs that triggers name, by a byte that is in them."""
_HEXADECIMAL = re.compile(rb"(?i)(?:[0a-f]{2}[:\-]){5}[0a-f]{2}|(?:[0a-f]{1,4}:){3}[0a-f]{0,4}")
_IN_BRACKETS = re.compile(rb"(?i)[\[({<] ?(?:at|@|a|d[o0]t|dt|\.|punkt) ?[\])}>]")
_TRUNK = re.compile(rb"0[0-9]")


def _pieces(text: str) -> list[bytes]:
    """The words of a text, its numbers however they are grouped, and the signs that triggers name."""
    original = text.encode("utf-8", "surrogatepass")
    data = original.translate(_SAME_DIGITS)
    pieces = data.translate(_BLANKS).split()
    for byte in set(data.translate(None, _NO_SIGNS)):
        pieces += [sign for sign in _SIGNS[byte] if sign in data]
    if b"0" in data:
        pieces += [found.group() for found in _NUMBER.finditer(data)]
        if (data.count(b":") >= 3 or data.count(b"-") >= 5) and _HEXADECIMAL.search(data):
            pieces.append(HEXADECIMAL)
        if any(not original[found.start() - 1 : found.start()].isalnum() for found in _TRUNK.finditer(original)):
            pieces.append(TRUNK)
    if _IN_BRACKETS.search(data):
        pieces.append(IN_BRACKETS)
    return pieces


class Plan(NamedTuple):
    """What to look for.

    Attributes:
        patterns: those that may match, with their searches.
        signs: the names of what else there are signs of.
    """

    patterns: tuple[tuple[Pattern, Search], ...]
    signs: frozenset[str]


class Prefilter:
    """The triggers of patterns, compiled.

    A pattern itself is compiled at its first use, so that a start does not wait for patterns of rare kinds.

    Args:
        patterns: in the order in which they are to be looked for.
        signs: names of what else may be looked for, each with triggers all of one of which are in the text then.
    """

    def __init__(self, patterns: Sequence[Pattern], signs: Mapping[str, Sequence[tuple[str, ...]]]) -> None:
        import re2

        self._patterns = patterns
        self._searches: dict[int, Search] = {}
        self._pieces: dict[bytes, int] = {}
        self._plans: dict[int, Plan] = {}
        options = re2.Options()
        options.log_errors = False
        known: dict[str, int] = {}

        def bits(names: Iterable[str]) -> int:
            return sum(1 << known.setdefault(name, len(known)) for name in dict.fromkeys(names))

        self._needs = [bits(pattern.triggers) for pattern in patterns]
        self._signs = {name: [bits(names) for names in triggers] for name, triggers in signs.items()}
        self._all = (1 << len(known)) - 1
        self._set: Any = re2.Set.SearchSet(options)
        for trigger in known:
            self._set.Add(trigger)
        self._set.Add("")
        self._set.Compile()

    def plan(self, text: str) -> Plan:
        """What to look for in a text."""
        seen, known = 0, self._pieces
        pieces = _pieces(text)
        for piece, triggers in zip(pieces, map(known.get, pieces), strict=True):
            if triggers is None:
                triggers = self._look(piece)
            if triggers:
                seen |= triggers
        plan = self._plans.get(seen)
        return self._made(seen) if plan is None else plan

    def _look(self, piece: bytes) -> int:
        """The triggers in a piece, one bit each; worked out at its first sight."""
        if len(self._pieces) > _KEPT_PIECES:
            self._pieces = {}
        found = self._set.Match(piece)
        # The last trigger is in every piece. When it is not named, the automaton ran out of memory and named nothing,
        # which must not pass for a piece that says nothing.
        seen = self._all & sum(1 << number for number in found) if found else self._all
        if len(piece) <= _LONGEST_KEPT:
            self._pieces[piece] = seen
        return seen

    def _made(self, seen: int) -> Plan:
        plan = Plan(
            tuple(
                (self._patterns[number], self._search(number))
                for number, needs in enumerate(self._needs)
                if needs & seen == needs
            ),
            frozenset(name for name, signs in self._signs.items() if any(needs & seen == needs for needs in signs)),
        )
        if len(self._plans) < _KEPT_PLANS:
            self._plans[seen] = plan
        return plan

    def _search(self, number: int) -> Search:
        search = self._searches.get(number)
        if search is None:
            search = self._searches[number] = re.compile(self._patterns[number].regex, re.ASCII).search
        return search
