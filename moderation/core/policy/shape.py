"""From the plain data of a file to its model; what does not fit is said in the file's own words and paths.

Policies are read so, and so may be other files that people write: `fit` takes any model of pydantic's.
"""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from typing_extensions import TypeAliasType

from moderation.core.nearest import nearest
from moderation.core.policy.codes import Slip
from moderation.core.policy.file import FORMAT, PolicyFile
from moderation.core.policy.meant import key_hint, meant_number
from moderation.core.policy.terms import Path, is_number

Model = TypeVar("Model", bound=BaseModel)

_PLACES: Mapping[str, str] = {
    "queue": "a queue stands in a band, in a sampling, or as then: {review: QUEUE}",
    "at_least": "at_least stands beside a label",
    "below": "below stands beside a label",
    "label": "a label stands in a band or in when:",
    "rules": "rules stand at the top, not indented",
    "bands": "bands stand at the top, not indented",
    "tests": "tests stand at the top, not indented",
}
_WRITTEN: Mapping[str, str] = {
    "when": "when: {label: Weapons, at_least: 80}",
    "then": "then: reject, approve or {review: QUEUE}",
    "expect": "expect: reject, approve or {review: QUEUE}",
    "if_nothing_matches": "if_nothing_matches: approve, reject or {review: QUEUE}",
    "if_a_detector_fails": "if_a_detector_fails: {review: QUEUE} or reject",
    "applies_to": "applies_to: {content_type: [text, image]}",
    "content_type": "content_type: [text, image]",
    "format": f"format: {FORMAT}",
    "detections": "detections: [{Weapons: 96}]",
    "metadata": "metadata: {key: seller.age_days, below: 7}",
    "count": "count: {at_least: 2}",
    "different_labels": "different_labels: {at_least: 2}",
    "box_area": "box_area: {at_least: 10}",
    "span_length": "span_length: {at_least: 8}",
    "seconds": "seconds: {at_least: 5}",
    "share_of_time": "share_of_time: {at_least: 10}",
    "runs": "runs: {at_least: 2}",
    "every": "every: 2s",
    "by": "by: metadata.category",
    "default": "default: 60",
    "lacking": "lacking: {head: head_cover}",
    "mode": "mode: {percent: 10} or {shadow_until: 2027-01-31}",
}
"""How some keys are written."""


def read_shape(data: Any) -> tuple[PolicyFile | None, list[Slip]]:
    """The model of a policy file, or what keeps the data from being one; all of it at once."""
    if not isinstance(data, Mapping):
        message = "the file is empty" if data is None else "a policy file is a mapping of keys to values"
        return None, [Slip((), "E102", message, "begin with policy: NAME")]
    version = data.get("format")
    if version == str(FORMAT):
        return None, [Slip(("format",), "E102", "format is a number", f"write {FORMAT}, without quotes")]
    if is_number(version) and version != FORMAT:
        hint = f"this version reads format: {FORMAT}"
        return None, [Slip(("format",), "E102", f"unknown format {version:g}", hint)]
    return fit(PolicyFile, data)


