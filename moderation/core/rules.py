"""Rules: from evidence to a verdict. Pure; the order of rules, policies and findings never matters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from moderation.core import conditions
from moderation.core.conditions import Finding, Scene, Subject
from moderation.core.decisions import PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.policies import Ask, Band, Policy, Queue, Rule, changed_band, changed_rule, expand
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Evidence, Outcome, PolicyVerdict, RuleResult, Truth, Verdict

__all__ = ["Subject", "Verdict", "evaluate"]

_STRICTNESS: Mapping[Outcome, int] = {"approve": 0, "review": 1, "reject": 2}
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
        subject: the item's app and content types.
        findings: confidence in percent, 0-100; boxes as ratios of the picture.
        taxonomy: the tree that the policies were checked against.
        reach: for each detector and extractor, the labels its answer can lead to. A failure of one that is not named
            here leaves every label unknown.

    Returns:
        The strictest outcome. A failure that could have changed it, or that no policy accounts for, never leaves
        ``approve``, unless a policy ignores that detector's failures by name.

    Raises:
        ValueError: no policies.
    """
    if not policies:
        raise ValueError("an item is judged by at least one policy")
    reach = reach or {}
    detections = sorted((f for f in findings if isinstance(f, Detection)), key=_detection_order)
    failures = sorted((f for f in findings if isinstance(f, Failure)), key=lambda f: (f.detector.name, f.part, f.kind))
    unanswered = {failure.detector.name: reach.get(failure.detector.name) for failure in failures}
    ordered = sorted(policies, key=lambda policy: policy.name)
    orphans = _orphans(ordered, unanswered, taxonomy)
    verdicts = []
    for policy in ordered:
        heard = {n: labels for n, labels in unanswered.items() if n not in policy.file.ignore_failures_of}
        scene = Scene(subject, detections, heard, taxonomy, policy.file.lists)
        # Of failures that no policy accounts for, the first policy that would ask people takes care.
        verdicts.append(_evaluate_policy(policy, scene, orphans if policy is _carer(ordered) else ()))
    winner = max(verdicts, key=lambda verdict: _STRICTNESS[verdict.outcome])
    return Verdict(
        outcome=winner.outcome,
        queue=winner.queue,
        policy=winner.policy,
        labels=_labels(v for v in verdicts if v.outcome == winner.outcome and v.outcome != "approve"),
        reason=winner.because,
        policies=tuple(verdicts),
        failures=tuple(failures),
    )


@dataclass(frozen=True)
class _Branch:
    """A rule, or one side of a band, ready to be tested."""

    id: str
    ask: Ask
    why: str
    place: str
    locked: bool
    is_shadow: bool
    overrides: frozenset[str]
    rule: Rule | None = None
    labels: tuple[str, ...] = ()
    exact: bool = False
    at_least: float = 0.0
    below: float | None = None

    def test(self, scene: Scene) -> tuple[bool | None, Finding]:
        """The branch's truth, and what was seen on the way."""
        finding = Finding()
        if self.rule is not None:
            return conditions.test(self.rule.when, scene, finding), finding
        return self._test_band(scene, finding), finding

    def _test_band(self, scene: Scene, finding: Finding) -> bool | None:
        """A band's side goes by the highest confidence: at or over the lower bound, under the upper one."""
        matching = list(scene.matching(self.labels, exact=self.exact))
        highest = max((d.confidence for d in matching), default=-1.0)
        finding.near = [
            (d, self.at_least) for d in matching if self.at_least - conditions.NEAR <= d.confidence < self.at_least
        ]
        if self.below is not None and highest >= self.below:
            return False  # whatever a silent detector might add, the other side of the band has it
        if highest >= self.at_least:
            finding.matched = [(d, self.at_least) for d in matching if d.confidence >= self.at_least]
            return True
        silent = scene.silent(self.labels)
        finding.silent = set(silent)
        return None if silent else False


