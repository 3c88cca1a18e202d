"""What is checked about a policy beyond its shape: names that must exist, cycles, locks. Every fault, with its path."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from moderation.core.items import Box, Frozen, Span, TimeRange
from moderation.core.policy.codes import Problem
from moderation.core.policy.policies import (
    BAND_KEYS,
    RULE_KEYS,
    TAXONOMIES,
    Band,
    Change,
    Path,
    Policy,
    PolicyFile,
    Rule,
    branch_ids,
    changed_band,
    changed_rule,
    conditions,
    label_groups,
    label_uses,
)
from moderation.core.policy.repair import Repaired
from moderation.core.policy.shape import read_shape
from moderation.core.policy.terms import COVERS, Ask, Condition, ListRef, is_number
from moderation.core.shipped import SHIPPED_TOOLS
from moderation.core.taxonomy import BEFORE_7, Taxonomy

__all__ = ["Problem", "parse_policy"]

PLACES: Mapping[str, type[Frozen]] = {"span": Span, "box": Box, "time_range": TimeRange}
"""Where a detection of a policy's test is, and how it is read."""
BESIDE = ("parts", "part", "detector", *PLACES)
"""What may stand beside the label of a detection in a policy's test; `parts` of a Person only."""


def parse_policy(
    data: Any,
    taxonomy: Taxonomy,
    *,
    version: str = "",
    text: str = "",
    path: str = "",
    lines: Mapping[str, int] | None = None,
    detectors: Collection[str] = (),
) -> tuple[Policy | None, list[Problem]]:
    """Read a policy from the plain data of its file.

    Args:
        data: as YAML or JSON give it.
        detectors: names of the loaded detectors; what is neither among them nor shipped is looked at for misspelling.

    Returns:
        The policy, or None when there are faults; and every fault found.
    """
    known = {*detectors, *SHIPPED_TOOLS}
    file, problems = read_shape(data)
    if file is None:
        return None, [*problems, *_beside(data, problems, taxonomy, known)]
    problems = list(_check(file, taxonomy, known))
    if problems:
        return None, problems
    return Policy(file, version, text, path, lines or {}), []


def _beside(
    data: Any, problems: Sequence[Problem], taxonomy: Taxonomy, detectors: Collection[str]
) -> Iterator[Problem]:
    """What is wrong beside the places whose shape is."""
    if not isinstance(data, Mapping):
        return
    repaired = Repaired(data, problems)
    file, _ = read_shape(repaired.data)
    if file is not None:
        for problem in _check(file, taxonomy, detectors):
            if (placed := repaired.placed(problem)) is not None:
                yield placed


def _check(file: PolicyFile, taxonomy: Taxonomy, detectors: Collection[str]) -> Iterator[Problem]:
    """What a shape cannot say."""
    if file.taxonomy is not None and file.taxonomy not in TAXONOMIES:
        close = difflib.get_close_matches(file.taxonomy, TAXONOMIES, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(TAXONOMIES)}"
        yield Problem(("taxonomy",), "E104", f"unknown taxonomy '{file.taxonomy}'", hint)
    for path, label in label_uses(file):
        if label not in taxonomy:
            yield Problem(path, "E104", f"unknown label '{label}'", label_hint(taxonomy, str(label)))
    yield from _check_lists(file)
    yield from _check_scores(file)
    yield from _check_detectors(file, detectors)
    yield from _check_queues(file)
    yield from _check_caps(file)
    yield from _check_rules(file)
    yield from _check_cycles(file)
    yield from _check_apps(file)
    yield from _check_tests(file, taxonomy)


def label_hint(taxonomy: Taxonomy, label: str) -> str:
    """What a mistyped label may have meant, with where that stands in the tree; an old one's new name."""
    if label in BEFORE_7:
        return f"Rekognition's taxonomy 7 calls it {' or '.join(repr(name) for name in BEFORE_7[label])}"
    close = taxonomy.suggest(label)
    if close is None:
        return "labels of a plugin of your own exist when it is loaded" if label.startswith("Custom/") else ""
    parents = taxonomy.parents(close)
    return f"did you mean '{close}'" + (f" (under {parents[0]})?" if parents else "?")


