"""Hearing: what the policies are to judge by, arranged once for all of them; the same in whatever order it came."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from moderation.core.coverage import Coverage
from moderation.core.detections import Detection, Failure
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import expand
from moderation.core.policy.words.counter import COUNTERS
from moderation.core.policy.words.listed import FOUND, LISTS, name_of
from moderation.core.rules.making import program_of
from moderation.core.rules.programs import Program
from moderation.core.rules.reasons import NO_ONE, Failing, failing
from moderation.core.rules.scene import NOBODY, Scene, Subject, failed_parts
from moderation.core.rules.words.label import covered
from moderation.core.taxonomy import Taxonomy

Reach = Mapping[str, frozenset[str] | None]
"""For each detector and extractor, the labels its answer can lead to; None for every label."""


class Hearing(NamedTuple):
    """What the policies judge by.

    Attributes:
        policies: those that apply to the item, by name.
        programs: of each, or why there is none.
        scene: what they look at.
        failures: by name, with one for each part that nobody looked at.
        orphans: who failed that no policy plans for, and the parts that nobody looked at.
        carer: the policy that answers for these.
        coverage: who looked at which given part; None where that is not known.
        scenes: of policies that allow some of what was found, by name.
    """

    policies: Sequence[Policy]
    programs: Sequence[Program | Exception]
    scene: Scene
    failures: Sequence[Failure]
    orphans: Failing
    carer: Policy | None
    coverage: Coverage | None
    scenes: Mapping[str, Scene]

    def orphans_of(self, policy: Policy) -> Failing:
        """Those that this policy answers for."""
        return self.orphans if policy is self.carer else NO_ONE

    def scene_of(self, policy: Policy) -> Scene:
        """The scene as a policy takes it: without the failures that it ignores and the values that it allows."""
        scene = self.scenes.get(policy.name, self.scene) if self.scenes else self.scene
        unanswered = scene.unanswered
        if not unanswered:
            return scene
        ignored = policy.file.ignore_failures_of
        if not ignored or unanswered.keys().isdisjoint(ignored):
            return scene
        return scene.without(ignored)


def hear(
    policies: Sequence[Policy],
    subject: Subject,
    findings: Sequence[Detection | Failure],
    taxonomy: Taxonomy,
    reach: Reach | None,
    coverage: Coverage | None,
    *,
    to_tell: bool = True,
) -> Hearing:
    """Arrange it; see `moderation.core.rules.engine.evaluate`. Raises `ValueError` where there are no policies.

    Args:
        to_tell: order the detections in full, so that what is told of them is always the same.
    """
    if not policies:
        raise ValueError("an item is judged by at least one policy")
    known = findings if coverage is None else _with_unexamined(findings, coverage)
    detections, failures = _sorted(known, to_tell=to_tell) if known else ([], [])
    unseen = _unseen(failures, coverage) if failures or coverage is not None else ()
    failed = [failure for failure in failures if failure.kind != "not_examined"] if unseen else failures
    unanswered = {f.detector.name: (reach or {}).get(f.detector.name) for f in failed} if failed else _NONE
    ordered = sorted(policies, key=_name) if len(policies) > 1 else policies
    is_read = ordered[0].reads_first if len(ordered) == 1 else any(policy.reads_first for policy in ordered)
    if (is_read or unanswered) and (unread := _unread(ordered, subject, unanswered, has_detections=bool(detections))):
        # Whoever counts finds no label, so that only rules that go by a counter, or a list, are left open.
        unanswered = {**unanswered, **dict.fromkeys(unread, NOBODY)}
    scene = Scene(subject, detections, unanswered, failed_parts(failed) if failed else None)
    programs = [_program(policy, subject, taxonomy) for policy in ordered]
    orphans = failing(_orphans(programs, unanswered), unseen) if unanswered or unseen else NO_ONE
    carer = _carer(ordered) if orphans is not NO_ONE else None
    scenes = _scenes(ordered, scene, taxonomy) if is_read and scene.by_label else _NO_SCENES
    return Hearing(ordered, programs, scene, failures, orphans, carer, coverage, scenes)


_NO_SCENES: Mapping[str, Scene] = {}


def _scenes(policies: Sequence[Policy], scene: Scene, taxonomy: Taxonomy) -> Mapping[str, Scene]:
    """What the policies look at that allow some values: without what is on their lists."""
    made: dict[str, Scene] = {}
    for policy in policies:
        allowed = [
            (each.in_list, covered(expand(each.label, policy.file.lists), taxonomy, exact=False))
            for each in policy.file.allow
            if each.app is None or scene.subject.app in each.app
        ]
        if allowed:
            made[policy.name] = scene.spared(allowed)
    return made


_NONE: Mapping[str, frozenset[str] | None] = {}


def _unread(
    policies: Sequence[Policy], subject: Subject, failed: Collection[str], *, has_detections: bool
) -> list[str]:
    """``counters`` and ``lists`` where one of the policies' could not be read, or was not."""
    unread = [name for name in (COUNTERS, LISTS) if name in failed] if failed else []
    for policy in policies:
        counters, lists = policy.file.counters, policy.lists_asked
        if counters and any(subject.counts.get(f"{policy.name}/{name}") is None for name in counters):
            unread.append(COUNTERS)
        asked = lists if has_detections or not lists else [each for each in lists if each[1] != FOUND]
        if asked and any(subject.listed.get(name_of(*each)) is None for each in asked):
            unread.append(LISTS)
    return unread


