"""Names and postal addresses by a linear-chain model over words: which words look like one, after and before which.

A conditional random field, trained by ``training/train.py``. Every feature is a property of one word, at some distance
from the word to be labelled, or of two neighbours' classes. So all that a word adds to the scores around it is known
once the word is, and is kept: a text costs one look-up and a few additions for each of its words. The scores of all
labels are fields of one integer, so that one addition adds them all.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

LABELS = ("B-NAME", "I-NAME", "B-ADDRESS", "I-ADDRESS")
"""Besides O, whose score is zero everywhere."""

DISTANCES = (-2, -1, 0, 1, 2, 3)
"""Where a word's neighbours stand whose properties count; 1 is the word before."""

SCALE = 64
"""Steps of a score of one."""

_BREAK = "¶"
"""What a line's end is called in features, whose names stand in lines themselves."""

_BITS = 16
_ZERO = 1 << (_BITS - 1)
_FIELD = (1 << _BITS) - 1
_KEPT_WORDS = 60_000
_MODEL = Path(__file__).with_name("names.model")

TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019](?![sS]\b)[^\W\d_]+)?|\d+|\n|['\u2019][sS]\b|[^\w\s]|_")


class Tagged(NamedTuple):
    """A found name or address.

    Attributes:
        start: offset of its first character.
        end: offset behind its last.
        label: ``PII/NAME`` or ``PII/ADDRESS``.
        lead: by how much it scores above being none, in nats.
    """

    start: int
    end: int
    label: str
    lead: float


class Lists:
    """What is known of words: names with their rank's class, common words, places.

    Args:
        known: kind to words in lower case, separated by spaces.
    """

    def __init__(self, known: dict[str, str]) -> None:
        self.kinds: dict[str, str] = {}
        for kind, words in known.items():
            for word in words.split():
                self.kinds[word] = self.kinds.get(word, "") + kind

    def of(self, lowered: str) -> str:
        """The kinds of a word in lower case, one letter each."""
        return self.kinds.get(lowered, "")


def shape(word: str) -> str:
    """How a word is written: C capitalised, U capitals, I one capital, l small letters, m mixed; digits by number."""
    if word.isdigit():
        return f"d{min(len(word), 6)}"
    if not word[0].isalpha():
        return "p"
    if word.islower():
        return "l"
    if word.isupper():
        return "U" if len(word) > 1 else "I"
    if word[0].isupper() and (word[1:].islower() or (len(word) > 3 and not word[:3].isupper())):
        return "C"
    return "m" if word.isascii() or word != word.lower() else "l"


def class_of(word: str, kinds: str) -> str:
    """The class of a word in features of two neighbours."""
    form = shape(word)
    if form == "p":
        return _BREAK if word == "\n" else word
    if form[0] == "d":
        return form
    lowered = word.lower()
    return form + lowered if "o" in kinds else form + kinds


def word_features(word: str, kinds: str) -> list[str]:
    """The properties of a word that count for itself."""
    lowered, form = word.lower(), shape(word)
    features = ["s=" + form, "c=" + class_of(word, kinds)]
    if form[0] != "d":
        if form != "p":
            features += ["w=" + lowered, "2=" + lowered[-2:], "3=" + lowered[-3:], "p=" + lowered[:3], "k=" + kinds]
            features.append(f"n={form}{min(len(word), 8)}")
    return features


def near_features(word: str, kinds: str) -> list[str]:
    """The properties of a word that count for its neighbours."""
    form = shape(word)
    if form[0] == "d":
        return ["s=" + form]
    seen = class_of(word, kinds)
    return ["c=" + seen] if form == "p" else ["w=" + word.lower(), "c=" + seen]


class _Word(NamedTuple):
    """What a word adds to the scores of the words at each distance, and the number of its class."""

    two_before: int
    one_before: int
    itself: int
    one_after: int
    two_after: int
    three_after: int
    number: int


class Tagger:
    """The model, ready to tag.

    Args:
        model: bytes as `train.py` writes them.
    """

    def __init__(self, model: bytes) -> None:
        raw = zlib.decompress(model)
        size = int.from_bytes(raw[:4], "little")
        head = json.loads(raw[4 : 4 + size])
        end = 4 + size + head["names"]
        names, weights = raw[4 + size : end].decode().split("\n"), raw[end:]
        self.lists = Lists(head["lists"])
        signed = memoryview(weights).cast("h")
        count = len(LABELS)
        self._weights: dict[str, int] = {}
        for place, name in enumerate(names):
            a, b, c, d = signed[count * place : count * place + count]
            self._weights[name] = a + (b << _BITS) + (c << 2 * _BITS) + (d << 3 * _BITS)
        self._moves = {(a, b): weight for a, b, weight in head["moves"]}
        self._classes: dict[str, int] = {}
        self._class_names: list[str] = []
        self._pairs: dict[int, tuple[int, int]] = {}
        self._words: dict[str, _Word] = {}
        self._bias = sum((_ZERO + round(_SURE * SCALE)) << (_BITS * field) for field in range(count))
        self._sign = sum(_ZERO << (_BITS * field) for field in range(count))

    def tag(self, text: str) -> list[Tagged]:
        """The names and addresses of a text, from start to end; offsets are those of `text`."""
        words = TOKEN.findall(text)
        if not words:
            return []
        scores = self._scores(words)
        bias, sign = self._bias, self._sign
        live = [place for place, score in enumerate(scores) if (score + bias) & sign]
        if not live:
            return []
        places = [match.span() for match in TOKEN.finditer(text)]
        return [found for first, last in _runs(live) for found in self._decode(scores, first, last, places)]

    def _scores(self, words: list[str]) -> list[int]:
        known, look = self._words, self._look
        if len(known) > _KEPT_WORDS:
            known.clear()
        edge = look("\n")
        rows = [known.get(word) or look(word) for word in words]
        count = len(rows)
        rows = [edge, edge, edge, *rows, edge, edge]
        pairs, pair = self._pairs, self._pair
        scores = []
        left = pairs.get(key := rows[2].number << 20 | rows[3].number) or pair(key)
        for at in range(3, count + 3):
            row, after = rows[at], rows[at + 1]
            key = row.number << 20 | after.number
            right = pairs.get(key) or pair(key)
            scores.append(
                row.itself
                + rows[at - 1].one_after
                + rows[at - 2].two_after
                + rows[at - 3].three_after
                + after.one_before
                + rows[at + 2].two_before
                + left[1]
                + right[0]
            )
            left = right
        return scores

    def _look(self, word: str) -> _Word:
        """A word's row, made at its first sight."""
        get = self._weights.get
        kinds = self.lists.of(word.lower())
        near = near_features(word, kinds)
        added = {distance: sum(get(f"{distance}{name}", 0) for name in near) for distance in DISTANCES if distance}
        itself = sum(get("0" + name, 0) for name in word_features(word, kinds))
        name = class_of(word, kinds)
        number = self._classes.get(name)
        if number is None:
            number = self._classes[name] = len(self._class_names)
            self._class_names.append(name)
        row = _Word(added[-2], added[-1], itself, added[1], added[2], added[3], number)
        self._words[word] = row
        return row

    def _pair(self, key: int) -> tuple[int, int]:
        """What two neighbours' classes add to the first of them and to the second."""
        pair = f"{self._class_names[key >> 20]}|{self._class_names[key & 0xFFFFF]}"
        row = self._pairs[key] = (self._weights.get("R" + pair, 0), self._weights.get("L" + pair, 0))
        return row

    def _decode(self, scores: list[int], first: int, last: int, places: list[tuple[int, int]]) -> Iterator[Tagged]:
        """Viterbi's best labels from `first` to `last`, all O around them."""
        moves = self._moves
        best: dict[str, tuple[float, tuple]] = {"O": (0.0, ())}
        for place in range(first, last + 1):
            emitted = _fields(scores[place])
            new: dict[str, tuple[float, tuple]] = {}
            for label, add in (("O", 0), *zip(LABELS, emitted, strict=True)):
                top = max(
                    ((total + moves[before, label], before) for before, (total, _) in best.items() if (before, label) in moves),
                    default=None,
                )
                if top is not None:
                    new[label] = (top[0] + add, (label, best[top[1]][1]))
            best = new
        _, chain = max((total + moves.get((label, "O"), 0), chain) for label, (total, chain) in best.items())
        labels: list[str] = []
        while chain:
            label, chain = chain
            labels.append(label)
        labels.reverse()
        yield from self._spans(labels, scores, first, places)

    def _spans(self, labels: list[str], scores: list[int], first: int, places: list[tuple[int, int]]) -> Iterator[Tagged]:
        moves, index = self._moves, {label: field for field, label in enumerate(LABELS)}
        at = 0
        while at < len(labels):
            if labels[at] == "O":
                at += 1
                continue
            kind, begin, lead, before = labels[at][2:], at, 0.0, "O"
            while at < len(labels) and labels[at][2:] == kind and (at == begin or labels[at][0] == "I"):
                lead += _fields(scores[first + at])[index[labels[at]]] + moves.get((before, labels[at]), 0)
                lead -= moves["O", "O"]
                before = labels[at]
                at += 1
            yield Tagged(places[first + begin][0], places[first + at - 1][1], "PII/" + kind, lead / SCALE)


_SURE = 9.0
"""A word none of whose labels comes this near to O's score is O, whatever stands beside it."""


def _fields(score: int) -> list[int]:
    """The scores of the labels, out of the integer they were added in."""
    fields = []
    for _ in LABELS:
        field = score & _FIELD
        field -= (field & _ZERO) << 1
        fields.append(field)
        score = (score - field) >> _BITS
    return fields


def _runs(places: list[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring places, as first and last of each run."""
    first = last = places[0]
    for place in places[1:]:
        if place > last + 2:
            yield first, last
            first = place
        last = place
    yield first, last


@cache
def tagger() -> Tagger:
    """The shipped model, read at the first call."""
    return Tagger(_MODEL.read_bytes())
