"""Overrides: which rules others set aside (policy semantics, point 5).

A rule sets others aside only when it is certainly true and is not set aside itself. What an unknown rule might undo is
kept apart as doubt, so that a failed detector never hides a rule. Policies are checked to be acyclic.
"""

from __future__ import annotations

from collections.abc import Sequence

from moderation.core.conditions import Seen
from moderation.core.programs import Branch

_Tested = tuple[Branch, Seen]


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
        self._surely: dict[str, bool] = {}

    def set_aside_by(self, name: str) -> str | None:
        """The first rule by name that sets this branch aside, unknown rules taken as not acting; None for nobody."""
        if name not in self._over:
            return None
        if name not in self._by:
            true = (branch.id for branch, seen in self._over[name] if seen.truth)
            self._by[name] = next((rule for rule in true if self.set_aside_by(rule) is None), None)
        return self._by[name]

    def doubts(self, name: str) -> frozenset[str]:
        """Of a branch that is set aside: whose silence leaves open whether it stays so."""
        if self._surely_set_aside(name):
            return frozenset()
        return self._silence_over(name)

    def _surely_set_aside(self, name: str) -> bool:
        """True whatever the unknown rules turn out to be."""
        if name not in self._over:
            return False
        if name not in self._surely:
            self._surely[name] = any(seen.truth and self._surely_acts(rule.id) for rule, seen in self._over[name])
        return self._surely[name]

    def _surely_acts(self, name: str) -> bool:
        """Of a true branch: nobody who is true or unknown could set it aside."""
        return all(self._surely_set_aside(rule.id) for rule, _ in self._over.get(name, ()))

    def _silence_over(self, name: str) -> frozenset[str]:
        found: set[str] = set()
        todo, met = [name], {name}
        while todo:
            for rule, seen in self._over.get(todo.pop(), ()):
                found |= seen.silent
                if rule.id not in met:
                    met.add(rule.id)
                    todo.append(rule.id)
        return frozenset(found)
