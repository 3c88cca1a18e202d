"""Matching listed phrases against a text, in time that grows with the text, not with the lists.

Words are read by `moderation_text.words`; phrases are found by walking a trie of words. Words that are spelled out
(``i d i o t``) or broken up (``id-iot``) are further steps through the same trie.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from moderation_text.folding import Folded, is_latin
from moderation_text.lists import Entry
from moderation_text.words import Reading, Vocabulary, Word, bared, listed_words, split_words

_SENTENCE_ENDS = re.compile(r"[.!?;:…。！？](?:[\s\"')\]]|$)|\n\s*\n")
"""Between two words, what no phrase reaches across."""
_BREAKS = re.compile(r"[^\w\s'\"`´’‘“”]{1,2}|_")
"""What may break up a word: one or two signs, but no apostrophe (``he'll``) and no space."""
_SPACED = re.compile(r"[^\w\n]{1,3}|[_\n]")
"""What may stand between the letters of a word that is spelled out."""

_SPELLED_FILLERS = ("a", "i", "u", "r", "ur", "an", "are", "you", "youre")
"""Words that may be spelled out together with a listed one: ``y o u i d i o t``."""
_MAX_SPELLED = 48
_MAX_PIECES = 8
_PARTED_LETTERS = 6
"""A word of a phrase counts when written as two (``kill your self``) from this many letters on."""
_JOINED_LETTERS = 7
"""A phrase counts when written as one word (``killyourself``) from this many letters on."""


class Match(NamedTuple):
    """A listed entry at ``[start, end)`` of the original text, in code points.

    Attributes:
        is_disguised: True when it is not written as the list has it.
    """

    entry: Entry
    start: int
    end: int
    is_disguised: bool = False


@dataclass(slots=True)
class _Node:
    below: dict[str, _Node] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)


class _Step(NamedTuple):
    """A way through the text: listed words that the words up to `to` can be read as."""

    readings: tuple[Reading, ...]
    to: int


class Matcher:
    """Listed entries, ready to be found.

    Args:
        entries: what to find.
        allow: phrases inside which nothing counts.
    """

    def __init__(self, entries: Iterable[Entry], allow: Iterable[str] = ()) -> None:
        self._root, self._allow = _Node(), _Node()
        words: set[str] = set()
        self._parted: set[str] = set()
        for entry in entries:
            words |= self._plant(self._root, entry.text, entry)
        self._parted = {word for word in self._parted if not self._stands_alone(word)}
        for phrase in allow:
            words |= self._plant(self._allow, phrase, Entry(phrase, "", "", 0.0, "allow"))
        self._vocabulary = Vocabulary(words)

    def find(self, text: str) -> list[Match]:
        """All matches, leftmost first.

        A match inside another of the same label and at least its confidence is left out; others may overlap, so that no
        entry hides another.
        """
        folded = Folded(text)
        words = split_words(folded.text)
        steps = self._steps(folded.text, words)
        if not any(steps):
            return []
        breaks = _Breaks(folded.text, words)
        allowed = _Spans(folded.span(start, end) for _, start, end in self._walk(self._allow, steps, breaks))
        found = [self._match(folded, *hit) for hit in self._walk(self._root, steps, breaks)]
        found = [match for match in found if not allowed.cover(match)]
        return [match for match in _outermost(found) if not _is_another_script(match, text)]

    def _plant(self, root: _Node, phrase: str, entry: Entry) -> set[str]:
        words = listed_words(Folded(phrase).text)
        paths = [words]
        joined = "".join(words)
        if len(words) > 1:
            self._parted.update(word for word in words if len(word) >= _PARTED_LETTERS)
        if len(words) > 1 and len(joined) >= _JOINED_LETTERS and min(map(len, words)) >= 3 and root is self._root:
            paths.append([joined])
        for path in paths:
            node = root
            for word in path:
                node = node.below.setdefault(word, _Node())
            known = node.entries.get(entry.label)
            if words and (known is None or known.confidence < entry.confidence):
                node.entries[entry.label] = entry
        return {word for path in paths for word in path}

    def _stands_alone(self, word: str) -> bool:
        node = self._root.below.get(word)
        return node is not None and bool(node.entries)

    def _steps(self, text: str, words: Sequence[Word]) -> list[list[_Step]]:
        """For each word, the steps that begin with it."""
        steps: list[list[_Step]] = [[] for _ in words]
        for number, word in enumerate(words):
            readings = self._vocabulary.readings(word)
            if readings:
                steps[number].append(_Step(tuple(readings), number + 1))
            if number and words[number - 1].end + 1 == word.start and text[word.start - 1] == " ":
                before = words[number - 1]
                if (joined := before.text + word.text) in self._parted:
                    steps[number - 1].append(_Step((Reading(joined, before.start, word.end),), number + 1))
        for first, after in _runs(text, words, _SPACED, lambda word: word.letter is not None):
            if after - first >= 3:
                self._add_spelled(steps, text, words, first, after)
        for first, after in _runs(text, words, _BREAKS, lambda word: True):
            if 2 <= after - first <= _MAX_PIECES:
                self._add_broken(steps, words[first:after], first)
        return steps

    def _add_spelled(self, steps: list[list[_Step]], text: str, words: Sequence[Word], first: int, after: int) -> None:
        """Steps over single letters. A wider gap parts words; each part must be listed words through and through."""
        gap = words[first + 1].start - words[first].end
        begin = first
        for number in range(first + 1, after + 1):
            if number == after or words[number].start - words[number - 1].end > gap:
                if number - begin >= 3:
                    letters = [letter for word in words[begin:number] if (letter := word.letter) is not None]
                    self._add_letters(steps, letters, begin)
                begin = number

    def _add_letters(self, steps: list[list[_Step]], letters: Sequence[Word], first: int) -> None:
        spelled = "".join(letter.text for letter in letters)
        pieces = set(self._vocabulary.long_words(spelled))
        if len(spelled) <= _MAX_SPELLED:
            pieces.update(self._through_and_through(spelled))
        for start, end, word in sorted(pieces):
            reading = Reading(word, letters[start].start, letters[end - 1].end)
            steps[first + start].append(_Step((reading,), first + end))

    def _through_and_through(self, spelled: str) -> Iterator[tuple[int, int, str]]:
        """Listed words that make up all of the letters, with fillers: ``fucku`` but not ``class``."""
        size = len(spelled)
        pieces: dict[int, list[tuple[int, str]]] = {}
        ends_well = [False] * size + [True]
        for start in range(size - 1, -1, -1):
            for end in range(start + 1, size + 1):
                if not ends_well[end]:
                    continue
                piece = spelled[start:end]
                read = list(self._vocabulary.disguised(piece)) if end - start >= 3 else []
                if read or piece in _SPELLED_FILLERS or (end - start < 3 and piece in self._vocabulary):
                    ends_well[start] = True
                    pieces.setdefault(start, []).extend((end, word) for word in read or [piece])
        reached = [ends_well[0]] + [False] * size
        for start in range(size):
            for end, word in pieces.get(start, ()) if reached[start] else ():
                reached[end] = True
                yield start, end, word

    def _add_broken(self, steps: list[list[_Step]], pieces: Sequence[Word], first: int) -> None:
        """A step over a word broken up by signs, which must be one listed word from end to end."""
        joined = "".join(piece.text for piece in pieces)
        if not 4 <= len(joined) <= _MAX_SPELLED:
            return
        # The text between has other offsets than the joined pieces, but what is bared at the ends has not.
        readings = [
            Reading(read, pieces[0].start + left, pieces[-1].end - right)
            for text, left, right in bared(joined)
            for read in self._vocabulary.disguised(text)
            if len(text) >= 4
        ]
        if readings:
            steps[first].append(_Step(tuple(readings), first + len(pieces)))

    def _walk(self, root: _Node, steps: Sequence[Sequence[_Step]], breaks: _Breaks) -> Iterator[tuple[Entry, int, int]]:
        """Every path through the trie that ends in an entry, with where it begins and ends in the folded text."""
        for first in range(len(steps)):
            paths = [
                (node, step.to, reading.start, reading.end)
                for step in steps[first]
                for reading in step.readings
                if (node := root.below.get(reading.word)) is not None
            ]
            while paths:
                further = []
                for node, number, start, end in paths:
                    for entry in node.entries.values():
                        yield entry, start, end
                    if not node.below or number >= len(steps) or breaks.before(number):
                        continue
                    further += [
                        (below, step.to, start, reading.end)
                        for step in steps[number]
                        for reading in step.readings
                        if (below := node.below.get(reading.word)) is not None
                    ]
                paths = further

    def _match(self, folded: Folded, entry: Entry, first: int, after: int) -> Match:
        start, end = folded.span(first, after)
        written = folded.original[start:end]
        return Match(entry, start, end, _plain(written) != _plain(entry.text))


