"""The meaning of policies, written down as plainly as possible: the reference that the engine is held against.

No index, no short cut, no order: every rule is tested on every item, by the words of the design. It says what matters
of a verdict (outcome, queue, which rules were true, unknown, overridden, nearly true, on trial), not its explanation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from moderation.core.detections import Detection, Failure
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy

STRICT = {"approve": 0, "review": 1, "reject": 2}
Truth = bool | None


@dataclass
class Said:
    """What is compared."""

    outcome: str
    queue: str | None
    true: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    overridden: set[str] = field(default_factory=set)
    shadow: set[str] = field(default_factory=set)


@dataclass
class World:
    """What a condition may look at."""

    document: Mapping[str, Any]
    subject: Subject
    detections: Sequence[Detection]
    silent: Mapping[str, frozenset[str] | None]
    failures: Sequence[Failure]
    taxonomy: Taxonomy


def labels_of(world: World, labels: Any, *, exact: bool) -> set[str]:
    """All labels that a ``label:`` stands for."""
    names = world.document.get("lists", {})[labels["list"]] if isinstance(labels, dict) else labels
    names = [names] if isinstance(names, str) else names
    return {
        known
        for known in world.taxonomy.labels
        for name in names
        if known == name or (not exact and name in world.taxonomy.parents(known))
    }


def silent_on(world: World, labels: set[str]) -> bool:
    """True when somebody who could have found one of them failed."""
    return any(reach is None or reach & labels for reach in world.silent.values())


def both(truths: Sequence[Truth]) -> Truth:
    """Kleene's "and"."""
    return False if False in truths else None if None in truths else True


def negated(truth: Truth) -> Truth:
    """Kleene's "not"."""
    return None if truth is None else not truth


def within(number: float, limits: Mapping[str, Any]) -> bool:
    """Between at_least, below and at_most."""
    return (
        number >= limits.get("at_least", 0)
        and ("below" not in limits or number < limits["below"])
        and number <= limits.get("at_most", float("inf"))
    )


def counted(number: int, limits: Mapping[str, Any], *, open_: bool) -> Truth:
    """A count that may grow where `open_`."""
    possible = {within(number + more, limits) for more in (range(10_001) if open_ else (0,))}
    return possible.pop() if len(possible) == 1 else None


def threshold(world: World, of: Mapping[str, Any], key: str, otherwise: Any) -> Any:
    """A threshold; of a table the row for the fact as it is written, else its default."""
    if not isinstance(table := of.get(key, otherwise), dict):
        return table
    value = fact(world, table["by"].removeprefix("metadata."))
    written = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, float) and value == int(value):
        written = str(int(value))
    is_row = isinstance(value, str | bool | int | float) and written in table and written not in ("by", "default")
    return table[written] if is_row else table["default"]


def fact(world: World, key: str) -> Any:
    """What the app sent along; None for nothing."""
    value: Any = world.subject.metadata
    for step in [key] if key in value else key.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def matching(world: World, condition: Mapping[str, Any]) -> list[Detection]:
    """The detections that a label condition is about and that lie in its range."""
    labels = labels_of(world, condition["label"], exact=condition.get("exact", False))
    low, high = threshold(world, condition, "at_least", 0), threshold(world, condition, "below", 101)
    found = []
    for d in world.detections:
        area = 100 * (d.box.width * d.box.height if d.box else 1)
        names = condition.get("detector")
        names = [names] if isinstance(names, str) else names
        is_by = names is None or (d.detector is not None and d.detector.name in names)
        length = d.span.end - d.span.start if d.span else float("inf")
        is_in = (
            low <= d.confidence < high
            and within(area, condition.get("box_area", {}))
            and within(length, condition.get("span_length", {}))
        )
        if d.label in labels and is_by and is_in:
            found.append(d)
    return found


