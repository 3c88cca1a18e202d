"""Programs: a policy as one app has it, made ready to be evaluated many times.

Rules are indexed by the labels that could fire them, so that the cost of an item follows what was detected in it, not
how many rules there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.core.conditions import BandTest, Scene, Test, covered, may_hold_without, mentioned, ready
from moderation.core.decisions import PolicyRef
from moderation.core.policies import Band, Policy, Rule, changed_band, changed_rule, expand
from moderation.core.policy_terms import Ask
from moderation.core.taxonomy import Taxonomy


@dataclass(frozen=True)
class Branch:
    """A rule, or one side of a band, ready to be tested.

    Attributes:
        place: ``file:line`` of the rule.
        redact: labels to redact when it acts, with those under them.
    """

    id: str
    ask: Ask
    why: str
    place: str
    locked: bool
    is_shadow: bool
    overrides: frozenset[str]
    condition: Test
    redact: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Program:
    """A policy as one app has it.

    Attributes:
        branches: in file order.
        always: positions of branches that may hold although nothing was detected.
        by_label: label to the positions of the other branches that it could fire.
        default: what happens when nothing fires.
        on_failure: what happens when a failed detector could have changed the outcome.
        labels: every label that the policy looks at, with those under them.
    """

    policy: Policy
    branches: tuple[Branch, ...]
    always: tuple[int, ...]
    by_label: Mapping[str, tuple[int, ...]]
    default: Ask
    on_failure: Ask
    labels: frozenset[str]
    ref: PolicyRef

    def candidates(self, scene: Scene) -> Sequence[Branch]:
        """The branches that are not certainly false in `scene`, in file order."""
        if scene.unanswered:
            return self.branches
        if not scene.by_label:
            return [self.branches[position] for position in self.always]
        positions = set(self.always)
        for label in scene.by_label:
            positions.update(self.by_label.get(label, ()))
        return [self.branches[position] for position in sorted(positions)]

    def plans_for(self, detector: str, reach: frozenset[str] | None) -> bool:
        """True when the policy names the detector, or asks about a label that it could have found."""
        file = self.policy.file
        if detector in file.needs or detector in file.ignore_failures_of:
            return True
        return bool(self.labels) if reach is None else not self.labels.isdisjoint(reach)


def program_of(policy: Policy, app: str, taxonomy: Taxonomy) -> Program:
    """The program of `policy` for `app`; made once for each app that changes something, and once for all others."""
    key = (app if app in policy.file.apps else None, taxonomy)
    program: Program | None = policy.programs.get(key)
    if program is None:
        program = policy.programs[key] = _make(policy, key[0], taxonomy)
    return program


def _make(policy: Policy, app: str | None, taxonomy: Taxonomy) -> Program:
    file = policy.file
    own = file.apps.get(app) if app is not None else None
    changes = own.change if own is not None else {}
    branches: list[Branch] = []
    for name, band in file.bands.items():
        change = changes.get(name)
        if change is None or change.enabled:
            branches += _sides(policy, name, changed_band(band, change) if change is not None else band, taxonomy)
    for rule in file.rules:
        change = changes.get(rule.id)
        if change is None or change.enabled:
            branches.append(_branch(policy, changed_rule(rule, change) if change is not None else rule, taxonomy))
    always: list[int] = []
    by_label: dict[str, list[int]] = {}
    for position, branch in enumerate(branches):
        if may_hold_without(branch.condition) is not False:
            always.append(position)
            continue
        for label in mentioned(branch.condition):
            by_label.setdefault(label, []).append(position)
    return Program(
        policy=policy,
        branches=tuple(branches),
        always=tuple(always),
        by_label={label: tuple(positions) for label, positions in by_label.items()},
        default=(own.if_nothing_matches if own is not None else None) or file.if_nothing_matches,
        on_failure=file.if_a_detector_fails,
        labels=frozenset().union(*(mentioned(branch.condition) | branch.redact for branch in branches)),
        ref=PolicyRef(name=policy.name, version=policy.version),
    )


def _branch(policy: Policy, rule: Rule, taxonomy: Taxonomy) -> Branch:
    lists: Mapping[str, Sequence[Any]] = policy.file.lists
    return Branch(
        id=rule.id,
        ask=rule.then,
        why=rule.why or f"Rule '{rule.id}' of policy '{policy.name}'",
        place=_place(policy, rule.id),
        locked=rule.locked,
        is_shadow=rule.mode is not None,
        overrides=frozenset(rule.overrides),
        condition=ready(rule.when, taxonomy, lists),
        redact=covered(rule.redact, taxonomy, exact=False),
    )


def _sides(policy: Policy, name: str, band: Band, taxonomy: Taxonomy) -> list[Branch]:
    sides: list[tuple[str, Ask, float, float | None]] = []
    if band.review_from is not None:
        ask = Ask.of("review", band.queue)
        sides.append(("review", ask, band.review_from, band.reject_from))
    if band.reject_from is not None:
        sides.append(("reject", Ask.of("reject"), band.reject_from, None))
    named = expand(band.label, policy.file.lists)
    shown = named[0] if len(named) == 1 else f"One of {len(named)} labels"
    labels = covered(named, taxonomy, exact=band.exact)
    return [
        Branch(
            id=f"{name}.{side}",
            ask=ask,
            why=band.why or f"{shown} at {low:g} % or more",
            place=_place(policy, name),
            locked=band.locked,
            is_shadow=False,
            overrides=frozenset(),
            condition=BandTest(labels, low, high),
        )
        for side, ask, low, high in sides
    ]


def _place(policy: Policy, name: str) -> str:
    line = policy.lines.get(name)
    return f"{policy.path or policy.name}:{line}" if line else policy.path or policy.name
