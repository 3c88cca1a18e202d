"""What a policy is held against when it is looked through: the labels, and what is loaded here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from moderation.core.coverage import Tools
from moderation.core.taxonomy import Taxonomy


class Finder(Protocol):
    """What is asked of a loaded detector."""

    name: str
    labels: Collection[str]
    min_confidence: float


@dataclass(frozen=True)
class Setting:
    """What a policy is held against.

    Attributes:
        detectors: those that are loaded.
        tools: all that is loaded.
        today: for trials that are over.
        redacts: part types, beside text, that a redactor here can redact.
        copies_to: where policies may have copies written.
        taken_in: where apps' objects are read in place.
    """

    taxonomy: Taxonomy
    detectors: Sequence[Finder]
    tools: Tools
    today: date
    redacts: Collection[str] = ()
    copies_to: Sequence[str] = ()
    taken_in: Sequence[str] = ()
