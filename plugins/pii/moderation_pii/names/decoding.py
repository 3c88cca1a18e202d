"""The best names and addresses of a text, by Viterbi's search over its words' scores.

It runs only from where something may begin to where nothing that has begun may still come out best. Totals are in steps
above those of being none.
"""

from __future__ import annotations

from moderation_pii.names.packing import ADDRESS_START, BITS, CELL_MASK, FIELD, NAME_START, SCALE, STARTS, ZERO
from moderation_pii.names.weights import CLASS_BITS

ALONE = 3.5
"""A first word that scores more, in nats, may be a name or address by itself."""

NAME_PAIR, ADDRESS_PAIR = -3.0, -6.0
"""With others nothing begins, unless they and the next word as the second score more together. What the first and the
word before it add as a pair is left out of both."""

NAME_BEHIND, ADDRESS_BEHIND = 4.0, 8.0
"""A name or address that has begun is given up when it is so many nats behind what is best without it."""

WordSpan = tuple[int, int, str, float]
"""What is found: its first word, the word behind its last, its label, and by how much, in nats, it leads over none."""

_Open = tuple["_Closed | None", int, int, str]
"""What has begun: what was found before it, its first word, the total before it, its label."""

_Closed = tuple[_Open, int, int]
"""What has ended: how it began, the word behind it, its total."""

_NOTHING: _Open = (None, 0, 0, "")
_NEVER = -(1 << 40)
_NAME_LEAST, _ADDRESS_LEAST = -round(NAME_BEHIND * SCALE), -round(ADDRESS_BEHIND * SCALE)
_ALONE = ZERO + round(ALONE * SCALE)
_NAME_PAIR, _ADDRESS_PAIR = (2 * ZERO + round(nats * SCALE) for nats in (NAME_PAIR, ADDRESS_PAIR))


