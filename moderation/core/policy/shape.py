"""From the plain data of a file to its model; what does not fit is said in the file's own words and paths.

Policies are read so, and so may be other files that people write: `fit` takes any model of pydantic's.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from moderation.core.policy.codes import Slip
from moderation.core.policy.file import FORMAT, PolicyFile
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
        known = _keys_at(model, path[:-1])
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        known_here = f"known here: {', '.join(known)}"
        elsewhere = _PLACES.get(key, known_here) if model is PolicyFile else known_here
        hint = f"did you mean '{close[0]}'?" if close else elsewhere
        return Slip(path, "E101", f"unknown key '{key}'", hint, on_key=True)
    if kind == "missing":
        return Slip(path, "E103", f"'{item['loc'][-1]}' is missing")
    if kind == "wrong":
        at = context["at"]
        value = _value_at(data, path)
        if at and isinstance(value, Mapping) and at in value:
            path = (*path, at)
        return Slip(path, "E102", context["message"], context["hint"], on_key=is_key)
    keys = _keys_at(model, path)
    message, hint = _say(kind, context, path[-1] if is_key else _value_at(data, path), path, keys)
    return Slip(path, "E102", message, hint, on_key=is_key)


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
        return f"'{path[-1]}' has no value" if path else "no value", ""
    if kind == "literal_error":
        choices = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
        close = difflib.get_close_matches(str(value), choices, n=1)
        hint = f"did you mean '{close[0]}'?" if close else ""
        return f"{shown} is not {choices[0] if len(choices) == 1 else 'one of ' + ', '.join(choices)}", hint
    if kind in ("list_type", "union_tag_invalid"):
        return "a list is wanted", f"write [{value}]" if isinstance(value, str | int | float) else ""
    if kind in ("dict_type", "model_type", "model_attributes_type", "mapping_type"):
        return "a mapping of keys to values is wanted", f"its keys: {', '.join(keys)}" if keys else ""
    if kind == "string_type":
        is_word = isinstance(value, bool) or is_number(value)
        return f"a text is wanted, not {shown}", "write it in quotes" if is_word else ""
    if kind == "bool_type":
        yes, no = ("yes", "on"), ("no", "off")
        meant = "true" if str(value).lower() in yes else "false" if str(value).lower() in no else ""
        return "true or false is wanted", f"did you mean {meant}?" if meant else ""
    if kind in ("int_type", "int_from_float", "float_type"):
        return "a whole number is wanted" if kind != "float_type" else "a number is wanted", ""
    for edge, words in (("ge", "at least"), ("le", "at most"), ("gt", "more than"), ("lt", "less than")):
        if edge in context:
            return f"{shown} is wrong here: {words} {context[edge]}", ""
    if kind in ("too_short", "string_too_short"):
        return "something must stand here", ""
    if kind in ("too_long", "string_too_long"):
        return f"longer than {context['max_length']}", ""
    return "this value cannot be meant", ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else f"'{value}'" if isinstance(value, str) else str(value)


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that a mapping at `path` may have."""
    annotations: list[Any] = [model]
    for step in path:
        annotations = [found for annotation in annotations for found in _inside(annotation, step)]
    keys = {f.alias or name for a in annotations if _is_model(a) for name, f in a.model_fields.items()}
    return sorted(keys)


def _inside(annotation: Any, step: str | int) -> Iterator[Any]:
    if _is_model(annotation):
        for name, info in annotation.model_fields.items():
            if step == (info.alias or name):
                yield from _flat(info.annotation)
    elif get_origin(annotation) in (list, dict):
        yield from _flat(get_args(annotation)[-1])


def _flat(annotation: Any) -> Iterator[Any]:
    """The members of unions, without annotations."""
    if get_origin(annotation) is Annotated:
        yield from _flat(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _flat(member)
    else:
        yield annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
