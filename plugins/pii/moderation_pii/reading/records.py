"""Values behind a key that says what they are: lines of a form, JSON, XML, ``key = value``.

What the keys are called, and how values of each kind look, is the same as in tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from moderation_pii.expression import later
from moderation_pii.pattern import Hit
from moderation_pii.reading.tables import SURE, kind_of, looks_like

_LIKELY = 75.0
"""Of national numbers their own patterns know more: of which country they are."""

_QUOTED = later(
    r"[\"']([A-Za-z][\w .\-]{0,38})[\"']\s{0,3}(?::|=>?)\s{0,3}(?:\"([^\"\n]{1,160})\"|'([^'\n]{1,160})'|([0-9][0-9.\-]{0,30}))"
)
_TAGGED = later(r"<([A-Za-z][\w:.\-]{0,38})(?: [^<>\n]{0,80})?>([^<>\n]{1,160})<")
_LINED = later(
    r"(?:(?m:^)|[|;,{\t]) {0,3}[\-*]? {0,2}([A-Za-z][A-Za-z0-9_.\-]{0,30}(?: [A-Za-z0-9_.\-]{1,20}){0,3}) {0,3}[:=] {0,3}"
    r"([^\n|;\"<>{}\t]{1,120}?)(?= {0,2}(?:(?m:\r?$)|[|;\t}]|, ?[A-Za-z_ ]{2,30}[:=]))"
)
SIGN = r"[\"'] ?[:=]|<[A-Za-z][^<>\n]*>[^<>\n]+<|(?:^|[\n|;,{\t]) *[\-*]? *[A-Za-z][A-Za-z0-9_. \-]* *[:=]"
"""Regex of a key, in any of these forms."""


def values(text: str) -> Iterator[Hit]:
    """The values behind known keys that look like what the key says; its label is empty where it says nobody."""
    for found in _QUOTED.finditer(text):
        yield from _judged(text, found[1], *found.span(found.lastindex or 0))
    for form in (_TAGGED, _LINED):
        for found in form.finditer(text):
            yield from _judged(text, found[1], *found.span(2))


def _judged(text: str, key: str, start: int, end: int) -> Iterator[Hit]:
    kind = kind_of(key)
    if kind is not None:
        while start < end and text[end - 1] in " \r":
            end -= 1
        if looks_like(kind, text, start, end):
            yield Hit(start, end, _LIKELY if kind == "PII/SSN" else SURE, kind)
