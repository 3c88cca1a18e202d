"""Lean answers: ``?fields=id,status`` leaves out what nobody asked for, so that an item of 300 kB becomes a line."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from flask import request
from pydantic import BaseModel, Field, create_model

from moderation.api.openapi import Parameter
from moderation.api.problems import invalid
from moderation.api.schemas.items import ItemPage, ItemView

NAMES = tuple(ItemView.model_fields)
FIELDS = Parameter(
    "fields",
    {"type": "string", "minLength": 1, "maxLength": 400, "pattern": "^({0})(,({0}))*$".format("|".join(NAMES))},
    "Names of the item's fields that are wanted, with commas between; left out: all of them.",
    example="id,status,decision",
)


def lean(model: type[BaseModel], doc: str) -> type[BaseModel]:
    """The model of an answer of which any field may be left out."""
    fields: Any = {name: (field.annotation, field) for name, field in model.model_fields.items()}
    # Without its indentation, which Python keeps until 3.12 and takes away from 3.13 on.
    attributes = inspect.cleandoc(model.__doc__ or "").partition("Attributes:")
    made = create_model(f"Lean{model.__name__}", __doc__=f"{doc}\n\n{''.join(attributes[1:])}", **fields)

    def nothing_required(schema: dict[str, Any]) -> None:
        schema.pop("required", None)

    made.model_config["json_schema_extra"] = nothing_required
    return made


LeanItem = lean(ItemView, "The fields of an item that were asked for with `fields`.")


class LeanPage(ItemPage):
    """A page of items with the fields that were asked for with `fields`."""

    items: list[LeanItem] = Field(description="Newest first.")  # type: ignore[valid-type]


def wanted_fields() -> tuple[str, ...] | None:
    """What ``?fields=`` names; None for everything. Raises `Refused`."""
    text = request.args.get(FIELDS.name)
    if text is None:
        return None
    names = text.split(",")
    for name in names:
        if name not in NAMES:
            raise invalid(FIELDS.name, f"unknown field '{name[:60]}'; known: {', '.join(NAMES)}")
    return tuple(names)


def only(document: Mapping[str, Any], fields: tuple[str, ...] | None) -> Mapping[str, Any]:
    """A document with these fields alone, in its own order."""
    return document if fields is None else {name: value for name, value in document.items() if name in fields}
