"""Names and postal addresses by a linear-chain model over words: which words look like one, after and before which.

A conditional random field, trained by ``training/train.py``. Every feature is a property of one word, at some distance
from the word to be labelled, or of two neighbours' classes. So all that a word adds to the scores around it is known
once the word is, and is kept: a text costs one look-up and a few additions for each of its words. The scores of all
labels are fields of one integer, so that one addition adds them all.
"""

from __future__ import annotations

import itertools
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

_BITS = 20
"""Of a label's field: a score is the sum of some twenty weights of at most 8,000 steps."""

_ZERO = 1 << (_BITS - 1)
_ZEROS = sum(_ZERO << (_BITS * field) for field in range(len(LABELS)))
_FIELD = (1 << _BITS) - 1
_KEPT_WORDS, _KEPT_PAIRS = 30_000, 60_000
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
        for kind, words in sorted(known.items()):
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
    if not _is_read(word):
        return "x"
    if word.islower():
        return "l"
    if word.isupper():
        return "U" if len(word) > 1 else "I"
    if word[0].isupper() and (word[1:].islower() or (len(word) > 3 and not word[:3].isupper())):
        return "C"
    return "m" if word.isascii() or word != word.lower() else "l"


def _is_read(word: str) -> bool:
    """True for Latin letters, which alone the model was trained on."""
    return word.isascii() or all(char < "\u0250" or "\u1e00" <= char < "\u1f00" for char in word)


def class_of(word: str, kinds: str) -> str:
    """The class of a word in features of two neighbours."""
    form = shape(word)
    if form == "p":
        return _BREAK if word == "\n" else word
    if form[0] in "dx":
        return form
    lowered = word.lower()
    return form + lowered if "o" in kinds else form + kinds


def word_features(word: str, kinds: str) -> list[str]:
    """The properties of a word that count for itself."""
    lowered, form = word.lower(), shape(word)
    features = ["s=" + form, "c=" + class_of(word, kinds)]
    if form[0] not in "dxp":
        features += ["w=" + lowered, "2=" + lowered[-2:], "3=" + lowered[-3:], "p=" + lowered[:3], "k=" + kinds]
        features.append(f"n={form}{min(len(word), 8)}")
    return features


def near_features(word: str, kinds: str) -> list[str]:
    """The properties of a word that count for its neighbours."""
    form = shape(word)
    if form[0] in "dx":
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
            a, b, c, d = signed[count * place : count * place + count]
            self._weights[name] = a + (b << _BITS) + (c << 2 * _BITS) + (d << 3 * _BITS)
        self._moves = {(a, b): weight for a, b, weight in head["moves"]}
        self._steps = tuple(self._moves[_STATES[a], _STATES[b]] for a, b in _ALLOWED)
        steps = dict(zip(_ALLOWED, self._steps, strict=True))
        self._alone = tuple(2 * steps[0, 0] - steps[0, begin] - steps[begin, 0] for begin in (1, 3))
        self._seen = _Seen()

    def tag(self, text: str) -> list[Tagged]:
        """The names and addresses of a text, from start to end; offsets are those of `text`."""
        words = TOKEN.findall(text)
        if not words:
            return []
        scores = self._scores(words)
        bias, sign = _START_BIAS, _STARTS_SIGN
        starts = [place for place, score in enumerate(scores) if (score + bias) & sign]
        if not starts:
            return []
        places = [match.span() for match in TOKEN.finditer(text)]
        found: list[Tagged] = []
        for first, last, is_address in self._runs(starts, scores):
            labels = (self._best if is_address else self._best_names)(scores[first : last + 1])
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
        name, _, address, _ = _fields(score)
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

    def _best_names(self, scores: list[int]) -> list[str]:
        """Viterbi's best labels where there can be no address; all O around them."""
        oo, ob, _, bo, bb, _, bi, io, ib, _, ii, *_ = self._steps
        o, b, i = 0, _NEVER, _NEVER
        back = []
        for score in scores:
            score += _ZEROS
            top, came_o = o + oo, 0
            if (other := b + bo) > top:
                top, came_o = other, 1
            if (other := i + io) > top:
                top, came_o = other, 2
            top_b, came_b = o + ob, 0
            if (other := b + bb) > top_b:
                top_b, came_b = other, 1
            if (other := i + ib) > top_b:
                top_b, came_b = other, 2
            top_i, came_i = b + bi, 1
            if (other := i + ii) > top_i:
                top_i, came_i = other, 2
            back.append((came_o, came_b, came_i))
            o, b, i = top, top_b + (score & _FIELD) - _ZERO, top_i + (score >> _BITS & _FIELD) - _ZERO
        return _chain(back, max((o + oo, 0), (b + bo, 1), (i + io, 2))[1])

    def _best(self, scores: list[int]) -> list[str]:
        """Viterbi's best labels; all O around them."""
        oo, ob, oa, bo, bb, ba, bi, io, ib, ia, ii, co, cb, ca, ci, jo, jb, ja, jj = self._steps
        # Of each label (O, B-NAME, I-NAME, B-ADDRESS, I-ADDRESS) the best total and where it came from.
        o, b, i, c, j = 0, _NEVER, _NEVER, _NEVER, _NEVER
        back = []
        for score in scores:
            name, in_name, address, in_address = _fields(score)
            top, came_o = o + oo, 0
            if (other := b + bo) > top:
                top, came_o = other, 1
            if (other := i + io) > top:
                top, came_o = other, 2
            if (other := c + co) > top:
                top, came_o = other, 3
            if (other := j + jo) > top:
                top, came_o = other, 4
            top_b, came_b = o + ob, 0
            if (other := b + bb) > top_b:
                top_b, came_b = other, 1
            if (other := i + ib) > top_b:
                top_b, came_b = other, 2
            if (other := c + cb) > top_b:
                top_b, came_b = other, 3
            if (other := j + jb) > top_b:
                top_b, came_b = other, 4
            top_c, came_c = o + oa, 0
            if (other := b + ba) > top_c:
                top_c, came_c = other, 1
            if (other := i + ia) > top_c:
                top_c, came_c = other, 2
            if (other := c + ca) > top_c:
                top_c, came_c = other, 3
            if (other := j + ja) > top_c:
                top_c, came_c = other, 4
            top_i, came_i = (b + bi, 1) if b + bi >= i + ii else (i + ii, 2)
            top_j, came_j = (c + ci, 3) if c + ci >= j + jj else (j + jj, 4)
            back.append((came_o, came_b, came_i, came_c, came_j))
            o, b, i, c, j = top, top_b + name, top_i + in_name, top_c + address, top_j + in_address
        return _chain(back, max((o + oo, 0), (b + bo, 1), (i + io, 2), (c + co, 3), (j + jo, 4))[1])

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
                lead += _fields(scores[first + at])[index[labels[at]]] + moves.get((before, labels[at]), 0)
                lead -= moves["O", "O"]
                before = labels[at]
                at += 1
            yield Tagged(places[first + begin][0], places[first + at - 1][1], "PII/" + kind, lead / SCALE)


