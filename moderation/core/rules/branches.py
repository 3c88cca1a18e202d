"""Branches: a policy's rules and the sides of its bands, ready to be tested, as it has them or as one app does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

from moderation.core.decisions import Action
from moderation.core.policy.app_changes import changed_band, changed_rule
from moderation.core.policy.file import Band, Change, Rule, RuleMode
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import Ask, expand
from moderation.core.policy.thresholds import ThresholdTable, only, said
from moderation.core.rules.words.contract import Holds, Test
from moderation.core.rules.words.label import BandTest, covered
from moderation.core.rules.words.ready import ready
from moderation.core.rules.words.tables import by_rows
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Outcome

Side = Literal["review", "reject"]


@dataclass(frozen=True)
class Branch:
    """A rule, or one side of a band, ready to be tested.

    Attributes:
        name: of the rule or band.
        place: ``file:line`` of it.
        mode: on trial or rolled out to a share; None when it simply acts.
        redact: labels to redact when it acts, with those under them.
        actions: what it asks the app to do when it acts.
        at_most_per_day: rejects a day; then it asks for `over_cap`.
    """

    id: str
    name: str
    ask: Ask
    why: str
    place: str
    locked: bool
    mode: RuleMode | None
    overrides: frozenset[str]
    condition: Test
    redact: frozenset[str] = frozenset()
    actions: tuple[Action, ...] = ()
    at_most_per_day: int | None = None
    over_cap: Ask | None = None

    @cached_property
    def said(self) -> tuple[str, Outcome, str, str, str | None, bool]:
        """The first fields of each `RuleResult` of this branch, after its truth."""
        return (self.id, self.ask.outcome, self.why, self.place, self.ask.queue, self.locked)

    @cached_property
    def holds(self) -> Holds:
        """The truth of its condition; see `Test.holds`."""
        return self.condition.holds()

    @cached_property
    def labels(self) -> frozenset[str]:
        """Every label that its condition looks at."""
        return self.condition.labels


def branches_of(
    policy: Policy, taxonomy: Taxonomy, names: frozenset[str] | None = None, changes: Mapping[str, Change] | None = None
) -> Iterator[tuple[int, Branch]]:
    """The rules and sides of bands, in file order, each with its position, which no app's change moves.

    Args:
        names: of rules and bands; None for all.
        changes: an app's; what it switches off is left out.
    """
    file, own = policy.file, changes or {}
    for number, (name, band) in enumerate(file.bands.items()):
        if names is None or name in names:
            change = own.get(name)
            if change is None or change.enabled:
                shown = band if change is None else changed_band(band, change)
                for branch in _sides(policy, name, shown, taxonomy):
                    yield 2 * number + branch.id.endswith(".reject"), branch
    for number, rule in enumerate(file.rules, 2 * len(file.bands)):
        if names is None or rule.id in names:
            change = own.get(rule.id)
            if change is None or change.enabled:
                yield number, _branch(policy, rule if change is None else changed_rule(rule, change), taxonomy)


def _branch(policy: Policy, rule: Rule, taxonomy: Taxonomy) -> Branch:
    return Branch(
        id=rule.id,
        name=rule.id,
        ask=rule.then,
        why=rule.why or f"Rule '{rule.id}' of policy '{policy.name}'",
        place=_place(policy, rule.id),
        locked=rule.locked,
        mode=rule.mode,
        overrides=frozenset(rule.overrides),
        condition=ready(rule.when, taxonomy, policy.file),
        redact=covered(rule.redact, taxonomy, exact=False),
        actions=tuple(
            Action(name=name, value=value, policy=policy.name, rule=rule.id)
            for name, value in sorted(rule.actions.items())
        ),
        at_most_per_day=rule.at_most_per_day if rule.then.outcome == "reject" else None,
        over_cap=_over_cap(policy, None),
    )


def _sides(policy: Policy, name: str, band: Band, taxonomy: Taxonomy) -> Iterator[Branch]:
    sides: list[tuple[Side, Ask, float | ThresholdTable]] = []
    if band.review_from is not None:
        sides.append(("review", Ask.of("review", band.queue), band.review_from))
    if band.reject_from is not None:
        sides.append(("reject", Ask.of("reject"), band.reject_from))
    named = expand(band.label, policy.file.lists)
    shown = named[0] if len(named) == 1 else f"One of {len(named)} labels"
    labels = covered(named, taxonomy, exact=band.exact)
    rows = band.by_rows()
    for side, ask, low in sides:
        make = partial(_side, side=side, labels=labels)
        yield Branch(
            id=f"{name}.{side}",
            name=name,
            ask=ask,
            why=band.why or f"{shown} at {said(low)} or more",
            place=_place(policy, name),
            locked=band.locked,
            mode=band.mode,
            overrides=frozenset(),
            condition=make(band) if rows is None else by_rows(rows, make),
            at_most_per_day=band.at_most_per_day if side == "reject" else None,
            over_cap=_over_cap(policy, band.queue),
        )


def _side(band: Band, side: Side, labels: frozenset[str]) -> BandTest:
    """One side of a band without tables."""
    low, high = only(band.review_from), only(band.reject_from)
    return BandTest(labels, low or 0.0, high) if side == "review" else BandTest(labels, high or 0.0, None)


def _over_cap(policy: Policy, queue: str | None) -> Ask | None:
    """What follows on a reject that is over a daily cap: a review, where the band's go or in the first queue."""
    queues = policy.file.queues
    return Ask.of("review", queue or queues[0].name) if queues else None


def _place(policy: Policy, name: str) -> str:
    line = policy.lines.get(name)
    return f"{policy.path or policy.name}:{line}" if line else policy.path or policy.name
