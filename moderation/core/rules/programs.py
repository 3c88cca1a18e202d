"""Programs: a policy as one app has it, made ready to be evaluated many times.

Rules are indexed by what could fire them: for each label, the confidences from which a rule looks at it, sorted. The
cost of an item follows what was detected in it, not how many rules there are. What depends on nothing but the app and
the content types is settled here, once for each combination that the policy tells apart.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from moderation.core.decisions import Action, PolicyRef
from moderation.core.policy.app_changes import changed_band, changed_rule
from moderation.core.policy.file import Band, FailureAsk, Rule, RuleMode
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import Ask, expand
from moderation.core.policy.uses import Uses
from moderation.core.policy.words.counter import COUNTERS
from moderation.core.policy.words.listed import LISTS
from moderation.core.rules.scene import NEAR, NOBODY, TRUE, Observation, Scene, held
from moderation.core.rules.words.contract import Test
from moderation.core.rules.words.label import BandTest, LabelTest, covered
from moderation.core.rules.words.logic import ready
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Evidence, Outcome, RuleResult


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


@dataclass(frozen=True)
class _Always:
    """A condition that its policy's app and content types have settled as true."""

    @property
    def labels(self) -> frozenset[str]:
        """None at all."""
        return NOBODY

    def test(self, scene: Scene) -> Observation:
        """True."""
        return TRUE

    def settled(self, app: str, content_types: frozenset[str]) -> bool:
        """True."""
        return True

    def triggers(self) -> Mapping[str, float] | None:
        """Nothing."""
        return None


@dataclass(frozen=True)
class Program:
    """A policy as one app has it, for items of some content types.

    Attributes:
        branches: in file order, without those that can never hold for these items.
        always: positions of branches that may hold although nothing was detected.
        plain: label to the confidences from which branches are true by it alone, sorted, and their positions beside.
        by_label: label to the confidences from which other branches look at it, in the same form.
        default: what happens when nothing fires.
        on_failure: what happens when a failed detector could have changed the outcome.
        labels: every label that the policy looks at, with those under them.
        ranks: queue to its place in the policy's list; the first wins.
        may_override: True when a branch sets others aside.
        may_wait: True when a branch is on trial or rolled out to a share.
        may_be_spent: True when a branch has a daily cap.
        may_add: True when a branch wants something redacted, or something done by the app.
        kept: what is the same for many items, made once.
    """

    policy: Policy
    branches: tuple[Branch, ...]
    always: tuple[int, ...]
    plain: Mapping[str, tuple[Sequence[float], Sequence[int]]]
    by_label: Mapping[str, tuple[Sequence[float], Sequence[int]]]
    default: Ask
    on_failure: FailureAsk
    labels: frozenset[str]
    ref: PolicyRef
    ranks: Mapping[str, int] = field(default_factory=dict)
    may_override: bool = False
    may_wait: bool = False
    may_be_spent: bool = False
    may_add: bool = False
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    def tested(self, scene: Scene) -> list[tuple[Branch, Observation]]:
        """The branches that are not certainly false in `scene`, near misses included, with their truth; by position."""
        branches = self.branches
        if scene.unanswered:
            return [(branch, branch.condition.test(scene)) for branch in branches]
        sure, rest = self._by_index(scene)
        found = {position: Observation(True, evidence) for position, evidence in sure.items()}
        for position in rest:
            seen = branches[position].condition.test(scene)
            if seen.truth or seen.near:
                found[position] = seen
        return [(branches[position], found[position]) for position in sorted(found)]

    def results(self, scene: Scene) -> tuple[list[RuleResult], list[RuleResult]]:
        """The rules that are true and those that nearly are, by position.

        For a program in which no rule sets others aside, is on trial or capped, and a scene in which all answered: then
        a rule's truth is all that there is to say of it.
        """
        branches = self.branches
        sure, rest = self._by_index(scene)
        true = {position: RuleResult("true", *branches[position].said, evidence) for position, evidence in sure.items()}
        near: list[RuleResult] = []
        for position in sorted(rest):
            branch = branches[position]
            seen = branch.condition.test(scene)
            if seen.truth:
                true[position] = RuleResult("true", *branch.said, seen.matched, seen.scores)
            elif seen.near:
                near.append(RuleResult("false", *branch.said, seen.near, seen.scores))
        return [true[position] for position in sorted(true)], near

    def _by_index(self, scene: Scene) -> tuple[dict[int, tuple[Evidence, ...]], set[int]]:
        """Positions of branches that are true by one label alone, with the evidence; and of those to be tested."""
        sure: dict[int, tuple[Evidence, ...]] = {}
        rest = set(self.always)
        for label, detections in scene.by_label.items():
            strongest, is_only = detections[0], len(detections) == 1
            highest = strongest.confidence
            if (index := self.plain.get(label)) is not None:
                lows, positions = index
                end = bisect_right(lows, highest)
                for low, position in zip(lows[:end], positions, strict=False):
                    if position in sure:
                        rest.add(position)  # true by another label already: the condition puts all together
                    elif is_only:
                        sure[position] = (Evidence(strongest, low, highest - low),)
                    else:
                        sure[position] = held([d for d in detections if d.confidence >= low], low)
                rest.update(positions[end : bisect_right(lows, highest + NEAR, end)])
            if (index := self.by_label.get(label)) is not None:
                lows, positions = index
                rest.update(positions[: bisect_right(lows, highest + NEAR)])
        return sure, rest

    def plans_for(self, detector: str, reach: frozenset[str] | None) -> bool:
        """True when the policy names the detector, asks about a label that it could have found, or goes by it."""
        file = self.policy.file
        if (detector == COUNTERS and file.counters) or (detector == LISTS and self.policy.lists_asked):
            return True
        if detector in file.needs or detector in file.ignore_failures_of:
            return True
        return bool(self.labels) if reach is None else not self.labels.isdisjoint(reach)


