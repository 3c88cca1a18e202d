"""What a condition may look at: an item's own facts, its detections, and who failed to answer.

Also what a condition saw: truth is three-valued after Kleene, ``True``, ``False`` and ``None`` for unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from moderation.core.detections import Detection, Failure
from moderation.core.measuring import Fact
from moderation.core.policy.words.listed import name_of, place_of
from moderation.core.verdicts import Evidence, ScoreValue

NEAR = 5.0
"""Points by which a detection may miss a threshold and still be named as a near miss."""


Listed = tuple[bool, str]
"""Whether an item is on a list, and the digest of the list as it was looked at."""


@dataclass(frozen=True)
class Subject:
    """What is known of an item beside its detections.

    Attributes:
        app: who posted it.
        content_types: of all its parts, given and extracted, plus ``document`` for text posted as a file.
        item_id: for sampling and roll-outs; empty for what is never sampled, such as a policy's own tests.
        metadata: what the app sent along.
        parts: content types of each given part by id, those of parts extracted from it included; empty when not known,
            then the parts are those that findings name.
        counts: each counter of the policies, as ``policy/counter``, with how many items came before; None, or left out,
            for one that could not be read.
        listed: each list at run time that the policies go by and where it was looked for, as ``watch metadata.author``;
            None, or left out, for one that could not be read.
        facts: of each given part by id, what was measured of it (`moderation.core.measuring`); empty when not known.
        posted_at: when it came in, an aware time; None when not known.
        flags: users' reports that nobody has decided about, weighed.
    """

    app: str
    content_types: frozenset[str]
    item_id: str = ""
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    parts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    counts: Mapping[str, int | None] = field(default_factory=dict)
    listed: Mapping[str, Listed | None] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, Fact]] = field(default_factory=dict)
    posted_at: datetime | None = None
    flags: float = 0.0


@dataclass(slots=True)
class Observation:
    """The truth of a condition, and what was seen while it was tested.

    Attributes:
        truth: None for unknown.
        matched: detections that made it true.
        near: of a false condition: detections that would make it true with at most `NEAR` points more.
        silent: of an unknown condition: whose failure leaves it open.
        scores: scores that made it true, or nearly.
    """

    truth: bool | None
    matched: tuple[Evidence, ...] = ()
    near: tuple[Evidence, ...] = ()
    silent: frozenset[str] = frozenset()
    scores: tuple[ScoreValue, ...] = ()


TRUE, FALSE = Observation(True), Observation(False)
NOBODY: frozenset[str] = frozenset()


class Scene:
    """All that a condition may look at, arranged for quick answers.

    Args:
        detections: strongest first, with labels of the taxonomy.
        unanswered: detectors and extractors that failed, each with the labels its answer could have led to; None when
            that is not known, which is taken as every label.
        failed_in: the given parts that each of them failed on; one that is not there failed on every part.

    Attributes:
        is_crowded: True with more than one detection.
        is_timed: True when something was found at a time of a film or sound.
    """

    __slots__ = ("_memo", "by_label", "failed_in", "is_crowded", "is_timed", "subject", "unanswered")

    def __init__(
        self,
        subject: Subject,
        detections: Sequence[Detection],
        unanswered: Mapping[str, frozenset[str] | None],
        failed_in: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self.subject = subject
        self.unanswered = unanswered
        self.failed_in = failed_in or {}
        self.is_crowded = len(detections) > 1
        self.is_timed = False
        self.by_label: dict[str, list[Detection]] = {}
        self._memo: dict[Hashable, Any] = {}
        for detection in detections:
            if detection.time_range is not None:
                self.is_timed = True
            known = self.by_label.get(detection.label)
            if known is None:
                self.by_label[detection.label] = [detection]
            else:
                known.append(detection)

    def without(self, names: Collection[str]) -> Scene:
        """The same without the failures of `names`."""
        left = {name: reach for name, reach in self.unanswered.items() if name not in names}
        scene = Scene(self.subject, (), left, self.failed_in)
        scene.by_label, scene.is_crowded, scene.is_timed = self.by_label, self.is_crowded, self.is_timed
        return scene

    def spared(self, allowed: Sequence[tuple[str, frozenset[str]]]) -> Scene:
        """The same without the detections of some labels whose values stand on a list; see `Policy.allow`.

        Args:
            allowed: each list, with the labels that it spares.
        """
        listed = self.subject.listed
        left = [
            detection
            for detections in self.by_label.values()
            for detection in detections
            if not any(
                detection.label in labels and (listed.get(name_of(name, place_of(detection))) or (False,))[0]
                for name, labels in allowed
            )
        ]
        return Scene(self.subject, left, self.unanswered, self.failed_in)

    def matching(self, labels: frozenset[str]) -> list[Detection]:
        """The detections with one of `labels`."""
        found: list[Detection] | None = self._memo.get(labels)
        if found is None:
            lists = [detections for label, detections in self.by_label.items() if label in labels]
            found = lists[0] if len(lists) == 1 else [detection for each in lists for detection in each]
            self._memo[labels] = found
        return found

    def memo(self, key: Hashable) -> Any:
        """What was kept under `key` for the conditions that ask the same again; None when nothing was."""
        return self._memo.get(key)

    def keep(self, key: Hashable, value: Any) -> None:
        """Keep a value for `memo`."""
        self._memo[key] = value

    def silent(self, labels: frozenset[str]) -> frozenset[str]:
        """Who failed and could have found one of `labels`."""
        if not self.unanswered:
            return NOBODY
        return frozenset(
            name for name, reach in self.unanswered.items() if reach is None or not reach.isdisjoint(labels)
        )

    def is_open(self, labels: frozenset[str]) -> bool:
        """Whether anybody failed who could have found one of `labels`."""
        for reach in self.unanswered.values():  # noqa: SIM110 - asked often, and `any` takes three times as long
            if reach is None or not reach.isdisjoint(labels):
                return True
        return False

    def parts(self) -> list[Scene]:
        """A scene for each given part, with what was found in it and in what was extracted from it, by id."""
        scenes: list[Scene] | None = self._memo.get("parts")
        if scenes is None:
            scenes = self._memo["parts"] = list(self._parts())
        return scenes

    def _parts(self) -> Sequence[Scene]:
        found: dict[str, list[Detection]] = {root: [] for root in self.subject.parts}
        for failed in self.failed_in.values():
            for root in failed:
                found.setdefault(root, [])
        everywhere: list[Detection] = []
        for detection in (d for each in self.by_label.values() for d in each):
            if detection.part:
                found.setdefault(root_of(detection.part), []).append(detection)
            else:
                everywhere.append(detection)
        subject = self.subject
        scenes = []
        for root in sorted(found) or ["p0"]:
            there = [*found.get(root, ()), *everywhere]
            there.sort(key=lambda d: -d.confidence)
            types = subject.parts.get(root, subject.content_types)
            failed_here = {n: r for n, r in self.unanswered.items() if root in self.failed_in.get(n, (root,))}
            facts = {root: subject.facts[root]} if root in subject.facts else {}
            of_part = replace(subject, content_types=types, parts={root: types}, facts=facts)
            scenes.append(Scene(of_part, there, failed_here))
        return scenes


NOTHING = Scene(Subject("", frozenset()), (), {})
"""Where nothing was found, and all answered."""


def held(detections: Iterable[Detection], threshold: float | None) -> tuple[Evidence, ...]:
    """The detections as evidence against a threshold."""
    if threshold is None:
        return tuple([Evidence(d) for d in detections])
    return tuple([Evidence(d, threshold, d.confidence - threshold) for d in detections])


def root_of(part: str) -> str:
    """The given part that a part was extracted from, over however many steps; itself when it was given."""
    return part.partition(".")[0]


MISSING = object()


def value_at(key: str, metadata: Mapping[str, JsonValue]) -> object:
    """The value of a key; dots lead into mappings where there is no such key as a whole. Null counts as missing."""
    value: object = metadata.get(key, MISSING)
    if value is MISSING and metadata and "." in key:
        value = metadata
        for step in key.split("."):
            # Most are dictionaries; the wider question takes ten times as long.
            is_mapping = isinstance(value, dict) or isinstance(value, Mapping)  # noqa: SIM101
            value = value.get(step, MISSING) if is_mapping else MISSING  # type: ignore[attr-defined]
    return MISSING if value is None else value


def failed_parts(failures: Sequence[Failure]) -> Mapping[str, frozenset[str]]:
    """The given parts that each detector failed on; who failed on the whole item is left out."""
    if len(failures) == 1:
        [failure] = failures
        return {failure.detector.name: frozenset({root_of(failure.part)})} if failure.part else {}
    found: dict[str, set[str]] = {}
    everywhere = {failure.detector.name for failure in failures if not failure.part}
    for failure in failures:
        if failure.detector.name not in everywhere:
            found.setdefault(failure.detector.name, set()).add(root_of(failure.part))
    return {name: frozenset(roots) for name, roots in found.items()}
