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
from moderation.core.policy.words.counter import COUNTERS
from moderation.core.policy.words.listed import LISTS, name_of
from moderation.core.rules.overrides import Standing
from moderation.core.rules.programs import Branch, Program, program_of
from moderation.core.rules.reasons import NO_ONE, Failing, because, failing
from moderation.core.rules.sampling import acts, samples
from moderation.core.rules.scene import NOBODY, Observation, Scene, Subject, failed_parts
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Evidence, Outcome, PolicyVerdict, RuleResult, Sample, Truth, Verdict

__all__ = ["Evidence", "PolicyVerdict", "RuleResult", "Sample", "Subject", "Verdict", "evaluate"]

STRICTNESS: Mapping[Outcome, int] = {"approve": 0, "review": 1, "reject": 2}
_TRUTHS: Mapping[bool | None, Truth] = {True: "true", False: "false", None: "unknown"}


def evaluate(
    policies: Sequence[Policy],
    subject: Subject,
    findings: Sequence[Detection | Failure],
    taxonomy: Taxonomy,
    reach: Mapping[str, frozenset[str] | None] | None = None,
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
    if not policies:
        raise ValueError("an item is judged by at least one policy")
    detections, failures = _sorted(findings if coverage is None else _with_unexamined(findings, coverage))
    unseen = _unseen(failures, coverage) if failures or coverage is not None else ()
    failed = [failure for failure in failures if failure.kind != "not_examined"] if unseen else failures
    unanswered = {f.detector.name: (reach or {}).get(f.detector.name) for f in failed} if failed else _NONE
    ordered = sorted(policies, key=_name) if len(policies) > 1 else policies
    if unread := _unread(ordered, subject, unanswered):
        # Whoever counts finds no label, so that only rules that go by a counter, or a list, are left open.
        unanswered = {**unanswered, **dict.fromkeys(unread, NOBODY)}
    scene = Scene(subject, detections, unanswered, failed_parts(failed) if failed else None)
    programs = [_program(policy, subject, taxonomy) for policy in ordered]
    orphans = failing(_orphans(programs, unanswered), unseen) if unanswered or unseen else NO_ONE
    carer = _carer(ordered) if orphans is not NO_ONE else None
    verdicts = []
    for policy, program in zip(ordered, programs, strict=True):
        if isinstance(program, Exception):
            verdicts.append(_broken(policy, program))
            continue
        try:
            heard = _heard(scene, policy) if unanswered else scene
            verdicts.append(_evaluate(program, heard, orphans if policy is carer else NO_ONE, spent))
        except Exception as error:  # whatever breaks here must not approve an item
            verdicts.append(_broken(policy, error))
    winner = max(verdicts, key=_strictness) if len(verdicts) > 1 else verdicts[0]
    return Verdict.trusted(
        {
            "outcome": winner.outcome,
            "queue": winner.queue,
            "policy": winner.policy,
            "labels": () if winner.outcome == "approve" else _labels(verdicts, winner.outcome),
            "reason": winner.because,
            "policies": tuple(verdicts),
            "failures": tuple(failures),
            "samples": samples(ordered, winner.outcome, subject.item_id),
            "spent": _used(verdicts) if spent else (),
            "examined": coverage.examined if coverage is not None else (),
            "not_examined": coverage.not_examined if coverage is not None else (),
            "looks": coverage.looks if coverage is not None else (),
        }
    )


_NONE: Mapping[str, frozenset[str] | None] = {}


def _unread(policies: Sequence[Policy], subject: Subject, failed: Collection[str]) -> list[str]:
    """``counters`` and ``lists`` where one of the policies' could not be read, or was not."""
    unread = [name for name in (COUNTERS, LISTS) if name in failed]
    for policy in policies:
        if any(subject.counts.get(f"{policy.name}/{name}") is None for name in policy.file.counters):
            unread.append(COUNTERS)
        if any(subject.listed.get(name_of(*asked)) is None for asked in policy.lists_asked):
            unread.append(LISTS)
    return unread


def _with_unexamined(findings: Sequence[Detection | Failure], coverage: Coverage) -> Sequence[Detection | Failure]:
    """The findings with a failure for each part that nobody looked at, where none says so yet."""
    return [*findings, *coverage.failures(each for each in findings if isinstance(each, Failure))]


def _unseen(failures: Sequence[Failure], coverage: Coverage | None) -> tuple[str, ...]:
    """Ids of the parts that nobody looked at, sorted."""
    parts = {failure.part for failure in failures if failure.kind == "not_examined"}
    parts |= set(coverage.unseen) if coverage is not None else set()
    return tuple(sorted(parts))


def _by_rule(action: Action) -> tuple[str, str]:
    return action.rule, action.name


def _name(policy: Policy) -> str:
    return policy.file.policy


def _strictness(verdict: PolicyVerdict) -> int:
    return STRICTNESS[verdict.outcome]


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


def _evaluate(program: Program, scene: Scene, orphans: Failing, spent: Collection[str]) -> PolicyVerdict:
    is_whole = orphans is NO_ONE and not scene.unanswered
    is_simple = is_whole and not (program.may_override or program.may_wait or program.may_add)
    if is_simple and not (program.may_be_spent and spent):
        if not scene.by_label and not program.always:
            return _nothing_found(program, scene)
        true, near = program.results(scene)
        return _verdict(program, scene, _Tally(true, near=near), orphans)
    tested: Sequence[tuple[Branch, Observation]] = program.tested(scene)
    acting, waiting = tested, []
    if program.may_wait:
        policy, item_id = program.policy.name, scene.subject.item_id
        is_acting = [acts(policy, branch, item_id) for branch, _ in tested]
        acting = [each for each, acts_now in zip(tested, is_acting, strict=True) if acts_now]
        waiting = [each for each, acts_now in zip(tested, is_acting, strict=True) if not acts_now]
    over = _over_caps(program, acting, spent) if spent and program.may_be_spent else NOBODY
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
    standing = Standing(tested) if program.may_override else None
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
    return min((q for q in wanted if q in program.ranks), key=lambda q: program.ranks[q or ""], default=None) or next(
        iter(q.name for q in program.policy.file.queues), None
    )


def _outcome(program: Program, tally: _Tally, scene: Scene, orphans: Failing) -> tuple[Outcome, Failing]:
    """The outcome, and who failed where that mattered (policy semantics, point 6)."""
    asked = {rule.outcome for rule in tally.true} or {program.default.outcome}
    low: Outcome = "reject" if "reject" in asked else "review" if "review" in asked else "approve"
    if orphans is NO_ONE and not scene.unanswered:
        return low, NO_ONE
    high = _strictest([low, *(rule.outcome for rule in tally.unknown)])
    # A copy is approved to be shown redacted only when all that is to be redacted was looked for.
    unseen = scene.silent(tally.redact) if tally.redact and low == "approve" else frozenset()
    nobodys = orphans if low == "approve" else NO_ONE
    if high == low and not unseen and nobodys is NO_ONE:
        return low, NO_ONE
    silent = {*nobodys.tools, *unseen, *(name for rule in tally.unknown for name in rule.unknown_because)}
    outcome = _strictest([low, program.on_failure.outcome])
    if nobodys is not NO_ONE and outcome == "approve":
        outcome = "review" if program.policy.file.queues else "reject"
    return outcome, failing(silent, nobodys.parts)


def _strictest(outcomes: Iterable[Outcome]) -> Outcome:
    return max(outcomes, key=STRICTNESS.__getitem__)


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


def _program(policy: Policy, subject: Subject, taxonomy: Taxonomy) -> Program | Exception:
    try:
        return program_of(policy, subject.app, subject.content_types, taxonomy)
    except Exception as error:  # as in `evaluate`: a policy that cannot be made ready approves nothing
        return error


def _heard(scene: Scene, policy: Policy) -> Scene:
    """The scene as this policy takes it: without the failures that it ignores by name."""
    ignored = set(policy.file.ignore_failures_of)
    return scene.without(ignored) if ignored and not ignored.isdisjoint(scene.unanswered) else scene


def _orphans(
    programs: Sequence[Program | Exception], unanswered: Mapping[str, frozenset[str] | None]
) -> tuple[str, ...]:
    """Failed detectors that no policy names, ignores or asks about: nobody planned for them, so a person looks."""
    planned = [program for program in programs if isinstance(program, Program)]
    return tuple(
        sorted(
            name for name, reach in unanswered.items() if not any(program.plans_for(name, reach) for program in planned)
        )
    )


def _carer(policies: Sequence[Policy]) -> Policy:
    """The first policy whose answer to a failure is a review, else one with a queue, else the first."""
    for policy in policies:
        if policy.file.if_a_detector_fails.outcome == "review":
            return policy
    return next((policy for policy in policies if policy.file.queues), policies[0])


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


def _sorted(findings: Sequence[Detection | Failure]) -> tuple[list[Detection], list[Failure]]:
    """Detections strongest first, failures by name: the same in whatever order they came."""
    detections = [finding for finding in findings if isinstance(finding, Detection)]
    failures = [finding for finding in findings if not isinstance(finding, Detection)]
    if len(detections) > 1:
        ranked = [(-d.confidence, d.label, d.part) for d in detections]
        # Ties are settled by the whole detection, which costs more than all the rest.
        key = _whole if len(set(ranked)) < len(ranked) else _rank
        detections.sort(key=key)
    if len(failures) > 1:
        failures.sort(key=lambda f: (f.detector.name, f.part, f.kind, f.message))
    return detections, failures


def _rank(detection: Detection) -> tuple[float, str, str, str]:
    return (-detection.confidence, detection.label, detection.part, "")


def _whole(detection: Detection) -> tuple[float, str, str, str]:
    return (-detection.confidence, detection.label, detection.part, detection.model_dump_json())
