"""Programs: a policy as one app has it, made ready to be asked many times.

Rules are indexed by what wakes them: for each signal, the numbers from which a rule looks at it, sorted. The cost of an
item follows what it shows, not how many rules there are.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from moderation.core.decisions import PolicyRef
from moderation.core.policy.file import FailureAsk
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import Ask
from moderation.core.policy.words.counter import COUNTERS
from moderation.core.policy.words.listed import LISTS
from moderation.core.rules.branches import Branch
from moderation.core.rules.index import BranchAsk, Index, Table, columns, is_plain
from moderation.core.rules.scene import NEAR, Observation, Scene, held
from moderation.core.rules.signals import Listening, Sign, Signal
from moderation.core.rules.weights import Weights
from moderation.core.rules.words.logic import AllTest
from moderation.core.verdicts import Evidence, RuleResult

_MOST_SILENCES = 256
"""Combinations of failures that a program keeps the answer for."""


class Kinds(NamedTuple):
    """What kinds of branches there are.

    Attributes:
        override: some set others aside.
        wait: some are on trial or rolled out to a share.
        be_spent: some have a daily cap.
        add: some want something redacted, or something done by the app.
    """

    override: bool = False
    wait: bool = False
    be_spent: bool = False
    add: bool = False

    def with_(self, branch: Branch) -> Kinds:
        """These and the kind of one more branch."""
        return Kinds(
            self.override or bool(branch.overrides),
            self.wait or branch.mode is not None,
            self.be_spent or branch.at_most_per_day is not None,
            self.add or bool(branch.redact or branch.actions),
        )


NO_KINDS = Kinds()


@dataclass
class Program:
    """A policy as one app has it, for items of some content types.

    Attributes:
        branches: by position; None for those that can never hold for these items.
        weights: of the branches, by position (`moderation.core.rules.weights`).
        always: positions of branches that may hold of an item that shows nothing.
        special: positions of those that set others aside or may be, are on trial or rolled out, or have a daily cap.
        signs: that they go by.
        default: what happens when nothing fires.
        on_failure: what happens when a failed detector could have changed the outcome.
        has: what kinds of branches there are.
        labels: every label that the policy looks at, with those under them.
        ids: of the branches, by position.
        kept: what is the same for many items, made once.
        tables: what each signal wakes that was met; see `table`.
    """

    policy: Policy
    branches: Sequence[Branch | None]
    ids: Sequence[str]
    weights: Sequence[int]
    weigh: Weights
    always: tuple[int, ...]
    special: frozenset[int]
    signs: frozenset[Sign]
    default: Ask
    on_failure: FailureAsk
    ref: PolicyRef
    has: Kinds
    labels: frozenset[str]
    indexes: tuple[Index, Index]
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    tables: dict[Signal, Table] = field(default_factory=dict, repr=False)
    _planned: dict[tuple[str, frozenset[str] | None], bool] = field(default_factory=dict, repr=False)
    _open: dict[frozenset[Any], tuple[int, tuple[tuple[int, int], ...]]] = field(default_factory=dict, repr=False)

    def branch(self, position: int) -> Branch:
        """The branch at a position that something woke."""
        branch = self.branches[position]
        assert branch is not None
        return branch

    def table(self, signal: Signal) -> Table:
        """What a label, or one of the signs that are asked about, wakes; put together when it is first met."""
        table = self.tables.get(signal)
        if table is None:
            plain = sorted(pair for index in self.indexes for pair in index.plain.get(signal, ()))
            others = sorted(pair for index in self.indexes for pair in index.others.get(signal, ()))
            strictest, most = [], -1
            for _, position in plain:
                most = max(most, self.weights[position])
                strictest.append(most)
            asks = tuple(self._ask(position) for _, position in others)
            table = Table(*columns(plain), tuple(strictest), *columns(others), asks)
            self.tables[signal] = table
        return table

    @cached_property
    def listening(self) -> Listening[Table]:
        """What each sign wakes."""
        return Listening.to(self.signs, self.table)

    @cached_property
    def always_asked(self) -> Sequence[BranchAsk]:
        """Those that may hold of an item that shows nothing."""
        return tuple(self._ask(position) for position in self.always)

    def _ask(self, position: int) -> BranchAsk:
        branch = self.branch(position)
        condition = branch.condition
        labels, truth = (condition.without if isinstance(condition, AllTest) else None) or (None, False)
        return position, branch.holds, self.weights[position], position in self.special, labels, truth

    def open_to(self, scene: Scene) -> tuple[int, tuple[tuple[int, int], ...]]:
        """Who is in reach of those who failed: the strictest that is open unless it is true, and the rest.

        Returns:
            A weight, -1 for none; and weight and position of those that are to be tested, strictest first.
        """
        key = frozenset(scene.unanswered.items())
        found = self._open.get(key)
        if found is None:
            sure, rest = -1, []
            for position, branch in enumerate(self.branches):
                if branch is not None and scene.silent(branch.labels):
                    if is_plain(branch.condition) and position not in self.special:
                        sure = max(sure, self.weights[position])
                    else:
                        rest.append((self.weights[position], position))
            if len(self._open) >= _MOST_SILENCES:
                self._open.clear()
            found = self._open[key] = sure, tuple(sorted(rest, reverse=True))
        return found

    def tested(self, scene: Scene) -> list[tuple[Branch, Observation]]:
        """The branches that are not certainly false in `scene`, near misses included, with their truth; by position."""
        if scene.unanswered:
            return [(branch, branch.condition.test(scene)) for branch in self.branches if branch is not None]
        sure, rest = self._by_index(scene)
        found = {position: Observation(True, evidence) for position, evidence in sure.items()}
        for position in rest:
            seen = self.branch(position).condition.test(scene)
            if seen.truth is not False or seen.near:
                found[position] = seen
        return [(self.branch(position), found[position]) for position in sorted(found)]

    def results(self, scene: Scene) -> tuple[list[RuleResult], list[RuleResult], list[RuleResult]]:
        """The rules that are true, those that nearly are and those that are open, by position.

        For a program in which no rule sets others aside, is on trial or capped, and a scene in which all answered: then
        a rule's truth is all that there is to say of it.
        """
        sure, rest = self._by_index(scene)
        true = {at: RuleResult("true", *self.branch(at).said, evidence) for at, evidence in sure.items()}
        near: list[RuleResult] = []
        unknown: list[RuleResult] = []
        for position in sorted(rest):
            branch = self.branch(position)
            seen = branch.condition.test(scene)
            if seen.truth:
                true[position] = RuleResult("true", *branch.said, seen.matched, seen.scores)
            elif seen.truth is None:
                silent = tuple(sorted(seen.silent))
                unknown.append(RuleResult("unknown", *branch.said, seen.near, seen.scores, silent))
            elif seen.near:
                near.append(RuleResult("false", *branch.said, seen.near, seen.scores))
        return [true[position] for position in sorted(true)], near, unknown

    def _by_index(self, scene: Scene) -> tuple[dict[int, tuple[Evidence, ...]], set[int]]:
        """Positions of branches that are true by one label alone, with the evidence; and of those to be tested."""
        sure: dict[int, tuple[Evidence, ...]] = {}
        rest = set(self.always)
        for label, detections in scene.by_label.items():
            highest = detections[0].confidence
            lows, positions, _, other_lows, others, _ = self.table(label)
            end = bisect_right(lows, highest)
            for low, position in zip(lows[:end], positions, strict=False):
                if position in sure:
                    rest.add(position)  # true by another label already: the condition puts all together
                else:
                    sure[position] = held([d for d in detections if d.confidence >= low], low)
            rest.update(positions[end : bisect_right(lows, highest + NEAR, end)])
            rest.update(others[: bisect_right(other_lows, highest + NEAR)])
        for table, number in self.listening.heard(scene):
            rest.update(table.positions[: bisect_right(table.lows, number)])
            rest.update(table.others[: bisect_right(table.other_lows, number)])
        for label, table in self.listening.several.items() if scene.is_crowded else ():
            highest = max((d.confidence for d in scene.by_label.get(label, ())), default=-math.inf)
            rest.update(table.others[: bisect_right(table.other_lows, highest + NEAR)])
        return sure, rest

    def plans_for(self, detector: str, reach: frozenset[str] | None) -> bool:
        """True when the policy names the detector, asks about a label that it could have found, or goes by it."""
        known = self._planned.get((detector, reach))
        if known is None:
            if len(self._planned) >= _MOST_SILENCES:
                self._planned.clear()
            known = self._planned[detector, reach] = self._plans_for(detector, reach)
        return known

    def _plans_for(self, detector: str, reach: frozenset[str] | None) -> bool:
        file = self.policy.file
        if (detector == COUNTERS and file.counters) or (detector == LISTS and self.policy.lists_asked):
            return True
        if detector in file.needs or detector in file.ignore_failures_of:
            return True
        return bool(self.labels) if reach is None else not self.labels.isdisjoint(reach)
