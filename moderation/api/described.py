"""Descriptions of properties in the OpenAPI document, taken from where models say what their fields mean.

A field says it with `Field(description=...)`, or in the ``Attributes:`` section of its class's docstring: there is one
place for it, and a test fails for a property that has none.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel
from typing_extensions import TypeAliasType

_SECTION = re.compile(r"\n\s*(Attributes|Args|Raises|Returns):\s*\n")
_ENTRY = re.compile(r"^ {4}(\w[\w, ]*): (.*(?:\n {5,}.*)*)", re.MULTILINE)


def describe(definitions: dict[str, Any], models: Iterable[type]) -> None:
    """Add what is missing to the schemas of `models` and of all that they hold."""
    for cls in models_in(models):
        schema = definitions.get(cls.__name__)
        if schema is None:
            continue
        if "description" in schema:
            schema["description"] = _SECTION.split(schema["description"])[0].strip()
        said = attributes(cls)
        for name, field in schema.get("properties", {}).items():
            if "description" not in field and name in said:
                field["description"] = said[name]


def attributes(cls: type) -> dict[str, str]:
    """What the docstrings of a class and of those above it say of its attributes, the nearest first."""
    found: dict[str, str] = {}
    for each in cls.__mro__:
        parts = _SECTION.split(inspect.cleandoc(each.__doc__ or ""))
        for title, text in zip(parts[1::2], parts[2::2], strict=True):
            if title == "Attributes":
                for names, said in _ENTRY.findall(text):
                    for name in names.split(","):
                        found.setdefault(name.strip(), _sentence(said))
    return found


def _sentence(said: str) -> str:
    text = " ".join(said.split()).replace("``", "`")
    return text[:1].upper() + text[1:]


def models_in(models: Iterable[type]) -> Iterator[type]:
    """These classes and every model and dataclass that one of their fields may hold."""
    known: set[type] = set()
    left: list[Any] = list(models)
    while left:
        each = left.pop()
        left += typing.get_args(each)
        if isinstance(each, TypeAliasType):
            left.append(each.__value__)
        if not isinstance(each, type) or each in known:
            continue
        if issubclass(each, BaseModel):
            known.add(each)
            left += [field.annotation for field in each.model_fields.values()]
            yield each
        elif dataclasses.is_dataclass(each):
            known.add(each)
            left += typing.get_type_hints(each).values()
            yield each
