"""Findings that people write as one: the lines of an address, a date with its time of day, a surname before its first names."""

from __future__ import annotations

import re

from moderation_pii.pattern import Hit

_BETWEEN_LINES = re.compile(r"[ \t]?,?[ \t\r]?\n?[ \t]?")
"""What parts the lines of an address: a comma, a line's end."""

_DATE_TO_TIME = re.compile(r",? (?:(?:at|um|@|-|a las) )?")
_TIME_AHEAD = re.compile(r"(?:[01]?[0-9]|2[0-3])(?:[:.][0-5][0-9]| ?[apAP]\.?[mM]\b)")
_RANGE = re.compile(r" ?- ?| (?:to|and|until|till) ")
_PLAIN_TIME = re.compile(r"(?:[01]?[0-9]|2[0-3])(?::[0-5][0-9])?")
_NICKNAME_END = re.compile(r"[\")] [A-Z][A-Za-z\u00c0-\u024f'\-]*")
_INITIAL = re.compile(r" [A-Z](?:\.|(?![A-Za-z]))")
_SURNAME_FIRST = re.compile(
    r"(?i)(?:name|patient|passenger|guest|employee|holder|insured|client|customer)s?[\"']?[:=\t|] ?[\"']?$|(?m:^)[\"']$"
)


def whole_addresses(hits: list[Hit]) -> list[Hit]:
    """The hits, with addresses that overlap as one: each pattern knows some of an address's lines."""
    addresses = [hit for hit in hits if hit.label == "PII/ADDRESS"]
    if len(addresses) < 2:
        return hits
    whole: list[Hit] = []
    for hit in sorted(addresses):
        if whole and hit.start < whole[-1].end:
            last = whole[-1]
            whole[-1] = Hit(last.start, max(last.end, hit.end), max(last.confidence, hit.confidence), hit.label)
        else:
            whole.append(hit)
    return [hit for hit in hits if hit.label != "PII/ADDRESS"] + whole


def connected(hits: list[Hit], text: str) -> list[Hit]:
    """The hits, with addresses that only a comma or a line's end parts as one."""
    made: list[Hit] = []
    for hit in hits:
        last = made[-1] if made else None
        if (
            last is not None
            and hit.label == last.label == "PII/ADDRESS"
            and _BETWEEN_LINES.fullmatch(text, last.end, hit.start)
        ):
            made[-1] = Hit(last.start, hit.end, max(last.confidence, hit.confidence), hit.label)
        else:
            made.append(hit)
    return made


def as_one(hits: list[Hit], text: str) -> list[Hit]:
    """The hits from start to end, with those as one that only say one thing together."""
    made: list[Hit] = []
    for hit in hits:
        last = made[-1] if made else None
        if last is not None and hit.end <= last.end:
            continue  # the last name behind a nickname, which is in already
        if last is not None and last.label == hit.label and hit.start - last.end <= 8 and _belong(last, hit, text):
            made[-1] = last._replace(end=_end(hit, text), confidence=max(last.confidence, hit.confidence))
        else:
            made.append(hit)
    return made


def _end(hit: Hit, text: str) -> int:
    """Where a joined finding ends: an initial behind a name is a piece of it, and what stands behind a nickname."""
    if hit.label != "PII/NAME":
        return hit.end
    behind = _INITIAL.match(text, hit.end) or _NICKNAME_END.match(text, hit.end)
    return hit.end if behind is None else behind.end()


def _belong(last: Hit, hit: Hit, text: str) -> bool:
    between = text[last.end : hit.start]
    if hit.label == "PII/DATE_TIME":
        if _TIME_AHEAD.match(text, hit.start) is None:
            return False
        if _PLAIN_TIME.fullmatch(text, last.start, last.end):
            return _RANGE.fullmatch(between) is not None
        return _DATE_TO_TIME.fullmatch(between) is not None and ":" not in text[last.start : last.end]
    if hit.label == "PII/NAME":
        if between == ", ":
            return " " not in text[last.start : last.end] and bool(
                _SURNAME_FIRST.search(text, max(0, last.start - 16), last.start)
            )
        # Rafael "Rafa" Montoya
        return (between in (' "', " (") and _NICKNAME_END.match(text, hit.end) is not None) or (
            between in ('" ', ") ") and text[last.start : last.end].count("(" if between == ") " else '"') == 1
        )
    return False
