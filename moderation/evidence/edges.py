"""Edges: tests for a policy made of the stored items that lie nearest to its thresholds, on both sides of each.

Such a test says what the policy makes of the item now, so that a later slip of the pen shows. What people said is put
beside it. Of an item only what the policy asks about goes into a test: no content, and of the app's facts those alone
that its conditions name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from moderation.core.detections import Detection, Failure
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import expand
from moderation.core.policy.thresholds import spread
from moderation.core.policy.words.label import LabelCondition
from moderation.core.policy.words.logic import conditions
from moderation.core.policy.words.metadata import MetadataCondition
from moderation.core.policy.words.word import Bounds
from moderation.core.rules.choosing import choose
from moderation.core.rules.words.label import covered
from moderation.core.taxonomy import Taxonomy
from moderation.evidence.history import Case
from moderation.policies.cases import run_tests

PLACES = ("part", "detector", "span", "box", "time_range")


@dataclass(frozen=True)
class Edge:
    """A threshold: the rule or side of a band that it is of, the percent from which on, and the labels it is about."""

    rule: str
    at: float
    labels: frozenset[str]


@dataclass(frozen=True)
class Suggested:
    """A test for a policy.

    Attributes:
        document: as the file has it.
        said: what people said of the item; None when nobody looked.
        item_id: that it was made from.
    """

    document: Mapping[str, Any]
    said: str | None
    item_id: str


def edges(policy: Policy, taxonomy: Taxonomy) -> Iterator[Edge]:
    """Every threshold of the policy's bands and label conditions."""
    file = policy.file
    for name, band in file.bands.items():
        labels = covered(expand(band.label, file.lists), taxonomy, exact=band.exact)
        for side, threshold in (("review", band.review_from), ("reject", band.reject_from)):
            for _, at in spread(threshold):
                if at:
                    yield Edge(f"{name}.{side}", at, labels)
    for number, rule in enumerate(file.rules):
        for _, condition in conditions(rule.when, ("rules", number, "when")):
            if isinstance(condition, LabelCondition):
                labels = covered(expand(condition.label, file.lists), taxonomy, exact=bool(condition.exact))
                for _, bound in (*spread(condition.at_least), *spread(condition.below)):
                    if bound:
                        yield Edge(rule.id, bound, labels)


