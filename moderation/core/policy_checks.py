"""What is checked about a policy beyond its shape: names that must exist, cycles, locks. Every fault, with its path."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from moderation.core.policies import (
    BAND_KEYS,
    RULE_KEYS,
    TAXONOMIES,
    AppChanges,
    AppliesTo,
    Ask,
    Band,
    Change,
    Condition,
    Count,
    Example,
    ExampleItem,
    Labels,
    ListRef,
    Path,
    People,
    Policy,
    PolicyFile,
    Queue,
    Rule,
    Shadow,
    branch_ids,
    changed_band,
    conditions,
    label_uses,
)
from moderation.core.taxonomy import Taxonomy


@dataclass(frozen=True)
class Problem:
    """A fault in a policy, by the path of keys that leads to it.

    Attributes:
        path: keys and list positions from the top.
        code: as in the table of docs/rules.md.
        message: what is wrong.
        hint: what to do.
        on_key: True when the key itself is wrong, not its value.
    """

    path: Path
    code: str
    message: str
    hint: str = ""
    on_key: bool = False


def parse_policy(
    data: Any,
    taxonomy: Taxonomy,
    *,
    version: str = "",
    text: str = "",
    path: str = "",
    lines: Mapping[str, int] | None = None,
) -> tuple[Policy | None, list[Problem]]:
    """Read a policy from the plain data of its file.

    Returns:
        The policy, or None when there are faults; and every fault found.
    """
    if not isinstance(data, Mapping):
        return None, [Problem((), "E102", "a policy file is a mapping of keys to values")]
    try:
        file = PolicyFile.model_validate(data)
    except ValidationError as error:
        return None, _shape_problems(error, data)
    problems = [*_check(file, taxonomy)]
    if any(problem.code.startswith("E") for problem in problems):
        return None, problems
    return Policy(file, version, text, path, lines or {}), problems


def _shape_problems(error: ValidationError, data: Any) -> list[Problem]:
    """Pydantic's errors as problems whose paths lead through the file's own keys."""
    problems: dict[tuple[Path, str], Problem] = {}
    for item in error.errors():
        path = _path_in(data, item["loc"])
        kind, message = item["type"], item["msg"].removeprefix("Value error, ")
        if kind == "extra_forbidden":
            key = str(path[-1])
            close = difflib.get_close_matches(key, _known_keys(), n=1)
            hint = f"did you mean '{close[0]}'?" if close else ""
            problem = Problem(path, "E101", f"unknown key '{key}'", hint, on_key=True)
        elif kind == "missing":
            problem = Problem(path, "E103", f"'{item['loc'][-1]}' is missing")
        else:
            value = _value_at(data, path)
            close = difflib.get_close_matches(value, _choices(item), n=1) if isinstance(value, str) else []
            problem = Problem(path, "E102", message, f"did you mean '{close[0]}'?" if close else "")
        problems.setdefault((problem.path, problem.code), problem)
    return list(problems.values())


def _path_in(data: Any, location: tuple[int | str, ...]) -> Path:
    """The part of pydantic's location that exists in the file; union branches in it are skipped."""
    path: list[str | int] = []
    step: Any
    for step in location:
        is_key = isinstance(data, Mapping) and step in data
        is_position = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if is_key or is_position:
            data = data[step]
            path.append(step)
    return tuple(path)


def _value_at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _choices(item: Any) -> list[str]:
    expected = str(item.get("ctx", {}).get("expected", ""))
    return [word.strip("'") for word in expected.replace(" or ", ", ").split(", ") if word]


def _known_keys() -> list[str]:
    models = (PolicyFile, AppliesTo, Queue, Band, Rule, Condition, People, Count, Shadow, AppChanges, Change, Example)
    keys = {f.alias or name for model in (*models, ExampleItem) for name, f in model.model_fields.items()}
    return sorted(keys)


