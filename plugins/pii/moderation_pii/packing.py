"""The scores of all labels as fields of one integer, so that one addition adds them all."""

from __future__ import annotations

LABELS = ("B-NAME", "I-NAME", "B-ADDRESS", "I-ADDRESS")
"""Besides O, whose score is zero everywhere."""

SCALE = 64
"""Steps of a score of one."""

BITS = 20
"""Of a label's field: a score is the sum of some twenty weights of at most 8,000 steps."""

ZERO = 1 << (BITS - 1)
ZEROS = sum(ZERO << (BITS * field) for field in range(len(LABELS)))
FIELD = (1 << BITS) - 1


def packed(steps: tuple[int, ...]) -> int:
    """Steps of each label as one integer."""
    return sum(step << (BITS * field) for field, step in enumerate(steps))


def bias(*nats: float) -> int:
    """What to add to scores so that the highest bit of a field shows one above minus so many nats."""
    return sum((ZERO + round(bound * SCALE)) << (BITS * field) for field, bound in enumerate(nats))


def fields(score: int) -> tuple[int, int, int, int]:
    """The scores of the labels, out of the integer they were added in."""
    score += ZEROS
    return (
        (score & FIELD) - ZERO,
        (score >> BITS & FIELD) - ZERO,
        (score >> 2 * BITS & FIELD) - ZERO,
        (score >> 3 * BITS & FIELD) - ZERO,
    )