def program_of(policy: Policy, app: str, content_types: frozenset[str], taxonomy: Taxonomy) -> Program:
    """The program of `policy` for such items; made once for each combination that the policy tells apart."""
    apps, types = policy.programs.get("told apart") or _told_apart(policy)
    shown_app = app if app in apps else ""
    shown_types = content_types & types if types else types
    key = (shown_app, shown_types, taxonomy)
    program: Program | None = policy.programs.get(key)
    if program is None:
        program = policy.programs[key] = _make(policy, shown_app, shown_types, taxonomy)
    return program


def _told_apart(policy: Policy) -> tuple[frozenset[str], frozenset[str]]:
    """The apps and content types that the policy says something about."""
    apps, types = set(policy.file.apps), set[str]()
    for _, named in Uses(policy.file).conditions:
        apps.update(named.apps)
        types.update(named.content_types)
    told = policy.programs["told apart"] = (frozenset(apps), frozenset(types))
    return told


def _make(policy: Policy, app: str, types: frozenset[str], taxonomy: Taxonomy) -> Program:
    file = policy.file
    own = file.apps.get(app)
    branches: list[Branch] = []
    plain: dict[str, list[tuple[float, int]]] = {}
    index: dict[str, list[tuple[float, int]]] = {}
    always: list[int] = []
    labels: frozenset[str] = frozenset()
    for branch in _branches(policy, app, taxonomy):
        labels |= branch.condition.labels | branch.redact
        condition = branch.condition.settled(app, types)
        if condition is False:
            continue
        if condition is True:
            condition = _Always()
        position = len(branches)
        branches.append(replace(branch, condition=condition) if condition is not branch.condition else branch)
        found = condition.triggers()
        if found is None:
            always.append(position)
        is_plain = isinstance(condition, LabelTest | BandTest) and condition.is_plain
        for label, low in (found or {}).items():
            (plain if is_plain else index).setdefault(label, []).append((low, position))
    return Program(
        policy=policy,
        branches=tuple(branches),
        always=tuple(always),
        plain={label: _columns(sorted(pairs)) for label, pairs in plain.items()},
        by_label={label: _columns(sorted(pairs)) for label, pairs in index.items()},
        default=(own.if_nothing_matches if own is not None else None) or file.if_nothing_matches,
        on_failure=file.if_a_detector_fails,
        labels=labels,
        ref=PolicyRef(name=policy.name, version=policy.version),
        ranks={queue.name: number for number, queue in reversed(list(enumerate(file.queues)))},
        may_override=any(branch.overrides for branch in branches),
        may_wait=any(branch.mode is not None for branch in branches),
        may_add=any(branch.redact or branch.actions for branch in branches),
        may_be_spent=any(branch.at_most_per_day is not None for branch in branches),
    )


def _columns(pairs: Sequence[tuple[float, int]]) -> tuple[Sequence[float], Sequence[int]]:
    return tuple([low for low, _ in pairs]), tuple([position for _, position in pairs])


def _branches(policy: Policy, app: str, taxonomy: Taxonomy) -> Iterator[Branch]:
    """The rules and sides of bands as an app has them, in file order."""
    file = policy.file
    own = file.apps.get(app)
    changes: Mapping[str, Any] = own.change if own is not None else {}
    for name, band in file.bands.items():
        change = changes.get(name)
        if change is None or change.enabled:
            yield from _sides(policy, name, changed_band(band, change) if change is not None else band, taxonomy)
    for rule in file.rules:
        change = changes.get(rule.id)
        if change is None or change.enabled:
            yield _branch(policy, changed_rule(rule, change) if change is not None else rule, taxonomy)


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
    sides: list[tuple[str, Ask, float, float | None]] = []
    if band.review_from is not None:
        ask = Ask.of("review", band.queue)
        sides.append(("review", ask, band.review_from, band.reject_from))
    if band.reject_from is not None:
        sides.append(("reject", Ask.of("reject"), band.reject_from, None))
    named = expand(band.label, policy.file.lists)
    shown = named[0] if len(named) == 1 else f"One of {len(named)} labels"
    labels = covered(named, taxonomy, exact=band.exact)
    for side, ask, low, high in sides:
        yield Branch(
            id=f"{name}.{side}",
            name=name,
            ask=ask,
            why=band.why or f"{shown} at {low:g} % or more",
            place=_place(policy, name),
            locked=band.locked,
            mode=band.mode,
            overrides=frozenset(),
            condition=BandTest(labels, low, high),
            at_most_per_day=band.at_most_per_day if side == "reject" else None,
            over_cap=_over_cap(policy, band.queue),
        )


def _over_cap(policy: Policy, queue: str | None) -> Ask | None:
    """What follows on a reject that is over a daily cap: a review, where the band's go or in the first queue."""
    queues = policy.file.queues
    return Ask.of("review", queue or queues[0].name) if queues else None


def _place(policy: Policy, name: str) -> str:
    line = policy.lines.get(name)
    return f"{policy.path or policy.name}:{line}" if line else policy.path or policy.name