def fit(model: type[Model], data: Any) -> tuple[Model | None, list[Slip]]:
    """The data as that model, or what keeps it from being one; all of it at once."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, _slips(model, error, data)


def _slips(model: type[BaseModel], error: ValidationError, data: Any) -> list[Slip]:
    found: dict[tuple[Path, str], Slip] = {}
    for item in error.errors(include_url=False):
        slip = _slip(model, item, data)
        found.setdefault((slip.path, slip.code), slip)
    misspelled = {(p.path[:-1], _meant(p)) for p in found.values() if p.code == "E101"}
    # A missing key that stands there misspelled is one fault, not two.
    return [p for p in found.values() if p.code != "E103" or (p.path, p.message.split("'")[1]) not in misspelled]


def _meant(slip: Slip) -> str:
    return slip.hint.split("'")[1] if slip.hint.startswith("did you mean '") else ""


def _slip(model: type[BaseModel], item: Any, data: Any) -> Slip:
    path, is_key = _path_in(data, item["loc"])
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        key = str(path[-1])
        known = _keys_at(model, path[:-1], _value_at(data, path[:-1]))
        elsewhere = _PLACES.get(key, "") if model is PolicyFile else ""
        hint = key_hint(key, known, _value_at(data, path), elsewhere)
        return Slip(path, "E101", f"unknown key '{key}'", hint, on_key=True)
    if kind == "missing":
        key = str(item["loc"][-1])
        return Slip(path, "E103", f"'{key}' is missing", f"add {_WRITTEN.get(key, f'{key}: ..')}")
    if kind == "wrong":
        at = context["at"]
        value = _value_at(data, path)
        if at and isinstance(value, Mapping) and at in value:
            path = (*path, at)
        return Slip(path, "E102", context["message"], context["hint"], on_key=is_key)
    keys = _keys_at(model, path)
    message, hint = _say(kind, context, path[-1] if is_key else _value_at(data, path), path, keys)
    if kind == "list_type" and hint.startswith("write [") and (more := _torn_off(data, path)):
        hint = f"{hint[:-1]}, {', '.join(more)}]"
    return Slip(path, "E102", message, hint, on_key=is_key)


def _torn_off(data: Any, path: Path) -> list[str]:
    """What stands behind a value as keys without values: the rest of a list that lacks its brackets."""
    if not path or not isinstance(mapping := _value_at(data, path[:-1]), Mapping):
        return []
    keys = list(mapping)
    behind = keys[keys.index(path[-1]) + 1 :]
    return [str(key) for key in itertools.takewhile(lambda key: mapping[key] is None, behind)]


def _path_in(data: Any, location: tuple[int | str, ...]) -> tuple[Path, bool]:
    """The part of pydantic's location that exists in the file, and whether it means a key.

    Steps into branches of unions are pydantic's own and skipped.
    """
    path: list[str | int] = []
    step: Any
    for step in location:
        if step == "[key]":
            return tuple(path), True
        is_key = isinstance(data, Mapping) and step in data
        is_position = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if is_key or is_position:
            data = data[step]
            path.append(step)
    return tuple(path), False


def _value_at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _say(kind: str, context: Mapping[str, Any], value: Any, path: Path, keys: list[str]) -> tuple[str, str]:
    """Message and hint for what pydantic itself found; `keys` are those that a mapping at `path` may have."""
    shown = _shown(value)
    if value is None:
        return f"'{path[-1]}' has no value" if path else "no value", "write one, or remove the key"
    if kind == "literal_error":
        choices = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
        close = nearest(str(value), choices)
        hint = f"did you mean '{close}'?" if close else f"write {' or '.join(choices)}"
        return f"{shown} is not {choices[0] if len(choices) == 1 else 'one of ' + ', '.join(choices)}", hint
    if kind in ("list_type", "union_tag_invalid"):
        if isinstance(value, Mapping):
            return "a list is wanted", "put it in square brackets, or begin each entry with a dash"
        is_bare = isinstance(value, str | int | float) and not str(value).startswith("(")
        return "a list is wanted", f"write [{value}]" if is_bare else "a list has square brackets: [one, two]"
    if kind in ("dict_type", "model_type", "model_attributes_type", "mapping_type"):
        hint = f"its keys: {', '.join(keys)}" if keys else "write {KEY: VALUE}"
        hint = _WRITTEN["when"].removeprefix("when: ") if "one_part" in keys else hint
        return "a mapping of keys to values is wanted", _WRITTEN.get(str(path[-1]), hint) if path else hint
    if kind == "string_type":
        is_word = isinstance(value, bool) or is_number(value)
        return f"a text is wanted, not {shown}", "write it in quotes" if is_word else "write one text, not several"
    if kind == "bool_type":
        yes, no = ("yes", "on"), ("no", "off")
        meant = "true" if str(value).lower() in yes else "false" if str(value).lower() in no else ""
        return "true or false is wanted", f"did you mean {meant}?" if meant else "write true or false, without quotes"
    if kind in ("int_type", "int_from_float", "float_type"):
        wanted = "a whole number is wanted" if kind != "float_type" else "a number is wanted"
        return wanted, meant_number(value, scaled=False) or "such as 2"
    for edge, words in (("ge", "at least"), ("le", "at most"), ("gt", "more than"), ("lt", "less than")):
        if edge in context:
            return f"{shown} is wrong here: {words} {context[edge]}", f"write {words} {context[edge]}"
    if kind in ("too_short", "string_too_short"):
        return "something must stand here", "write it, or remove the key"
    if kind in ("too_long", "string_too_long"):
        return f"longer than {context['max_length']}", "shorten it"
    return "this value cannot be meant", "write another, as the docs have it"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else f"'{value}'" if isinstance(value, str) else str(value)


def _keys_at(model: type[BaseModel], path: Path, here: Any = None) -> list[str]:
    """The keys that a mapping at `path` may have.

    Args:
        here: the mapping; where it may be one of several, it is one of which a key that must be given stands there.
    """
    annotations: list[Any] = [model]
    for step in path:
        annotations = [found for annotation in annotations for found in _inside(annotation, step)]
    models = [annotation for annotation in annotations if _is_model(annotation)]
    given = here if isinstance(here, Mapping) else {}
    begun = [m for m in models if any(f.is_required() and (f.alias or n) in given for n, f in m.model_fields.items())]
    return sorted({f.alias or name for m in begun or models for name, f in m.model_fields.items()})


def _inside(annotation: Any, step: str | int) -> Iterator[Any]:
    if _is_model(annotation):
        for name, info in annotation.model_fields.items():
            if step == (info.alias or name):
                yield from _flat(info.annotation)
    elif get_origin(annotation) in (list, dict):
        yield from _flat(get_args(annotation)[-1])


def _flat(annotation: Any) -> Iterator[Any]:
    """The members of unions, without annotations and names."""
    if isinstance(annotation, TypeAliasType):
        yield from _flat(annotation.__value__)
    elif get_origin(annotation) is Annotated:
        yield from _flat(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _flat(member)
    else:
        yield annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
