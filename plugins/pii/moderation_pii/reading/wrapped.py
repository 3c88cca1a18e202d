"""Values that a line's end cuts in two: cards, accounts, telephones and mail in text that was broken at some width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from moderation_pii.pattern import Hit

_END = re.compile(
    r"(?P<digits>(?<=[0-9)])[ \t]*\r?\n[ \t>]{0,8}(?=[0-9(]))|(?P<joint>(?<=[0-9]-)\r?\n[ \t>]{0,8}(?=[0-9])|(?<=\w@)\r?\n[ \t>]{0,8}(?=\w)"
    r"|(?<=\w)\r?\n[ \t>]{0,8}(?=@\w))"
)
_HEAD = re.compile(r"[0-9](?:[0-9 \-.()/]{0,22}[0-9])?")
_TAIL = re.compile(r"[0-9+(](?:[0-9 \-.()]{0,22}[0-9)])?[ \t]*\Z|[0-9]-\Z|[\w@]\Z")
_IS_DATE = re.compile(r"(?:19|20)\d\d-\d\d|\d{1,2}[:/]\d\d|\d+[.)] ?[A-Za-z]")
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
        if found["joint"] is not None:
            yield _Cut(*found.span(), "")
            continue
        head = _HEAD.match(text, found.end())
        tail = _TAIL.search(text[max(0, found.start() - 30) : found.start()])
        if head is None or tail is None or _IS_DATE.match(text, found.end()):
            continue
        if _is_column(text, found, tail.group().strip(), head.group()):
            continue
        digits = sum(c.isdigit() for c in head.group() + tail.group())
        if 9 <= digits <= 24:
            yield _Cut(*found.span(), " ")


def _is_column(text: str, found: re.Match[str], tail: str, head: str) -> bool:
    """True where both numbers have lines of their own and are as long: a list, of which each is whole."""
    if len(tail) != len(head) or len(tail) < 7:
        return False
    end = found.end() + len(head)
    return text[end : end + 1] in ("", "\n", "\r") and text.endswith(("\n" + tail, "\r" + tail), 0, found.start())
