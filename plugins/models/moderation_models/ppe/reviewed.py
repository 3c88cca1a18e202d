"""What reviewers' answers say about covers: pictures that they approved or rejected, as labelled ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from moderation_models.ppe.covers import COVERS
from moderation_models.ppe.samples import Labelled, Picture

if TYPE_CHECKING:
    from moderation.core.detections import Detection
    from moderation.evidence.reviewed import ReviewedPicture
    from moderation.settings import Settings

SURELY = 80.0
"""Percent of a cover from which it is not what a rejection can be about."""


def read_reviewed(settings: Settings) -> list[Picture]:
    """The pictures whose review says what somebody wears, from the service's database."""
    from moderation.evidence.reviewed import reviewed_pictures

    found = [(each, tuple(labels_of(each))) for each in reviewed_pictures(settings, "vision.ppe")]
    return [Picture(each.data, each.name, labels) for each, labels in found if labels]


def labels_of(picture: ReviewedPicture) -> Iterator[Labelled]:
    """What can be concluded for sure.

    An approval says that all who are seen wear all that the policy asks for. A rejection says that something is
    missing, and what only where it can be one thing: of one person alone, one visible part whose cover is not sure.
    """
    seen = [
        (cover.name, place, sure)
        for person in picture.people
        for cover in COVERS
        if cover.name in picture.asked and (place := _place(person, cover.part)) is not None
        for sure in [_percent(person, cover.part, cover.name)]
    ]
    if picture.outcome == "approve":
        yield from (Labelled(name, True, place) for name, place, _ in seen)
        return
    unsure = [(name, place) for name, place, sure in seen if sure < SURELY]
    if len(picture.people) == 1 and len(unsure) == 1:
        yield Labelled(unsure[0][0], False, unsure[0][1])


def _place(person: Detection, part: str) -> tuple[float, float, float, float] | None:
    places: Any = person.attributes.get("places")
    box = places.get(part) if isinstance(places, dict) else None
    if not isinstance(box, dict):
        return None
    left, top = float(box["left"]), float(box["top"])
    return left, top, left + float(box["width"]), top + float(box["height"])


def _percent(person: Detection, part: str, cover: str) -> float:
    parts: Any = person.attributes.get("parts")
    sure = parts.get(part, {}).get(cover) if isinstance(parts, dict) else None
    return float(sure) if isinstance(sure, int | float) else 0.0