class _Breaks:
    """Where a sentence ends between two words."""

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self._text, self._words = text, words

    def before(self, number: int) -> bool:
        """True when a sentence ends between a word and the one before it."""
        last, word = self._words[number - 1], self._words[number]
        # An exclamation mark may belong to the word before, as a sign that stands for a letter.
        begin = last.end - 1 if not last.text[-1].isalnum() else last.end
        if last.letter is not None and self._text.startswith(".", begin):
            begin += 1  # an initial: Philip K. Dick
        return _SENTENCE_ENDS.search(self._text, begin, word.start) is not None


def _runs(
    text: str, words: Sequence[Word], between: re.Pattern[str], fits: Callable[[Word], bool]
) -> Iterator[tuple[int, int]]:
    """Longest runs of fitting words that have only `between` between them, as first and after-last number."""
    first = 0
    while first < len(words):
        after = first + 1
        if fits(words[first]):
            while (
                after < len(words)
                and fits(words[after])
                and words[after].start - words[after - 1].end <= 3
                and between.fullmatch(text, words[after - 1].end, words[after].start) is not None
            ):
                after += 1
            if after - first > 1:
                yield first, after
        first = after


def _plain(text: str) -> list[str]:
    return text.casefold().split()


class _Spans:
    """Stretches of a text in which nothing counts."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        self._furthest = list(accumulate((end for _, end in ordered), max))

    def cover(self, match: Match) -> bool:
        """True when the match lies inside one of them."""
        place = bisect_right(self._starts, match.start)
        return place > 0 and match.end <= self._furthest[place - 1]


def _outermost(matches: Sequence[Match]) -> list[Match]:
    """Matches without those inside another of the same label that is as sure; leftmost first."""
    kept: list[Match] = []
    open_: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.start, -m.end, -m.entry.confidence, m.entry.label)):
        open_ = [other for other in open_ if other.end > match.start]
        if not any(
            match.end <= other.end
            and other.entry.label == match.entry.label
            and other.entry.confidence >= match.entry.confidence
            for other in open_
        ):
            kept.append(match)
            open_.append(match)
    return kept


def _is_another_script(match: Match, text: str) -> bool:
    """True for an entry in plain letters that a word of another script merely looks like, in a text of that script."""
    letters = [is_latin(c) for c in text[match.start : match.end] if c.isalpha()]
    if not match.entry.text.isascii() or any(letters) or not letters:
        return False
    around = text[max(0, match.start - 200) : match.start] + text[match.end : match.end + 200]
    letters = [is_latin(c) for c in around if c.isalpha()]
    return 3 * sum(letters) < len(letters) or not letters
