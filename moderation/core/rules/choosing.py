"""Choosing: the outcome that `engine.evaluate` explains, and the rules that were true, without why.

One look-up for each signal that the item gives off says how strict the plain rules are that it makes true; only the
other rules that it wakes are put to the scene. Of what failed, only the rules in its reach are looked at, the strictest
first, and only until the answer is known. Where a policy's answer hangs on more (one that approves failures, rules that
set each other aside while some are open) the explanation itself is worked out, which says both.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from moderation.core.coverage import Coverage
from moderation.core.decisions import PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.policy.policies import Policy
from moderation.core.rules.engine import explained
from moderation.core.rules.hearing import Hearing, Reach, hear
from moderation.core.rules.index import BranchAsk
from moderation.core.rules.overrides import Standing
from moderation.core.rules.programs import Program
from moderation.core.rules.sampling import acts
from moderation.core.rules.scene import TRUE, Scene, Subject
from moderation.core.rules.weights import NONE, OUTCOMES, RANKS, rank_of
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Outcome, PolicyVerdict

_REVIEW, _REJECT = RANKS["review"], RANKS["reject"]
_NOBODY: frozenset[int] = frozenset()


class PolicyChoice(NamedTuple):
    """What one policy wants.

    Attributes:
        true: positions of the rules that are true and act, in groups; one may stand in several.
        on_trial: positions of those that are true and do not act.
        over: of `true`, those that have rejected as many items today as they may.
        has_failed: True where a failure, or what nobody could tell, decided.
        told: the whole verdict, where it had to be worked out; then the positions are left out.
    """

    outcome: Outcome
    queue: str | None
    program: Program | None = None
    true: Sequence[Sequence[int]] = ()
    on_trial: Sequence[int] = ()
    over: frozenset[int] = _NOBODY
    has_failed: bool = False
    told: PolicyVerdict | None = None

    def positions(self) -> list[int]:
        """The rules that are true and act, by position."""
        groups = self.true
        return sorted({at for group in groups for at in group} if len(groups) > 1 else groups[0] if groups else ())

    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that are true and act, in no order."""
        if self.told is not None:
            return tuple(rule.rule for rule in (*self.told.deciding, *self.told.also_true))
        if self.program is None:
            return ()
        groups, ids = self.true, self.program.ids
        if len(groups) == 1:
            return tuple([ids[at] for at in groups[0]])
        return tuple({ids[at] for group in groups for at in group})


class Choice(NamedTuple):
    """The strictest outcome over the policies that apply to an item.

    Attributes:
        queue: for review, the queue's name in `policy`.
        policy: the one whose outcome won.
        policies: what each wants, by name.
        hearing: what they judged by.
    """

    outcome: Outcome
    queue: str | None
    policy: PolicyRef
    policies: Sequence[PolicyChoice]
    hearing: Hearing


def choose(
    policies: Sequence[Policy],
    subject: Subject,
    findings: Sequence[Detection | Failure],
    taxonomy: Taxonomy,
    reach: Reach | None = None,
    spent: Collection[str] = (),
    coverage: Coverage | None = None,
    *,
    to_tell: bool = False,
) -> Choice:
    """Say what the policies ask for.

    The same as `moderation.core.rules.engine.evaluate` says of the same arguments.

    Args:
        to_tell: arrange the hearing so that what is told of it is always the same, which takes time.

    Raises:
        ValueError: no policies.
    """
    hearing = hear(policies, subject, findings, taxonomy, reach, coverage, to_tell=to_tell)
    if len(hearing.policies) == 1:
        only = _choice(hearing, 0, spent)
        return Choice(only.outcome, only.queue, _ref(hearing, 0, only), (only,), hearing)
    choices = [_choice(hearing, at, spent) for at in range(len(hearing.policies))]
    best = max(range(len(choices)), key=lambda at: RANKS[choices[at].outcome])
    winner = choices[best]
    return Choice(winner.outcome, winner.queue, _ref(hearing, best, winner), choices, hearing)


