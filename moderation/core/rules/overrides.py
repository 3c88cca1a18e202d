"""Overrides: which rules others set aside (policy semantics, point 5).

A rule sets others aside only when it is certainly true and is not set aside itself. What an unknown rule might undo is
kept apart as doubt, so that a failed detector never hides a rule. Policies are checked to be acyclic.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from moderation.core.rules.branches import Branch
from moderation.core.rules.scene import Observation

_Tested = tuple[Branch, Observation]
MAX_OPEN = 8
"""Unknown rules over one rule that are tried in every combination: 256 at most."""


class Standing:
    """Who is set aside by whom among tested branches that act."""

    def __init__(self, tested: Sequence[_Tested]) -> None:
        self._over: dict[str, list[_Tested]] = {}
        for branch, seen in tested:
            if branch.overrides and seen.truth is not False:
                for target in branch.overrides:
                    self._over.setdefault(target, []).append((branch, seen))
        for overriders in self._over.values():
            overriders.sort(key=lambda each: each[0].id)
        self._by: dict[str, str | None] = {}

    def set_aside_by(self, name: str) -> str | None:
        """The first rule by name that sets this branch aside, unknown rules taken as not acting; None for nobody."""
        if name not in self._over:
            return None
        if name not in self._by:
            true = (branch.id for branch, seen in self._over[name] if seen.truth)
            self._by[name] = next((rule for rule in true if self.set_aside_by(rule) is None), None)
        return self._by[name]

    def doubts(self, name: str) -> frozenset[str]:
        """Of a branch that is set aside: whose silence leaves open whether it stays so.

        Exact for up to `MAX_OPEN` unknown rules that have a say; with more it is taken as open.
        """
        unknown = self._unknown_over(name)
        if not unknown:
            return frozenset()
        if len(unknown) <= MAX_OPEN and all(
            self._is_set_aside(name, frozenset(true))
            for size in range(len(unknown) + 1)
            for true in itertools.combinations(sorted(unknown), size)
        ):
            return frozenset()
        return self._silence_over(name)

    def _is_set_aside(self, name: str, true: frozenset[str]) -> bool:
        """Whether it is, where of the unknown rules these turn out to be true."""
        return any(
            (seen.truth or rule.id in true) and not self._is_set_aside(rule.id, true)
            for rule, seen in self._over.get(name, ())
        )

    def _unknown_over(self, name: str) -> set[str]:
        """The unknown rules that could set it aside, or those that do, and so on."""
        return {rule.id for rule, seen in self._all_over(name) if seen.truth is None}

    def _silence_over(self, name: str) -> frozenset[str]:
        return frozenset().union(*(seen.silent for _, seen in self._all_over(name)))

    def _all_over(self, name: str) -> list[_Tested]:
        found: list[_Tested] = []
        todo, met = [name], {name}
        while todo:
            for rule, seen in self._over.get(todo.pop(), ()):
                if rule.id not in met:
                    found.append((rule, seen))
                    met.add(rule.id)
                    todo.append(rule.id)
        return found
