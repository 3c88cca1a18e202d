"""Matching listed phrases against folded text, in time that grows with the text, not with the lists.

Text is cut into words. A word is looked up as it stands, and in readings that undo a disguise: leetspeak, repeated
letters, and letters set apart (``i d i o t``, ``i.d.i.o.t``). A reading counts only when the whole of it is a listed
word, so nothing is ever found inside an innocent word. Phrases are found by walking a trie of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, product

from moderation_text.folding import LEET, Sign, fold, skeleton
from moderation_text.lists import Entry

_MAX_WORD = 64
_MAX_WILD = 2
_MAX_READINGS = 16


@dataclass(frozen=True)
class Match:
    """A listed entry at ``[start, end)`` of the original text, in code points."""

    entry: Entry
    start: int
    end: int


@dataclass
class _Node:
    below: dict[str, _Node] = field(default_factory=dict)
    entry: Entry | None = None


@dataclass(frozen=True)
class _Word:
    readings: tuple[str, ...]
    start: int
    end: int


def squeeze(word: str) -> str:
    """The word with each run of a letter written once."""
    return "".join(letter for letter, _ in groupby(word))


class Matcher:
    """Listed entries, ready to be found.

    Args:
        entries: what to find.
        allow: phrases inside which nothing counts.
    """

    def __init__(self, entries: Iterable[Entry], allow: Iterable[str] = ()) -> None:
        self._root = _Node()
        self._allow = _Node()
        self._words: set[str] = set()
        self._squeezed: dict[str, list[str]] = {}
        self._by_shape: dict[tuple[int, str], list[str]] = {}
        for entry in entries:
            self._plant(self._root, skeleton(entry.text), entry)
        for phrase in allow:
            self._plant(self._allow, skeleton(phrase), Entry(phrase, "", 0, "allow"))
        for word in sorted(self._words):
            self._squeezed.setdefault(squeeze(word), []).append(word)
            self._by_shape.setdefault((len(word), word[0]), []).append(word)

    def find(self, text: str) -> list[Match]:
        """All matches, leftmost first; of overlapping ones the longest, then the surest."""
        signs = fold(text)
        words = list(self._read_words(signs))
        allowed = [(m.start, m.end) for m in self._walk(self._allow, words)]
        found = [*self._walk(self._root, words), *self._set_apart(signs)]
        found = [m for m in found if not any(start <= m.start and m.end <= end for start, end in allowed)]
        found.sort(key=lambda m: (-(m.end - m.start), -m.entry.confidence, m.start, m.entry.label))
        kept: list[Match] = []
        taken: set[int] = set()
        for match in found:
            if taken.isdisjoint((match.start, match.end - 1)):
                kept.append(match)
                taken.update(range(match.start, match.end))
        return sorted(kept, key=lambda m: m.start)

    def _plant(self, root: _Node, phrase: str, entry: Entry) -> None:
        node = root
        for word in phrase.split():
            self._words.add(word)
            node = node.below.setdefault(word, _Node())
        if node.entry is None or node.entry.confidence < entry.confidence:
            node.entry = entry

    def _walk(self, root: _Node, words: Sequence[_Word]) -> Iterator[Match]:
        """Every path through the trie that ends in an entry, the longest from each first word."""
        for first in range(len(words)):
            best: tuple[Entry, int] | None = None
            paths = [root]
            for position in range(first, len(words)):
                paths = [below for n in paths for r in words[position].readings if (below := n.below.get(r))]
                if not paths:
                    break
                for node in paths:
                    if node.entry is not None:
                        best = (node.entry, words[position].end)
            if best is not None:
                yield Match(best[0], words[first].start, best[1])

    def _read_words(self, signs: Sequence[Sign]) -> Iterator[_Word]:
        """Words with their readings. A sign that can stand for a letter belongs to the word when letters touch it."""
        run: list[Sign] = []
        for sign in (*signs, Sign(" ", False, -1, -1)):
            if sign.is_letter or sign.char.isdigit() or sign.char in LEET:
                run.append(sign)
                continue
            if run:
                yield from self._read_run(run)
            run = []

    def _read_run(self, run: list[Sign]) -> Iterator[_Word]:
        """One run without gaps: as it is, and without the signs at its ends that may be mere punctuation."""
        bare = list(run)
        while bare and bare[-1].char in "!+*#@$" and not bare[-1].is_letter:
            bare.pop()
        while bare and bare[0].char in "!+*#" and not bare[0].is_letter:
            bare.pop(0)
        best = bare or run
        readings = dict.fromkeys(self._readings(best))
        if len(run) != len(best):
            readings |= dict.fromkeys(self._readings(run))
        if not readings:
            plain = "".join(sign.char for sign in best)
            readings = {plain: None}
        yield _Word(tuple(readings), best[0].start, best[-1].end)

    def _readings(self, run: Sequence[Sign]) -> Iterator[str]:
        """Listed words that a run can be read as."""
        if not 1 < len(run) <= _MAX_WORD:
            yield from ("".join(sign.char for sign in run),) if len(run) == 1 else ()
            return
        plain = "".join(sign.char for sign in run)
        if plain in self._words:
            yield plain
        letters = sum(sign.is_letter for sign in run)
        if letters == 0:
            return  # a number, not a word in disguise
        wild = plain.count("*") + plain.count("#")
        if wild:
            yield from self._unhide(run) if letters >= 2 and wild <= _MAX_WILD else ()
            return
        for read in self._leet(run):
            yield from self._without_repeats(read)

    def _leet(self, run: Sequence[Sign]) -> Iterator[str]:
        """Readings of signs as letters; a one may be an i or an l."""
        choices = []
        for sign in run:
            if sign.is_letter:
                choices.append((sign.char,))
            elif sign.char in ("1", "!"):
                choices.append(("i", "l"))
            else:
                choices.append((LEET.get(sign.char, sign.char),))
        for number, read in enumerate(product(*choices)):
            if number == _MAX_READINGS:
                return
            yield "".join(read)

    def _without_repeats(self, read: str) -> Iterator[str]:
        """Listed words that `read` is, or is when letters are repeated more often than the word has them."""
        if read in self._words:
            yield read
        for word in self._squeezed.get(squeeze(read), ()):
            if word != read and _stretches(word, read):
                yield word

    def _unhide(self, run: Sequence[Sign]) -> Iterator[str]:
        """Listed words with the hidden letters filled in: ``f*ck``. The first letter must be seen."""
        shown = [LEET.get(s.char, s.char) if not s.is_letter else s.char for s in run]
        for word in self._by_shape.get((len(shown), shown[0]), ()):
            if all(c in ("*", letter) for c, letter in zip(shown, word, strict=True)):
                yield word

    def _set_apart(self, signs: Sequence[Sign]) -> Iterator[Match]:
        """Single letters with something between each two of them: ``i d i o t``, ``i-d-i-o-t``."""
        run: list[Sign] = []
        position = 0
        size = len(signs)
        while position < size:
            sign = signs[position]
            if _could_be_letter(sign) and not _touches(signs, position):
                run.append(sign)
                gap = position + 1
                while (
                    gap < size and gap - position <= 2 and not _could_be_letter(signs[gap]) and signs[gap].char != "\n"
                ):
                    gap += 1
                if gap < size and 1 < gap - position <= 3 and _could_be_letter(signs[gap]) and not _touches(signs, gap):
                    position = gap
                    continue
            yield from self._spelled(run)
            run = []
            position += 1
        yield from self._spelled(run)

    def _spelled(self, run: Sequence[Sign]) -> Iterator[Match]:
        """Listed words of three letters or more that the whole run, or a stretch of it, spells."""
        if len(run) < 3 or not any(sign.is_letter for sign in run):
            return
        run = run[:_MAX_WORD]
        for start in range(len(run) - 2):
            for end in range(len(run), start + 2, -1):
                piece = run[start:end]
                # A stretch inside a longer run of single letters is taken only when it is long enough to be no chance.
                if (start or end < len(run)) and len(piece) < 5:
                    continue
                for word in self._readings(piece):
                    entry = node.entry if (node := self._root.below.get(word)) else None
                    if entry is not None:
                        yield Match(entry, piece[0].start, piece[-1].end)


def _could_be_letter(sign: Sign) -> bool:
    return sign.is_letter or (sign.char in LEET and sign.char not in "*#!+")


def _touches(signs: Sequence[Sign], position: int) -> bool:
    """True when another letter or digit stands directly beside the sign."""
    return any(
        0 <= beside < len(signs) and (_could_be_letter(signs[beside]) or signs[beside].char.isdigit())
        for beside in (position - 1, position + 1)
    )


def _stretches(word: str, read: str) -> bool:
    """True when `read` is `word` with letters repeated: every run at least as long, and one run three or longer.

    A mere double letter is another word (``pussy`` and ``pusy``, ``ass`` and ``as``), so it does not count alone.
    """
    own = [(letter, len(list(run))) for letter, run in groupby(word)]
    seen = [(letter, len(list(run))) for letter, run in groupby(read)]
    longer = [have - need for (_, need), (_, have) in zip(own, seen, strict=True)]
    return min(longer) >= 0 and any(have >= 3 for _, have in seen)