def _ref(hearing: Hearing, at: int, choice: PolicyChoice) -> PolicyRef:
    if choice.program is not None:
        return choice.program.ref
    return PolicyRef(name=hearing.policies[at].name, version=hearing.policies[at].version)


def _choice(hearing: Hearing, at: int, spent: Collection[str]) -> PolicyChoice:
    policy, program = hearing.policies[at], hearing.programs[at]
    if not isinstance(program, Exception):
        try:
            scene = hearing.scene
            if scene.unanswered or hearing.scenes:
                scene = hearing.scene_of(policy)
            has_orphans = hearing.carer is policy  # there is none where there are no orphans
            made = _choose(program, scene, has_orphans, spent)
        except Exception:  # told below, as what broke
            made = None
        if made is not None:
            return made
    told = explained(hearing, at, spent)
    return PolicyChoice(told.outcome, told.queue, told=told)


def _choose(program: Program, scene: Scene, has_orphans: bool, spent: Collection[str]) -> PolicyChoice | None:
    """What a policy wants; None where its explanation has to say."""
    is_whole = not scene.unanswered and not has_orphans
    if is_whole and not scene.by_label and not program.always and not program.signs:
        return _of_nothing(program)
    strictest = NONE
    true: list[Sequence[int]] = []
    asks: list[Sequence[BranchAsk]] = [program.always_asked] if program.always else []
    tables = program.tables
    for label, found in scene.by_label.items():
        highest = found[0].confidence
        table = tables.get(label) or program.table(label)
        lows, positions, strictest_so_far, other_lows, _, others = table
        if end := bisect_right(lows, highest):
            true.append(positions[:end])
            weight = strictest_so_far[end - 1]
            if weight > strictest:
                strictest = weight
        if end := bisect_right(other_lows, highest):
            asks.append(others[:end])
    if program.signs:
        for table, number in program.listening.heard(scene):
            if end := bisect_right(table.lows, number):
                true.append(table.positions[:end])
                strictest = max(strictest, table.strictest[end - 1])
            if end := bisect_right(table.other_lows, number):
                asks.append(table.asks[:end])
    open_ = NONE
    fired: set[int] = set()
    specials: dict[int, bool | None] = {}
    by_label, is_answered = scene.by_label, not scene.unanswered
    for group in asks:
        for position, holds, weight, is_special, labels, without in group:
            truth = without if labels and is_answered and labels.isdisjoint(by_label) else holds(scene)
            if truth is False:
                continue
            if is_special:
                specials[position] = truth
            elif truth:
                fired.add(position)
                if weight > strictest:
                    strictest = weight
            elif weight > open_:
                open_ = weight
    on_trial: Sequence[int] = ()
    over = _NOBODY
    is_entangled = False
    if specials:
        acting, on_trial = _acting(program, scene, list(specials.items()))
        standing = _standing(program, acting)
        over = _over(program, standing, spent)
        for position in standing:
            fired.add(position)
            strictest = max(strictest, _weight(program, position, over))
        doubts = [position for position, truth in acting if truth is None]
        is_entangled = bool(doubts) and program.has.override
        open_ = max([open_, *(program.weights[position] for position in doubts)])
    if fired:
        true.append(tuple(fired))
    low = strictest if true else program.weigh.of_ask(program.default)
    if is_whole and open_ == NONE:
        return _chosen(program, low, true, on_trial, over)
    if is_entangled and rank_of(low) < _REJECT:
        return None
    return _with_failures(program, scene, low, open_, has_orphans, _chosen(program, low, true, on_trial, over))


def _of_nothing(program: Program) -> PolicyChoice:
    """What a policy wants where nothing was found and nothing can be true of that: always the same."""
    kept: PolicyChoice | None = program.kept.get("nothing chosen")
    if kept is None:
        weight = program.weigh.of_ask(program.default)
        kept = program.kept["nothing chosen"] = _chosen(program, weight, (), (), _NOBODY)
    return kept


