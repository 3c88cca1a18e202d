"""What people decided, as a manifest of SageMaker Ground Truth: heads are trained from it, labelling jobs read it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ground.database import Database
from moderation.core.clearance import may_see
from moderation.evidence.history import cases
from moderation.storage.reading import Reading
from review_ui.a2i.labelling.output import line_of
from review_ui.a2i.labelling.task_types import TASK_TYPES

OUTCOMES = ("approve", "reject")
"""The classes of ``outcome``; their places are their numbers."""
JOB = "moderation-decisions"
_TYPES = {
    "image": ("ImageMultiClass", "ImageMultiClassMultiLabel"),
    "text": ("TextMultiClass", "TextMultiClassMultiLabel"),
}


@dataclass(frozen=True)
class DecidedPart:
    """A picture or text of an item that people agreed about.

    Attributes:
        value: the text, or where the picture lies.
        labels: those of the decision, most serious first; none of an approved item.
    """

    item_id: str
    type: str
    value: str
    outcome: str
    labels: tuple[str, ...]
    decided_at: datetime


def decided_parts(
    database: Database, since: datetime | None = None, held: Collection[str] = ()
) -> Iterator[DecidedPart]:
    """The given pictures and texts of items whose last word is people's, and who agreed; oldest first.

    Left out are items of which a picture is gone by now, rejected ones of several parts, and those whose outcome is
    another than people said: an appeal, or a rule that nobody overrides.

    Args:
        since: of items posted from then on.
        held: clearances; items that need others are left out.
    """
    reading = Reading(database)
    for case in cases(database, since):
        if case.opinion is None or not case.opinion.agreed:
            continue
        item = reading.get_item(case.item_id)
        if not may_see(item.clearances, held):
            continue
        decision = item.decision
        if decision is None or decision.outcome != case.opinion.outcome or item.not_kept:
            continue
        labels = decision.labels if decision.outcome == "reject" else ()
        given = [part for part in item.parts if part.extraction is None]
        if decision.outcome == "reject" and len(given) > 1:
            continue  # nobody knows which of them was meant
        for part in given:
            value = part.text if part.type == "text" else part.media.uri if part.media is not None else None
            if part.type in _TYPES and value:
                yield DecidedPart(case.item_id, part.type, value, decision.outcome, labels, decision.decided_at)


def manifest_lines(parts: Sequence[DecidedPart]) -> Iterator[dict[str, Any]]:
    """Lines with two labels each: ``outcome``, and ``labels``, whose classes are numbered over all of them."""
    names = sorted({label for part in parts for label in part.labels})
    for part in parts:
        one, many = (TASK_TYPES[name] for name in _TYPES[part.type])
        line: dict[str, Any] = {one.source: part.value, "item": part.item_id}
        number = OUTCOMES.index(part.outcome)
        outcome = number, {"class-name": part.outcome, "confidence": 1.0}
        line = line_of(line, "outcome", outcome, one, JOB, part.decided_at)
        chosen = sorted(names.index(label) for label in part.labels)
        told = {
            "class-map": {str(k): names[k] for k in chosen},
            "confidence-map": {str(k): 1.0 for k in chosen},
        }
        yield line_of(line, "labels", (chosen, told), many, JOB, part.decided_at)
