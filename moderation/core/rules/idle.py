"""Rules that never fire, never matter, or are true of nearly everything: what the lint says of their conditions.

What is said is certain. A rule that an app changes, that is on trial, capped or overridden is taken as one that may not
act, so that nothing is said of what it might make idle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from moderation.core.policy.codes import Slip
from moderation.core.policy.file import PolicyFile, Rule
from moderation.core.policy.terms import Path, expand
from moderation.core.policy.thresholds import least, most, spread
from moderation.core.policy.words.counter import CounterCondition
from moderation.core.policy.words.facts import AppCondition, ContentTypeCondition
from moderation.core.policy.words.label import LabelCondition
from moderation.core.policy.words.listed import ContentCondition
from moderation.core.policy.words.logic import AllOf, AnyOf, Condition, NotOf, OnePart
from moderation.core.policy.words.measured import MeasuredCondition
from moderation.core.policy.words.metadata import MetadataCondition
from moderation.core.policy.words.people import PeopleCondition
from moderation.core.policy.words.score import ScoreCondition
from moderation.core.rules.contradictions import contradiction
from moderation.core.rules.scene import NOTHING
from moderation.core.rules.setting import Setting
from moderation.core.rules.words.label import covered
from moderation.core.rules.words.lasting import Lasting
from moderation.core.rules.words.people import PeopleTest
from moderation.core.taxonomy import Taxonomy


@dataclass(frozen=True)
class Need:
    """A detection without which something is not true: of these labels, from `low` up to but not including `high`."""

    labels: frozenset[str]
    low: float
    high: float
    detectors: frozenset[str] | None = None

    def meets(self, other: Need) -> bool:
        """True when every detection that `other` may be is one that this may be."""
        is_by = self.detectors is None or (other.detectors is not None and other.detectors <= self.detectors)
        return is_by and other.labels <= self.labels and self.low <= other.low and other.high <= self.high


def idle_rules(file: PolicyFile, setting: Setting) -> Iterator[Slip]:
    """Rules and sides of bands that do nothing, and rules that do something to nearly everything."""
    approves = {file.if_nothing_matches.outcome} | {
        own.if_nothing_matches.outcome for own in file.apps.values() if own.if_nothing_matches is not None
    }
    for number, rule in enumerate(file.rules):
        for path, why in _impossible(rule.when, ("rules", number, "when"), file, setting):
            yield Slip(path, "W206", f"'{rule.id}' can never fire: {why}", "mend or remove it")
        idle = rule.then.outcome == "approve" and not rule.overrides and rule.mode is None
        idle = idle and not rule.redact and not rule.actions
        if idle and approves == {"approve"}:
            message = f"'{rule.id}' never matters: it approves, overrides nothing, and nothing else means approve too"
            yield Slip(("rules", number, "then"), "W206", message, "say overrides: [RULE], or remove it")
        acts = rule.overrides or rule.actions or rule.then != file.if_nothing_matches
        if acts and _holds_of_nothing(rule.when, file):
            message = f"'{rule.id}' is true of nearly everything, also where nothing at all was found"
            hint = "say beside it what must be found, under all: [..]"
            yield Slip(("rules", number, "when"), "W212", message, hint)
    yield from _shadowed(file, setting.taxonomy)


def _holds_of_nothing(condition: Condition, file: PolicyFile) -> bool | None:
    """Its truth of an item of this policy in which nothing was found; None where that depends on the item."""
    match condition:
        case AllOf():
            truths = [_holds_of_nothing(part, file) for part in condition.all]
            return False if False in truths else None if None in truths else True
        case AnyOf():
            truths = [_holds_of_nothing(part, file) for part in condition.any]
            return True if True in truths else None if None in truths else False
        case NotOf():
            truth = _holds_of_nothing(condition.not_, file)
            return None if truth is None else not truth
        case OnePart():
            return _holds_of_nothing(condition.one_part, file)
        case LabelCondition():
            return _of_none(condition)
        case ScoreCondition():
            met = {not each for _, each in spread(condition.at_least)} or {True}
            return met.pop() if len(met) == 1 else None
        case PeopleCondition():
            return PeopleTest.of(condition.people).test(NOTHING).truth
        case AppCondition():
            return True if set(file.applies_to.app or ["", *condition.app]) <= set(condition.app) else None
        case ContentTypeCondition():
            return True if set(file.applies_to.content_type) <= set(condition.content_type) else None
        case MetadataCondition() | CounterCondition() | ContentCondition():
            return None
        case MeasuredCondition():
            return None
        case _:
            assert_never(condition)


def _impossible(condition: Condition, path: Path, file: PolicyFile, setting: Setting) -> Iterator[tuple[Path, str]]:
    """Why a condition cannot be true of any item; nothing when it can."""
    match condition:
        case AllOf():
            for number, part in enumerate(condition.all):
                yield from _impossible(part, (*path, "all", number), file, setting)
            yield from _contrary(condition, path, file, setting.taxonomy)
        case AnyOf():
            reasons = [list(_impossible(p, (*path, "any", n), file, setting)) for n, p in enumerate(condition.any)]
            if all(reasons):
                yield from reasons[0]
        case OnePart():
            yield from _impossible(condition.one_part, (*path, "one_part"), file, setting)
        case LabelCondition():
            yield from _impossible_label(condition, path, file, setting)
        case AppCondition():
            if not set(condition.app).intersection(file.applies_to.app or condition.app):
                yield (*path, "app"), "the policy does not apply to these apps"
        case NotOf() | ScoreCondition() | PeopleCondition() | MetadataCondition() | ContentTypeCondition():
            pass
        case CounterCondition() | ContentCondition():
            pass
        case MeasuredCondition():
            pass
        case _:
            assert_never(condition)


def _contrary(condition: AllOf, path: Path, file: PolicyFile, taxonomy: Taxonomy) -> Iterator[tuple[Path, str]]:
    """Parts of an `all` that exclude each other."""
    parts = list(_flat(condition, path))
    needs = _needs(condition, file, taxonomy)
    wanted = [part for _, part in parts]
    for where, part in parts:
        if not isinstance(part, NotOf):
            continue
        unwanted = _plain(part.not_, file, taxonomy)
        if part.not_ in wanted or (unwanted is not None and any(unwanted.meets(need) for need in needs)):
            yield where, "it asks for something and for its contrary"
        elif isinstance(part.not_, AppCondition):
            apps = [set(each.app) for each in wanted if isinstance(each, AppCondition)]
            if apps and set.intersection(*apps) <= set(part.not_.app):
                yield where, "no app is left"
    apps = [set(each.app) for each in wanted if isinstance(each, AppCondition)]
    if apps and not set.intersection(*apps):
        yield path, "no app is in all of its app lists"
    for position, (where, part) in enumerate(parts):
        for _, other in parts[:position]:
            if why := contradiction(other, part, file.lists):
                yield where, why


def _flat(condition: AllOf, path: Path) -> Iterator[tuple[Path, Condition]]:
    """All that must hold, those inside an inner `all` too."""
    for number, part in enumerate(condition.all):
        where = (*path, "all", number)
        if isinstance(part, AllOf):
            yield from _flat(part, where)
        else:
            yield where, part


def _needs(condition: Condition, file: PolicyFile, taxonomy: Taxonomy) -> list[Need]:
    """Detections each of which must be there for the condition to be true."""
    match condition:
        case AllOf():
            return [need for part in condition.all for need in _needs(part, file, taxonomy)]
        case OnePart():
            return _needs(condition.one_part, file, taxonomy)
        case LabelCondition():
            return [] if _of_none(condition) else [_need(condition, file, taxonomy)]
        case _:
            return []


def _of_none(condition: LabelCondition) -> bool:
    """Whether it is true where nothing was found."""
    lasting = Lasting(condition.seconds, condition.share_of_time, condition.runs)
    if lasting != Lasting():
        return bool(lasting.test((), NOTHING, (condition.count, condition.different_labels), may_grow=False))
    counts = [count for count in (condition.count, condition.different_labels) if count is not None]
    return bool(counts) and all(count.holds(0) for count in counts)


def _need(condition: LabelCondition, file: PolicyFile, taxonomy: Taxonomy) -> Need:
    detectors = None if condition.detector is None else frozenset(condition.detector)
    low, high = least(condition.at_least, 0.0), most(condition.below, 101.0)
    return Need(_labels(condition, file, taxonomy), low, high, detectors)


def _plain(condition: Condition, file: PolicyFile, taxonomy: Taxonomy) -> Need | None:
    """The detection of which a single one makes the condition true; None where something else may be asked too."""
    if not isinstance(condition, LabelCondition) or condition.by_rows() is not None:
        return None
    numbers = (condition.count, condition.different_labels, condition.box_area, condition.span_length)
    sizes = (*numbers, condition.seconds, condition.share_of_time, condition.runs)
    is_plain = all(each is None for each in sizes) and not condition.relations
    return _need(condition, file, taxonomy) if is_plain else None


def _labels(condition: LabelCondition, file: PolicyFile, taxonomy: Taxonomy) -> frozenset[str]:
    return covered(expand(condition.label, file.lists), taxonomy, exact=bool(condition.exact))


def _impossible_label(
    condition: LabelCondition, path: Path, file: PolicyFile, setting: Setting
) -> Iterator[tuple[Path, str]]:
    labels = _labels(condition, file, setting.taxonomy)
    different = condition.different_labels
    if different is not None and different.at_least is not None and different.at_least > len(labels):
        yield (*path, "different_labels"), f"there are only {len(labels)} labels to be different"
    floors = [d.min_confidence for d in setting.detectors if not labels.isdisjoint(d.labels)]
    is_known = all(name in setting.tools.names for name in (*file.needs, *file.only_with))
    if is_known and floors and most(condition.below, 101.0) <= min(floors):
        yield (*path, "below"), f"no detector of this reports below {min(floors):g}"


def _shadowed(file: PolicyFile, taxonomy: Taxonomy) -> Iterator[Slip]:
    """Reviews of what something else rejects anyhow, such as a parent's label."""
    changed = {name for own in file.apps.values() for name in own.change}
    aside = {name for rule in file.rules for name in rule.overrides}
    rejects: list[tuple[str, Need]] = []
    reviews: list[tuple[str, Path, Sequence[Need]]] = []
    for name, band in file.bands.items():
        labels = covered(expand(band.label, file.lists), taxonomy, exact=band.exact)
        if name in changed or band.mode is not None:
            continue
        if band.review_from is not None:
            need = Need(labels, least(band.review_from, 0.0), most(band.reject_from, 101.0))
            reviews.append((f"{name}.review", ("bands", name, "review_from"), [need]))
        is_sure = band.at_most_per_day is None and f"{name}.reject" not in aside
        if band.reject_from is not None and is_sure:
            rejects.append((f"{name}.reject", Need(labels, most(band.reject_from, 101.0), 101.0)))
    for number, rule in enumerate(file.rules):
        if rule.id in changed or rule.mode is not None:
            continue
        if rule.then.outcome == "review" and not rule.overrides:
            reviews.append((rule.id, ("rules", number, "then"), _needs(rule.when, file, taxonomy)))
        if _surely_rejects(rule) and rule.id not in aside and (plain := _plain(rule.when, file, taxonomy)):
            rejects.append((rule.id, plain))
    for name, path, needs in reviews:
        by = next((reject for reject, all_of in rejects if any(all_of.meets(need) for need in needs)), None)
        if by is not None:
            message = f"'{name}' never matters: '{by}' rejects all that it would send to people"
            yield Slip(path, "W206", message, f"let '{by}' begin higher, or leave this one out")


def _surely_rejects(rule: Rule) -> bool:
    return rule.then.outcome == "reject" and rule.at_most_per_day is None