def _unknown(path: Path, code: str, kind: str, name: str, known: Collection[str], *, on_key: bool = False) -> Problem:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known) or 'none'}"
    return Problem(path, code, f"unknown {kind} '{name}'", hint, on_key)


def _all_conditions(file: PolicyFile) -> Iterator[tuple[Path, Condition]]:
    for number, rule in enumerate(file.rules):
        yield from conditions(rule.when, ("rules", number, "when"))


def _check_lists(file: PolicyFile) -> Iterator[Problem]:
    uses: list[tuple[Path, object]] = list(label_groups(file))
    for path, condition in _all_conditions(file):
        if condition.metadata is not None:
            uses.append(((*path, "metadata", "in"), condition.metadata.in_))
    for path, reference in uses:
        if isinstance(reference, ListRef):
            if reference.name not in file.lists:
                yield _unknown((*path, "list"), "E106", "list", reference.name, list(file.lists))
            elif not file.lists[reference.name]:
                yield Problem(("lists", reference.name), "E102", "an empty list matches nothing")


def _check_scores(file: PolicyFile) -> Iterator[Problem]:
    for path, condition in _all_conditions(file):
        if condition.score is not None and condition.score not in file.scores:
            yield _unknown((*path, "score"), "E106", "score", condition.score, list(file.scores))


def _check_caps(file: PolicyFile) -> Iterator[Problem]:
    if file.queues:
        return
    capped: list[Path] = [("bands", name) for name, band in file.bands.items() if band.at_most_per_day is not None]
    capped += [("rules", number) for number, rule in enumerate(file.rules) if rule.at_most_per_day is not None]
    for path in capped:
        message = "what is over the daily limit goes to review, but the policy has no queue"
        yield Problem((*path, "at_most_per_day"), "E105", message, "add one under queues:")


def _check_detectors(file: PolicyFile, known: Collection[str]) -> Iterator[Problem]:
    """A name close to a known one is a misspelling; others may be a plugin's that is not installed here."""
    uses: list[tuple[Path, str]] = []
    for key in ("needs", "only_with", "ignore_failures_of"):
        uses += [((key, number), name) for number, name in enumerate(getattr(file, key))]
    named = {name for _, name in uses}
    for path, condition in _all_conditions(file):
        uses += [((*path, "detector", number), name) for number, name in enumerate(condition.detector or ())]
    for name, score in file.scores.items():
        for n, term in enumerate(score.of):
            uses += [(("scores", name, "of", n, "detector", i), each) for i, each in enumerate(term.detector or ())]
    yield from _misspelled(uses, known)
    for number, test in enumerate(file.tests):
        failed = [(("tests", number, "item", "failed", n), name) for n, name in enumerate(test.item.failed)]
        yield from _misspelled(failed, {*known, *named})


def _misspelled(uses: Collection[tuple[Path, str]], known: Collection[str]) -> Iterator[Problem]:
    for path, name in uses:
        if name not in known and (close := difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.8)):
            yield Problem(path, "E114", f"unknown detector '{name}'", f"did you mean '{close[0]}'?")


def _queue_of(ask: Ask | None) -> str | None:
    return ask.queue if ask is not None else None


def _queue_uses(file: PolicyFile) -> Iterator[tuple[Path, str | None]]:
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
    return {name for path, name in _queue_uses(file) if name is not None and path[0] != "tests"}


def _check_queues(file: PolicyFile) -> Iterator[Problem]:
    names = [queue.name for queue in file.queues]
    after = {q.name: q.if_no_agreement.queue for q in file.queues if q.if_no_agreement and q.if_no_agreement.queue}
    for number, queue in enumerate(file.queues):
        if queue.name in names[:number]:
            yield Problem(("queues", number, "name"), "E108", f"queue '{queue.name}' stands here twice")
        met, at = {queue.name}, after.get(queue.name)
        while at is not None and at not in met:
            met.add(at)
            at = after.get(at)
        if at == queue.name:
            message = f"disagreements of queue '{queue.name}' come back to it"
            yield Problem(("queues", number, "if_no_agreement"), "E105", message, "let one end in approve or reject")
    for path, name in _queue_uses(file):
        if name is not None and name not in names:
            yield _unknown(path, "E105", "queue", name, names)


