"""Checking requests against botocore's own service models: required members, types, patterns, lengths, enums.

boto3 checks little of this, so the server must. The messages are in the form that SageMaker uses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from ground.awswire.errors import invalid


@lru_cache(maxsize=4)
def service_model(name: str) -> Any:
    """Botocore's model of a service."""
    from botocore.session import get_session

    return get_session().get_service_model(name)


def check(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Raise when `parameters` break the model of the operation; all faults in one message."""
    shape = service_model(service).operation_model(operation).input_shape
    faults = list(_faults(shape, parameters, "")) if shape is not None else []
    if faults:
        plural = "s" if len(faults) > 1 else ""
        raise invalid(f"{len(faults)} validation error{plural} detected: {'; '.join(faults)}")


def check_storable(value: Any, path: str = "") -> None:
    """Raise when some text in a request, wherever, is one that no database gives back: half surrogates, NUL."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise invalid(_failed("", path, "Member must be Unicode text")) from error
        if "\x00" in value:
            raise invalid(_failed("", path, "Member must have no NUL character"))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            check_storable(name, path)
            check_storable(inner, _below(path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            check_storable(inner, f"{path}.{number + 1}.member")


def _faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, path)
    elif kind == "list":
        yield from _list(shape, value, path)
    elif kind == "map":
        if not isinstance(value, Mapping):
            yield _wrong_type(path, "a map")
    elif kind == "string":
        yield from _string(shape, value, path)
    elif kind in ("integer", "long", "float", "double"):
        yield from _number(shape, value, path)
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield _wrong_type(path, "a boolean")
    elif kind == "timestamp" and not isinstance(value, str | int | float):
        yield _wrong_type(path, "a timestamp")


def _structure(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _wrong_type(path, "an object")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_below(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, inner in value.items():
        if name in shape.members and inner is not None:
            yield from _faults(shape.members[name], inner, _below(path, name))


def _list(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield _wrong_type(path, "a list")
        return
    yield from _bounds(shape, len(value), path, "length")
    for number, inner in enumerate(value[:1000]):
        yield from _faults(shape.member, inner, f"{path}.{number + 1}.member")


def _string(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _wrong_type(path, "a string")
        return
    yield from _bounds(shape, len(value), path, "length")
    if shape.enum and value not in shape.enum:
        allowed = ", ".join(shape.enum)
        yield _failed(value, path, f"Member must satisfy enum value set: [{allowed}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _failed(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _number(shape: Any, value: Any, path: str) -> Iterator[str]:
    whole = shape.type_name in ("integer", "long")
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not math.isfinite(value):
        yield _wrong_type(path, "an integer" if whole else "a number")
        return
    yield from _bounds(shape, value, path, "value")


def _bounds(shape: Any, size: float, path: str, what: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"Value at '{path}' failed to satisfy constraint: Member must have {what} greater than or equal to {low}"
    if high is not None and size > high:
        yield f"Value at '{path}' failed to satisfy constraint: Member must have {what} less than or equal to {high}"


def _failed(value: str, path: str, constraint: str) -> str:
    return f"Value '{value[:100]}' at '{path}' failed to satisfy constraint: {constraint}"


def _wrong_type(path: str, wanted: str) -> str:
    return f"Value at '{path}' failed to satisfy constraint: Member must be {wanted}"


def _below(path: str, name: str) -> str:
    """AWS names members in messages with a small first letter."""
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"(?:\\p\{[A-Za-z]+\})+", _as_python, pattern))


def _as_python(match: re.Match[str]) -> str:
    """Java's classes in Python's: letters and numbers; separators; all of those and more is what is no space."""
    names = set(re.findall(r"\{([A-Za-z]+)\}", match.group()))
    if names == {"ASCII"}:
        return r"[\x00-\x7f]"
    blanks = r" \xa0\u2000-\u200a\u2028\u2029\u202f\u205f\u3000" if "Z" in names else ""
    return (r"\w" if names <= {"L", "N", "Z"} else r"\S") + blanks


def operation_names(service: str) -> frozenset[str]:
    """The operations that the model knows."""
    return frozenset(service_model(service).operation_names)