def _check(file: PolicyFile, taxonomy: Taxonomy) -> Iterator[Problem]:
    """What a shape cannot say: names that must exist, cycles, locks."""
    if file.taxonomy is not None and file.taxonomy not in TAXONOMIES:
        yield Problem(("taxonomy",), "E104", f"unknown taxonomy '{file.taxonomy}'", f"known: {', '.join(TAXONOMIES)}")
    for path, label in label_uses(file):
        if label not in taxonomy:
            yield Problem(path, "E104", f"unknown label '{label}'", _label_hint(taxonomy, label))
    yield from _check_lists(file)
    yield from _check_queues(file)
    yield from _check_rules(file)
    yield from _check_apps(file)
    yield from _check_tests(file, taxonomy)


def _label_hint(taxonomy: Taxonomy, label: str) -> str:
    close = taxonomy.suggest(label)
    if close is None:
        return ""
    parents = taxonomy.parents(close)
    return f"did you mean '{close}'" + (f" (under {parents[0]})?" if parents else "?")


def _unknown(path: Path, code: str, kind: str, name: str, known: Collection[str], *, on_key: bool = False) -> Problem:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known) or 'none'}"
    return Problem(path, code, f"unknown {kind} '{name}'", hint, on_key)


def _check_lists(file: PolicyFile) -> Iterator[Problem]:
    uses: list[tuple[Path, Labels | None]] = [(("bands", n, "label"), b.label) for n, b in file.bands.items()]
    for number, rule in enumerate(file.rules):
        uses += [((*path, "label"), c.label) for path, c in conditions(rule.when, ("rules", number, "when"))]
    for path, labels in uses:
        if isinstance(labels, ListRef) and labels.name not in file.lists:
            yield _unknown((*path, "list"), "E106", "list", labels.name, list(file.lists))


def _queue_of(ask: Ask | None) -> str | None:
    return ask.queue if ask is not None else None


def _check_queues(file: PolicyFile) -> Iterator[Problem]:
    names = [queue.name for queue in file.queues]
    for number, queue in enumerate(file.queues):
        if queue.name in names[:number]:
            yield Problem(("queues", number, "name"), "E108", f"queue '{queue.name}' stands here twice")
        if queue.if_no_agreement is not None and queue.if_no_agreement.queue == queue.name:
            yield Problem(
                ("queues", number, "if_no_agreement"), "E105", "a queue cannot pass its disagreements to itself"
            )
    asks: list[tuple[Path, str | None]] = [
        (("if_nothing_matches", "review"), file.if_nothing_matches.queue),
        (("if_a_detector_fails", "review"), file.if_a_detector_fails.queue),
    ]
    asks += [(("bands", name, "queue"), band.queue) for name, band in file.bands.items()]
    asks += [(("rules", n, "then", "review"), rule.then.queue) for n, rule in enumerate(file.rules)]
    for n, queue in enumerate(file.queues):
        asks.append((("queues", n, "if_no_agreement", "review"), _queue_of(queue.if_no_agreement)))
    for app, changes in file.apps.items():
        asks.append(
            (
                ("apps", app, "if_nothing_matches", "review"),
                _queue_of(changes.if_nothing_matches),
            )
        )
        for target, change in changes.change.items():
            asks.append((("apps", app, "change", target, "queue"), change.queue))
            asks.append((("apps", app, "change", target, "then", "review"), _queue_of(change.then)))
    for n, test in enumerate(file.tests):
        asks.append((("tests", n, "expect", "review"), test.expect.queue))
    for path, name in asks:
        if name is not None and name not in names:
            yield _unknown(path, "E105", "queue", name, names)