def _check_rules(file: PolicyFile) -> Iterator[Problem]:
    seen: set[str] = set(file.bands)
    known = branch_ids(file)
    locked = {rule.id for rule in file.rules if rule.locked}
    locked |= {f"{name}.{side}" for name, band in file.bands.items() if band.locked for side in ("review", "reject")}
    for number, rule in enumerate(file.rules):
        if rule.id in seen:
            yield Problem(("rules", number, "id"), "E108", f"'{rule.id}' is the name of another rule or band")
        seen.add(rule.id)
        for position, target in enumerate(rule.overrides):
            path = ("rules", number, "overrides", position)
            if target in file.bands:
                sides = [name for name in known if name.rpartition(".")[0] == target]
                yield Problem(path, "E107", f"'{target}' is a band; name its sides", f"write {', '.join(sides)}")
            elif target not in known:
                yield _unknown(path, "E107", "rule", target, known)
            elif target in locked:
                yield Problem(path, "E109", f"'{target}' is locked and cannot be overridden")
        for where, condition in conditions(rule.when, ("rules", number, "when")):
            if condition.people and condition.people.if_part_not_visible == "review" and rule.then.outcome != "review":
                message = f"'review' is for rules whose 'then' is a review; '{rule.id}' leads to {rule.then.outcome}"
                hint = "make a second rule with then: {review: QUEUE}"
                yield Problem((*where, "people", "if_part_not_visible"), "E112", message, hint)
    sampled: set[str] = set()
    for number, sampling in enumerate(file.sampling):
        if sampling.id in sampled:
            yield Problem(("sampling", number, "id"), "E108", f"'{sampling.id}' is the name of another sampling")
        sampled.add(sampling.id)


def _check_cycles(file: PolicyFile) -> Iterator[Problem]:
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
            yield Problem(("rules", number, "overrides"), "E110", f"'{rule.id}' overrides {way}")


_STRICT = {"approve": 0, "review": 1, "reject": 2}


def _check_apps(file: PolicyFile) -> Iterator[Problem]:
    rules = {rule.id: rule for rule in file.rules}
    for app, own in file.apps.items():
        for target, change in own.change.items():
            path: Path = ("apps", app, "change", target)
            thing = file.bands.get(target) or rules.get(target)
            if thing is None:
                yield _unknown(path, "E107", "rule or band", target, [*file.bands, *rules], on_key=True)
                continue
            problems = list(_check_change(path, target, thing, change))
            yield from problems
            if not problems and thing.locked and (key := loosened_by(thing, change)):
                message = f"'{target}' is locked: an app may tighten it, not loosen it or switch it off"
                yield Problem((*path, key), "E109", message)


def _check_change(path: Path, target: str, thing: Band | Rule, change: Change) -> Iterator[Problem]:
    kind, allowed = ("band", BAND_KEYS) if isinstance(thing, Band) else ("rule", RULE_KEYS)
    for key in sorted(change.model_fields_set - allowed):
        hint = f"of a {kind} an app may change {', '.join(sorted(allowed))}"
        yield Problem((*path, key), "E111", f"a {kind} has no '{key}'", hint, on_key=True)
    edges = sorted({"at_least", "below"} & change.model_fields_set)
    if isinstance(thing, Rule) and thing.when.label is None and edges:
        message = f"'{target}' is not a plain label condition: an app may change its 'then', or switch it off"
        yield Problem((*path, edges[0]), "E111", message, on_key=True)
        return
    try:
        if isinstance(thing, Band):
            changed_band(thing, change)
        else:
            Condition.model_validate(_said(changed_rule(thing, change).when))
    except ValidationError as error:
        context = error.errors(include_url=False)[0]["ctx"]
        yield Problem((*path, context["at"]), "E111", context["message"], context["hint"])


def _said(condition: Condition) -> dict[str, Any]:
    return {"label": condition.label, "at_least": condition.at_least, "below": condition.below} | {
        "at_least": condition.at_least if condition.at_least is not None else 0.0,
        "below": condition.below if condition.below is not None else 100.0,
    }


