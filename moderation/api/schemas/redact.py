"""Texts to be redacted, and redacted."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from moderation.containers.formats import TextFormat
from moderation.core.replacing import MASKS
from moderation.redacting.styles import StyleName

Mask = Annotated[str, Field(json_schema_extra={"enum": [*MASKS]})]


def _mask_alone(schema: dict[str, Any]) -> None:
    """A mask has a meaning with the mode `mask` alone, which it stands for by itself, too."""
    schema["if"] = {"properties": {"mask": {"type": "string"}}, "required": ["mask"]}
    schema["then"] = {"properties": {"mode": {"enum": ["mask", None]}}}


class TextToRedact(BaseModel):
    """A text, and what is to be taken out of it.

    Attributes:
        text: as it is.
    """

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_mask_alone)

    text: str = Field(max_length=200_000)
    types: list[str] | None = Field(
        None, min_length=1, max_length=100, description="Such as EMAIL; left out: all of personal data."
    )
    mode: StyleName | None = Field(
        None,
        description="`labels`: [NAME]; `mask`: a character for each one; `pseudonyms`: [NAME_1], the same value "
        "the same number; `tokens`: [NAME:...], which `moderation redact --restore` puts back. Left out: labels, or "
        "mask where `mask` is given.",
    )
    mask: Mask | None = Field(None, description="One of ! # $ % & * @, for each character; * unless told.")
    format: TextFormat | None = Field(
        None,
        description="What the text is: escapes and encodings of it are read, and it is still that afterwards. "
        "Left out: told by the text; csv and markdown have to be named.",
    )


class EntityView(BaseModel):
    """Something that was taken out. Places are code points in the text that was sent, [start, end).

    Attributes:
        type: such as ``EMAIL``.
        label: in the taxonomy, such as ``PII/EMAIL``.
        confidence: percent.
        start: first code point.
        end: first code point after it.
    """

    type: str
    label: str
    confidence: float
    start: int
    end: int


class RedactedText(BaseModel):
    """A text without personal data.

    Attributes:
        text: without what was found.
        entities: in the order of the text.
    """

    text: str
    entities: list[EntityView]
    unread: list[str] = Field(
        default_factory=list,
        description="What is in the text, as it was, and nobody could look through: pictures, say.",
    )
