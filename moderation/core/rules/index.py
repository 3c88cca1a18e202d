"""Indexes: what wakes a policy's branches, by signal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from moderation.core.rules.branches import Branch
from moderation.core.rules.signals import Sign, Signal
from moderation.core.rules.words.contract import Holds, Test
from moderation.core.rules.words.label import BandTest, LabelTest
from moderation.core.rules.words.people import PeopleTest

_Pairs = dict[Signal, list[tuple[float, int]]]


@dataclass
class Index:
    """What wakes some of a policy's branches, each by its position.

    Attributes:
        plain: signal to the numbers from which branches are true by it alone, with the branches.
        others: signal to the numbers from which other branches look at it.
        always: branches that need no signal.
    """

    plain: _Pairs = field(default_factory=dict)
    others: _Pairs = field(default_factory=dict)
    always: list[int] = field(default_factory=list)

    def add(self, position: int, branch: Branch, *, is_special: bool) -> None:
        """Put in what wakes a branch."""
        condition = branch.condition
        wakes = condition.wakes()
        if wakes is None:
            self.always.append(position)
            return
        may_be_plain = is_plain(condition) and not is_special
        for signal, low in wakes.items():
            is_sure = not isinstance(signal, Sign) or signal.kind == "bare"
            into = self.plain if may_be_plain and is_sure else self.others
            into.setdefault(signal, []).append((low, position))

    @property
    def signals(self) -> Iterable[Signal]:
        """All that wakes something."""
        return {*self.plain, *self.others}


def is_plain(condition: Test) -> bool:
    """True when each single detection from a threshold on makes it true, whatever else there is."""
    return isinstance(condition, LabelTest | BandTest | PeopleTest) and condition.is_plain


BranchAsk = tuple[int, Holds, int, bool, frozenset[str] | None, bool]
"""A branch's position, the truth of its condition, its weight, and whether it is special.

Then labels without which its truth is known (`AllTest.without`), or None, and that truth.
"""


class Table(NamedTuple):
    """What one signal wakes.

    Attributes:
        lows: the numbers from which branches are true by it alone, sorted.
        positions: these branches.
        strictest: the weight of the strictest of them so far.
        other_lows: the numbers from which others look at it, sorted.
        others: these branches.
        asks: the same, ready to be asked.
    """

    lows: Sequence[float] = ()
    positions: Sequence[int] = ()
    strictest: Sequence[int] = ()
    other_lows: Sequence[float] = ()
    others: Sequence[int] = ()
    asks: Sequence[BranchAsk] = ()


def columns(pairs: Sequence[tuple[float, int]]) -> tuple[Sequence[float], Sequence[int]]:
    """The numbers, and the positions beside them."""
    return tuple([low for low, _ in pairs]), tuple([position for _, position in pairs])
