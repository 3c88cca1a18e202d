"""Detections: what a detector found. Failures: what it could not look at. Both are evidence for the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from moderation.core.items import Box, Frozen, Span, TimeRange, Tool

Confidence = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
"""Percent, 0-100, as Amazon Rekognition gives it. A detector that works in 0-1 scales once, where it enters."""

FailureKind = Literal[
    "raised", "timed_out", "crashed", "unreadable", "invalid_answer", "unavailable", "not_run", "not_examined"
]
"""Why there is no answer.

``raised`` an exception; ``timed_out`` killed at its limit; ``crashed`` its process died; ``unreadable`` the part could
not be decoded; ``invalid_answer`` what it returned breaks the contract; ``unavailable`` a service said no or the
circuit breaker is open; ``not_run`` it never got its turn; ``not_examined`` nobody looked at the part at all.
"""


class Detection(Frozen):
    """One finding. A detector sets `label`, `confidence` and a place; the pipeline fills in the rest.

    Attributes:
        label: a name in the taxonomy, such as ``Weapons`` or ``PII/SSN``.
        parents: its ancestors, nearest first; filled in from the taxonomy.
        confidence: percent, 0-100.
        detector: who found it, with the version; filled in.
        part: id of the part it was found in; filled in.
        box: where in a picture; None for the whole picture.
        span: where in a text; None for the whole text.
        time_range: when in a film or sound; None for all of it.
        attributes: the detector's own facts, such as a person's body parts; JSON values, no raw secrets.
    """

    label: str = Field(min_length=1, max_length=200)
    parents: tuple[str, ...] = ()
    confidence: Confidence
    detector: Tool | None = None
    part: str = ""
    box: Box | None = None
    span: Span | None = None
    time_range: TimeRange | None = None
    attributes: Mapping[str, JsonValue] = Field(default_factory=dict)


class Failure(Frozen):
    """A detector or extractor that gave no usable answer on a part.

    Attributes:
        detector: who failed (extractors too: what they would have made was never looked at).
        part: id of the part.
        kind: why, as data.
        message: why, for people; carries no content of the part.
    """

    detector: Tool
    part: str = ""
    kind: FailureKind
    message: str
