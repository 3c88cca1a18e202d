"""Viterbi's search for the best labels of a run of words."""

from __future__ import annotations

from moderation_pii.packing import BITS, FIELD, LABELS, ZERO, ZEROS, fields

STATES = ("O", *LABELS)
ALLOWED = (
    (0, 0), (0, 1), (0, 3), (1, 0), (1, 1), (1, 3), (1, 2), (2, 0), (2, 1), (2, 3), (2, 2),
    (3, 0), (3, 1), (3, 3), (3, 4), (4, 0), (4, 1), (4, 3), (4, 4),
)  # fmt: skip
"""Which label may follow which: nothing goes on with what has not begun."""


_NEVER = -(1 << 40)


class Decoder:
    """The best labels for scores.

    Args:
        moves: what one label after another adds, in steps.
    """

    def __init__(self, moves: dict[tuple[str, str], int]) -> None:
        self._steps = tuple(moves[STATES[a], STATES[b]] for a, b in ALLOWED)

    def names(self, scores: list[int]) -> list[str]:
        """The best labels where there can be no address; all O around them."""
        oo, ob, _, bo, bb, _, bi, io, ib, _, ii, *_ = self._steps
        o, b, i = 0, _NEVER, _NEVER
        back = []
        for score in scores:
            score += ZEROS
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
            o, b, i = top, top_b + (score & FIELD) - ZERO, top_i + (score >> BITS & FIELD) - ZERO
        return _chain(back, max((o + oo, 0), (b + bo, 1), (i + io, 2))[1])

    def all_labels(self, scores: list[int]) -> list[str]:
        """The best labels; all O around them."""
        oo, ob, oa, bo, bb, ba, bi, io, ib, ia, ii, co, cb, ca, ci, jo, jb, ja, jj = self._steps
        # Of each label (O, B-NAME, I-NAME, B-ADDRESS, I-ADDRESS) the best total and where it came from.
        o, b, i, c, j = 0, _NEVER, _NEVER, _NEVER, _NEVER
        back = []
        for score in scores:
            name, in_name, address, in_address = fields(score)
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


def _chain(back: list[tuple[int, ...]], state: int) -> list[str]:
    """The labels that led to a state."""
    labels = []
    for came in reversed(back):
        labels.append(STATES[state])
        state = came[state]
    labels.reverse()
    return labels