def truth(world: World, condition: Mapping[str, Any]) -> Truth:
    """A condition's truth."""
    subject = world.subject
    if "all" in condition:
        return both([truth(world, part) for part in condition["all"]])
    if "any" in condition:
        return negated(both([negated(truth(world, part)) for part in condition["any"]]))
    if "not" in condition:
        return negated(truth(world, condition["not"]))
    if "app" in condition:
        return subject.app in condition["app"]
    if "content_type" in condition:
        return bool(set(condition["content_type"]) & subject.content_types)
    if "one_part" in condition:
        truths = [truth(part_of(world, root), condition["one_part"]) for root in roots_of(world)]
        return negated(both([negated(each) for each in truths]))
    if "score" in condition:
        return score_truth(world, condition)
    if "metadata" in condition:
        return metadata_truth(world, condition["metadata"])
    if "content" in condition:
        listed = subject.listed.get(f"{condition['content']['in_list']} content")
        return None if listed is None else listed[0]
    if "counter" in condition:
        number = subject.counts.get(f"{world.document['policy']}/{condition['counter']}")
        return None if number is None else within(number, condition)
    if "hour" in condition or "weekday" in condition:
        if subject.posted_at is None:
            return None
        at = subject.posted_at.astimezone(ZoneInfo(condition["zone"]) if condition.get("zone") else UTC)
        if "weekday" in condition:
            return ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][at.weekday()] in condition["weekday"]
        hours = condition["hour"]
        return at.hour in {
            hour % 24 for hour in range(hours["at_least"], hours["below"] + 24 * (hours["below"] <= hours["at_least"]))
        }
    if "flags" in condition:
        return within(subject.flags, condition["flags"])
    if "parts" in condition:
        return within(len(subject.facts), condition["parts"]) if subject.facts else None
    for name in ("width", "height", "megapixels", "bytes", "frames", "duration", "sound", "text_length", "media_type"):
        if name in condition:
            return measured_truth(subject, name, condition[name])
    if "people" in condition:
        return people_truth(world, condition["people"])
    assert "label" in condition, f"no meaning is written down for {', '.join(condition)}"
    labels = labels_of(world, condition["label"], exact=condition.get("exact", False))
    found, open_ = matching(world, condition), silent_on(world, labels)
    placed = [both([lies(world, d, kind, condition[kind]) for kind in RELATIONS if kind in condition]) for d in found]
    sure = [d for d, each in zip(found, placed, strict=True) if each is True]
    some = [d for d, each in zip(found, placed, strict=True) if each is not False]
    if any(key in condition for key in TIMES):
        return one_truth({lasting_truth(world, those, condition, open_=open_) for those in (sure, some)})
    if "count" not in condition and "different_labels" not in condition:
        return True if sure else None if open_ or some else False
    truths = []
    if "count" in condition:
        truths.append(between(at_once(sure), at_once(some), condition["count"], open_=open_))
    if "different_labels" in condition:
        numbers = [len({d.label for d in those}) for those in (sure, some)]
        truths.append(between(*numbers, condition["different_labels"], open_=open_))
    return both(truths)


RELATIONS = ("inside", "overlaps", "without")
TIMES = ("seconds", "share_of_time", "runs")


def one_truth(truths: set[Truth]) -> Truth:
    return truths.pop() if len(truths) == 1 else None


def times_of(d: Detection) -> tuple[float, float]:
    """From when to when it is there; a moment is a hundredth of a second."""
    if d.time_range is None:
        return 0.0, float("inf")
    return d.time_range.start, max(d.time_range.end, d.time_range.start + 0.01)


def steps_of(those: Sequence[Detection]) -> list[tuple[float, float, list[Detection]]]:
    """The times between which nothing changes, and what is there then."""
    edges = sorted({edge for d in those for edge in times_of(d)})
    return [
        (start, end, [d for d in those if times_of(d)[0] <= start and end <= times_of(d)[1]])
        for start, end in pairwise(edges)
    ]


def at_once(those: Sequence[Detection]) -> int:
    """How many; of what was found in pictures of one film, the most at one time."""
    in_films = [d for d in those if d.time_range is not None and "." in d.part]
    films = {d.part.split(".")[0] for d in in_films}
    most = [
        max(len(there) for _, _, there in steps_of([d for d in in_films if d.part.split(".")[0] == film]))
        for film in films
    ]
    return len(those) - len(in_films) + sum(most)


