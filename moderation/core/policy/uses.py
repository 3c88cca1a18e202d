"""What a policy names and where: labels, lists, scores, detectors, queues, each with the path to the place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, assert_never

from moderation.core.policy.file import PolicyFile
from moderation.core.policy.terms import Ask, Labels, ListRef, Path
from moderation.core.policy.within import Within, WithinTable
from moderation.core.policy.words.counter import CounterCondition
from moderation.core.policy.words.facts import AppCondition, ContentTypeCondition
from moderation.core.policy.words.label import LabelCondition
from moderation.core.policy.words.listed import CONTENT, FOUND, METADATA, ContentCondition
from moderation.core.policy.words.logic import AllOf, AnyOf, Condition, NotOf, OnePart, conditions
from moderation.core.policy.words.measured import FlagsCondition, MeasuredCondition
from moderation.core.policy.words.metadata import MetadataCondition
from moderation.core.policy.words.people import PeopleCondition
from moderation.core.policy.words.score import ScoreCondition


class Mentions(NamedTuple):
    """What one condition names by itself, without what is inside it.

    Attributes:
        labels: as its ``label`` says them.
        others: labels that it holds the places of these against, by the key they stand at.
        of_people: True when it looks at detections with label ``Person``.
        values: a named list of values.
        score: a score of the policy.
        detectors: those whose detections alone count.
        apps: that it tells apart.
        content_types: that it tells apart.
        counter: a counter of the policy.
    """

    labels: Labels | None = None
    others: Sequence[tuple[str, Labels]] = ()
    of_people: bool = False
    values: ListRef | None = None
    score: str | None = None
    detectors: Sequence[str] = ()
    apps: Sequence[str] = ()
    content_types: Sequence[str] = ()
    counter: str | None = None


_NOTHING = Mentions()


def mentions(condition: Condition) -> Mentions:
    """What a condition names."""
    match condition:
        case LabelCondition():
            others = tuple((name, other.label) for name, other in condition.relations.items())
            return Mentions(labels=condition.label, detectors=condition.detector or (), others=others)
        case ScoreCondition():
            return Mentions(score=condition.score)
        case CounterCondition():
            return Mentions(counter=condition.counter)
        case PeopleCondition():
            return Mentions(of_people=True)
        case MetadataCondition():
            wanted = condition.metadata.in_
            return Mentions(values=wanted) if isinstance(wanted, ListRef) else _NOTHING
        case AppCondition():
            return Mentions(apps=condition.app)
        case ContentTypeCondition():
            return Mentions(content_types=condition.content_type)
        case MeasuredCondition():
            return _NOTHING
        case AllOf() | AnyOf() | NotOf() | OnePart() | ContentCondition():
            return _NOTHING
        case _:
            assert_never(condition)


class Uses:
    """Each thing that a policy names, with the path to where it does.

    Attributes:
        conditions: all of them, with what each names by itself.
    """

    def __init__(self, file: PolicyFile) -> None:
        self._file = file
        self.conditions: Sequence[tuple[Path, Mentions]] = [
            (path, mentions(condition))
            for number, rule in enumerate(file.rules)
            for path, condition in conditions(rule.when, ("rules", number, "when"))
        ]

    def label_groups(self) -> Iterator[tuple[Path, Labels]]:
        """Each ``label:`` of bands, rules and scores."""
        for name, band in self._file.bands.items():
            yield ("bands", name, "label"), band.label
        for path, named in self.conditions:
            if named.labels is not None:
                yield (*path, "label"), named.labels
            for key, labels in named.others:
                yield (*path, key, "label"), labels
        for name, score in self._file.scores.items():
            for number, term in enumerate(score.of):
                yield ("scores", name, "of", number, "label"), term.label

    def labels(self) -> Iterator[tuple[Path, Any]]:
        """Each label: each list's entries once, where they are listed."""
        lists: set[str] = set()
        for path, labels in self.label_groups():
            if isinstance(labels, str):
                yield path, labels
            elif isinstance(labels, ListRef):
                lists.add(labels.name)
            else:
                for number, label in enumerate(labels):
                    yield (*path, number), label
        of_people = {path[1] for path, named in self.conditions if named.of_people}
        for number, rule in enumerate(self._file.rules):
            if number in of_people:
                yield ("rules", number, "when"), "Person"
            for position, label in enumerate(rule.redact):
                yield ("rules", number, "redact", position), label
        for name, counter in self._file.counters.items():
            if not counter.is_of_happening:
                yield ("counters", name, "of"), counter.of
        for label in self._file.labels:
            yield ("labels", label), label
        for name in sorted(lists):
            for position, entry in enumerate(self._file.lists.get(name, ())):
                yield ("lists", name, position), entry

    def allowed(self) -> Iterator[tuple[Path, Labels]]:
        """Each ``label:`` of what may be spared, which no rule asks for by that."""
        for number, allowed in enumerate(self._file.allow):
            yield ("allow", number, "label"), allowed.label

    def lists(self) -> Iterator[tuple[Path, ListRef]]:
        """Each ``{list: NAME}``, of labels or of values."""
        for path, labels in (*self.label_groups(), *self.allowed()):
            if isinstance(labels, ListRef):
                yield path, labels
        for path, named in self.conditions:
            if named.values is not None:
                yield (*path, "metadata", "in"), named.values

    def scores(self) -> Iterator[tuple[Path, str]]:
        """Each score that a rule goes by."""
        for path, named in self.conditions:
            if named.score is not None:
                yield (*path, "score"), named.score

    def counters(self) -> Iterator[tuple[Path, str]]:
        """Each counter that a rule goes by."""
        for path, named in self.conditions:
            if named.counter is not None:
                yield (*path, "counter"), named.counter

    def detectors(self) -> Iterator[tuple[Path, str]]:
        """Each detector; those of the policy's tests are left out."""
        for key in ("needs", "only_with", "ignore_failures_of"):
            for number, name in enumerate(getattr(self._file, key)):
                yield (key, number), name
        for path, named in self.conditions:
            for number, name in enumerate(named.detectors):
                yield (*path, "detector", number), name
        for score_name, score in self._file.scores.items():
            for n, term in enumerate(score.of):
                for number, name in enumerate(term.detector or ()):
                    yield ("scores", score_name, "of", n, "detector", number), name


