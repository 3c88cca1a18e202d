"""Ruling: what the policies choose, in the words that an item is decided with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from moderation.core.coverage import Coverage
from moderation.core.detections import Detection, Failure
from moderation.core.policy.policies import Policy
from moderation.core.rules.branches import Branch
from moderation.core.rules.choosing import PolicyChoice, choose
from moderation.core.rules.engine import explained
from moderation.core.rules.hearing import Hearing, Reach
from moderation.core.rules.programs import Program
from moderation.core.rules.reasons import NO_ONE, because
from moderation.core.rules.sampling import samples
from moderation.core.rules.scene import Scene, Subject
from moderation.core.rulings import PolicyRuling, Ruling
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import PolicyVerdict, RuleResult, need_a_look

_Best = dict[str, float]
"""Labels behind the rules that decided, each with its highest confidence."""


def rule_on(
    policies: Sequence[Policy],
    subject: Subject,
    findings: Sequence[Detection | Failure],
    taxonomy: Taxonomy,
    reach: Reach | None = None,
    spent: Collection[str] = (),
    coverage: Coverage | None = None,
) -> Ruling:
    """Say what the policies ask for, with all that is needed to act on it and to explain it later.

    What `moderation.core.rules.engine.evaluate` explains of the same arguments.

    Raises:
        ValueError: no policies.
    """
    choice = choose(policies, subject, findings, taxonomy, reach, spent, coverage, to_tell=True)
    hearing = choice.hearing
    made: list[PolicyRuling] = []
    best: _Best = {}
    used: list[str] = []
    for at, each in enumerate(choice.policies):
        ruling, labels = _ruling(hearing, at, each, spent)
        made.append(ruling)
        if each.outcome == choice.outcome != "approve":
            for label, confidence in labels.items():
                best[label] = max(confidence, best.get(label, -1.0))
        used += _used(each)
    if choice.outcome == "approve" and hearing.failures:
        need_a_look(tuple(hearing.failures), ())
    winner = next(each for each in made if each.policy == choice.policy)
    return Ruling.trusted(
        {
            "form": 2,
            "outcome": choice.outcome,
            "queue": choice.queue,
            "policy": choice.policy,
            "labels": tuple(sorted(best, key=lambda label: (-best[label], label))),
            "reason": winner.because,
            "policies": tuple(made),
            "samples": samples(hearing.policies, choice.outcome, subject.item_id),
            "spent": tuple(used),
            "examined": coverage.examined if coverage is not None else (),
            "not_examined": coverage.not_examined if coverage is not None else (),
            "looks": coverage.looks if coverage is not None else (),
        }
    )


def _ruling(
    hearing: Hearing, at: int, choice: PolicyChoice, spent: Collection[str]
) -> tuple[PolicyRuling, Mapping[str, float]]:
    policy, program = hearing.policies[at], choice.program
    if choice.told is not None or choice.has_failed or program is None:
        told = choice.told or explained(hearing, at, spent)
        return PolicyRuling.told_by(told, _redact(policy, choice)), _labels(told.deciding)
    if not choice.true and not choice.on_trial:
        return _by_default(program, choice), {}
    scene = hearing.scene_of(policy)
    deciding: list[Branch] = []
    also_true: list[Branch] = []
    first: RuleResult | None = None
    best: _Best = {}
    for position in choice.positions():
        branch = program.branch(position)
        is_over = position in choice.over
        ask = branch.over_cap or branch.ask if is_over else branch.ask
        if ask.outcome != choice.outcome:
            also_true.append(branch)
            continue
        deciding.append(branch)
        if first is None or choice.outcome != "approve":
            result = _result(branch, scene, is_over=is_over)
            first = first or result
            _note(best, [result])
    true = [*deciding, *also_true]
    actions = sorted((action for branch in true for action in branch.actions), key=lambda each: (each.rule, each.name))
    made = PolicyRuling.trusted(
        {
            "policy": program.ref,
            "outcome": choice.outcome,
            "queue": choice.queue,
            "because": because(choice.outcome, [first] if first else (), NO_ONE, program.on_failure),
            "deciding": tuple(branch.id for branch in deciding),
            "also_true": tuple(branch.id for branch in also_true),
            "on_trial": tuple(program.branch(position).id for position in choice.on_trial),
            "is_locked": choice.outcome == "reject" and any(branch.locked for branch in deciding),
            "redact": _redact(policy, choice),
            "actions": tuple(actions),
            "fault": "",
        }
    )
    return made, best


def _by_default(program: Program, choice: PolicyChoice) -> PolicyRuling:
    """Where no rule is true: always the same."""
    kept: PolicyRuling | None = program.kept.get("ruled by default")
    if kept is None:
        verdict = PolicyVerdict(
            policy=program.ref,
            outcome=choice.outcome,
            queue=choice.queue,
            because=because(choice.outcome, (), NO_ONE, program.on_failure),
        )
        kept = program.kept["ruled by default"] = PolicyRuling.told_by(verdict, ())
    return kept


def _result(branch: Branch, scene: Scene, *, is_over: bool) -> RuleResult:
    seen = branch.condition.test(scene)
    return RuleResult("true", *branch.said, seen.matched, seen.scores, over_cap=is_over)


def _redact(policy: Policy, choice: PolicyChoice) -> tuple[str, ...]:
    program = choice.program
    if program is not None and not program.has.add:
        return ()
    true = set(choice.rules())
    return tuple(sorted({label for rule in policy.file.rules if rule.id in true for label in rule.redact}))


def _used(choice: PolicyChoice) -> list[str]:
    """The rules that did not reject because they had done so too often, as ``policy/rule``."""
    if (told := choice.told) is not None:
        return [f"{told.policy.name}/{rule.rule}" for rule in (*told.deciding, *told.also_true) if rule.over_cap]
    program = choice.program
    if program is None or not choice.over:
        return []
    over = [program.branch(at) for at in sorted(choice.over)]
    deciding = [branch for branch in over if (branch.over_cap or branch.ask).outcome == choice.outcome]
    also = [branch for branch in over if branch not in deciding]
    return [f"{program.policy.name}/{branch.id}" for branch in (*deciding, *also)]


def _labels(deciding: Iterable[RuleResult]) -> _Best:
    best: _Best = {}
    _note(best, deciding)
    return best


def _note(best: _Best, rules: Iterable[RuleResult]) -> None:
    for rule in rules:
        for evidence in rule.evidence:
            found = evidence.detection
            if found.confidence > best.get(found.label, -1.0):
                best[found.label] = found.confidence