def _chosen(
    program: Program, weight: int, true: Sequence[Sequence[int]], on_trial: Sequence[int], over: frozenset[int]
) -> PolicyChoice:
    rank = weight >> 20
    queue = program.weigh.queue_of(weight) if rank == _REVIEW else None
    return PolicyChoice(OUTCOMES[rank], queue, program, true, on_trial, over)


def _with_failures(
    program: Program, scene: Scene, low: int, open_: int, has_orphans: bool, known: PolicyChoice
) -> PolicyChoice | None:
    """What follows where something is open (policy semantics, point 6).

    Args:
        low: the weight of what is known.
        open_: that of the strictest that is known to be open.
        known: the choice by what is known.
    """
    rank = rank_of(low)
    if rank < _REJECT and scene.unanswered:
        sure, rest = program.open_to(scene)
        open_ = max(open_, sure)
        if rank_of(open_) < _REJECT:
            if program.has.override:
                return None
            open_ = max(open_, _strictest_open(program, scene, rest, max(rank, rank_of(open_))))
        if rank == 0 and program.has.add and _may_hide(program, scene, known.true):
            return None
    nobody_looked = has_orphans and rank == 0
    if rank_of(open_) <= rank and not nobody_looked:
        return known
    ask = program.on_failure
    if ask.outcome == "approve" and not nobody_looked:
        return None  # it matters who could not tell
    weight = max(low, program.weigh.of_ask(ask))
    if rank_of(weight) < _REVIEW:
        weight = program.weigh.of_outcome("review" if program.weigh.queues else "reject", None)
    return _chosen(program, weight, known.true, known.on_trial, known.over)._replace(has_failed=True)


def _strictest_open(program: Program, scene: Scene, rest: Sequence[tuple[int, int]], rank: int) -> int:
    """The weight of the first of these, strictest first, that is open; those no stricter than `rank` are left out."""
    policy, item_id = program.policy.name, scene.subject.item_id
    for weight, position in rest:
        if rank_of(weight) <= rank:
            break
        branch = program.branch(position)
        if branch.holds(scene) is None and acts(policy, branch, item_id):
            return weight
    return NONE


def _may_hide(program: Program, scene: Scene, true: Sequence[Sequence[int]]) -> bool:
    """True when something that is to be redacted may not have been found."""
    wanted = (program.branch(position).redact for group in true for position in group)
    return any(redact and scene.silent(redact) for redact in wanted)


def _acting(
    program: Program, scene: Scene, specials: Sequence[tuple[int, bool | None]]
) -> tuple[Sequence[tuple[int, bool | None]], Sequence[int]]:
    """Those that act on this item, and those that are true of it and on trial."""
    if not program.has.wait:
        return specials, ()
    policy, item_id = program.policy.name, scene.subject.item_id
    acting = [(at, truth) for at, truth in specials if acts(policy, program.branch(at), item_id)]
    waiting = {at for at, truth in specials if truth} - {at for at, _ in acting}
    return acting, tuple(sorted(waiting))


def _standing(program: Program, acting: Sequence[tuple[int, bool | None]]) -> list[int]:
    """Of those that act and are true, those that no other sets aside."""
    true = [at for at, truth in acting if truth]
    if not program.has.override or not any(program.branch(at).overrides for at in true):
        return true
    standing = Standing([(program.branch(at), TRUE) for at in true])
    return [at for at in true if standing.set_aside_by(program.branch(at).id) is None]


def _over(program: Program, true: Sequence[int], spent: Collection[str]) -> frozenset[int]:
    """Of these, the rules that may not reject any more today."""
    if not spent or not program.has.be_spent:
        return _NOBODY
    return frozenset(_capped(program, true, spent))


def _capped(program: Program, true: Sequence[int], spent: Collection[str]) -> Iterator[int]:
    for at in true:
        branch = program.branch(at)
        if branch.at_most_per_day is not None and f"{program.policy.name}/{branch.id}" in spent:
            yield at


def _weight(program: Program, position: int, over: frozenset[int]) -> int:
    branch = program.branch(position)
    return program.weigh.of_ask(branch.over_cap or branch.ask) if position in over else program.weights[position]
