"""Detectors and extractors that are loaded."""

from __future__ import annotations

from pydantic import BaseModel, Field

from moderation.core.cards import Card


class DetectorView(BaseModel):
    """A detector or extractor that is loaded.

    Attributes:
        name: such as ``pii.text``.
        version: changes whenever its answers may.
    """

    name: str
    version: str
    reads: list[str] = Field(description="Types of parts.")
    labels: list[str] = Field(default_factory=list, description="What a detector can find.")
    makes: list[str] = Field(default_factory=list, description="Types of the parts that an extractor makes.")
    min_confidence: float | None = Field(None, description="Percent under which a detector stays silent.")
    card: Card | None = Field(description="What it sees and does not see; null for a plugin's that has no card.")


class DetectorList(BaseModel):
    """All detectors and extractors.

    Attributes:
        detectors: by name.
    """

    detectors: list[DetectorView]
