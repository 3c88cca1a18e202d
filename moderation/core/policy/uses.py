"""What a policy names and where: its conditions, labels and queues, each with the path to the place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moderation.core.policy.file import PolicyFile
from moderation.core.policy.terms import Ask, Condition, Labels, ListRef, Path


def conditions(condition: Condition, path: Path) -> Iterator[tuple[Path, Condition]]:
    """A condition and all inside it, with paths."""
    yield path, condition
    if condition.one_part is not None:
        yield from conditions(condition.one_part, (*path, "one_part"))
    for key in ("all", "any"):
        for number, below in enumerate(getattr(condition, key) or ()):
            yield from conditions(below, (*path, key, number))
    if condition.not_ is not None:
        yield from conditions(condition.not_, (*path, "not"))


def label_groups(file: PolicyFile) -> Iterator[tuple[Path, Labels]]:
    """Each ``label:`` of bands and rules, with its path."""
    for name, band in file.bands.items():
        yield ("bands", name, "label"), band.label
    for number, rule in enumerate(file.rules):
        for path, condition in conditions(rule.when, ("rules", number, "when")):
            if condition.label is not None:
                yield (*path, "label"), condition.label
    for name, score in file.scores.items():
        for number, term in enumerate(score.of):
            yield ("scores", name, "of", number, "label"), term.label


def label_uses(file: PolicyFile) -> Iterator[tuple[Path, Any]]:
    """Each label that bands and rules name, with the path to where it is written: each list's entries once."""
    lists: set[str] = set()
    for path, labels in label_groups(file):
        if isinstance(labels, str):
            yield path, labels
        elif isinstance(labels, ListRef):
            lists.add(labels.name)
        else:
            for number, label in enumerate(labels):
                yield (*path, number), label
    for number, rule in enumerate(file.rules):
        if rule.when.people is not None or any(c.people for _, c in conditions(rule.when, ())):
            yield ("rules", number, "when"), "Person"
        for position, label in enumerate(rule.redact):
            yield ("rules", number, "redact", position), label
    for name in sorted(lists):
        for position, entry in enumerate(file.lists.get(name, ())):
            yield ("lists", name, position), entry


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
    for n, test in enumerate(file.tests):
        yield ("tests", n, "expect", "review"), test.expect.queue


def queues_used(file: PolicyFile) -> set[str]:
    """Names of the queues that something besides tests leads to."""
    return {name for path, name in queue_uses(file) if name is not None and path[0] != "tests"}