def _with_unexamined(findings: Sequence[Detection | Failure], coverage: Coverage) -> Sequence[Detection | Failure]:
    """The findings with a failure for each part that nobody looked at, where none says so yet."""
    return [*findings, *coverage.failures(each for each in findings if isinstance(each, Failure))]


def in_order(findings: Sequence[Detection | Failure], coverage: Coverage | None) -> list[Failure]:
    """The failures among the findings, by name, with one for each part that nobody looked at."""
    return _sorted(findings if coverage is None else _with_unexamined(findings, coverage), to_tell=True)[1]


def _unseen(failures: Sequence[Failure], coverage: Coverage | None) -> tuple[str, ...]:
    """Ids of the parts that nobody looked at, sorted."""
    parts = {failure.part for failure in failures if failure.kind == "not_examined"}
    parts |= set(coverage.unseen) if coverage is not None else set()
    return tuple(sorted(parts))


def _name(policy: Policy) -> str:
    return policy.file.policy


def _program(policy: Policy, subject: Subject, taxonomy: Taxonomy) -> Program | Exception:
    try:
        return program_of(policy, subject.app, subject.content_types, taxonomy)
    except Exception as error:  # as in `evaluate`: a policy that cannot be made ready approves nothing
        return error


def _orphans(
    programs: Sequence[Program | Exception], unanswered: Mapping[str, frozenset[str] | None]
) -> tuple[str, ...]:
    """Failed detectors that no policy names, ignores or asks about: nobody planned for them, so a person looks."""
    planned = [program for program in programs if not isinstance(program, Exception)]
    left = [name for name, reach in unanswered.items() if not any(each.plans_for(name, reach) for each in planned)]
    return tuple(sorted(left))


def _carer(policies: Sequence[Policy]) -> Policy:
    """The first policy whose answer to a failure is a review, else one with a queue, else the first."""
    for policy in policies:
        if policy.file.if_a_detector_fails.outcome == "review":
            return policy
    return next((policy for policy in policies if policy.file.queues), policies[0])


def _sorted(findings: Sequence[Detection | Failure], *, to_tell: bool) -> tuple[list[Detection], list[Failure]]:
    """Detections strongest first, failures by name: the same in whatever order they came."""
    detections = [finding for finding in findings if isinstance(finding, Detection)]
    failures: list[Failure] = []
    if len(detections) < len(findings):
        failures = [finding for finding in findings if not isinstance(finding, Detection)]
    if len(detections) > 1 and not to_tell:
        detections.sort(key=_confidence, reverse=True)
    elif len(detections) > 1:
        ranked = [(-d.confidence, d.label, d.part) for d in detections]
        # Ties are settled by the whole detection, which costs more than all the rest.
        key = _whole if len(set(ranked)) < len(ranked) else _rank
        detections.sort(key=key)
    if len(failures) > 1:
        failures.sort(key=lambda f: (f.detector.name, f.part, f.kind, f.message))
    return detections, failures


_confidence = attrgetter("confidence")


def _rank(detection: Detection) -> tuple[float, str, str, str]:
    return (-detection.confidence, detection.label, detection.part, "")


def _whole(detection: Detection) -> tuple[float, str, str, str]:
    return (-detection.confidence, detection.label, detection.part, detection.model_dump_json())
