"""What stands around a value: words that speak for it, words that speak for something else, keywords that name it."""

from __future__ import annotations

import re
from typing import Any

from moderation_pii.alternation import spellings
from moderation_pii.expression import later
from moderation_pii.pattern import Sighting, Weigh

BEFORE, AFTER = 48, 24
"""Characters around a value in which a word speaks for it."""

GAP = r"([^0-9\n.;!?]{0,24}?|[ \t]{0,40})"
"""Between a keyword and its value: anything but digits and sentence ends."""
NARROW_GAP = (
    r"((?:[\s:=#(\-\"'*>/]|(?i:is|was|are|number|num|no|nr|code|id|my|the|of|ending|in|with|es|de|s)\b|\.){0,10}?)"
)
"""Between a keyword and a value that has letters: signs and words that say nothing."""


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as one string."""
    return frozenset(text.split())


_FILLERS = words(
    "is was are be number numbers num no nr code id my the our his her their your to it its s a an of for on in"
    " current new old date digit digits es de del mi su el la"
)
_SAYS_NOTHING = str.maketrans(":=#(-\"'*>/.,_\t\r\n", "                ")

UNLIKE = (
    r"order|invoice|tracking|isbn|issn|ean|upc|sku|part|model|serial|version|ver|release|build|revision|rev|ref"
    r"|reference|ticket|case|item|product|catalog(?:ue)?|batch|lot|confirmation|booking|reservation|transaction|txn"
    r"|imei|sn|s/n|po|rfc|cve|commit|page|chapter|section|figure|lottery|score|article|doi|pmid|arxiv|issue|bug|flight"
    r"|docket|job|asset|barcode|quote|claim|coupon|voucher|promo|parcel|shipment|id|nr"
)


_LETTERS = bytes(code if code >= 0x80 or 0x61 <= code <= 0x7A else 0x20 for code in range(256))
"""A table for `bytes.translate`: small letters and what is no ASCII stay, everything else is a blank."""


_LETTER = "a-z\u0080-\U0010ffff"
"""The same of characters, in a class that ignores case."""


def _parted(text: str) -> list[bytes]:
    """The words of a text in small letters."""
    return text.encode("utf-8", "surrogatepass").translate(_LETTERS).split()


def _in_any_case(word: str) -> str:
    """Of its letters those that are no ASCII; a regex that ignores case does so for ASCII only."""
    return "".join(char if char.isascii() else f"[{char}{char.upper()}]" for char in word)


class Words:
    """Words to be looked for whole, in small letters, around a value. What is no letter parts words.

    Args:
        alternation: as `spellings` reads it.
    """

    _words: frozenset[bytes]
    _phrases: tuple[bytes, ...]
    _unparted: tuple[str, ...]

    def __init__(self, alternation: str) -> None:
        self._alternation = alternation

    def __getattr__(self, name: str) -> Any:
        # At the first look: most texts ask for few of these.
        if name not in Words.__annotations__:
            raise AttributeError(name)
        spelt = spellings(self._alternation)
        made = {b" ".join(_parted(spelling)) for spelling in spelt}
        self._words = frozenset(spelling for spelling in made if b" " not in spelling)
        self._phrases = tuple(b" %s " % spelling for spelling in sorted(made - self._words))
        # Scripts that part no words: these stand anywhere in a run of letters.
        self._unparted = tuple(sorted(word for word in spelt if word > "\u2e80"))
        return self.__dict__[name]

    @property
    def regex(self) -> str:
        """What is in every text that has one of the words in it."""
        phrases = [_in_any_case(word.decode()) for word in sorted(self._words)]
        phrases += [f"[^{_LETTER}]+".join(_in_any_case(phrase.decode()).split()) for phrase in self._phrases]
        parted = rf"(?i)(?:^|[^{_LETTER}])(?:{'|'.join(phrases)})(?:$|[^{_LETTER}])"
        return rf"{parted}|[{''.join(self._unparted)}]" if self._unparted else parted

    def in_(self, window: str) -> bool:
        """True when one of the words is in the window."""
        words = _parted(window)
        if not self._words.isdisjoint(words):
            return True
        if self._phrases:
            text = b" %s " % b" ".join(words)
            for phrase in self._phrases:  # a generator would take longer than the looks
                if phrase in text:
                    return True
        return bool(self._unparted) and any(word in window for word in self._unparted)

    def near(self, sighting: Sighting, before: int = BEFORE, after: int = AFTER) -> bool:
        """True when one of the words stands near the value."""
        return self.in_(f"{sighting.before(before)} {sighting.after(after)}")


_UNLIKE = spellings(UNLIKE)
_BEFORE_NUMBERS = words("number numbers no num nr id ids code is was")
_LAST_WORDS = later(r"[a-z]+|[0-9.!?;\n]")


def is_called_otherwise(sighting: Sighting) -> bool:
    """True when the words right before a value say that it is an order, a part, a version or the like."""
    ends = False
    for word in reversed(_LAST_WORDS.findall(sighting.before(36))):
        if word in _UNLIKE:
            return not ends
        if word == ".":
            if ends:
                return False
            ends = True  # of "no.", or of a sentence
        elif word in _BEFORE_NUMBERS and (not ends or word in ("no", "num", "nr")):
            ends = False
        else:
            return False
    return False


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
    words = (sighting.gap or "").lower().translate(_SAYS_NOTHING).split()
    return all(word in _FILLERS for word in words)


def keyword(words: str, value: str, gap: str = GAP) -> str:
    """RE2 of a value that follows one of the words."""
    return rf"(?:\b|_)(?i:{_joined(words)})(?:\b|#|\.|_){gap}({value})"


def _joined(words: str) -> str:
    """RE2 of the words however they are joined: routing number, routing_number, routingNumber."""
    return re.sub(r"\[[^\]]*\]| \??", lambda found: found.group() if found.group()[0] == "[" else r"[ _\-]?", words)