@lru_cache(maxsize=1024)
def _branches(policy: Policy, app: str | None) -> tuple[_Branch, ...]:
    """The policy's branches as `app` has them; `app` is None for apps that change nothing."""
    changes = policy.file.apps[app].change if app is not None else {}
    branches: list[_Branch] = []
    for name, band in policy.file.bands.items():
        branches += _band_branches(policy, name, changed_band(band, changes[name]) if name in changes else band)
    for rule in policy.file.rules:
        change = changes.get(rule.id)
        if change is not None and not change.enabled:
            continue
        if change is not None:
            rule = changed_rule(rule, change)
        branches.append(
            _Branch(
                id=rule.id,
                ask=rule.then,
                why=rule.why or f"Rule '{rule.id}' of policy '{policy.name}'.",
                place=_place(policy, rule.id),
                locked=rule.locked,
                is_shadow=rule.mode is not None,
                overrides=frozenset(rule.overrides),
                rule=rule,
            )
        )
    return tuple(branches)


def _band_branches(policy: Policy, name: str, band: Band) -> list[_Branch]:
    sides: list[tuple[str, Ask, float, float | None]] = []
    if band.review_from is not None:
        ask = Ask(outcome="review", queue=band.queue)
        sides.append(("review", ask, band.review_from, band.reject_from))
    if band.reject_from is not None:
        sides.append(("reject", Ask(outcome="reject"), band.reject_from, None))
    labels = expand(band.label, policy.file.lists)
    shown = labels[0] if len(labels) == 1 else f"one of {len(labels)} labels"
    return [
        _Branch(
            id=f"{name}.{side}",
            ask=ask,
            why=band.why or f"{shown} at {low:g} % or more.",
            place=_place(policy, name),
            locked=band.locked,
            is_shadow=False,
            overrides=frozenset(),
            labels=labels,
            exact=band.exact,
            at_least=low,
            below=high,
        )
        for side, ask, low, high in sides
    ]


def _place(policy: Policy, name: str) -> str:
    line = policy.lines.get(name)
    return f"{policy.path or policy.name}:{line}" if line else policy.path or policy.name


def _evaluate_policy(policy: Policy, scene: Scene, orphans: Collection[str]) -> PolicyVerdict:
    app = scene.subject.app if scene.subject.app in policy.file.apps else None
    default = (policy.file.apps[app].if_nothing_matches if app else None) or policy.file.if_nothing_matches
    tested = [(branch, *branch.test(scene)) for branch in _branches(policy, app)]
    off = _overridden([(branch, truth) for branch, truth, _ in tested if not branch.is_shadow])
    true: list[RuleResult] = []
    unknown: list[RuleResult] = []
    overridden: list[RuleResult] = []
    shadow: list[RuleResult] = []
    near: list[RuleResult] = []
    for branch, truth, finding in tested:
        result = _result(branch, truth, finding, off.get(branch.id))
        if branch.is_shadow:
            shadow += [result] if truth is not False else []
        elif branch.id in off:
            overridden += [result] if truth is True else []
        elif truth is True:
            true.append(result)
        elif truth is None:
            unknown.append(result)
        elif result.evidence:
            near.append(result)
    low = max((r.outcome for r in true), key=_STRICTNESS.__getitem__) if true else default.outcome
    high = max((low, *(r.outcome for r in unknown)), key=_STRICTNESS.__getitem__)
    needed = sorted(set(policy.file.needs) & set(scene.unanswered))
    failing = sorted({*orphans, *(name for r in unknown for name in r.unknown_because), *needed})
    on_failure = policy.file.if_a_detector_fails
    matters = high != low or (bool(failing) and low == "approve")
    outcome = max(low, on_failure.outcome, key=_STRICTNESS.__getitem__) if matters else low
    if matters and outcome == "approve" and orphans:
        outcome = "review"
    deciding = tuple(r for r in true if r.outcome == outcome)
    asks = [Ask(outcome=r.outcome, queue=r.queue) for r in deciding]
    asks += [default] if not true and default.outcome == outcome else []
    asks += [on_failure] if matters and on_failure.outcome == outcome else []
    return PolicyVerdict(
        policy=PolicyRef(name=policy.name, version=policy.version),
        outcome=outcome,
        queue=_first_queue(policy.file.queues, asks) if outcome == "review" else None,
        because=_because(outcome, deciding, true, failing if matters else []),
        deciding=deciding,
        near_misses=tuple(near),
        unknown=tuple(unknown),
        overridden=tuple(overridden),
        shadow=tuple(shadow),
    )


