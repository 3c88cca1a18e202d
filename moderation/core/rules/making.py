"""Making programs: what all apps and content types have in common once, and what each has of its own beside it.

What depends on nothing but the app and the content types is settled here, for each combination that the policy tells
apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from moderation.core.decisions import PolicyRef
from moderation.core.policy.policies import Policy
from moderation.core.policy.uses import Uses
from moderation.core.rules.branches import Branch, branches_of
from moderation.core.rules.index import Index
from moderation.core.rules.programs import NO_KINDS, Kinds, Program
from moderation.core.rules.scene import NOBODY, TRUE, Observation, Scene
from moderation.core.rules.signals import Sign, Wakes
from moderation.core.rules.weights import Weights
from moderation.core.rules.words.contract import Holds
from moderation.core.taxonomy import Taxonomy


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

    def holds(self) -> Holds:
        """True."""
        return lambda scene: True

    def settled(self, app: str, content_types: frozenset[str]) -> bool:
        """True."""
        return True

    def wakes(self) -> Wakes | None:
        """None: it needs nothing."""
        return None


@dataclass
class _Shared:
    """What a policy's programs have in common.

    Attributes:
        index: of the branches that are the same for all.
        varying: names of the rules and bands that an app changes, or that tell apps or content types apart.
        unchanged: the branches of these as the file has them, by position.
        apps: those told apart.
        types: the content types told apart.
        overridden: ids of the branches that others set aside.
        labels: that these branches look at.
        has: what kinds of branches there are, those that vary included.
    """

    branches: list[Branch | None]
    ids: list[str]
    weights: list[int]
    weigh: Weights
    index: Index
    varying: frozenset[str]
    unchanged: Mapping[int, Branch]
    special: frozenset[int]
    apps: frozenset[str]
    types: frozenset[str]
    overridden: frozenset[str]
    labels: frozenset[str] = NOBODY
    has: Kinds = NO_KINDS


def program_of(policy: Policy, app: str, content_types: frozenset[str], taxonomy: Taxonomy) -> Program:
    """The program of `policy` for such items; made once for each combination that the policy tells apart."""
    shared: _Shared | None = policy.programs.get(taxonomy)
    if shared is None:
        shared = policy.programs[taxonomy] = _share(policy, taxonomy)
    types = shared.types
    key = (app if app in shared.apps else "", content_types & types if types else types, taxonomy)
    program: Program | None = policy.programs.get(key)
    if program is None:
        program = policy.programs[key] = _make(policy, shared, key[0], key[1], taxonomy)
    return program


def prepare(policy: Policy, taxonomy: Taxonomy) -> None:
    """Make the programs that the first items would have to wait for: of each app that is told apart, and the others."""
    program_of(policy, "", frozenset(), taxonomy)
    shared: _Shared = policy.programs[taxonomy]
    for app in ("", *sorted(shared.apps)):
        for content_type in policy.file.applies_to.content_type:
            _ = program_of(policy, app, frozenset({content_type}), taxonomy).listening


def _share(policy: Policy, taxonomy: Taxonomy) -> _Shared:
    file = policy.file
    apps, types = set(file.apps), set[str]()
    varying = {name for own in file.apps.values() for name in own.change}
    for path, named in Uses(file).conditions:
        apps.update(named.apps)
        types.update(named.content_types)
        if named.apps or named.content_types:
            varying.add(file.rules[int(path[1])].id)
    size = 2 * len(file.bands) + len(file.rules)
    weigh = Weights.of(file)
    overridden = frozenset(target for rule in file.rules for target in rule.overrides)
    shared = _Shared(
        branches=[None] * size,
        ids=[""] * size,
        weights=[0] * size,
        weigh=weigh,
        index=Index(),
        varying=frozenset(varying),
        unchanged={},
        special=frozenset(),
        apps=frozenset(apps),
        types=frozenset(types),
        overridden=overridden,
    )
    unchanged: dict[int, Branch] = {}
    special: set[int] = set()
    labels: set[str] = set()
    for position, branch in branches_of(policy, taxonomy):
        shared.has, shared.ids[position] = shared.has.with_(branch), branch.id
        if branch.name in varying:
            unchanged[position] = branch
            continue
        if is_special := _is_special(branch, overridden):
            special.add(position)
        labels |= branch.labels | branch.redact
        shared.branches[position] = branch
        shared.weights[position] = weigh.of_ask(branch.ask)
        shared.index.add(position, branch, is_special=is_special)
    shared.unchanged, shared.special, shared.labels = unchanged, frozenset(special), frozenset(labels)
    return shared


def _is_special(branch: Branch, overridden: frozenset[str]) -> bool:
    is_capped = branch.at_most_per_day is not None
    return bool(branch.overrides) or branch.id in overridden or branch.mode is not None or is_capped


def _make(policy: Policy, shared: _Shared, app: str, types: frozenset[str], taxonomy: Taxonomy) -> Program:
    file = policy.file
    own = file.apps.get(app)
    branches, weights, special = list(shared.branches), list(shared.weights), set(shared.special)
    ids = list(shared.ids)
    labels, has = [shared.labels], shared.has
    index = Index()
    for position, branch in _varying(policy, shared, app, taxonomy):
        labels.append(branch.labels | branch.redact)
        has = has.with_(branch)
        condition = branch.condition.settled(app, types)
        if condition is False:
            continue
        if condition is True:
            condition = _Always()
        made = replace(branch, condition=condition) if condition is not branch.condition else branch
        if is_special := _is_special(made, shared.overridden):
            special.add(position)
        branches[position], ids[position], weights[position] = made, made.id, shared.weigh.of_ask(made.ask)
        index.add(position, made, is_special=is_special)
    return Program(
        policy=policy,
        branches=branches,
        ids=ids,
        weights=weights,
        weigh=shared.weigh,
        always=(*shared.index.always, *index.always),
        special=frozenset(special),
        signs=frozenset(each for each in (*shared.index.signals, *index.signals) if isinstance(each, Sign)),
        default=(own.if_nothing_matches if own is not None else None) or file.if_nothing_matches,
        on_failure=file.if_a_detector_fails,
        ref=PolicyRef(name=policy.name, version=policy.version),
        has=has,
        labels=NOBODY.union(*labels),
        indexes=(shared.index, index),
    )


def _varying(policy: Policy, shared: _Shared, app: str, taxonomy: Taxonomy) -> Iterator[tuple[int, Branch]]:
    """The branches that are not the same for all, as an app has them."""
    own = policy.file.apps.get(app)
    changes = own.change if own is not None else {}
    for position, branch in shared.unchanged.items():
        if branch.name not in changes:
            yield position, branch
    if changes:
        yield from branches_of(policy, taxonomy, frozenset(changes), changes)
