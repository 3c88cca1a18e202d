"""Charts as numbers: where bars stand and how high they are, in a drawing 100 wide and high. Templates draw them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

GAP = 0.14
"""Share of a column's width that is left free."""
MOST_TICKS = 4


@dataclass(frozen=True)
class Series:
    """Numbers of one kind, one a column.

    Attributes:
        kind: a class of the style sheet that colours it, such as ``d-approve``.
        name: for people.
        values: in the order of the columns.
    """

    kind: str
    name: str
    values: Sequence[float]

    @property
    def total(self) -> float:
        """Of all columns."""
        return sum(self.values)


@dataclass(frozen=True)
class Bar:
    """A rectangle."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Column:
    """The bars of one hour or day, from the bottom.

    Attributes:
        name: the hour or day.
        said: all its numbers, for people.
    """

    name: str
    said: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart:
    """Stacked columns.

    Attributes:
        columns: as they are drawn.
        ticks: what stands at the axis, from the top: the number, and how far down it is.
        marks: names under the columns, evenly from the first to the last.
    """

    series: tuple[Series, ...]
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    ticks: tuple[tuple[float, float], ...]
    marks: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to draw."""
        return not any(any(each.values) for each in self.series)


def stacked(names: Sequence[str], series: Sequence[Series]) -> Chart:
    """A chart of columns, each series on top of the one before.

    Args:
        names: of the columns: as many as each series has values.
    """
    sums = [sum(each.values[at] for each in series) for at in range(len(names))]
    top = nice(max(sums, default=0.0))
    step = 100 / max(len(names), 1)
    columns = []
    for at, name in enumerate(names):
        bars, below = [], 0.0
        for each in series:
            height = 100 * each.values[at] / top
            if height:
                bars.append(Bar(each.kind, round(at * step + step * GAP / 2, 3), round(100 - below - height, 3),
                                round(step * (1 - GAP), 3), round(height, 3)))  # fmt: skip
            below += height
        said = ", ".join(f"{each.name} {each.values[at]:,.10g}" for each in series)
        columns.append(Column(name, f"{name}: {said}", tuple(bars)))
    number = ticks_for(top)
    ticks = tuple((top * (number - at) / number, round(100 * at / number, 2)) for at in range(number + 1))
    return Chart(tuple(series), tuple(names), tuple(columns), ticks, marks_of(names))


def nice(largest: float) -> float:
    """The end of an axis that reaches a number: 1, 2, 4, 5, 6, 8 or 10 times a power of ten, and 1 at least."""
    if largest <= 1:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(largest))
    return next(each * power for each in (1.0, 2.0, 4.0, 5.0, 6.0, 8.0, 10.0) if each * power >= largest)


def ticks_for(top: float) -> int:
    """Into how many parts an axis falls, so that each is a whole number where it can be."""
    return next((number for number in (MOST_TICKS, 5, 3, 2) if top % number == 0), 1 if top < MOST_TICKS else 2)


def marks_of(names: Sequence[str], most: int = 5) -> tuple[str, ...]:
    """Some of the names, evenly spaced, the first and the last among them."""
    if len(names) <= most:
        return tuple(names)
    return tuple(names[round(at * (len(names) - 1) / (most - 1))] for at in range(most))


def share_bars(shares: Sequence[tuple[str, float]]) -> tuple[Bar, ...]:
    """One bar across, 100 wide and 4 high, parted by numbers of each kind."""
    whole, at, bars = sum(number for _, number in shares), 0.0, []
    for kind, number in shares:
        width = 100 * number / whole if whole else 0.0
        if width:
            bars.append(Bar(kind, round(at, 2), 0.0, round(width, 2), 4.0))
        at += width
    return tuple(bars)


def heat(number: float, largest: float) -> int:
    """How strong a cell of a heat map is, 0 (nothing) to 5 (the largest)."""
    return 0 if number <= 0 or largest <= 0 else max(1, math.ceil(5 * number / largest))