def timed_labels(file: PolicyFile) -> Iterator[tuple[Path, str]]:
    """Each label that has a time of its own in ``decide_within``."""
    places: list[tuple[Path, Within | None]] = [(("decide_within",), file.decide_within)]
    places += [(("queues", n, "decide_within"), queue.decide_within) for n, queue in enumerate(file.queues)]
    for path, within in places:
        if isinstance(within, WithinTable):
            yield from (((*path, label), label) for label in within.rows)


def lists_asked(file: PolicyFile) -> frozenset[tuple[str, str]]:
    """The lists at run time that a policy goes by, each with where: ``content``, ``detections`` or ``metadata.KEY``."""
    found: set[tuple[str, str]] = {(allowed.in_list, FOUND) for allowed in file.allow}
    for rule in file.rules:
        for _, condition in conditions(rule.when, ()):
            if isinstance(condition, ContentCondition):
                found.add((condition.content.in_list, CONTENT))
            elif isinstance(condition, MetadataCondition) and condition.metadata.in_list is not None:
                found.add((condition.metadata.in_list, f"{METADATA}{condition.metadata.key}"))
    return frozenset(found)


def asks_for_flags(file: PolicyFile) -> bool:
    """True when a rule goes by users' reports."""
    return any(isinstance(each, FlagsCondition) for rule in file.rules for _, each in conditions(rule.when, ()))


def _queue_of(ask: Ask | None) -> str | None:
    return ask.queue if ask is not None else None


def queue_uses(file: PolicyFile) -> Iterator[tuple[Path, str | None]]:
    """Each queue that something leads to, with its path; None where it leads elsewhere."""
    yield ("if_nothing_matches", "review"), file.if_nothing_matches.queue
    yield ("if_a_detector_fails", "review"), file.if_a_detector_fails.queue
    for name, band in file.bands.items():
        yield ("bands", name, "queue"), band.queue
    for n, rule in enumerate(file.rules):
        yield ("rules", n, "then", "review"), rule.then.queue
    for n, queue in enumerate(file.queues):
        yield ("queues", n, "if_no_agreement", "review"), _queue_of(queue.if_no_agreement)
    for app, own in file.apps.items():
        yield ("apps", app, "if_nothing_matches", "review"), _queue_of(own.if_nothing_matches)
        for target, change in own.change.items():
            yield ("apps", app, "change", target, "queue"), change.queue
            yield ("apps", app, "change", target, "then", "review"), _queue_of(change.then)
    for n, sampling in enumerate(file.sampling):
        yield ("sampling", n, "queue"), sampling.queue
    if file.notices is not None:
        yield ("notices", "queue"), file.notices.queue
        yield ("notices", "copies", "review"), _queue_of(file.notices.copies)
    for n, test in enumerate(file.tests):
        yield ("tests", n, "expect", "review"), test.expect.queue


def grounds_named(file: PolicyFile) -> Iterator[tuple[Path, str]]:
    """Each ground that something rests on, with its path."""
    if file.ground is not None:
        yield ("ground",), file.ground
    for name, band in file.bands.items():
        if band.ground is not None:
            yield ("bands", name, "ground"), band.ground
    for n, rule in enumerate(file.rules):
        if rule.ground is not None:
            yield ("rules", n, "ground"), rule.ground


def queues_used(file: PolicyFile) -> set[str]:
    """Names of the queues that something besides tests leads to."""
    return {name for path, name in queue_uses(file) if name is not None and path[0] != "tests"}