_STARTS, _NAME_STAYS, _ADDRESS_STAYS = 3.0, 7.0, 11.0
"""A word that falls short of O's score by more than this, in nats, begins or goes on with nothing."""


def _bias(*nats: float) -> int:
    """What to add to scores so that the highest bit of a field shows one above minus so many nats."""
    return sum((_ZERO + round(bound * SCALE)) << (_BITS * field) for field, bound in enumerate(nats))


_START_BIAS = _bias(_STARTS, _STARTS, _STARTS, _STARTS)
_STAY_BIAS = _bias(_NAME_STAYS, _NAME_STAYS, _ADDRESS_STAYS, _ADDRESS_STAYS)
_NAME = _ZERO | _ZERO << _BITS
_ADDRESS_START = _ZERO << 2 * _BITS
_STARTS_SIGN = _ZERO | _ADDRESS_START
_ANY = _ZEROS
"""The bits that show a score above its bias: of names, of an address's first word, of any label."""

_STATES = ("O", *LABELS)
_ALLOWED = (
    (0, 0), (0, 1), (0, 3), (1, 0), (1, 1), (1, 3), (1, 2), (2, 0), (2, 1), (2, 3), (2, 2),
    (3, 0), (3, 1), (3, 3), (3, 4), (4, 0), (4, 1), (4, 3), (4, 4),
)  # fmt: skip
"""Which label may follow which: nothing goes on with what has not begun."""

_NEVER = -(1 << 40)


def _chain(back: list[tuple[int, ...]], state: int) -> list[str]:
    """The labels that led to a state."""
    labels = []
    for came in reversed(back):
        labels.append(_STATES[state])
        state = came[state]
    labels.reverse()
    return labels


def _fields(score: int) -> tuple[int, int, int, int]:
    """The scores of the labels, out of the integer they were added in."""
    score += _ZEROS
    return (
        (score & _FIELD) - _ZERO,
        (score >> _BITS & _FIELD) - _ZERO,
        (score >> 2 * _BITS & _FIELD) - _ZERO,
        (score >> 3 * _BITS & _FIELD) - _ZERO,
    )


@cache
def tagger() -> Tagger:
    """The shipped model, read at the first call."""
    return Tagger(_MODEL.read_bytes())
