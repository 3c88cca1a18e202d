"""``inside``, ``overlaps`` and ``without`` beside a label: where a detection lies with regard to others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from moderation.core.policy.terms import Labels, Percent, PolicyModel

Relation = Literal["inside", "overlaps", "without"]


class Other(PolicyModel):
    """The detections that a place is held against: ``inside: Vehicle``, or with what else counts of them."""

    label: Labels = Field(description="A label, several, or {list: NAME}: it or anything under it.")
    at_least: Percent = Field(50.0, description="How sure that it is there.")
    share: Percent = Field(50.0, description="Percent of the box that must be covered; of overlaps the smaller box.")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        """A label, several or a list stand for a mapping with nothing else in it."""
        is_list = isinstance(value, Mapping) and set(value) == {"list"}
        return {"label": value} if isinstance(value, str | list) or is_list else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """As files write it: in full, or the label alone."""
        whole = handler.resolve_ref_schema(handler(core_schema))
        return {"description": "LABEL or {label: LABEL}", "anyOf": [whole["properties"]["label"], whole]}
