"""What stands around a value: words that speak for it, words that speak for something else, keywords that name it."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from moderation_pii.pattern import Sighting, Weigh

BEFORE, AFTER = 48, 24
"""Bytes around a value in which a word speaks for it."""

GAP = r"([^0-9\n.;!?]{0,24}?|[ \t]{0,40})"
"""Between a keyword and its value: anything but digits and sentence ends."""
NARROW_GAP = r"((?:[\s:=#(\-\"'*>/]|(?i:is|was|are|number|num|no|nr|code|id|my|the|of|ending|in|with)\b|\.){0,10}?)"
"""Between a keyword and a value that has letters: signs and words that say nothing."""

_FILLERS = frozenset(
    b"is was are be number numbers num no nr code id my the our his her their your to it its s a an of for on in"
    b" current new old date digit digits".split()
)
_SAYS_NOTHING = bytes.maketrans(b":=#(-\"'*>/.,_\t\r\n", b"                ")

UNLIKE = (
    r"(?:order|invoice|tracking|isbn|issn|ean|upc|sku|part|model|serial|version|ver|release|build|revision|rev|ref"
    r"|reference|ticket|case|item|product|catalog(?:ue)?|batch|lot|confirmation|booking|reservation|transaction|txn"
    r"|imei|po|rfc|cve|commit|page|chapter|section|figure|lottery|score|article|doi|pmid|arxiv|issue|bug|flight"
    r"|docket|job|asset|barcode|quote|claim|coupon|voucher|promo|parcel|shipment|id|nr)"
)


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as one string."""
    return frozenset(text.split())


def searcher(regex: str, max_memory: int = 8 << 20) -> Any:
    """The search for a pattern: text, from, to; spans of the first match and its groups, (-1, -1) where there is none.

    RE2 itself: the library's own wrapper makes an object of each match, which takes longer than the search.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = max_memory
    return partial(re2.compile(regex.encode(), options)._regexp.Match, re2._re2.RE2.Anchor.UNANCHORED)


class Words:
    """An alternation of words, looked for whole; compiled at the first look.

    Args:
        alternation: RE2, lower case.
        tail: what must follow the words.
    """

    def __init__(self, alternation: str, tail: str = "(?:$|[^a-z])") -> None:
        self._source = rf"(?:^|[^a-z])(?:{alternation}){tail}"
        self._search: Any = None

    def in_(self, window: bytes) -> bool:
        """True when one of the words is in the window."""
        if self._search is None:
            self._search = searcher(self._source)
        return self._search(window, 0, len(window))[0][0] >= 0

    def near(self, sighting: Sighting, before: int = BEFORE, after: int = AFTER) -> bool:
        """True when one of the words stands near the value."""
        return self.in_(sighting.before(before)) or self.in_(sighting.after(after))


_UNLIKE = Words(
    UNLIKE, tail=r"(?:[^a-z0-9.!?;\n]+(?:numbers?|no\.?|num\.?|nr\.?|ids?|code|is|was))*[^a-z0-9.!?;\n]{0,4}$"
)


def is_called_otherwise(sighting: Sighting) -> bool:
    """True when the words right before a value say that it is an order, a part, a version or the like."""
    return _UNLIKE.in_(sighting.before(36))


def steady(confidence: float) -> Weigh:
    """Always the same confidence."""
    return lambda sighting: confidence


def raised(alone: float, near: float, words: Words, unlike: float = 30.0) -> Weigh:
    """`near` with one of the words around, else `alone`; `unlike` at most when the value is called otherwise."""

    def weigh(sighting: Sighting) -> float:
        if words.near(sighting):
            return near
        return min(alone, unlike) if is_called_otherwise(sighting) else alone

    return weigh


def named(close: float, loose: float) -> Weigh:
    """For patterns with a keyword: `close` when only words that say nothing stand between, else `loose`."""
    return lambda sighting: close if is_close(sighting) else loose


def is_close(sighting: Sighting) -> bool:
    """True when only words that say nothing stand between keyword and value."""
    words = (sighting.gap or b"").lower().translate(_SAYS_NOTHING).split()
    return all(word in _FILLERS for word in words)


def keyword(words: str, value: str, gap: str = GAP) -> str:
    """RE2 of a value that follows one of the words."""
    return rf"(?:\b|_)(?i:{_joined(words)})(?:\b|#|\.|_){gap}({value})"


def trigger(words: str) -> str:
    """RE2 of the words alone."""
    return rf"(?i:{_joined(words)})"


def _joined(words: str) -> str:
    """RE2 of the words however they are joined: routing number, routing_number, routingNumber."""
    return re.sub(r"\[[^\]]*\]| \??", lambda found: found.group() if found.group()[0] == "[" else r"[ _\-]?", words)
