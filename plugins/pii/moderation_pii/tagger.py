"""Names and postal addresses by a linear-chain model over words: which words look like one, after and before which.

A conditional random field, trained by ``training/train.py``. Every feature is a property of one word, at some distance
from the word to be labelled, or of two neighbours' classes. So all that a word adds to the scores around it is known
once the word is, and is kept: a text costs one look-up and a few additions for each of its words. The scores of all
labels are fields of one integer, so that one addition adds them all.
"""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from moderation_pii.decoding import Decoder
from moderation_pii.features import DISTANCES, TOKEN, Lists, class_of, near_features, word_features
from moderation_pii.packing import BITS, LABELS, SCALE, ZERO, ZEROS, bias, fields, packed

_KEPT_WORDS, _KEPT_PAIRS = 30_000, 60_000
_MODEL = Path(__file__).with_name("names.model")


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


class _Word(NamedTuple):
    """What a word adds to the scores of the words at each distance, and the number of its class."""

    two_before: int
    one_before: int
    itself: int
    one_after: int
    two_after: int
    three_after: int
    number: int


class _Seen:
    """What was worked out of words, and of neighbouring classes, and is kept."""

    def __init__(self) -> None:
        self.words: dict[str, _Word] = {}
        self.pairs: dict[int, tuple[int, int]] = {}
        self.classes: dict[str, int] = {}
        self.class_names: dict[int, str] = {}
        self.numbers = itertools.count()


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
            self._weights[name] = packed(tuple(signed[count * place : count * place + count]))
        self._moves = {(a, b): weight for a, b, weight in head["moves"]}
        moves = self._moves
        self._decoder = Decoder(moves)
        self._alone = tuple(
            2 * moves["O", "O"] - moves["O", begin] - moves[begin, "O"] for begin in ("B-NAME", "B-ADDRESS")
        )
        self._seen = _Seen()

    def tag(self, text: str) -> list[Tagged]:
        """The names and addresses of a text, from start to end; offsets are those of `text`."""
        words = TOKEN.findall(text)
        if not words:
            return []
        scores = self._scores(words)
        starts = [place for place, score in enumerate(scores) if (score + _START_BIAS) & _STARTS_SIGN]
        if not starts:
            return []
        places = _places(text, words)
        found: list[Tagged] = []
        decoder = self._decoder
        for first, last, is_address in self._runs(starts, scores):
            labels = (decoder.all_labels if is_address else decoder.names)(scores[first : last + 1])
            found += self._spans(labels, scores, first, places)
        return found

    def _runs(self, starts: list[int], scores: list[int]) -> Iterator[tuple[int, int, bool]]:
        """From each word that may begin a name or address, as far as one may go on; True when it may be an address."""
        end, count = -1, len(scores)
        for start in starts:
            if start <= end:
                continue
            end = start
            is_address = bool((scores[start] + _START_BIAS) & _ADDRESS_START)
            sign = _ANY if is_address else _NAME
            while end + 1 < count and (scores[end + 1] + _STAY_BIAS) & sign:
                end += 1
                if not is_address and (scores[end] + _START_BIAS) & _ADDRESS_START:
                    is_address, sign = True, _ANY
            if end > start or self._stands_alone(scores[start]):
                yield start, end, is_address

    def _stands_alone(self, score: int) -> bool:
        """True when a word is a name or address with none of its kind beside it."""
        name, _, address, _ = fields(score)
        least_name, least_address = self._alone
        return name > least_name or address > least_address

    def _scores(self, words: list[str]) -> list[int]:
        if len(self._seen.words) > _KEPT_WORDS or len(self._seen.pairs) > _KEPT_PAIRS:
            self._seen = _Seen()
        # Held from here on: another thread may begin anew, and numbers of classes are good in their own set only.
        seen, look = self._seen, self._look
        known = seen.words
        edge = known.get("\n") or look("\n", seen)
        rows = [known.get(word) or look(word, seen) for word in words]
        rows = [edge, edge, edge, *rows, edge, edge]
        pairs, pair = seen.pairs, self._pair
        scores: list[int] = []
        left = pairs.get(key := rows[2].number << 20 | rows[3].number) or pair(key, seen)
        for three, two, one, row, after, later in zip(
            rows, rows[1:], rows[2:], rows[3:], rows[4:], rows[5:], strict=False
        ):
            key = row.number << 20 | after.number
            right = pairs.get(key) or pair(key, seen)
            scores.append(
                row.itself
                + one.one_after
                + two.two_after
                + three.three_after
                + after.one_before
                + later.two_before
                + left[1]
                + right[0]
            )
            left = right
        return scores

    def _look(self, word: str, seen: _Seen) -> _Word:
        """A word's row, made at its first sight."""
        get = self._weights.get
        kinds = self.lists.of(word.lower())
        near = near_features(word, kinds)
        added = {distance: sum(get(f"{distance}{name}", 0) for name in near) for distance in DISTANCES if distance}
        itself = sum(get("0" + name, 0) for name in word_features(word, kinds))
        name = class_of(word, kinds)
        number = seen.classes.get(name)
        if number is None:
            number = next(seen.numbers)
            seen.class_names[number] = name
            number = seen.classes.setdefault(name, number)
        row = _Word(added[-2], added[-1], itself, added[1], added[2], added[3], number)
        seen.words[word] = row
        return row

    def _pair(self, key: int, seen: _Seen) -> tuple[int, int]:
        """What two neighbours' classes add to the first of them and to the second."""
        pair = f"{seen.class_names[key >> 20]}|{seen.class_names[key & 0xFFFFF]}"
        row = seen.pairs[key] = (self._weights.get("R" + pair, 0), self._weights.get("L" + pair, 0))
        return row

    def _spans(
        self, labels: list[str], scores: list[int], first: int, places: list[tuple[int, int]]
    ) -> Iterator[Tagged]:
        moves, index = self._moves, {label: field for field, label in enumerate(LABELS)}
        at = 0
        while at < len(labels):
            if labels[at] == "O":
                at += 1
                continue
            kind, begin, lead, before = labels[at][2:], at, 0.0, "O"
            while at < len(labels) and labels[at][2:] == kind and (at == begin or labels[at][0] == "I"):
                lead += fields(scores[first + at])[index[labels[at]]] + moves.get((before, labels[at]), 0)
                lead -= moves["O", "O"]
                before = labels[at]
                at += 1
            yield Tagged(places[first + begin][0], places[first + at - 1][1], "PII/" + kind, lead / SCALE)


def _places(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Where the words of a text begin and end: a third of the time of finding them with their places at once."""
    places, end = [], 0
    for word in words:
        start = text.index(word, end)
        end = start + len(word)
        places.append((start, end))
    return places


_STARTS, _NAME_STAYS, _ADDRESS_STAYS = 2.0, 6.0, 10.0
"""A word that falls short of O's score by more than this, in nats, begins or goes on with nothing."""


_START_BIAS = bias(_STARTS, _STARTS, _STARTS, _STARTS)
_STAY_BIAS = bias(_NAME_STAYS, _NAME_STAYS, _ADDRESS_STAYS, _ADDRESS_STAYS)
_NAME = ZERO | ZERO << BITS
_ADDRESS_START = ZERO << 2 * BITS
_STARTS_SIGN = ZERO | _ADDRESS_START
_ANY = ZEROS
"""The bits that show a score above its bias: of names, of an address's first word, of any label."""


@cache
def tagger() -> Tagger:
    """The shipped model, read at the first call."""
    return Tagger(_MODEL.read_bytes())