def lasting_truth(world: World, those: Sequence[Detection], condition: Mapping[str, Any], *, open_: bool) -> Truth:
    """Whether so many are there for so long; where more may have been missed, only what more cannot undo is known."""
    truths = []
    for root in {d.part.split(".")[0] for d in those} or {""}:
        here = [d for d in those if d.part.split(".")[0] == root]
        runs: list[tuple[float, float]] = []
        for start, end, there in steps_of(here):
            labels = len({d.label for d in there})
            counts = condition.get("count", {}), condition.get("different_labels", {})
            if there and within(len(there), counts[0]) and within(labels, counts[1]):
                is_on = bool(runs) and start - runs[-1][1] <= 0.01
                runs = [*runs[:-1], (runs[-1][0], end)] if is_on else [*runs, (start, end)]
        runs = [run for run in runs if within(round(run[1] - run[0], 3), condition.get("seconds", {}))]
        needs_runs = "seconds" in condition or "runs" in condition
        truth_ = not needs_runs or within(len(runs), condition.get("runs", {"at_least": 1}))
        facts = world.subject.facts
        of_root = facts.get(root) or (next(iter(facts.values())) if len(facts) == 1 else {})
        whole, together = of_root.get("duration"), sum(end - start for start, end in runs)
        share: Truth = True
        if "share_of_time" in condition:
            percent = 0.0 if not together else 100.0 if together == float("inf") else None
            if percent is None and isinstance(whole, float | int) and whole:
                percent = min(100.0, round(100 * together / whole, 3))
            share = None if percent is None else within(percent, condition["share_of_time"])
        truths.append(both([truth_, share]))
    found = negated(both([negated(each) for each in truths]))
    caps = ("below", "at_most")
    bounds = [condition.get(key, {}) for key in ("seconds", "share_of_time", "count", "different_labels")]
    is_capped = "runs" in condition or any(cap in bound for bound in bounds for cap in caps)
    return found if not open_ or (found and not is_capped) else None


def between(low: int, high: int, limits: Mapping[str, Any], *, open_: bool) -> Truth:
    """What every number from one to the other says."""
    truths = {counted(number, limits, open_=open_) for number in range(low, high + 1)}
    return truths.pop() if len(truths) == 1 else None


def lies(world: World, detection: Detection, kind: str, other: Any) -> Truth:
    """Whether a detection lies inside, over, or without one of the others; unknown where one may have been missed."""
    is_short = not isinstance(other, dict) or "list" in other
    labels = labels_of(world, other if is_short else other["label"], exact=False)
    sure, share = (50, 50) if is_short else (other.get("at_least", 50), other.get("share", 50))
    there = any(
        covers(kind, detection, each, share)
        for each in world.detections
        if each is not detection and each.label in labels and each.confidence >= sure
    )
    truth_ = True if there else None if silent_on(world, labels) else False
    return negated(truth_) if kind == "without" else truth_


def covers(kind: str, one: Detection, other: Detection, share: float) -> bool:
    """In the same part, at one time, and over so much of the box; no box is the whole picture."""
    if one.part != other.part:
        return False
    if one.time_range and other.time_range:
        begin, end = max(one.time_range.start, other.time_range.start), min(one.time_range.end, other.time_range.end)
        if begin > end:
            return False
    sides = []
    for d in (one, other):
        left, top, width, height = (
            Fraction(str(each))
            for each in ((d.box.left, d.box.top, d.box.width, d.box.height) if d.box else (0, 0, 1, 1))
        )
        sides.append((left, top, left + width, top + height))
    (a, b, c, d_), (e, f, g, h) = sides
    shared = max(min(c, g) - max(a, e), Fraction(0)) * max(min(d_, h) - max(b, f), Fraction(0))
    areas = [(c - a) * (d_ - b), (g - e) * (h - f)]
    whole = areas[0] if kind == "inside" else min(areas)
    return shared > 0 and 100 * shared >= Fraction(str(share)) * whole


def roots_of(world: World) -> set[str]:
    """The given parts that there are, as far as anybody knows."""
    roots = set(world.subject.parts) | {d.part.split(".")[0] for d in world.detections if d.part}
    return roots | {f.part.split(".")[0] for f in world.failures if f.part} or {"p0"}


