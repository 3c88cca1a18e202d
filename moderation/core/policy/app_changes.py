"""What an app may change about a policy: how a rule or band reads then, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from moderation.core.policy.codes import Slip, unknown
from moderation.core.policy.file import Band, Change, PolicyFile, Rule
from moderation.core.policy.terms import Path
from moderation.core.policy.thresholds import pairs
from moderation.core.policy.words.label import LabelCondition
from moderation.core.policy.words.word import Bounds

BAND_KEYS = {"review_from", "reject_from", "queue", "enabled"}
RULE_KEYS = {"at_least", "below", "then", "enabled"}
"""What an app may change about a band and about a rule."""


def changed_band(band: Band, change: Change) -> Band:
    """The band as an app has it."""
    given = {key: getattr(change, key) for key in (BAND_KEYS - {"enabled"}) & change.model_fields_set}
    return Band.model_validate({**{name: getattr(band, name) for name in Band.model_fields}, **given})


def changed_rule(rule: Rule, change: Change) -> Rule:
    """The rule as an app has it; of a condition that is no label's only what follows may be changed."""
    when = rule.when
    if isinstance(when, LabelCondition):
        given = {key: getattr(change, key) for key in {"at_least", "below"} & change.model_fields_set}
        when = when.model_copy(update=given)
    return rule.model_copy(update={"when": when, "then": change.then or rule.then})


_STRICT = {"approve": 0, "review": 1, "reject": 2}


def check_apps(file: PolicyFile) -> Iterator[Slip]:
    """What is wrong with the changes that apps ask for."""
    rules = {rule.id: rule for rule in file.rules}
    for app, own in file.apps.items():
        for target, change in own.change.items():
            path: Path = ("apps", app, "change", target)
            thing = file.bands.get(target) or rules.get(target)
            if thing is None:
                yield unknown(path, "E107", "rule or band", target, [*file.bands, *rules], on_key=True)
                continue
            slips = list(_check_change(path, target, thing, change))
            yield from slips
            if not slips and thing.locked and (key := loosened_by(thing, change)):
                message = f"'{target}' is locked: an app may tighten it, not loosen it or switch it off"
                yield Slip((*path, key), "E109", message, "remove it, or make it stricter")


def _check_change(path: Path, target: str, thing: Band | Rule, change: Change) -> Iterator[Slip]:
    kind, allowed = ("band", BAND_KEYS) if isinstance(thing, Band) else ("rule", RULE_KEYS)
    for key in sorted(change.model_fields_set - allowed):
        hint = f"of a {kind} an app may change {', '.join(sorted(allowed))}"
        yield Slip((*path, key), "E111", f"a {kind} has no '{key}'", hint, on_key=True)
    edges = sorted({"at_least", "below"} & change.model_fields_set)
    if isinstance(thing, Rule) and not isinstance(thing.when, LabelCondition) and edges:
        message = f"'{target}' is not a plain label condition: an app may change its 'then', or switch it off"
        hint = "make the rule's condition tell the apps apart: {app: [..]}"
        yield Slip((*path, edges[0]), "E111", message, hint, on_key=True)
        return
    try:
        if isinstance(thing, Band):
            changed_band(thing, change)
        elif isinstance(when := changed_rule(thing, change).when, LabelCondition) and edges:
            low = when.at_least if when.at_least is not None else 0.0
            high = when.below if when.below is not None else 100.0
            Bounds.model_validate({"at_least": low, "below": high})
    except ValidationError as error:
        context = error.errors(include_url=False)[0]["ctx"]
        yield Slip((*path, context["at"]), "E111", context["message"], context["hint"])


def loosened_by(thing: Band | Rule, change: Change) -> str | None:
    """The key by which `change` does anything but tighten a locked rule or band; None when it only tightens."""
    if not change.enabled:
        return "enabled"
    if isinstance(thing, Band):
        if change.queue is not None and change.queue != thing.queue:
            return "queue"
        for key in ("review_from", "reject_from"):
            old, new = getattr(thing, key), getattr(change, key)
            if key in change.model_fields_set and any(now > was for was, now in pairs(old, new, 101.0)):
                return key
        return None
    if change.then is not None and change.then != thing.then:
        stricter = _STRICT[change.then.outcome] > _STRICT[thing.then.outcome]
        if not stricter:
            return "then"
    when = thing.when
    if not isinstance(when, LabelCondition):
        return None
    # Firing more often is stricter, unless the rule approves or counts "at most".
    counts_down = any(c is not None and c.at_most is not None for c in (when.count, when.different_labels, when.runs))
    counts_down = counts_down or any(r is not None and r.below is not None for r in (when.seconds, when.share_of_time))
    lows = pairs(when.at_least, change.at_least, 0.0) if change.at_least is not None else []
    highs = pairs(when.below, change.below, 101.0) if change.below is not None else []
    fires_more = any(now < was for was, now in lows) or any(now > was for was, now in highs)
    fires_less = any(now > was for was, now in lows) or any(now < was for was, now in highs)
    if thing.then.outcome == "approve" or counts_down:
        fires_less = fires_less or fires_more
    return ("at_least" if change.at_least is not None else "below") if fires_less else None