class Decoder:
    """The search.

    What begins right behind something else adds what ending that and beginning adds, and for a name what the model has
    against two names side by side. The model has seen too little else there to know better.

    Args:
        moves: what one label behind another adds, in steps.
        pairs: what two neighbours' classes add, as `Weights.pairs`.
    """

    def __init__(self, moves: dict[tuple[str, str], int], pairs: dict[int, tuple[int, int]]) -> None:
        self._moves = tuple(
            moves[move] - moves["O", "O"]
            for move in (
                ("O", "B-NAME"),
                ("B-NAME", "O"),
                ("B-NAME", "I-NAME"),
                ("I-NAME", "O"),
                ("I-NAME", "I-NAME"),
                ("O", "B-ADDRESS"),
                ("B-ADDRESS", "O"),
                ("B-ADDRESS", "I-ADDRESS"),
                ("I-ADDRESS", "O"),
                ("I-ADDRESS", "I-ADDRESS"),
            )
        )
        to_name, from_name = self._moves[:2]
        self._side_by_side = moves["B-NAME", "B-NAME"] - moves["O", "O"] - from_name - to_name
        self._pairs = pairs

    def spans(self, scores: list[int], starts: list[int], words: list[str], numbers: dict[str, int]) -> list[WordSpan]:
        """The best names and addresses, from start to end.

        Args:
            scores: of each word, in the lowest cell, without what pairs add; `LOWEST` behind the last.
            starts: which scores show that something may begin.
            words: the words, and ends of lines behind the last.
            numbers: words to the numbers of their classes.
        """
        pair, none = self._pairs.get, (0, 0)
        found: list[WordSpan] = []
        end = 0
        for start in starts:
            if start < end:
                continue
            number, after = numbers[words[start]], numbers[words[start + 1]]
            to_first, to_second = pair(number << CLASS_BITS | after, none)
            score = (scores[start] & CELL_MASK) + to_first
            ahead = (scores[start + 1] & CELL_MASK) + to_second
            name, address = score & FIELD, score >> 2 * BITS & FIELD
            if (
                name > _ALONE
                or address > _ALONE
                or name + (ahead >> BITS & FIELD) > _NAME_PAIR
                or address + (ahead >> 3 * BITS) > _ADDRESS_PAIR
            ):
                score += pair(numbers[words[start - 1]] << CLASS_BITS | number, none)[1]
                end, closed = self._search(start, score, ahead, after, scores, words, numbers)
                if closed is not None:
                    found += _spans(closed)
        return found

    def _search(
        self,
        place: int,
        score: int,
        ahead: int,
        number: int,
        scores: list[int],
        words: list[str],
        numbers: dict[str, int],
    ) -> tuple[int, _Closed | None]:
        """The place behind a start where nothing is open any more, and what was found on the way.

        Args:
            place: the start.
            score: its score, with what its pairs add.
            ahead: the next word's, with what the pair of both adds.
            number: of the next word's class.
            scores: as for `spans`.
            words: as for `spans`.
            numbers: as for `spans`.
        """
        ob, bo, bi, io, ii, oc, co, cj, jo, jj = self._moves
        side_by_side, pair, none = self._side_by_side, self._pairs.get, (0, 0)
        count = len(scores) - 1
        # Totals of the best labels so far that end in O, B-NAME, I-NAME, B-ADDRESS, I-ADDRESS; what led there.
        o, b, i, c, j = 0, _NEVER, _NEVER, _NEVER, _NEVER
        in_o: _Closed | None = None
        in_b = in_i = in_c = in_j = _NOTHING
        names = addresses = False
        while True:
            left, closed = o, in_o
            if names:
                if i + io > left:
                    left, closed = i + io, (in_i, place, i)
                if b + bo > left:
                    left, closed = b + bo, (in_b, place, b)
                if b + bi > i + ii:
                    i, in_i = b + bi, in_b
                else:
                    i += ii
                i += (score >> BITS & FIELD) - ZERO
                b = _NEVER
            if addresses:
                if j + jo > left:
                    left, closed = j + jo, (in_j, place, j)
                if c + co > left:
                    left, closed = c + co, (in_c, place, c)
                if c + cj > j + jj:
                    j, in_j = c + cj, in_c
                else:
                    j += jj
                j += (score >> 3 * BITS) - ZERO
                c = _NEVER
            if names and i < left + _NAME_LEAST:
                names, i = False, _NEVER
            if addresses and j < left + _ADDRESS_LEAST:
                addresses, j = False, _NEVER
            if score & STARTS:
                base = left if closed is in_o else left + side_by_side
                name = base + ob + (score & FIELD) - ZERO
                if score & NAME_START and name >= left + _NAME_LEAST:
                    b, in_b, names = name, (closed, place, base, "PII/NAME"), True
                address = left + oc + (score >> 2 * BITS & FIELD) - ZERO
                if score & ADDRESS_START and address >= left + _ADDRESS_LEAST:
                    c, in_c, addresses = address, (closed, place, left, "PII/ADDRESS"), True
            o, in_o = left, closed
            place += 1
            if not (names or addresses):
                return place, in_o
            if place == count:
                break
            after = numbers[words[place + 1]]
            to_first, to_second = pair(number << CLASS_BITS | after, none)
            number = after
            score = ahead + to_first
            ahead = (scores[place + 1] & CELL_MASK) + to_second
        ends = []
        if names:
            ends += [(b + bo, in_b, b), (i + io, in_i, i)]
        if addresses:
            ends += [(c + co, in_c, c), (j + jo, in_j, j)]
        for total, opened, value in ends:
            if total > o:
                o, in_o = total, (opened, place, value)
        return place, in_o


def _spans(closed: _Closed | None) -> list[WordSpan]:
    """What was found, from start to end."""
    made = []
    while closed is not None:
        (before, start, base, label), end, total = closed
        made.append((start, end, label, (total - base) / SCALE))
        closed = before
    made.reverse()
    return made
