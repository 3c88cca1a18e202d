"""What is checked about a policy beyond its shape: names that must exist, cycles, locks. Every fault, with its path."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from moderation.core.nearest import nearest
from moderation.core.policy.app_changes import check_apps
from moderation.core.policy.codes import Slip, label_hint, unknown
from moderation.core.policy.examples import check_tests
from moderation.core.policy.file import TAXONOMIES, PolicyFile, Rule, branch_ids
from moderation.core.policy.policies import Policy
from moderation.core.policy.repair import Repaired
from moderation.core.policy.shape import read_shape
from moderation.core.policy.terms import Path
from moderation.core.policy.uses import Uses, grounds_named, queue_uses, timed_labels
from moderation.core.policy.words.counter import COUNTERS
from moderation.core.policy.words.listed import LISTS
from moderation.core.policy.words.logic import conditions
from moderation.core.policy.words.people import PeopleCondition
from moderation.core.shipped import SHIPPED_TOOLS
from moderation.core.taxonomy import Taxonomy

__all__ = ["Slip", "parse_policy"]


def parse_policy(
    data: Any,
    taxonomy: Taxonomy,
    *,
    version: str = "",
    text: str = "",
    path: str = "",
    lines: Mapping[str, int] | None = None,
    detectors: Collection[str] = (),
) -> tuple[Policy | None, list[Slip]]:
    """Read a policy from the plain data of its file.

    Args:
        data: as YAML or JSON give it.
        detectors: names of the loaded detectors; what is neither among them nor shipped is looked at for misspelling.

    Returns:
        The policy, or None when there are faults; and every fault found.
    """
    known = {*detectors, *SHIPPED_TOOLS}
    file, slips = read_shape(data)
    if file is None:
        return None, [*slips, *_beside(data, slips, taxonomy, known)]
    slips = list(_check(file, taxonomy, known))
    if slips:
        return None, slips
    return Policy(file, version, text, path, lines or {}), []


def _beside(data: Any, slips: Sequence[Slip], taxonomy: Taxonomy, detectors: Collection[str]) -> Iterator[Slip]:
    """What is wrong beside the places whose shape is."""
    if not isinstance(data, Mapping):
        return
    repaired = Repaired(data, slips)
    file, _ = read_shape(repaired.data)
    if file is not None:
        for slip in _check(file, taxonomy, detectors):
            if (placed := repaired.placed(slip)) is not None:
                yield placed


def _check(file: PolicyFile, taxonomy: Taxonomy, detectors: Collection[str]) -> Iterator[Slip]:
    """What a shape cannot say."""
    uses = Uses(file)
    if file.taxonomy is not None and file.taxonomy not in TAXONOMIES:
        close = nearest(file.taxonomy, TAXONOMIES)
        hint = f"did you mean '{close}'?" if close else f"known: {', '.join(TAXONOMIES)}"
        yield Slip(("taxonomy",), "E104", f"unknown taxonomy '{file.taxonomy}'", hint)
    for path, label in (*uses.labels(), *timed_labels(file)):
        if label not in taxonomy:
            hint, is_key = label_hint(taxonomy, str(label)), path[0] == "labels" or "decide_within" in path
            yield Slip(path, "E104", f"unknown label '{label}'", hint, on_key=is_key)
    yield from _check_allowed(uses, taxonomy)
    yield from _check_lists(file, uses)
    yield from _check_scores(file, uses)
    yield from _check_grounds(file)
    yield from _check_detectors(file, uses, detectors)
    yield from _check_queues(file)
    yield from _check_caps(file)
    yield from _check_rules(file)
    yield from _check_cycles(file)
    yield from check_apps(file)
    yield from check_tests(file, taxonomy)


def _check_allowed(uses: Uses, taxonomy: Taxonomy) -> Iterator[Slip]:
    for path, labels in uses.allowed():
        named = [(path, labels)] if isinstance(labels, str) else []
        if isinstance(labels, list):
            named = [((*path, number), label) for number, label in enumerate(labels)]
        for where, label in named:
            if label not in taxonomy:
                yield Slip(where, "E104", f"unknown label '{label}'", label_hint(taxonomy, label))


def _check_lists(file: PolicyFile, uses: Uses) -> Iterator[Slip]:
    for path, reference in uses.lists():
        if reference.name not in file.lists:
            yield unknown((*path, "list"), "E106", "list", reference.name, list(file.lists))
        elif not file.lists[reference.name]:
            yield Slip(("lists", reference.name), "E102", "an empty list matches nothing", "name one thing at least")


def _check_scores(file: PolicyFile, uses: Uses) -> Iterator[Slip]:
    for path, score in uses.scores():
        if score not in file.scores:
            yield unknown(path, "E106", "score", score, list(file.scores))
    for path, counter in uses.counters():
        if counter not in file.counters:
            yield unknown(path, "E106", "counter", counter, list(file.counters))


def _check_grounds(file: PolicyFile) -> Iterator[Slip]:
    for path, ground in grounds_named(file):
        if ground not in file.grounds:
            yield unknown(path, "E106", "ground", ground, list(file.grounds))


def _check_caps(file: PolicyFile) -> Iterator[Slip]:
    if file.queues:
        return
    capped: list[Path] = [("bands", name) for name, band in file.bands.items() if band.at_most_per_day is not None]
    capped += [("rules", number) for number, rule in enumerate(file.rules) if rule.at_most_per_day is not None]
    for path in capped:
        message = "what is over the daily limit goes to review, but the policy has no queue"
        yield Slip((*path, "at_most_per_day"), "E105", message, "add one under queues:")


def _check_detectors(file: PolicyFile, uses: Uses, known: Collection[str]) -> Iterator[Slip]:
    """A name close to a known one is a misspelling; others may be a plugin's that is not installed here."""
    named = {*file.needs, *file.only_with, *file.ignore_failures_of}
    yield from _misspelled(uses.detectors(), known)
    for number, test in enumerate(file.tests):
        failed = [(("tests", number, "item", "failed", n), name) for n, name in enumerate(test.item.failed)]
        yield from _misspelled(failed, {*known, *named, COUNTERS, LISTS})