def part_of(world: World, root: str) -> World:
    """The world of one given part."""
    here = [d for d in world.detections if not d.part or d.part.split(".")[0] == root]
    failed = [f for f in world.failures if not f.part or f.part.split(".")[0] == root]
    silent = {f.detector.name: world.silent[f.detector.name] for f in failed if f.detector.name in world.silent}
    types = world.subject.parts.get(root, world.subject.content_types)
    facts = {name: each for name, each in world.subject.facts.items() if name == root}
    subject = replace(world.subject, content_types=types, parts={root: types}, facts=facts)
    return World(world.document, subject, here, silent, failed, world.taxonomy)


def measured_truth(subject: Subject, name: str, wanted: Any) -> Truth:
    """Whether some part has it; unknown where what was not measured might."""
    found = [facts[name] for facts in subject.facts.values() if name in facts]
    if isinstance(wanted, list):
        truths = [
            None if kind is None else any(w in (kind, kind.partition("/")[0] + "/*") for w in wanted) for kind in found
        ]
    else:
        truths = [None if number is None else within(number, wanted) for number in found]
    return negated(both([negated(each) for each in truths])) if subject.facts else None


def metadata_truth(world: World, test: Mapping[str, Any]) -> Truth:
    """A fact that is missing, or of another type, passes no test but ``given: false``."""
    key = test["key"]
    if "in_list" in test:
        listed = world.subject.listed.get(f"{test['in_list']} metadata.{key}")
        return None if listed is None else listed[0]
    value = fact(world, key)
    if "given" in test:
        return (value is not None) is test["given"]
    if "is" in test:
        return same(value, test["is"])
    if "in" in test:
        values = test["in"]
        values = world.document["lists"][values["list"]] if isinstance(values, dict) else values
        return any(same(value, each) for each in values)
    if "has" in test:
        return isinstance(value, list) and any(same(each, test["has"]) for each in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return test.get("at_least", value) <= value and ("below" not in test or value < test["below"])


def same(value: Any, wanted: Any) -> bool:
    """Equal, where a number equals numbers only, and true is none."""
    kinds = [float if type(each) is int else type(each) for each in (value, wanted)]
    return kinds[0] is kinds[1] and bool(value == wanted)


def people_truth(world: World, people: Mapping[str, Any]) -> Truth:
    """How many people lack a cover; a failed detector may have seen more."""
    truths, _ = people_truths(world, people)
    return one_truth(set(truths))


def people_truths(world: World, people: Mapping[str, Any]) -> tuple[list[Truth], set[str]]:
    """The truths if none, one or more of those who may lack a cover do; and who saw these."""
    lacking: list[Detection] = []
    unsure: list[Detection] = []
    for person in world.detections:
        if person.label != "Person" or person.confidence < people.get("at_least", 50):
            continue
        parts = person.attributes.get("parts", {})
        hidden = people.get("if_part_not_visible", "ignore") != "ignore"
        covered = people.get("covered_at_least", 50)
        bare = people.get("bare_below", covered)
        lacks: list[Truth] = []
        for part, cover in people["lacking"].items():
            sure = parts[part].get(cover, -1) if part in parts else None
            if part not in parts:
                lacks.append(hidden)
            elif sure is None or bare <= sure < covered:
                lacks.append(hidden or None)
            else:
                lacks.append(sure < covered)
        truth_of_person = negated(both([negated(each) for each in lacks]))
        lacking += [person] if truth_of_person else []
        unsure += [person] if truth_of_person is None else []
    doubters = {person.detector.name if person.detector else "Person" for person in unsure}
    limits, open_ = people.get("count", {"at_least": 1}), silent_on(world, {"Person"})
    if any(key in people for key in TIMES):
        return [lasting_truth(world, those, people, open_=open_) for those in (lacking, lacking + unsure)], doubters
    low, high = at_once(lacking), at_once(lacking + unsure)
    return [counted(number, limits, open_=open_) for number in range(low, high + 1)], doubters


def doubters_of(world: World, condition: Mapping[str, Any]) -> set[str]:
    """Who answered and could not tell, where that leaves a condition open: no failure that a policy could account for."""
    if truth(world, condition) is not None:
        return set()
    inner = [*condition.get("all", ()), *condition.get("any", ()), *([condition["not"]] if "not" in condition else ())]
    if inner:
        return set().union(*(doubters_of(world, each) for each in inner))
    if "one_part" in condition:
        return set().union(*(doubters_of(part_of(world, root), condition["one_part"]) for root in roots_of(world)))
    if "people" in condition:
        truths, doubters = people_truths(world, condition["people"])
        return doubters if len(set(truths)) > 1 else set()
    return (
        set() if any(word in condition for word in ("label", "score", "counter", "content", "metadata")) else {"facts"}
    )


def score_truth(world: World, condition: Mapping[str, Any]) -> Truth:
    """A score is unknown when an answer that is missing could change on which side of a bound it lies."""
    score = world.document["scores"][condition["score"]]

    def value(*, best: bool) -> Fraction:
        confidences = []
        for term in score["of"]:
            labels = labels_of(world, term["label"], exact=term.get("exact", False))
            names = term.get("detector")
            names = [names] if isinstance(names, str) else names
            those = [d for d in world.detections if names is None or (d.detector and d.detector.name in names)]
            found = [d.confidence for d in those if d.label in labels]
            confidences.append(100 if best and silent_on(world, labels) else max(found, default=0))
        weighted = [
            Fraction(str(term.get("weight", 1))) * Fraction(str(c))
            for term, c in zip(score["of"], confidences, strict=True)
        ]
        if score["combine"] == "weighted_maximum":
            return max(weighted)
        left = Fraction(1)
        for each in weighted:
            left *= 1 - each / 100
        return 100 * (1 - left)

    # In decimal numbers, as people work it out: nothing is lost to binary fractions.
    low = Fraction(str(threshold(world, condition, "at_least", 0)))
    high = Fraction(str(threshold(world, condition, "below", 101)))
    least, most = value(best=False), value(best=True)
    if least >= low and most < high:
        return True
    return False if least >= high or most < low else None


def evidence(world: World, condition: Mapping[str, Any]) -> list[tuple[str, float]]:
    """What made a plain label condition true."""
    return sorted((d.label, d.confidence) for d in matching(world, condition)) if "label" in condition else []


def judge(
    document: Mapping[str, Any],
    subject: Subject,
    findings: Sequence[Detection | Failure],
    taxonomy: Taxonomy,
    reach: Mapping[str, frozenset[str] | None],
) -> Said:
    """What one policy wants."""
    detections = [f for f in findings if isinstance(f, Detection)]
    failures = [f for f in findings if isinstance(f, Failure)]
    ignored = set(document.get("ignore_failures_of", ()))
    failures = [f for f in failures if f.detector.name not in ignored]
    silent = {f.detector.name: reach.get(f.detector.name) for f in failures}
    world = World(document, subject, detections, silent, failures, taxonomy)
    own = document.get("apps", {}).get(subject.app, {})
    truths: dict[str, Truth] = {}
    asks: dict[str, Any] = {}
    over: dict[str, list[str]] = {}
    on_trial: set[str] = set()
    proof: dict[str, list[tuple[str, float]]] = {}
    doubters: dict[str, set[str]] = {}

    for name, band in document.get("bands", {}).items():
        band = {**band, **own.get("change", {}).get(name, {})}
        if band.get("enabled", True):
            labels = labels_of(world, band["label"], exact=band.get("exact", False))
            found = [d for d in detections if d.label in labels]
            highest = max((d.confidence for d in found), default=-1)
            low, high = (threshold(world, band, key, None) for key in ("review_from", "reject_from"))
            for side, start, end in (("review", low, high), ("reject", high, None)):
                if start is None:
                    continue
                rule = f"{name}.{side}"
                if end is not None and highest >= end:
                    truths[rule] = False
                else:
                    truths[rule] = True if highest >= start else None if silent_on(world, labels) else False
                asks[rule] = "reject" if side == "reject" else {"review": band["queue"]}
                proof[rule] = sorted((d.label, d.confidence) for d in found if d.confidence >= start)
                if waits(document, name, band.get("mode"), subject.item_id):
                    on_trial.add(rule)
    for rule in document.get("rules", ()):
        change = own.get("change", {}).get(rule["id"], {})
        if change.get("enabled", True):
            when = {**rule["when"], **{k: v for k, v in change.items() if k in ("at_least", "below")}}
            truths[rule["id"]] = truth(world, when)
            doubters[rule["id"]] = doubters_of(world, when)
            asks[rule["id"]] = change.get("then", rule["then"])
            over[rule["id"]] = rule.get("overrides", [])
            proof[rule["id"]] = evidence(world, when)
            if waits(document, rule["id"], rule.get("mode"), subject.item_id):
                on_trial.add(rule["id"])

    acting = {name: each for name, each in truths.items() if name not in on_trial}

    def set_aside(name: str, taken: Mapping[str, Truth]) -> bool:
        return any(name in over.get(o, ()) and taken[o] is True and not set_aside(o, taken) for o in taken)

    # Every way in which the unknown may turn out, as far as overriding goes: a rule that may be open stays open.
    low_world = {name: each is True for name, each in acting.items()}
    aside = {name for name in acting if set_aside(name, low_world)}
    said = Said("approve", None)
    unknown_overriders = [name for name, each in acting.items() if each is None and over.get(name)]
    for name, each in acting.items():
        if name in aside:
            if each is True:
                said.overridden.add(name)
            if each is not False and any(
                not set_aside(name, {**low_world, **dict.fromkeys(chosen, True)})
                for chosen in subsets(unknown_overriders)
            ):
                said.unknown.add(name)
        elif each is True:
            said.true[name] = proof[name]
        elif each is None:
            said.unknown.add(name)
    default = own.get("if_nothing_matches", document["if_nothing_matches"])
    fails = document["if_a_detector_fails"]
    low = max((kind(asks[name]) for name in said.true), key=STRICT.__getitem__, default=kind(default))
    high = max([low, *(kind(asks[name]) for name in said.unknown)], key=STRICT.__getitem__)
    wanted = [asks[name] for name in said.true if kind(asks[name]) == low] or [default]
    said.outcome = low
    if high != low:
        said.outcome = max((low, kind(fails)), key=STRICT.__getitem__)
        may_act = {name: targets for name, targets in over.items() if acting.get(name, False) is not False}
        open_ = said.unknown.union(*(above(name, may_act) for name in said.unknown & aside))
        if said.outcome == "approve" and set().union(*(doubters.get(name, ()) for name in open_)) - set(silent):
            said.outcome = "review" if document.get("queues") else "reject"
        wanted = [ask for ask in [*wanted, fails] if kind(ask) == said.outcome]
    said.shadow = {name for name in on_trial if truths[name] is not False}
    if said.outcome == "review":
        names = {ask["review"] for ask in wanted if isinstance(ask, dict)}
        queues = [q["name"] for q in document["queues"]]
        said.queue = next((name for name in queues if name in names), queues[0])
    return said


def above(name: str, over: Mapping[str, Sequence[str]]) -> set[str]:
    """The rules that set this one aside, those that set these aside, and so on."""
    direct = {other for other, targets in over.items() if name in targets}
    return direct.union(*(above(other, over) for other in direct))


def subsets(names: Sequence[str]) -> list[tuple[str, ...]]:
    """All subsets."""
    found: list[tuple[str, ...]] = [()]
    for name in names:
        found += [(*each, name) for each in found]
    return found


def kind(ask: Any) -> str:
    """The outcome of an ask as files write it."""
    return str(next(iter(ask))) if isinstance(ask, dict) else str(ask)


def waits(document: Mapping[str, Any], name: str, mode: Mapping[str, Any] | None, item_id: str) -> bool:
    """True when a rule is on trial for this item."""
    if mode is None:
        return False
    if "shadow_until" in mode:
        return True
    digest = hashlib.sha256(f"{document['policy']}\nmode/{name}\n{item_id}".encode()).hexdigest()
    return bool(item_id) and int(digest, 16) % 10**6 >= mode["percent"] * 10**4
