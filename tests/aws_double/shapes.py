"""Requests read, and values checked, by botocore's service models: what botocore itself does not check as well.

botocore's own validator looks at types, required members and minima; patterns, enums and maxima are left to AWS, so
they are checked here, as AWS would.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.model import OperationModel, Shape


def read_json(body: bytes, shape: Shape) -> dict[str, Any]:
    """A JSON body as Python values: blobs decoded."""
    value: dict[str, Any] = _decoded(json.loads(body or b"{}"), shape)
    return value


def read_rest(operation: OperationModel, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
    """The parameters of a REST call; None when the path is not the operation's."""
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(operation.http["requestUri"]))
    found = re.fullmatch(pattern, path)
    shape = operation.input_shape
    if found is None or shape is None:
        return None
    values: dict[str, Any] = dict(found.groupdict())
    payload = shape.serialization.get("payload")
    in_body = {}
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        if place == "header" and (value := headers.get(member.serialization["name"])) is not None:
            values[name] = value
        elif place is None:
            in_body[name] = member
    if payload:
        values[payload] = body
    else:
        sent = json.loads(body or b"{}")
        values |= {name: _decoded(sent[name], member) for name, member in in_body.items() if name in sent}
        values |= {name: value for name, value in sent.items() if name not in in_body}
    return values


def _decoded(value: Any, shape: Shape) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        return {k: _decoded(v, shape.members[k]) if k in shape.members else v for k, v in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_decoded(each, shape.member) for each in value]
    return base64.b64decode(value) if shape.type_name == "blob" and isinstance(value, str) else value


def faults(value: Any, shape: Shape, where: str = "") -> list[str]:
    """What is wrong with a value by its shape: unknown and missing members, types, enums, patterns, bounds."""
    kind = shape.type_name
    if kind == "structure":
        return _structure_faults(value, shape, where)
    if kind == "list":
        if not isinstance(value, list | tuple):
            return [f"{where}: a list is wanted"]
        inner = [fault for n, each in enumerate(value) for fault in faults(each, shape.member, f"{where}[{n}]")]
        return _bounds(len(value), shape, where) + inner
    if kind == "map":
        return [fault for key, each in value.items() for fault in faults(each, shape.value, f"{where}.{key}")]
    if kind == "string":
        return _string_faults(value, shape, where)
    if kind == "blob":
        return _bounds(len(value), shape, where) if isinstance(value, bytes) else [f"{where}: bytes are wanted"]
    if kind in ("integer", "long"):
        is_right = isinstance(value, int) and not isinstance(value, bool)
        return _bounds(value, shape, where) if is_right else [f"{where}: a whole number is wanted"]
    if kind in ("float", "double"):
        is_right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return _bounds(value, shape, where) if is_right else [f"{where}: a number is wanted"]
    if kind == "boolean":
        return [] if isinstance(value, bool) else [f"{where}: true or false is wanted"]
    return [] if isinstance(value, int | float | str | datetime) else [f"{where}: a time is wanted"]


def _structure_faults(value: Any, shape: Shape, where: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{where}: a structure is wanted"]
    unknown = [f"{where}.{name}: unknown" for name in value if name not in shape.members]
    missing = [f"{where}.{name}: missing" for name in shape.required_members if name not in value]
    inner = [
        fault
        for name, each in value.items()
        if name in shape.members
        for fault in faults(each, shape.members[name], f"{where}.{name}")
    ]
    return unknown + missing + inner


def _string_faults(value: Any, shape: Shape, where: str) -> list[str]:
    if not isinstance(value, str):
        return [f"{where}: a text is wanted"]
    found = _bounds(len(value), shape, where)
    if shape.enum and value not in shape.enum:
        found.append(f"{where}: {value!r} is none of {shape.enum}")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(_as_python(pattern), value):
        found.append(f"{where}: {value!r} does not match {pattern}")
    return found


def _as_python(pattern: str) -> str:
    """A pattern of Java's as Python has it."""
    for java, python in (
        ("\\/", "/"),
        ("\\p{ASCII}", "[\\x00-\\x7f]"),
        ("[\\p{Print}]", "[\\x20-\\x7e]"),
        ("\\z", "\\Z"),
        ("\\p{L}\\p{Z}\\p{N}", "\\w\\s"),
    ):
        pattern = pattern.replace(java, python)
    return pattern


def _bounds(size: float, shape: Shape, where: str) -> list[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        return [f"{where}: {size} is less than {low}"]
    return [f"{where}: {size} is more than {high}"] if high is not None and size > high else []
