"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings


def examples(number: int) -> int:
    """This many; a tenth of it in ``make fast``, whose hypothesis profile asks for a tenth of the usual hundred."""
    return max(1, number * settings().max_examples // 100)
