"""Scores as fields of integers, so that one addition adds those of all labels, at all distances.

A cell holds the scores of the four labels. A row holds what one word adds to six words: cell 0 to the one two places
before it, cell 2 to itself, cell 5 to the one three places behind it. So with each word that follows, a sum of rows
moves by a cell, and its lowest cell is a word's score. `ROW` keeps all fields above zero: none borrows of the next.
"""

from __future__ import annotations

LABELS = ("B-NAME", "I-NAME", "B-ADDRESS", "I-ADDRESS")
"""Besides O, whose score is zero everywhere."""

SCALE = 64
"""Steps of a score of one nat."""

BITS = 20
"""Of a label's field: a word's score is the sum of some thirty weights of at most 8,000 steps."""

CELL = BITS * len(LABELS)
FIELD = (1 << BITS) - 1
CELL_MASK = (1 << CELL) - 1

LEAST_START = 4.0
"""A name or address begins with no word whose score for that is lower than that of none by more, in nats."""

NAME_START = 1 << (BITS - 1)
ADDRESS_START = NAME_START << 2 * BITS
STARTS = NAME_START | ADDRESS_START
"""The bits of a score that show that a name or address may begin with the word."""

ZERO = NAME_START + round(LEAST_START * SCALE)
"""What a field of a word's score holds for zero."""

ITSELF = 2
"""The cell of a row for the word itself."""

_CELLS = 6
_NEAR = 1 << 16


def packed(b_name: int, i_name: int, b_address: int, i_address: int) -> int:
    """Steps of each label, which may be below zero, as one integer."""
    return b_name + (i_name << BITS) + (b_address << 2 * BITS) + (i_address << 3 * BITS)


_OWN_OF_NOTHING = packed(*[ZERO - (_CELLS - 1) * _NEAR] * 4)
_NEAR_NOTHING = packed(*[_NEAR] * 4)

ROW = sum((_OWN_OF_NOTHING if cell == ITSELF else _NEAR_NOTHING) << CELL * cell for cell in range(_CELLS))
"""The row of a word that adds nothing: the six fields that meet in a score make `ZERO`."""

LOWEST = _OWN_OF_NOTHING
"""The score of no word: lower than any."""
