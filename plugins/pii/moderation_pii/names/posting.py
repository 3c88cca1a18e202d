"""What looks like a name to the model in posts and news lines and is none.

Dates, signs of the zodiac, smileys, words that are cut short, one of a row; places and bands called after people; words of
a language that nothing here was made for.
"""

from __future__ import annotations

from collections.abc import Callable

from moderation_pii.context import words
from moderation_pii.expression import later

Kinds = Callable[[str], str]
"""Says on which lists of the tagger a word in lower case is."""

_FIRST, _CALLED, _ANYBODY = frozenset("abfg"), frozenset("abfgxy"), frozenset("abfgxyzhcd")
"""The tagger's lists of first names, of names that many have, and of all that somebody has."""
_KNOWN = frozenset("uvwo")
"""Its lists of words of English that are no names."""

_WORD = later(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_WEEKDAYS = words(
    "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday"
)
_MONTHS = words(
    "jan feb mar apr may jun jul aug sep sept oct nov dec"
    " january february march april june july august september october november december"
)
_DAY_BEFORE = later(
    r"(?i)(?:\b[0-9]{1,2}(?:st|nd|rd|th)?(?: of)?|\b(?:early|mid|late|last|next|this|since|until|till|in|by|end of)) $"
)
_DAY_BEHIND = later(r"(?i) ?[.-]? ?[0-9]{1,4}(?:st|nd|rd|th)?\b")
_ZODIAC = words("aries taurus gemini cancer libra scorpio sagittarius capricorn aquarius pisces")
_ZODIAC_TOO = words("leo virgo")
"""Signs that people are called as well."""
_STARS = later(
    r"(?i)\b(?:horoscopes?|zodiac|moon|astrolog\w+|retrograde|aries|taurus|gemini|libra|scorpio|sagittarius|capricorn"
    r"|aquarius|pisces)\b"
)
_MOUTHS = words("D P O o p b B X x S s")
_EYES_BEFORE = later(r"(?<![\w\"'])[:;=8]$|[:;=8]-$")
_COLOURS = words("red orange yellow green blue purple pink brown black white grey gray gold silver violet")
_NUMBERED_BEFORE = later(r"[0-9][.)] ?$")
_CUT_BEHIND = later(r" ?(?:\.\.\.|…)(?= ?(?:https?:|\Z))")
_LAND_BEFORE = later(
    r"\b(?:Lake|Mount|Mt|Fort|Ft|Port|Cape|Camp|Isle of|University of|College of|Residents of|Gulf of|Bay of) ?\.? ?$"
)
_SAINT_BEFORE = later(r"\bSt(?:e|\.| \.)? ?$")
_AT_SAINT = later(r"(?i)\b(?:at|in|on|of|to|near|from|vs)\.? St(?:e|\.| \.)? ?$")
_THEIRS = later(r" ?['’]s?\b")
_LAND_BEHIND = later(
    r" (?:Pass|Bay|Beach|Creek|Falls|Lake|Islands?|Airport|Airbase|Airfield|Theat(?:re|er)|Lounge|Co\.? |Public Schools?"
    r"|Elementary|(?:Middle|High) School|[Rr]ec(?:reation)? [Cc]ent(?:er|re)|[Bb]order\b)"
)
_STATE_BEHIND = later(
    r" ?, ?(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT"
    r"|V[AT]|W[AIVY])\b(?!\.)"
)
_BAND_BEHIND = later(
    r" (?:[Bb]and|Bros\.?|Fest(?:ival)?|Quartet|Quintet|Orchestra|Ensemble|Soccer|Football|Basketball|Baseball|Hockey"
    r"|Rugby)\b"
)
_FUNCTION = words(
    "a an and are as at be but by can do for from get go has have he her him his i if in is it its just like me my no not"
    " now of on or our out so that the them there they this to up was we what when will with you your"
    " el la los las un una de del que y en es por con para se lo mi su al muy como pero der die das und ist ein eine ich"
    " nicht mit zu den auf für von im dem sie wir le les des et est une je pas pour dans du il elle nous vous au sur avec"
    " qui gli di e che è per non sono della nel ti o os um uma da em não com eu na het een van ik niet te dat op voor"
    " zijn met je wij aan er ben naar hebben mijn hij ze ons uw"
)
"""Words that sentences of the seven languages cannot do without."""
_NO_WORDS = later(r"https?:\S+|www\.\S+|[@#]\w+|\w*[0-9]\w*|\b[A-Z]{2,}\b")
_AROUND = 80
"""So many characters before and behind say of which language a text is there."""
_LEAST_WORDS = 6
"""Fewer words say nothing of it."""


def is_nobody(text: str, start: int, end: int, kinds: Kinds) -> bool:
    """True when what the model took for a name is none.

    Args:
        text: the whole text.
        start: where the name begins.
        end: where it ends.
        kinds: see `Kinds`.
    """
    found = _WORD.findall(text[start:end])
    if not found:
        return False
    lowered = [word.lower() for word in found]
    return (
        _is_date(text, start, end, lowered)
        or _is_smiley(text, start, found[0])
        or _is_place(text, start, end, found)
        or _BAND_BEHIND.match(text, end) is not None
        or (len(found) == 1 and _is_sign(text, start, end, lowered[0]))
        or (len(found) == 1 and _is_of_a_row(text, start, end, lowered[0], kinds))
        or (len(found) == 1 and _is_cut(text, end, kinds(lowered[0])))
        or (
            (text[start:end].islower() or all(_ANYBODY.isdisjoint(kinds(word)) for word in lowered))
            and _is_unread(text, start, end, kinds)
        )
    )


def _is_date(text: str, start: int, end: int, lowered: list[str]) -> bool:
    """*Jan. 5*, *late Jan*, *Friday Jan*; *$MAR* is a share."""
    if text[start - 1 : start] == "$":
        return True
    if not all(word in _MONTHS or word in _WEEKDAYS for word in lowered):
        return False
    return (
        len(lowered) > 1
        or _DAY_BEHIND.match(text, end) is not None
        or _DAY_BEFORE.search(text, max(0, start - 12), start) is not None
    )


def _is_sign(text: str, start: int, end: int, word: str) -> bool:
    if word in _ZODIAC:
        return True
    return word in _ZODIAC_TOO and _STARS.search(text, max(0, start - _AROUND), end + _AROUND) is not None


def _is_smiley(text: str, start: int, first: str) -> bool:
    """*:D. Hope*, *:-O. Guess*: the mouth was taken for an initial."""
    return first in _MOUTHS and _EYES_BEFORE.search(text, max(0, start - 2), start) is not None


def _is_of_a_row(text: str, start: int, end: int, word: str, kinds: Kinds) -> bool:
    """One of a row of colours; one of numbered parts: *4. Cook: ... 5. Gardener: ...*."""
    if word in _COLOURS:
        around = _WORD.findall(text[max(0, start - _AROUND) : end + _AROUND])
        return len(_COLOURS.intersection(map(str.lower, around))) > 2
    return (
        text.startswith(":", end)
        and _FIRST.isdisjoint(kinds(word))
        and _NUMBERED_BEFORE.search(text, max(0, start - 4), start) is not None
    )


def _is_place(text: str, start: int, end: int, found: list[str]) -> bool:
    """*St. Mary's*, *Fort Mason*, *Kate Jackson Rec Center*, *Mesa, AZ*."""
    if _LAND_BEHIND.match(text, end) is not None:
        return True
    if len(found) > 1:
        return False
    before = text[max(0, start - 16) : start]
    return (
        _LAND_BEFORE.search(before) is not None
        or _STATE_BEHIND.match(text, end) is not None
        or _AT_SAINT.search(before) is not None
        or (_SAINT_BEFORE.search(before) is not None and _THEIRS.match(text, end) is not None)
    )


def _is_cut(text: str, end: int, known: str) -> bool:
    """The last word of a post that was cut short: *the Dayli...*."""
    return _CALLED.isdisjoint(known) and _CUT_BEHIND.match(text, end) is not None


def _is_unread(text: str, start: int, end: int, kinds: Kinds) -> bool:
    """True where hardly any word around is known: in a language that nothing here was made for."""
    sides = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    around = [word.lower() for side in sides for word in _WORD.findall(_NO_WORDS.sub(" ", side)) if len(word) > 1]
    if len(around) < _LEAST_WORDS:
        return False
    spoken = sum(word in _FUNCTION for word in around)
    known = sum(word in _FUNCTION or not _KNOWN.isdisjoint(kinds(word)) for word in around)
    return spoken * 6 < len(around) and known * 2 < len(around)
