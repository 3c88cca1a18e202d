"""Schemas as strict as the server: limits that are settings, and text that is taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ground.strict_json import NO_NUL
from moderation.intake.submissions import LIMIT

_SAYS_MORE = {"pattern", "enum", "const", "format", "contentMediaType"}


def settle(definitions: Mapping[str, Any], limits: Mapping[str, Any]) -> None:
    """Put the values of settings where schemas name them.

    Args:
        limits: settings by name.
    """
    for schema in _all(definitions):
        for keyword, setting in schema.pop(LIMIT, {}).items():
            schema[keyword] = limits[setting]


def take_text(definitions: Mapping[str, Any], taken: Collection[str]) -> None:
    """Say of texts in the schemas that are `taken` that they have no NUL, which the server refuses in every one."""
    for schema in _all([definitions[name] for name in taken]):
        if schema.get("type") == "string" and not _SAYS_MORE & set(schema):
            schema["pattern"] = NO_NUL


def _all(value: Any) -> list[dict[str, Any]]:
    """Every object inside of a schema, itself included."""
    found, left = [], [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            found.append(each)
            left += each.values()
        elif isinstance(each, list):
            left += each
    return found