def _misspelled(uses: Iterable[tuple[Path, str]], known: Collection[str]) -> Iterator[Slip]:
    for path, name in uses:
        if name not in known and (close := nearest(name, known)):
            yield Slip(path, "E114", f"unknown detector '{name}'", f"did you mean '{close}'?")


def _check_queues(file: PolicyFile) -> Iterator[Slip]:
    names = [queue.name for queue in file.queues]
    after = {q.name: q.if_no_agreement.queue for q in file.queues if q.if_no_agreement and q.if_no_agreement.queue}
    for number, queue in enumerate(file.queues):
        if queue.name in names[:number]:
            yield Slip(("queues", number, "name"), "E108", f"queue '{queue.name}' stands here twice", "rename one")
        met, at = {queue.name}, after.get(queue.name)
        while at is not None and at not in met:
            met.add(at)
            at = after.get(at)
        if at == queue.name:
            message = f"disagreements of queue '{queue.name}' come back to it"
            yield Slip(("queues", number, "if_no_agreement"), "E105", message, "let one end in approve or reject")
    for path, name in queue_uses(file):
        if name is not None and name not in names:
            yield unknown(path, "E105", "queue", name, names)


def _check_rules(file: PolicyFile) -> Iterator[Slip]:
    seen: set[str] = set(file.bands)
    known = branch_ids(file)
    locked = {rule.id for rule in file.rules if rule.locked}
    locked |= {f"{name}.{side}" for name, band in file.bands.items() if band.locked for side in ("review", "reject")}
    for number, rule in enumerate(file.rules):
        if rule.id in seen:
            yield Slip(
                ("rules", number, "id"), "E108", f"'{rule.id}' is the name of another rule or band", "rename one"
            )
        seen.add(rule.id)
        for position, target in enumerate(rule.overrides):
            path = ("rules", number, "overrides", position)
            if target in file.bands:
                sides = [name for name in known if name.rpartition(".")[0] == target]
                yield Slip(path, "E107", f"'{target}' is a band; name its sides", f"write {', '.join(sides)}")
            elif target not in known:
                yield unknown(path, "E107", "rule", target, known)
            elif target in locked:
                yield Slip(path, "E109", f"'{target}' is locked and cannot be overridden", "remove one of the two")
        if rule.then.outcome != "review":
            yield from _check_people(rule, ("rules", number, "when"))
    sampled: set[str] = set()
    for number, sampling in enumerate(file.sampling):
        if sampling.id in sampled:
            yield Slip(
                ("sampling", number, "id"), "E108", f"'{sampling.id}' is the name of another sampling", "rename one"
            )
        sampled.add(sampling.id)


def _check_people(rule: Rule, path: Path) -> Iterator[Slip]:
    for where, condition in conditions(rule.when, path):
        if isinstance(condition, PeopleCondition) and condition.people.if_part_not_visible == "review":
            message = f"'review' is for rules whose 'then' is a review; '{rule.id}' leads to {rule.then.outcome}"
            hint = "make a second rule with then: {review: QUEUE}"
            yield Slip((*where, "people", "if_part_not_visible"), "E112", message, hint)


def _check_cycles(file: PolicyFile) -> Iterator[Slip]:
    below = {rule.id: rule.overrides for rule in file.rules}
    for number, rule in enumerate(file.rules):
        reached: set[str] = set()
        todo = list(rule.overrides)
        while todo:
            target = todo.pop()
            if target not in reached:
                reached.add(target)
                todo += below.get(target, [])
        if rule.id in reached:
            way = "itself" if rule.id in rule.overrides else "itself, by way of others"
            yield Slip(("rules", number, "overrides"), "E110", f"'{rule.id}' overrides {way}", "let one of them go")
