"""Verdicts in words: what each policy wanted and why, so that a person can check it. No content of the item."""

from __future__ import annotations

from collections.abc import Iterator

from moderation.core.detections import Detection
from moderation.core.policy.changes import said
from moderation.core.verdicts import Evidence, NotExamined, PolicyVerdict, RuleResult, Sample, Verdict


def verdict_words(verdict: Verdict) -> Iterator[str]:
    """The outcome, then each policy's own, sentence by sentence."""
    where = f" (queue '{verdict.queue}')" if verdict.queue else ""
    yield f"The rules wanted {verdict.outcome}{where}. {verdict.reason}"
    yield from coverage_words(verdict)
    for policy in verdict.policies:
        yield from policy_words(policy)
    for sample in verdict.samples:
        yield sample_words(sample)


def coverage_words(verdict: Verdict) -> Iterator[str]:
    """Who looked at what, and what nobody looked for."""
    for each in verdict.examined:
        if each.detectors:
            yield f"Part {each.part} was looked at by {', '.join(each.detectors)}."
    given = {each.part for each in verdict.examined}
    # What was shown of frames stands in the data; there may be a hundred of those.
    for look in (look for look in verdict.looks if look.part in given):
        digests = ", ".join(digest[:12] for digest in look.sha256)
        yield f"Of part {look.part}, {look.detector} was shown the pixels {digests}."
    yield from unseen_words(verdict)


def unseen_words(verdict: Verdict) -> Iterator[str]:
    """What nobody looked at or looked for, so that an approval does not claim it."""
    why = {failure.part: failure.message for failure in verdict.failures if failure.kind == "not_examined"}
    unseen = {each.part: "who was asked gave no answer" for each in verdict.examined if not each.detectors}
    for part, reason in {**unseen, **why}.items():
        yield f"Nobody looked at part {part}: {reason}."
    for waiting in verdict.not_examined:
        yield waiting_words(waiting)


def waiting_words(waiting: NotExamined) -> str:
    """What nobody looked for on behalf of one policy."""
    labels = ", ".join(waiting.labels) or "what it is about"
    return f"Nobody looked for {labels}: policy '{waiting.policy}' waits for {', '.join(waiting.waits_for)}."


def policy_words(policy: PolicyVerdict) -> Iterator[str]:
    """What one policy wanted, which rules led to it, and what nearly or perhaps would have."""
    version = policy.policy.version[:12]
    yield f"Policy '{policy.policy.name}' (version {version}) wanted {policy.outcome}: {policy.because}"
    for rule in policy.deciding:
        yield f"Rule {rule.rule} ({rule.place}) fired: {rule.why}{evidence_words(rule)}"
    for rule in policy.also_true:
        yield f"Rule {rule.rule} ({rule.place}) fired too, for {rule.outcome}: {rule.why}{evidence_words(rule)}"
    for rule in policy.overridden:
        yield f"Rule {rule.rule} ({rule.place}) was set aside by {rule.overridden_by}{evidence_words(rule)}"
    for rule in policy.near_misses:
        yield f"Rule {rule.rule} ({rule.place}) nearly fired{evidence_words(rule)}"
    for rule in policy.unknown:
        silent = ", ".join(rule.unknown_because)
        open_as = f"Rule {rule.rule} ({rule.place}) is open, it could mean {rule.outcome}"
        if rule.evidence:
            yield f"{open_as}: {silent} could not tell{evidence_words(rule)}."
        else:
            yield f"{open_as}: no answer from {silent}."
    for rule in policy.shadow:
        may = "" if rule.truth == "true" else ", perhaps,"
        asked = f"would{may} have asked for {rule.outcome}{evidence_words(rule)}"
        yield f"Rule {rule.rule} ({rule.place}), on trial, {asked}"
    if policy.shadow_outcome is not None and policy.shadow_outcome != policy.outcome:
        yield f"With the rules on trial, policy '{policy.policy.name}' would have wanted {policy.shadow_outcome}."
    if policy.redact:
        yield f"Where it is approved, to be redacted: {', '.join(sorted({d.label for d in policy.redact}))}."
    for action in policy.actions:
        yield f"Rule {action.rule} asks the app for {action.name}: {said(action.value)}."


def sample_words(sample: Sample) -> str:
    """That an item was picked."""
    when = "before it is decided" if sample.hold else "after it is decided"
    return f"Sampling '{sample.id}' of policy '{sample.policy}' picked it: people look {when} (queue '{sample.queue}')."


def evidence_words(rule: RuleResult) -> str:
    """The scores, counters and detections behind a rule, in brackets; empty when there are none."""
    scores = [
        f"on list {s.score}" if s.kind == "list" else f"{s.kind} {s.score} at {s.value:g}, threshold {s.threshold:g}"
        for s in rule.scores
    ]
    found = "; ".join([*scores, *(_found(evidence) for evidence in rule.evidence)])
    return f" [{found}]" if found else ""


def _found(evidence: Evidence) -> str:
    detection = evidence.detection
    who = f" by {detection.detector.name} {detection.detector.version}" if detection.detector else ""
    threshold = f", threshold {evidence.threshold:g}" if evidence.threshold is not None else ""
    return f"{detection.label} at {detection.confidence:g}{threshold}{who} in {place_words(detection)}"


def place_words(detection: Detection) -> str:
    """Where a detection is, for people."""
    part = detection.part or "the item"
    if detection.span is not None:
        return f"{part}, characters {detection.span.start} to {detection.span.end}"
    if detection.box is not None:
        box = detection.box
        return f"{part}, box at {box.left:.0%}, {box.top:.0%}, {box.width:.0%} wide, {box.height:.0%} high"
    if detection.time_range is not None:
        return f"{part}, seconds {detection.time_range.start:g} to {detection.time_range.end:g}"
    return part
