"""Names as people write them, where the model saw less: a first name with the surname behind it, and whose something is."""

from __future__ import annotations

from collections.abc import Iterator

from moderation_pii.expression import later
from moderation_pii.names import posting, texting
from moderation_pii.names.known_words import KnownWords
from moderation_pii.pattern import Hit

_FIRST_NAMES, _FREQUENT_FIRST_NAMES, _SURNAMES = frozenset("abfg"), frozenset("ab"), frozenset("xyz")
"""The tagger's lists of names."""
_OTHER_WORDS, _OTHER_FREQUENT = frozenset("ouk"), frozenset("uvok")
"""Its lists of the most frequent words, of those that are frequent at least, and of things."""

_LAST_WORD = later(r"(?<![^\W_])[^\W\d_]+(?=\.?$)")
_SURNAME = later(r" ([A-ZÀ-ÖØ-Þ][a-zß-ÿ]{2,}|(?:Mc|Mac|O['’])[A-Z][a-z]+)\b(?!['’](?!s)|[@_])")
_THEIRS = later(r"(?<![\w'’.@#&/-])([^\W\d_]{3,24}) ?['’]s\b")
_WHOSE = 60.0
"""Confidence in a first name of which nothing else speaks."""


def with_surname(text: str, start: int, end: int, known: KnownWords) -> int:
    """The end of a name with the surname behind it, which the model leaves out where that is another word as well.

    Args:
        text: all of it.
        start: where the name begins.
        end: where it ends: behind the surname, or where it did.
        known: the tagger's lists.
    """
    first, behind = _LAST_WORD.search(text, start, end), _SURNAME.match(text, end)
    if first is None or behind is None:
        return end
    kinds = known.of(behind[1].lower())
    is_surname = not _SURNAMES.isdisjoint(kinds) and _OTHER_WORDS.isdisjoint(kinds)
    return behind.end() if is_surname and not _FIRST_NAMES.isdisjoint(known.of(first[0].lower())) else end


def joined(names: list[Hit], text: str, known: KnownWords) -> list[Hit]:
    """Names, from start to end, with those as one that the model took for two people: *Amy* and *Adams*."""
    made: list[Hit] = []
    for name in names:
        if made and (name.start < made[-1].end or _is_one(made[-1], name, text, known)):
            before = made[-1]
            sure = max(before.confidence, name.confidence)
            made[-1] = before._replace(end=max(before.end, name.end), confidence=sure)
        else:
            made.append(name)
    return made


def _is_one(before: Hit, name: Hit, text: str, known: KnownWords) -> bool:
    """True for a first name and the rest of it."""
    if text[before.end : name.start] != " ":
        return False
    last = _LAST_WORD.search(text, before.start, before.end)
    return (
        last is not None
        and last[0].istitle()
        and text[name.start : name.end].istitle()
        and not _FIRST_NAMES.isdisjoint(known.of(last[0].lower()))
    )


def whose(text: str, found: list[Hit], known: KnownWords, *, is_texted: bool) -> Iterator[Hit]:
    """First names that the model passed over and whose something is: *at derek's house*.

    Args:
        text: all of it.
        found: what the model did not pass over.
        known: the tagger's lists.
        is_texted: see `texting.is_texted`.
    """
    taken = bytearray(len(text))
    for hit in found:
        taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
    for their in _THEIRS.finditer(text):
        start, end = their.span(1)
        kinds = known.of(their[1].lower())
        if _FREQUENT_FIRST_NAMES.isdisjoint(kinds) or not _OTHER_FREQUENT.isdisjoint(kinds):
            continue
        if taken.find(1, start, end) >= 0 or texting.trimmed(text, start, end, known, is_texted=is_texted) is None:
            continue
        if not posting.is_nobody(text, start, end, known.of):
            yield Hit(start, end, _WHOSE, "PII/NAME")
