"""What a policy may say but likely does not mean. Warnings never keep a file from coming into force.

One thing here is an error, because it depends on what is loaded: a policy that could approve what it cannot look at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date

from moderation.core.coverage import unseen_types
from moderation.core.nearest import nearest
from moderation.core.policy.codes import Slip
from moderation.core.policy.examples import BESIDE
from moderation.core.policy.file import PolicyFile, Rule, RuleMode
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import Path, expand, is_number
from moderation.core.policy.thresholds import least, most, spread
from moderation.core.policy.uses import Uses, grounds_named, queues_used
from moderation.core.policy.words.label import LabelCondition
from moderation.core.policy.words.logic import conditions
from moderation.core.rules.idle import idle_rules
from moderation.core.rules.setting import Finder, Setting
from moderation.core.rules.words.label import covered
from moderation.core.shipped import SHIPPED_TOOLS
from moderation.core.taxonomy import Taxonomy


def warnings(policy: Policy, setting: Setting, never_fired: Collection[str]) -> Iterator[Slip]:
    """Everything that is likely not meant, in no particular order.

    Args:
        policy: without errors.
        setting: what is loaded here.
        never_fired: rules and sides of bands that no test of the policy made true.
    """
    file = policy.file
    named = {*file.needs, *file.only_with}
    unasked = [d for d in setting.detectors if getattr(d, "on_demand", False) and d.name not in named]
    setting = replace(setting, detectors=[d for d in setting.detectors if d not in unasked])
    absent = [name for name in (*file.only_with, *file.needs) if name not in setting.tools.names]
    if not absent:
        for number, message, hint in unseen_types(policy, setting.tools, setting.taxonomy):
            yield Slip(("applies_to", "content_type", number), "E115", message, hint)
        yield from _unfindable(file, setting, unasked)
        yield from _below_floor(file, setting)
    yield from _not_loaded(file, setting)
    yield from _over(file, setting.today)
    yield from _not_tested(file, never_fired)
    yield from idle_rules(file, setting)
    yield from _unused(file)
    yield from _gaps(file, setting.taxonomy)
    yield from _odd_tests(policy)
    yield from _odd_copies(file, setting)
    kinds = set(file.applies_to.content_type) - {"text", "document", *setting.redacts}
    for number, rule in enumerate(file.rules):
        if rule.redact and kinds:
            message = f"'{rule.id}' redacts, but nothing here can redact {', '.join(sorted(kinds))}"
            yield Slip(("rules", number, "redact"), "W210", message, "such items go to people instead")


def _odd_copies(file: PolicyFile, setting: Setting) -> Iterator[Slip]:
    if file.copies is None:
        return
    kinds = set(file.applies_to.content_type) - {"text", "document"}
    if not kinds:
        message = "copies are made of pictures and films, and this policy is for texts"
        yield Slip(("copies",), "W213", message, "remove them", on_key=True)
        return
    if file.copies.redacted is not None and not any(rule.redact for rule in file.rules):
        yield Slip(("copies", "redacted"), "W213", "no rule redacts anything", "add redact: [LABEL] to a rule")
    if file.copies.thumbnails is not None and "image" not in kinds:
        yield Slip(("copies", "thumbnails"), "W213", "thumbnails are made of pictures, and it is not for these")
    for key, place in file.copies.places().items():
        if not place.startswith(tuple(setting.copies_to)):
            message = f"nothing is written to {place} here; the installation has to allow it"
            yield Slip(("copies", key), "W213", message, "whoever runs it adds it to MODERATION_COPIES_TO")
        if place.startswith(tuple(setting.taken_in)) or any(each.startswith(place) for each in setting.taken_in):
            message = f"objects in {place} are taken in, so each copy could become an item of its own"
            yield Slip(("copies", key), "W213", message, "name another bucket")
    if file.copies.delete_rejected_after_days is not None and not setting.taken_in:
        message = "no objects of apps are read in place here, so there are no originals to delete"
        yield Slip(("copies", "delete_rejected_after_days"), "W213", message, "see MODERATION_MEDIA_IN_PLACE")


def _not_loaded(file: PolicyFile, setting: Setting) -> Iterator[Slip]:
    """Needed and not loaded: the start would be refused. With `only_with` the policy just waits."""
    if any(name not in setting.tools.names for name in file.only_with):
        return
    for number, name in enumerate(file.needs):
        if name not in setting.tools.names:
            hint = f"install {SHIPPED_TOOLS.get(name, 'its plugin')}, or let the policy wait: only_with: [{name}]"
            message = f"detector '{name}' is not loaded here, so this policy cannot come into force here"
            yield Slip(("needs", number), "W205", message, hint)


def _unfindable(file: PolicyFile, setting: Setting, unasked: Sequence[Finder]) -> Iterator[Slip]:
    offered = {label for detector in setting.detectors for label in detector.labels}
    for path, label in Uses(file).labels():
        meant = covered([label], setting.taxonomy, exact=False)
        if not meant.isdisjoint(offered):
            continue
        names = [detector.name for detector in unasked if not meant.isdisjoint(detector.labels)]
        if names:
            message = f"only {' or '.join(names)} finds '{label}', and is asked only where a policy names it"
            yield Slip(path, "W201", message, f"add needs: [{names[0]}]")
        else:
            hint = "install its plugin, or remove the label"
            yield Slip(path, "W201", f"no loaded detector finds '{label}'", hint)


def _over(file: PolicyFile, today: date) -> Iterator[Slip]:
    modes: list[tuple[Path, str, RuleMode | None]] = [(("bands", n, "mode"), n, b.mode) for n, b in file.bands.items()]
    modes += [(("rules", number, "mode"), rule.id, rule.mode) for number, rule in enumerate(file.rules)]
    for path, name, mode in modes:
        if mode is None:
            continue
        if mode.shadow_until is not None and mode.shadow_until < today:
            message = f"'{name}' was on trial until {mode.shadow_until}"
            yield Slip(path, "W202", message, "let it act, remove it, or set a later day")
        if mode.percent == 100:
            yield Slip(path, "W202", f"'{name}' acts on all items", "remove the mode")


def _not_tested(file: PolicyFile, never_fired: Collection[str]) -> Iterator[Slip]:
    numbers = {rule.id: number for number, rule in enumerate(file.rules)}
    for name in never_fired:
        path: Path = ("rules", numbers[name], "id") if name in numbers else ("bands", name.rpartition(".")[0])
        yield Slip(path, "W203", f"no test fires '{name}'", "add one under tests:", on_key=name not in numbers)


def _below_floor(file: PolicyFile, setting: Setting) -> Iterator[Slip]:
    """Thresholds that every detector of the label stays silent under: part of what they say can never happen."""
    for path, threshold, labels in _thresholds(file, setting.taxonomy):
        floors = [d.min_confidence for d in setting.detectors if not labels.isdisjoint(d.labels)]
        if floors and threshold < min(floors):
            message = f"from {threshold:g}, but no detector of this reports below {min(floors):g}"
            yield Slip(path, "W204", message, f"write {min(floors):g} or more")


def _thresholds(file: PolicyFile, taxonomy: Taxonomy) -> Iterator[tuple[Path, float, frozenset[str]]]:
    """Each lowest threshold, with the labels it is about."""
    for name, band in file.bands.items():
        key = "review_from" if band.review_from is not None else "reject_from"
        low = band.review_from if band.review_from is not None else band.reject_from
        labels = covered(expand(band.label, file.lists), taxonomy, exact=band.exact)
        for row, each in spread(low):
            if each:
                yield ("bands", name, key, *row), each, labels
    for number, rule in enumerate(file.rules):
        for path, condition in conditions(rule.when, ("rules", number, "when")):
            if isinstance(condition, LabelCondition):
                labels = _labels(condition, file, taxonomy)
                for row, each in spread(condition.at_least):
                    if each:
                        yield (*path, "at_least", *row), each, labels


def _labels(condition: LabelCondition, file: PolicyFile, taxonomy: Taxonomy) -> frozenset[str]:
    return covered(expand(condition.label, file.lists), taxonomy, exact=bool(condition.exact))


def _unused(file: PolicyFile) -> Iterator[Slip]:
    uses, used = Uses(file), queues_used(file)
    for number, queue in enumerate(file.queues):
        if queue.name not in used:
            yield Slip(("queues", number, "name"), "W207", f"nothing leads to queue '{queue.name}'", "remove it")
    lists = {reference.name for _, reference in uses.lists()}
    scores = {score for _, score in uses.scores()}
    for name in file.scores:
        if name not in scores:
            yield Slip(("scores", name), "W207", f"nothing uses score '{name}'", "remove it", on_key=True)
    counters = {counter for _, counter in uses.counters()}
    for name in file.counters:
        if name not in counters:
            yield Slip(("counters", name), "W207", f"nothing uses counter '{name}'", "remove it", on_key=True)
    for name in file.lists:
        if name not in lists:
            yield Slip(("lists", name), "W207", f"nothing uses list '{name}'", "remove it", on_key=True)
    rested_on = {ground for _, ground in grounds_named(file)} | set(file.reasons)
    for name in file.grounds:
        if name not in rested_on:
            hint = "name it in a rule or a band, give a reason its name, or remove it"
            yield Slip(("grounds", name), "W207", f"nothing rests on ground '{name}'", hint, on_key=True)
    for app, own in file.apps.items():
        if file.applies_to.app is not None and app not in file.applies_to.app:
            message = f"the policy does not apply to app '{app}'"
            close = nearest(app, file.applies_to.app)
            hint = f"did you mean '{close}'?" if close else "add it to applies_to, or remove it"
            yield Slip(("apps", app), "W207", message, hint, on_key=True)
        elif not own.change and own.if_nothing_matches is None:
            yield Slip(("apps", app), "W207", f"nothing is different for app '{app}'", "remove it", on_key=True)


def _gaps(file: PolicyFile, taxonomy: Taxonomy) -> Iterator[Slip]:
    """Between a rule that ends at ``below`` and the next one on the same labels that begins higher."""
    ranges: dict[frozenset[str], list[tuple[float, float, Path]]] = {}
    for number, rule in enumerate(file.rules):
        when = rule.when
        if isinstance(when, LabelCondition) and _is_plain(rule, when):
            labels = _labels(when, file, taxonomy)
            end = most(when.below, 101.0)
            ranges.setdefault(labels, []).append((least(when.at_least, 0.0), end, ("rules", number, "when", "below")))
    for name, band in file.bands.items():
        labels = covered(expand(band.label, file.lists), taxonomy, exact=band.exact)
        low = band.review_from if band.review_from is not None else band.reject_from
        ranges.setdefault(labels, []).append((least(low, 0.0), 101.0, ("bands", name)))
    for found in ranges.values():
        found.sort(key=lambda one: one[:2])
        reached, path = found[0][1], found[0][2]
        for low, end, other in found[1:]:
            if low > reached:
                message = f"nothing is about a confidence from {reached:g} to {low:g}"
                yield Slip(path, "W208", message, f"below: {low:g} closes it, if it is not meant")
            if end > reached:
                reached, path = end, other


def _is_plain(rule: Rule, when: LabelCondition) -> bool:
    is_plain = when.count is None and when.different_labels is None and not when.relations
    return is_plain and rule.mode is None and rule.then.outcome != "approve"


def _odd_tests(policy: Policy) -> Iterator[Slip]:
    file = policy.file
    apps = file.applies_to.app
    for number, test in enumerate(file.tests):
        path: Path = ("tests", number, "item")
        if test.item.content_types.isdisjoint(file.applies_to.content_type):
            shown = ", ".join(file.applies_to.content_type)
            message = f"the policy does not apply to this item: it is for {shown}"
            yield Slip((*path, "content_type"), "W209", message)
        if apps is not None and test.item.app is not None and test.item.app not in apps:
            yield Slip((*path, "app"), "W209", f"the policy does not apply to app '{test.item.app}'")
        for position, detection in enumerate(test.item.detections):
            for key, value in detection.items():
                if key not in BESIDE and is_number(value) and 0 < _number(value) <= 1:
                    message = f"a confidence of {_number(value):g} %"
                    hint = f"did you mean {_number(value) * 100:g}?"
                    yield Slip((*path, "detections", position, key), "W209", message, hint)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
