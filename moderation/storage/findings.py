"""Findings: what looking at an item brought, as judging makes it and the store keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moderation.core.detections import Detection, Failure
from moderation.core.items import Part


@dataclass(frozen=True)
class Findings:
    """What looking at an item brought.

    Attributes:
        basis: what else the ruling was worked out from, as JSON data, so that it can be worked out again: ``engine``
            (this program's version), ``policies`` (name to path), ``reach`` (labels that those who failed could have
            found; null for all), ``custom_labels``, ``tools`` (detectors and extractors that were loaded), ``versions``
            (theirs, by name), and, where policies count, ``counts`` and ``listed`` (see `Subject`).
    """

    parts: tuple[Part, ...]
    detections: tuple[Detection, ...]
    failures: tuple[Failure, ...]
    basis: Mapping[str, Any] = field(default_factory=dict)


NOTHING_FOUND = Findings((), (), ())
"""Where a verdict comes without what was looked at."""