@dataclass
class EdgeFinder:
    """Looks for the items nearest to a policy's thresholds.

    Attributes:
        within: points from a threshold that are near.
        reach: labels that the answer of each loaded detector can lead to.
    """

    policy: Policy
    taxonomy: Taxonomy
    reach: Mapping[str, frozenset[str]]
    within: float = 5.0
    _edges: list[Edge] = field(default_factory=list)
    _nearest: dict[tuple[Edge, bool], tuple[tuple[bool, float, str], Case]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._edges = list(dict.fromkeys(edges(self.policy, self.taxonomy)))

    def add_all(self, cases: Iterable[Case]) -> Iterator[Case]:
        """Look at each, and pass it on, so that progress can be shown."""
        for case in cases:
            self.add(case)
            yield case

    def add(self, case: Case) -> None:
        """Look at one item that is decided: one that people answered on goes before others, then the nearest."""
        if case.outcome == "review" and case.opinion is None:
            return
        if not self.policy.applies(case.subject.app, case.subject.content_types):
            return
        found = [each for each in case.findings if isinstance(each, Detection)]
        for edge in self._edges:
            highest = max((each.confidence for each in found if each.label in edge.labels), default=None)
            if highest is None or abs(highest - edge.at) > self.within:
                continue
            rank = (case.opinion is None, abs(highest - edge.at), case.item_id)
            key = (edge, highest >= edge.at)
            if key not in self._nearest or rank < self._nearest[key][0]:
                self._nearest[key] = (rank, case)

    def suggest(self) -> list[Suggested]:
        """The tests, in the order of the policy's thresholds, lower side first; each item once."""
        found: list[Suggested] = []
        names = {test.name for test in self.policy.file.tests}
        used: set[str] = set()
        for edge in self._edges:
            for is_over in (False, True):
                _, case = self._nearest.get((edge, is_over), (None, None))
                if case is None or case.item_id in used:
                    continue
                made = self._test(case, _name(edge, is_over, names))
                if made is not None:
                    used.add(case.item_id)
                    names.add(str(made["name"]))
                    said = case.opinion.outcome if case.opinion is not None else None
                    found.append(Suggested(made, said, case.item_id))
        return found

    def _test(self, case: Case, name: str) -> dict[str, Any] | None:
        """A test that comes to what the policy makes of the item; the shortest that does, None when none does."""
        wanted = choose([self.policy], case.subject, case.findings, self.taxonomy, {**self.reach, **case.reach})
        expect: Any = {"review": wanted.queue} if wanted.outcome == "review" else wanted.outcome
        for with_places in (False, True):
            for rolled_out in (True, False):
                item = self._item(case, with_places=with_places)
                item |= {} if rolled_out else {"rolled_out": False}
                test = {"name": name, "item": item, "expect": expect}
                if self._passes(test):
                    return test
        return None

    def _item(self, case: Case, *, with_places: bool) -> dict[str, Any]:
        policy, subject = self.policy, case.subject
        types = sorted(subject.content_types - ({"text"} if "document" in subject.content_types else set()))
        item: dict[str, Any] = {"content_type": types[0] if len(types) == 1 else types, "app": subject.app}
        if facts := _facts(policy, subject.metadata):
            item["metadata"] = facts
        counts = {name.partition("/")[2]: n for name, n in subject.counts.items() if n is not None}
        if counts := {name: n for name, n in counts.items() if name in policy.file.counters}:
            item["counters"] = counts
        asked = covered(policy.labels(), self.taxonomy, exact=False)
        item["detections"] = [
            _detection(each, with_places=with_places)
            for each in case.findings
            if isinstance(each, Detection) and each.label in asked
        ]
        if failed := sorted({each.detector.name for each in case.findings if isinstance(each, Failure)}):
            item["failed"] = failed
        return item

    def _passes(self, test: Mapping[str, Any]) -> bool:
        document = self.policy.file.model_dump(mode="json", by_alias=True, exclude_unset=True)
        with_it, _ = parse_policy({**document, "tests": [test]}, self.taxonomy, version=self.policy.version)
        if with_it is None:
            return False
        with_it = replace(with_it, path=self.policy.path)
        return all(result.passed for result in run_tests(with_it, self.taxonomy, self.reach))


def _name(edge: Edge, is_over: bool, taken: set[str]) -> str:
    words = f"{edge.rule} {'from' if is_over else 'under'} {edge.at:g}"
    number = 2
    name = words
    while name in taken:
        name, number = f"{words} ({number})", number + 1
    return name


def _detection(detection: Detection, *, with_places: bool) -> dict[str, Any]:
    said: dict[str, Any] = {detection.label: detection.confidence}
    if isinstance(parts := detection.attributes.get("parts"), Mapping) and parts:
        said["parts"] = {part: covers or "bare" for part, covers in parts.items()}
    if with_places:
        plain = detection.model_dump(mode="json", exclude_none=True)
        said |= {key: plain[key] for key in PLACES if plain.get(key)}
        if detection.detector is not None:
            said["detector"] = detection.detector.name
    return said


def _facts(policy: Policy, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Of the app's facts those that a condition or a table of thresholds names, as they were nested."""
    found: dict[str, Any] = {}
    for number, rule in enumerate(policy.file.rules):
        for _, condition in conditions(rule.when, ("rules", number, "when")):
            if isinstance(condition, MetadataCondition):
                _take(found, metadata, condition.metadata.key)
            elif isinstance(condition, Bounds) and (rows := condition.by_rows()) is not None:
                _take(found, metadata, rows.key)
    for band in policy.file.bands.values():
        if (columns := band.by_rows()) is not None:
            _take(found, metadata, columns.key)
    return found


def _take(into: dict[str, Any], metadata: Mapping[str, Any], key: str) -> None:
    if key in metadata:
        into[key] = metadata[key]
        return
    steps, value = key.split("."), metadata
    for step in steps:
        if not isinstance(value, Mapping) or step not in value:
            return
        value = value[step]
    for step in steps[:-1]:
        into = into.setdefault(step, {})
    into[steps[-1]] = value