def loosened_by(thing: Band | Rule, change: Change) -> str | None:
    """The key by which `change` does anything but tighten a locked rule or band; None when it only tightens."""
    if not change.enabled:
        return "enabled"
    if isinstance(thing, Band):
        if change.queue is not None and change.queue != thing.queue:
            return "queue"
        for key in ("review_from", "reject_from"):
            old, new = getattr(thing, key), getattr(change, key)
            if key in change.model_fields_set and (new is None or (old is not None and new > old)):
                return key
        return None
    if change.then is not None and change.then != thing.then:
        stricter = _STRICT[change.then.outcome] > _STRICT[thing.then.outcome]
        if not stricter:
            return "then"
    # Firing more often is stricter, unless the rule approves or counts "at most".
    when = thing.when
    counts_down = any(c is not None and c.at_most is not None for c in (when.count, when.different_labels))
    fires_more = change.at_least is not None and change.at_least < (when.at_least or 0.0)
    fires_less = change.at_least is not None and change.at_least > (when.at_least or 0.0)
    if change.below is not None and change.below != when.below:
        more = when.below is not None and change.below > when.below
        fires_more, fires_less = fires_more or more, fires_less or not more
    if thing.then.outcome == "approve" or counts_down:
        fires_less = fires_less or fires_more
    return ("at_least" if change.at_least is not None else "below") if fires_less else None


def _check_tests(file: PolicyFile, taxonomy: Taxonomy) -> Iterator[Problem]:
    known = branch_ids(file)
    names: set[str] = set()
    for number, test in enumerate(file.tests):
        if test.name in names:
            yield Problem(("tests", number, "name"), "E108", f"a test is called '{test.name}' already")
        names.add(test.name)
        for position, name in enumerate(test.because or ()):
            if name not in known:
                yield _unknown(("tests", number, "because", position), "E107", "rule", name, known)
        for position, detection in enumerate(test.item.detections):
            path: Path = ("tests", number, "item", "detections", position)
            yield from _check_detection(path, detection, taxonomy)


def _check_detection(path: Path, detection: Mapping[str, Any], taxonomy: Taxonomy) -> Iterator[Problem]:
    labels = [key for key in detection if key not in BESIDE]
    if len(labels) != 1:
        yield Problem(path, "E102", "a detection is written {LABEL: CONFIDENCE}, one label each")
        return
    label = labels[0]
    if label not in taxonomy:
        hint = label_hint(taxonomy, label)
        yield Problem((*path, label), "E104", f"unknown label '{label}'", hint, on_key=True)
    value = detection[label]
    if not is_number(value) or not 0 <= value <= 100:
        yield Problem((*path, label), "E102", "a confidence is a number from 0 to 100")
    for key, model in PLACES.items():
        if key in detection:
            try:
                model.model_validate(detection[key])
            except ValidationError as error:
                message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
                yield Problem((*path, key), "E102", f"no {key.replace('_', ' ')}: {message}")
    for key in ("part", "detector"):
        if key in detection and not (isinstance(detection[key], str) and detection[key]):
            yield Problem(
                (*path, key), "E102", f"a {key} is a text", f"such as {'p0' if key == 'part' else 'vendor.task'}"
            )
    if "parts" in detection:
        if label != "Person":
            yield Problem((*path, "parts"), "E102", "only a Person has parts", on_key=True)
        yield from _check_body((*path, "parts"), detection["parts"])


def _check_body(path: Path, parts: Any) -> Iterator[Problem]:
    if not isinstance(parts, Mapping):
        yield Problem(
            path, "E102", "write the parts that are visible", "such as {head: bare} or {head: {head_cover: 95}}"
        )
        return
    for part, covers in parts.items():
        if part not in COVERS:
            yield _unknown((*path, part), "E102", "body part", part, list(COVERS), on_key=True)
        elif covers == "bare":
            continue
        elif not isinstance(covers, Mapping):
            yield Problem((*path, part), "E102", "write bare, or what covers it", f"such as {{{COVERS[part]}: 95}}")
        else:
            for cover, confidence in covers.items():
                if cover != COVERS[part]:
                    yield _unknown((*path, part, cover), "E102", "cover", cover, [COVERS[part]], on_key=True)
                elif not is_number(confidence) or not 0 <= confidence <= 100:
                    yield Problem((*path, part, cover), "E102", "a confidence is a number from 0 to 100")
