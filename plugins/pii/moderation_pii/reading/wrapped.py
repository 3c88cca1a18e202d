"""Values that a line's end cuts in two: cards, accounts, telephones and mail in text that was broken at some width."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from moderation_pii.expression import later
from moderation_pii.pattern import Hit

_END = later(r"\n[ \t>]{0,8}(?=[0-9(@A-Za-z])")
_HEAD = later(r"[0-9](?:[0-9 \-.()/]{0,22}[0-9])?")
_TAIL = later(r"[0-9+(](?:[0-9 \-.()]{0,22}[0-9)])?[ \t]*\Z|[0-9]-\Z|[\w@]\Z")
_IS_DATE = later(r"(?:19|20)\d\d-\d\d|\d{1,2}[:/]\d\d|\d+[.)] ?[A-Za-z]")
_BEFORE, _AFTER = 60, 48
_KINDS = frozenset(
    f"PII/{kind}"
    for kind in ("CREDIT_DEBIT_NUMBER", "SSN", "INTERNATIONAL_BANK_ACCOUNT_NUMBER", "PHONE", "EMAIL", "IN_AADHAAR")
)
_SURE = 78.0


class _Cut(NamedTuple):
    start: int
    end: int
    between: str


def unwrapped(text: str, find: Callable[[str], list[Hit]]) -> Iterator[Hit]:
    """Values with a line's end in them, in places of the text.

    Args:
        find: finds values in one line of text.
    """
    for cut in _cuts(text):
        begin = max(text.rfind("\n", 0, cut.start) + 1, cut.start - _BEFORE)
        stop = text.find("\n", cut.end, cut.end + _AFTER)
        end = min(len(text), cut.end + _AFTER) if stop < 0 else stop
        line = text[begin : cut.start] + cut.between + text[cut.end : end]
        at = cut.start - begin
        for hit in find(line):
            if hit.label in _KINDS and hit.confidence >= _SURE and hit.start < at and hit.end > at + len(cut.between):
                shift = cut.end - at - len(cut.between)
                yield hit._replace(start=hit.start + begin, end=hit.end + shift)


def _cuts(text: str) -> Iterator[_Cut]:
    """Line ends at which a value may go on: enough digits on both sides, and no new date or item of a list."""
    if "\n" not in text:
        return
    for found in _END.finditer(text):
        start, end = found.span()
        start -= text[start - 1 : start] == "\r"
        left, right = text[start - 1 : start], text[end]
        if (left == "-" and right.isdigit() and text[start - 2 : start - 1].isdigit()) or "@" in (left, right):
            yield _Cut(start, end, "")
            continue
        if not right.isdigit() and right != "(":
            continue
        while start and text[start - 1] in " \t":
            start -= 1
        if not text[start - 1 : start].isdigit() and text[start - 1 : start] != ")":
            continue
        head = _HEAD.match(text, found.end())
        tail = _TAIL.search(text[max(0, start - 30) : start])
        if head is None or tail is None or _IS_DATE.match(text, end):
            continue
        if _is_column(text, start, end, tail.group().strip(), head.group()):
            continue
        digits = sum(c.isdigit() for c in head.group() + tail.group())
        if 9 <= digits <= 24:
            yield _Cut(start, end, " ")


def _is_column(text: str, start: int, end: int, tail: str, head: str) -> bool:
    """True where both numbers have lines of their own and are as long: a list, of which each is whole."""
    if len(tail) != len(head) or len(tail) < 7:
        return False
    behind = end + len(head)
    return text[behind : behind + 1] in ("", "\n", "\r") and text.endswith(("\n" + tail, "\r" + tail), 0, start)