def _check_rules(file: PolicyFile) -> Iterator[Problem]:
    seen: set[str] = set(file.bands)
    known = branch_ids(file)
    locked = {rule.id for rule in file.rules if rule.locked}
    locked |= {
        f"{name}.{branch}" for name, band in file.bands.items() if band.locked for branch in ("review", "reject")
    }
    for number, rule in enumerate(file.rules):
        if rule.id in seen:
            yield Problem(("rules", number, "id"), "E108", f"'{rule.id}' is the name of another rule or band")
        seen.add(rule.id)
        for position, target in enumerate(rule.overrides):
            path = ("rules", number, "overrides", position)
            if target not in known:
                yield _unknown(path, "E107", "rule", target, known)
            elif target in locked:
                yield Problem(path, "E109", f"'{target}' is locked and cannot be overridden")
        for where, condition in conditions(rule.when, ("rules", number, "when")):
            if condition.people and condition.people.if_part_not_visible == "review" and rule.then.outcome != "review":
                yield Problem(
                    (*where, "people", "if_part_not_visible"), "E112", "'review' is for rules whose 'then' is a review"
                )
    yield from _check_cycles(file)


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
            yield Problem(("rules", number, "overrides"), "E110", f"'{rule.id}' overrides itself, by way of others")


_STRICT = {"approve": 0, "review": 1, "reject": 2}


def _check_apps(file: PolicyFile) -> Iterator[Problem]:
    rules = {rule.id: rule for rule in file.rules}
    for app, changes in file.apps.items():
        for target, change in changes.change.items():
            path: Path = ("apps", app, "change", target)
            band, rule = file.bands.get(target), rules.get(target)
            if band is None and rule is None:
                yield _unknown(path, "E107", "rule or band", target, [*file.bands, *rules], on_key=True)
                continue
            allowed = BAND_KEYS if band is not None else RULE_KEYS
            for key in sorted(change.model_fields_set - allowed):
                kind = "band" if band is not None else "rule"
                yield Problem(
                    (*path, key), "E111", f"a {kind} has no '{key}'", f"it has: {', '.join(sorted(allowed))}", True
                )
            if rule is not None and rule.when.label is None and {"at_least", "below"} & change.model_fields_set:
                yield Problem(
                    path, "E111", f"'{target}' is not a plain label condition: only 'then' can change", on_key=True
                )
            if band is not None:
                try:
                    changed_band(band, change)
                except ValidationError as error:
                    yield Problem(path, "E111", error.errors()[0]["msg"].removeprefix("Value error, "), on_key=True)
                    continue
            if loosens(band or rule, change):
                yield Problem(path, "E109", f"'{target}' is locked: an app may tighten it, not loosen it", on_key=True)


def loosens(target: Band | Rule | None, change: Change) -> bool:
    """True when `change` makes a locked rule or band milder."""
    if target is None or not target.locked:
        return False
    pairs: list[tuple[float | None, float | None]]
    if isinstance(target, Band):
        pairs = [(target.review_from, change.review_from), (target.reject_from, change.reject_from)]
    else:
        if not change.enabled or (change.then and _STRICT[change.then.outcome] < _STRICT[target.then.outcome]):
            return True
        pairs = [(target.when.at_least or 0.0, change.at_least)]
        if change.below is not None and change.below < (target.when.below or 101.0):
            return True
    return any(new is not None and (old is None or new > old) for old, new in pairs)


def _check_tests(file: PolicyFile, taxonomy: Taxonomy) -> Iterator[Problem]:
    known = branch_ids(file)
    for number, test in enumerate(file.tests):
        for position, name in enumerate(test.because or ()):
            if name not in known:
                yield _unknown(("tests", number, "because", position), "E107", "rule", name, known)
        for position, detection in enumerate(test.item.detections):
            path: Path = ("tests", number, "item", "detections", position)
            labels = [key for key in detection if key not in ("parts", "span", "box")]
            if len(labels) != 1:
                yield Problem(path, "E102", "a detection is written {LABEL: CONFIDENCE}")
            elif labels[0] not in taxonomy:
                hint = _label_hint(taxonomy, labels[0])
                yield Problem((*path, labels[0]), "E104", f"unknown label '{labels[0]}'", hint, on_key=True)
            else:
                value = detection[labels[0]]
                if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
                    yield Problem((*path, labels[0]), "E102", "a confidence is a number from 0 to 100")