def _overridden(tested: Sequence[tuple[_Branch, bool | None]]) -> dict[str, str]:
    """Which branches are switched off, and by whom: only rules that are certainly true and act themselves can.

    The policy was checked to be acyclic, so taking off from the top settles.
    """
    acting = {branch.id: branch for branch, truth in tested if truth is True and branch.overrides}
    off: dict[str, str] = {}
    while True:
        new: dict[str, str] = {}
        for branch in sorted(acting.values(), key=lambda b: b.id):
            if branch.id not in off:
                new |= {target: branch.id for target in sorted(branch.overrides) if target not in new}
        if new == off:
            return off
        off = new


def _result(branch: _Branch, truth: bool | None, finding: Finding, overridden_by: str | None) -> RuleResult:
    if truth is True:
        evidence = [
            Evidence(detection=d, threshold=t, margin=None if t is None else d.confidence - t)
            for d, t in finding.matched
        ]
    else:
        evidence = [Evidence(detection=d, threshold=t, margin=d.confidence - t) for d, t in finding.near]
    return RuleResult(
        rule=branch.id,
        truth=_TRUTHS[truth],
        outcome=branch.ask.outcome,
        queue=branch.ask.queue,
        why=branch.why,
        place=branch.place,
        locked=branch.locked,
        evidence=tuple(evidence),
        unknown_because=tuple(sorted(finding.silent)) if truth is None else (),
        overridden_by=overridden_by,
    )


def _orphans(
    policies: Sequence[Policy], unanswered: Mapping[str, frozenset[str] | None], taxonomy: Taxonomy
) -> tuple[str, ...]:
    """Failed detectors that no policy names, ignores or asks about: nobody planned for them, so a person looks."""
    orphans = []
    for name, labels in unanswered.items():
        for policy in policies:
            if name in policy.file.ignore_failures_of or name in policy.file.needs:
                break
            if labels is None or any(taxonomy.overlap(a, b) for a in labels for b in policy.labels()):
                break
        else:
            orphans.append(name)
    return tuple(sorted(orphans))


def _carer(policies: Sequence[Policy]) -> Policy:
    """The first policy whose answer to a failure is a review, else one with a queue, else the first."""
    for policy in policies:
        if policy.file.if_a_detector_fails.outcome == "review":
            return policy
    return next((policy for policy in policies if policy.file.queues), policies[0])


def _first_queue(queues: Sequence[Queue], asks: Sequence[Ask]) -> str | None:
    wanted = {ask.queue for ask in asks if ask.outcome == "review"}
    for queue in queues:
        if queue.name in wanted or not wanted:
            return queue.name
    return None


def _because(
    outcome: Outcome, deciding: Sequence[RuleResult], true: Sequence[RuleResult], failing: Sequence[str]
) -> str:
    """One or two sentences; names rules, labels and numbers, never content."""
    if deciding:
        rule = deciding[0]
        strongest = max((e for e in rule.evidence), key=lambda e: e.detection.confidence, default=None)
        if strongest is None:
            return rule.why
        bound = "" if strongest.threshold is None else f", at least {strongest.threshold:g} asked for"
        return f"{rule.why.rstrip('.')}. ({strongest.detection.label} at {strongest.detection.confidence:.4g} %{bound})"
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


def _detection_order(detection: Detection) -> tuple[float, str, str, str]:
    return (-detection.confidence, detection.label, detection.part, detection.model_dump_json())
