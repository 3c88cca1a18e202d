"""Rules: from evidence to a verdict. Pure; the order of rules, policies and findings never matters.

Low is the outcome over the rules that are true, high that over the true and the unknown ones. Where they differ, a
failed detector could have changed the outcome, and the policy's `if_a_detector_fails` decides, never milder than low.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from moderation.core.conditions import Scene, Seen, Subject
from moderation.core.decisions import PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.overrides import Standing
from moderation.core.policies import Policy, Queue
from moderation.core.policy_terms import Ask
from moderation.core.programs import Branch, Program, program_of
from moderation.core.sampling import samples
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
    reach: Mapping[str, frozenset[str]] | None = None,
) -> Verdict:
    """Say what the policies ask for, and why.

    Args:
        policies: those that apply to the item; at least one.
        subject: the item's app, content types, id and metadata.
        findings: confidence in percent, 0-100; boxes as ratios of the picture.
        taxonomy: the tree that the policies were checked against.
        reach: for each detector and extractor, the labels its answer can lead to. A failure of one that is not named
            here leaves every label unknown.

    Returns:
        The strictest outcome. A failure that could have changed it, or that no policy accounts for, never leaves
        ``approve``, unless a policy says so.

    Raises:
        ValueError: no policies.
    """
    if not policies:
        raise ValueError("an item is judged by at least one policy")
    detections, failures = _sorted(findings)
    reach = reach or {}
    unanswered = {failure.detector.name: reach.get(failure.detector.name) for failure in failures}
    ordered = sorted(policies, key=lambda policy: policy.name) if len(policies) > 1 else list(policies)
    scene = Scene(subject, detections, unanswered)
    programs = [_program(policy, subject.app, taxonomy) for policy in ordered]
    orphans = _orphans(programs, unanswered) if unanswered else ()
    carer = _carer(ordered) if orphans else None
    verdicts = []
    for policy, program in zip(ordered, programs, strict=True):
        if isinstance(program, Exception):
            verdicts.append(_broken(policy, program))
            continue
        try:
            verdicts.append(_evaluate(program, _heard(scene, policy), orphans if policy is carer else ()))
        except Exception as error:  # whatever breaks here must not approve an item
            verdicts.append(_broken(policy, error))
    winner = max(verdicts, key=lambda verdict: STRICTNESS[verdict.outcome])
    return Verdict(
        outcome=winner.outcome,
        queue=winner.queue,
        policy=winner.policy,
        labels=_labels(verdict for verdict in verdicts if verdict.outcome == winner.outcome != "approve"),
        reason=winner.because,
        policies=tuple(verdicts),
        failures=tuple(failures),
        samples=samples(ordered, winner.outcome, subject.item_id),
    )


@dataclass
class _Tally:
    """What became of the rules that were tested.

    Attributes:
        redact: labels that the rules which act want redacted.
    """

    true: list[RuleResult] = field(default_factory=list)
    unknown: list[RuleResult] = field(default_factory=list)
    overridden: list[RuleResult] = field(default_factory=list)
    near: list[RuleResult] = field(default_factory=list)
    redact: frozenset[str] = frozenset()


def _evaluate(program: Program, scene: Scene, orphans: Sequence[str]) -> PolicyVerdict:
    tested = [(branch, branch.condition.test(scene)) for branch in program.candidates(scene)]
    acting = [(branch, seen) for branch, seen in tested if not branch.is_shadow]
    tally = _count(acting)
    outcome, failing = _outcome(program, tally, scene, orphans)
    deciding = tuple(rule for rule in tally.true if rule.outcome == outcome)
    asks = [Ask.of(rule.outcome, rule.queue) for rule in deciding]
    if not tally.true and program.default.outcome == outcome:
        asks.append(program.default)
    if failing and program.on_failure.outcome == outcome:
        asks.append(program.on_failure)
    shadow = [_result(branch, seen) for branch, seen in tested if branch.is_shadow and seen.truth is not False]
    return PolicyVerdict(
        policy=program.ref,
        outcome=outcome,
        queue=_first_queue(program.policy.file.queues, asks) if outcome == "review" else None,
        because=_because(outcome, deciding, failing),
        deciding=deciding,
        also_true=tuple(rule for rule in tally.true if rule.outcome != outcome),
        failing=tuple(failing),
        near_misses=tuple(tally.near),
        unknown=tuple(tally.unknown),
        overridden=tuple(tally.overridden),
        shadow=tuple(shadow),
        shadow_outcome=_outcome(program, _count(tested), scene, orphans)[0] if shadow else None,
        redact=tuple(scene.matching(tally.redact)) if tally.redact else (),
    )


def _count(tested: Sequence[tuple[Branch, Seen]]) -> _Tally:
    """Sort the rules by what became of them; all that are given act."""
    tally = _Tally()
    standing = Standing(tested)
    for branch, seen in tested:
        by = standing.set_aside_by(branch.id)
        if seen.truth is False:
            tally.near += [_result(branch, seen)] if seen.near and by is None else []
        elif by is not None:
            tally.overridden += [_result(branch, seen, by)] if seen.truth else []
            if doubts := standing.doubts(branch.id):
                # Set aside by a rule that an unknown one may set aside in turn: it may come back.
                tally.unknown.append(_result(branch, Seen(None, silent=doubts | seen.silent)))
        elif seen.truth:
            tally.true.append(_result(branch, seen))
            tally.redact |= branch.redact
        else:
            tally.unknown.append(_result(branch, seen))
    return tally


def _outcome(program: Program, tally: _Tally, scene: Scene, orphans: Sequence[str]) -> tuple[Outcome, list[str]]:
    """The outcome, and who failed where that mattered (policy semantics, point 6)."""
    low = _strictest([rule.outcome for rule in tally.true] or [program.default.outcome])
    high = _strictest([low, *(rule.outcome for rule in tally.unknown)])
    # A copy is approved to be shown redacted only when all that is to be redacted was looked for.
    unseen = scene.silent(tally.redact) if tally.redact and low == "approve" else frozenset()
    nobodys = orphans if low == "approve" else ()
    if high == low and not unseen and not nobodys:
        return low, []
    failing = sorted({*nobodys, *unseen, *(name for rule in tally.unknown for name in rule.unknown_because)})
    outcome = _strictest([low, program.on_failure.outcome])
    if nobodys and outcome == "approve":
        outcome = "review" if program.policy.file.queues else "reject"
    return outcome, failing


def _strictest(outcomes: Iterable[Outcome]) -> Outcome:
    return max(outcomes, key=STRICTNESS.__getitem__)


def _broken(policy: Policy, error: Exception) -> PolicyVerdict:
    """The verdict when the engine itself failed: what the policy says of failures, and never an approval."""
    ask = policy.file.if_a_detector_fails
    if ask.outcome == "approve":
        ask = Ask.of("review") if policy.file.queues else Ask.of("reject")
    what = f"Policy '{policy.name}' could not be evaluated ({type(error).__name__})"
    return PolicyVerdict(
        policy=PolicyRef(name=policy.name, version=policy.version),
        outcome=ask.outcome,
        queue=_first_queue(policy.file.queues, [ask]) if ask.outcome == "review" else None,
        because=f"{what}, so its word for failures holds.",
        fault=type(error).__name__,
    )


def _result(branch: Branch, seen: Seen, overridden_by: str | None = None) -> RuleResult:
    held: Iterable[tuple[Detection, float | None]] = seen.matched or seen.near
    return RuleResult(
        rule=branch.id,
        truth=_TRUTHS[seen.truth],
        outcome=branch.ask.outcome,
        queue=branch.ask.queue,
        why=branch.why,
        place=branch.place,
        locked=branch.locked,
        evidence=tuple(
            Evidence(detection=d, threshold=t, margin=None if t is None else d.confidence - t) for d, t in held
        ),
        unknown_because=tuple(sorted(seen.silent)),
        overridden_by=overridden_by,
    )


def _program(policy: Policy, app: str, taxonomy: Taxonomy) -> Program | Exception:
    try:
        return program_of(policy, app, taxonomy)
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


def _first_queue(queues: Sequence[Queue], asks: Sequence[Ask]) -> str | None:
    """The queue listed first among those asked for; the very first where none is."""
    wanted = {ask.queue for ask in asks if ask.outcome == "review" and ask.queue is not None}
    for queue in queues:
        if queue.name in wanted or not wanted:
            return queue.name
    return None


def _because(outcome: Outcome, deciding: Sequence[RuleResult], failing: Sequence[str]) -> str:
    """One or two sentences; names rules, labels and numbers, never content."""
    if deciding:
        rule = deciding[0]
        strongest = max(rule.evidence, key=lambda e: e.detection.confidence, default=None)
        why = rule.why.rstrip(".")
        if strongest is None:
            return f"{why}."
        bound = "" if strongest.threshold is None else f", at least {strongest.threshold:g} asked for"
        return f"{why}. ({strongest.detection.label} at {strongest.detection.confidence:.4g} %{bound})"
    if failing:
        return f"No answer from {', '.join(failing)}, which could have changed the outcome."
    if outcome == "approve":
        return "Nothing was found that a rule is about."
    return "No rule is about what was found."


def _labels(verdicts: Iterable[PolicyVerdict]) -> tuple[str, ...]:
    best: dict[str, float] = {}
    for verdict in verdicts:
        for rule in verdict.deciding:
            for evidence in rule.evidence:
                label, confidence = evidence.detection.label, evidence.detection.confidence
                best[label] = max(best.get(label, 0.0), confidence)
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
