"""Rules: from evidence to a verdict. Pure; the order of rules, policies and findings never matters.

Low is the outcome over the rules that are true, high that over the true and the unknown ones. Where they differ, a
failed detector could have changed the outcome, and the policy's `if_a_detector_fails` decides, never milder than low.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from moderation.core.coverage import Coverage
from moderation.core.decisions import Action, PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import Ask
from moderation.core.rules.branches import Branch
from moderation.core.rules.hearing import Hearing, Reach, hear
from moderation.core.rules.overrides import Standing
from moderation.core.rules.programs import Program
from moderation.core.rules.reasons import NO_ONE, Failing, because, failing
from moderation.core.rules.sampling import acts, samples
from moderation.core.rules.scene import NOBODY, Observation, Scene, Subject
from moderation.core.rules.weights import RANKS
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Evidence, Outcome, PolicyVerdict, RuleResult, Sample, Truth, Verdict

__all__ = ["Evidence", "PolicyVerdict", "RuleResult", "Sample", "Subject", "Verdict", "evaluate"]

_TRUTHS: Mapping[bool | None, Truth] = {True: "true", False: "false", None: "unknown"}


def evaluate(
    policies: Sequence[Policy],
    subject: Subject,
    findings: Sequence[Detection | Failure],
    taxonomy: Taxonomy,
    reach: Reach | None = None,
    spent: Collection[str] = (),
    coverage: Coverage | None = None,
) -> Verdict:
    """Say what the policies ask for, and why.

    Args:
        policies: those that apply to the item; at least one.
        subject: the item's app, content types, id and metadata.
        findings: confidence in percent, 0-100; boxes as ratios of the picture.
        taxonomy: the tree that the policies were checked against.
        reach: for each detector and extractor, the labels its answer can lead to. A failure of one that is not named
            here leaves every label unknown.
        spent: rules, as ``policy/rule``, that have rejected as many items today as they may; they ask for a review.
        coverage: who looked at which given part; None where that is not known, as in a policy's own tests.

    Returns:
        The strictest outcome. A failure that could have changed it, or that no policy accounts for, never leaves
        ``approve``, unless a policy says so; a part that nobody looked at never does.

    Raises:
        ValueError: no policies.
    """
    hearing = hear(policies, subject, findings, taxonomy, reach, coverage)
    verdicts = [explained(hearing, at, spent) for at in range(len(hearing.policies))]
    winner = max(verdicts, key=_strictness) if len(verdicts) > 1 else verdicts[0]
    return Verdict.trusted(
        {
            "outcome": winner.outcome,
            "queue": winner.queue,
            "policy": winner.policy,
            "labels": () if winner.outcome == "approve" else _labels(verdicts, winner.outcome),
            "reason": winner.because,
            "policies": tuple(verdicts),
            "failures": tuple(hearing.failures),
            "samples": samples(hearing.policies, winner.outcome, subject.item_id),
            "spent": _used(verdicts) if spent else (),
            "examined": coverage.examined if coverage is not None else (),
            "not_examined": coverage.not_examined if coverage is not None else (),
            "looks": coverage.looks if coverage is not None else (),
        }
    )


def _by_rule(action: Action) -> tuple[str, str]:
    return action.rule, action.name


def _strictness(verdict: PolicyVerdict) -> int:
    return RANKS[verdict.outcome]


def _used(verdicts: Sequence[PolicyVerdict]) -> tuple[str, ...]:
    """The rules that did not reject because they had done so too often, as ``policy/rule``."""
    return tuple(f"{v.policy.name}/{r.rule}" for v in verdicts for r in (*v.deciding, *v.also_true) if r.over_cap)


@dataclass(slots=True)
class _Tally:
    """What became of the rules that were tested.

    Attributes:
        redact: labels that the rules which act want redacted.
        actions: what they ask the app to do.
    """

    true: list[RuleResult] = field(default_factory=list)
    unknown: list[RuleResult] = field(default_factory=list)
    overridden: list[RuleResult] = field(default_factory=list)
    near: list[RuleResult] = field(default_factory=list)
    redact: frozenset[str] = frozenset()
    actions: list[Action] = field(default_factory=list)


def explained(hearing: Hearing, at: int, spent: Collection[str]) -> PolicyVerdict:
    """What one of the policies wants, and why; nothing that breaks here approves an item.

    Args:
        at: its place among them.
    """
    policy, program = hearing.policies[at], hearing.programs[at]
    if isinstance(program, Exception):
        return _broken(policy, program)
    try:
        return _evaluate(program, hearing.scene_of(policy), hearing.orphans_of(policy), spent)
    except Exception as error:
        return _broken(policy, error)


def _evaluate(program: Program, scene: Scene, orphans: Failing, spent: Collection[str]) -> PolicyVerdict:
    is_whole = orphans is NO_ONE and not scene.unanswered
    is_simple = is_whole and not (program.has.override or program.has.wait or program.has.add)
    if is_simple and not (program.has.be_spent and spent):
        if not scene.by_label and not program.always and not program.signs:
            return _nothing_found(program, scene)
        true, near, unknown = program.results(scene)
        return _verdict(program, scene, _Tally(true, unknown, near=near), orphans)
    tested: Sequence[tuple[Branch, Observation]] = program.tested(scene)
    acting, waiting = tested, []
    if program.has.wait:
        policy, item_id = program.policy.name, scene.subject.item_id
        is_acting = [acts(policy, branch, item_id) for branch, _ in tested]
        acting = [each for each, acts_now in zip(tested, is_acting, strict=True) if acts_now]
        waiting = [each for each, acts_now in zip(tested, is_acting, strict=True) if not acts_now]
    over = _over_caps(program, acting, spent) if spent and program.has.be_spent else NOBODY
    tally = _count(program, acting, over)
    shadow = tuple([_result(branch, seen) for branch, seen in waiting if seen.truth is not False])
    would = _outcome(program, _count(program, tested, over), scene, orphans)[0] if shadow else None
    return _verdict(program, scene, tally, orphans, shadow, would)


def _nothing_found(program: Program, scene: Scene) -> PolicyVerdict:
    """The verdict where nothing was detected and nothing can be true of that: always the same."""
    verdict: PolicyVerdict | None = program.kept.get("nothing found")
    if verdict is None:
        verdict = program.kept["nothing found"] = _verdict(program, scene, _Tally(), NO_ONE)
    return verdict


def _verdict(
    program: Program,
    scene: Scene,
    tally: _Tally,
    orphans: Failing,
    shadow: tuple[RuleResult, ...] = (),
    shadow_outcome: Outcome | None = None,
) -> PolicyVerdict:
    outcome, failed = _outcome(program, tally, scene, orphans)
    true = tally.true
    deciding = tuple([rule for rule in true if rule.outcome == outcome])
    return PolicyVerdict.trusted(
        {
            "policy": program.ref,
            "outcome": outcome,
            "queue": _queue(program, tally, deciding, failed) if outcome == "review" else None,
            "because": because(outcome, deciding, failed, program.on_failure),
            "deciding": deciding,
            "also_true": tuple([r for r in true if r.outcome != outcome]) if len(deciding) < len(true) else (),
            "failing": failed.tools,
            "unseen": failed.parts,
            "near_misses": tuple(tally.near),
            "unknown": tuple(tally.unknown),
            "overridden": tuple(tally.overridden),
            "shadow": shadow,
            "shadow_outcome": shadow_outcome,
            "redact": tuple(scene.matching(tally.redact)) if tally.redact else (),
            "actions": tuple(sorted(tally.actions, key=_by_rule)),
            "fault": "",
        }
    )


def _over_caps(
    program: Program, acting: Sequence[tuple[Branch, Observation]], spent: Collection[str]
) -> frozenset[str]:
    """The rules that may not reject any more today."""
    name = program.policy.name
    return frozenset(b.id for b, _ in acting if b.at_most_per_day is not None and f"{name}/{b.id}" in spent)


def _count(program: Program, tested: Sequence[tuple[Branch, Observation]], over: frozenset[str]) -> _Tally:
    """Sort the rules by what became of them; all that are given act."""
    tally = _Tally()
    standing = Standing(tested) if program.has.override else None
    for branch, seen in tested:
        by = standing.set_aside_by(branch.id) if standing is not None else None
        truth = seen.truth
        if truth is False:
            if seen.near and by is None:
                tally.near.append(_result(branch, seen))
        elif by is not None and standing is not None:
            if truth:
                tally.overridden.append(_result(branch, seen, by))
            if doubts := standing.doubts(branch.id):
                # Set aside by a rule that an unknown one may set aside in turn: it may come back.
                tally.unknown.append(_result(branch, Observation(None, silent=doubts | seen.silent)))
        elif truth:
            if over and branch.id in over:
                tally.true.append(_over(branch, seen))
            else:
                tally.true.append(RuleResult("true", *branch.said, seen.matched, seen.scores))
            tally.redact |= branch.redact
            tally.actions += branch.actions
        else:
            tally.unknown.append(_result(branch, seen))
    return tally


def _queue(program: Program, tally: _Tally, deciding: Sequence[RuleResult], failed: Failing) -> str | None:
    """Of the queues that were asked for, the one listed first; the very first where none was."""
    wanted = [rule.queue for rule in deciding]
    if not tally.true and program.default.outcome == "review":
        wanted.append(program.default.queue)
    if failed is not NO_ONE and program.on_failure.outcome == "review":
        wanted.append(program.on_failure.queue)
    weigh = program.weigh
    return weigh.queue_of(max(weigh.of_outcome("review", queue) for queue in [*wanted, None]))


def _outcome(program: Program, tally: _Tally, scene: Scene, orphans: Failing) -> tuple[Outcome, Failing]:
    """The outcome, and who failed where that mattered (policy semantics, point 6)."""
    asked = {rule.outcome for rule in tally.true} or {program.default.outcome}
    low: Outcome = "reject" if "reject" in asked else "review" if "review" in asked else "approve"
    if orphans is NO_ONE and not scene.unanswered and not tally.unknown:
        return low, NO_ONE
    high = _strictest([low, *(rule.outcome for rule in tally.unknown)])
    # A copy is approved to be shown redacted only when all that is to be redacted was looked for.
    unseen = scene.silent(tally.redact) if tally.redact and low == "approve" else frozenset()
    nobodys = orphans if low == "approve" else NO_ONE
    if high == low and not unseen and nobodys is NO_ONE:
        return low, NO_ONE
    silent = {*nobodys.tools, *unseen, *(name for rule in tally.unknown for name in rule.unknown_because)}
    # Who answered and could not tell: no failure that a policy could account for, so that nobody has said it is right.
    unsure = silent.difference(scene.unanswered, nobodys.tools)
    outcome = _strictest([low, program.on_failure.outcome])
    if (nobodys is not NO_ONE or unsure) and outcome == "approve":
        outcome = "review" if program.policy.file.queues else "reject"
    return outcome, failing(silent, nobodys.parts, unsure)


def _strictest(outcomes: Iterable[Outcome]) -> Outcome:
    return max(outcomes, key=RANKS.__getitem__)


def _broken(policy: Policy, error: Exception) -> PolicyVerdict:
    """The verdict when the engine itself failed: what the policy says of failures, and never an approval."""
    ask: Ask = policy.file.if_a_detector_fails
    if ask.outcome == "approve":
        ask = Ask.of("review") if policy.file.queues else Ask.of("reject")
    what = f"Policy '{policy.name}' could not be evaluated ({type(error).__name__})"
    return PolicyVerdict(
        policy=PolicyRef(name=policy.name, version=policy.version),
        outcome=ask.outcome,
        queue=ask.queue or policy.file.queues[0].name if ask.outcome == "review" else None,
        because=f"{what}, so its word for failures holds.",
        fault=type(error).__name__,
    )


def _result(branch: Branch, seen: Observation, overridden_by: str | None = None) -> RuleResult:
    evidence, silent = seen.matched or seen.near, tuple(sorted(seen.silent))
    return RuleResult(_TRUTHS[seen.truth], *branch.said, evidence, seen.scores, silent, overridden_by)


def _over(branch: Branch, seen: Observation) -> RuleResult:
    """A reject that comes to a review, because the rule has rejected enough today."""
    ask = branch.over_cap or branch.ask
    result = RuleResult("true", *branch.said, seen.matched, seen.scores, over_cap=True)
    result.outcome, result.queue = ask.outcome, ask.queue
    return result


def _labels(verdicts: Sequence[PolicyVerdict], outcome: Outcome) -> tuple[str, ...]:
    """Labels behind the rules that won, highest confidence first."""
    best: dict[str, float] = {}
    for verdict in verdicts:
        if verdict.outcome == outcome:
            for rule in verdict.deciding:
                for evidence in rule.evidence:
                    detection = evidence.detection
                    if detection.confidence > best.get(detection.label, -1.0):
                        best[detection.label] = detection.confidence
    return tuple(sorted(best, key=lambda label: (-best[label], label)))
