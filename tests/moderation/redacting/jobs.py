"""A detector of numbers, and jobs that take out what it finds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moderation.core.detections import Detection
from moderation.core.items import Span
from moderation.redacting import jobs
from moderation.redacting.progress import JobStatus
from moderation.redacting.sources import Destination, Source
from moderation.redacting.styles import Style

NUMBER = re.compile("[0-9]+")


def look(texts: Sequence[str]) -> list[list[Detection]]:
    """A detector that takes every number for a telephone's."""
    return [
        [
            Detection(label="PII/PHONE", confidence=90, span=Span(start=m.start(), end=m.end()))
            for m in NUMBER.finditer(t)
        ]
        for t in texts
    ]


def do(folder: Path, source: Source, target: Destination, watch: jobs.Watch | None = None, **more: Any) -> JobStatus:
    work = jobs.RedactionWork([source], target, **{"look": look, "style": Style(), **more})
    return jobs.run(folder / "job1", work, watch or jobs.Watch())
