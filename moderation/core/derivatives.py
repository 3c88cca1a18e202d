"""Derivatives: what policies want made of pictures and films once they are decided, and of their originals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from moderation.core.decisions import Decision
from moderation.core.items import Item, Media, Part
from moderation.core.policy.policies import Policy
from moderation.core.redaction import RedactedPart

DerivativeKind = Literal["redacted", "thumbnail", "delete", "take_back"]
"""``take_back``: a copy that was written goes, because a later decision does not want it any more."""
_OURS = re.compile(r"media/[0-9a-f]{2}/[0-9a-f]{64}(\.[a-z0-9]+)")
"""Keys of what this service stores itself."""


@dataclass(frozen=True)
class Derivative:
    """Something to be done about a given part.

    Attributes:
        source: ``s3://`` name of the bytes that are copied, or of the original that is deleted.
        sha256: their hex digest.
        place: where the copy goes, ``s3://bucket/key`` or a file; of a deletion, the original.
        due_at: not before.
    """

    part: str
    kind: DerivativeKind
    source: str
    sha256: str
    content_type: str
    place: str
    due_at: datetime


def derivatives_of(
    policies: Sequence[Policy],
    item: Item,
    decision: Decision,
    redacted: Sequence[RedactedPart],
    parts: Sequence[Part] = (),
) -> tuple[Derivative, ...]:
    """What the policies for an item want done after a decision on it, each place once.

    A thumbnail is made of the redacted copy where there is one; a part whose copy is withheld has none. Where both have
    the same place, the redacted copy is written. The thumbnail of a film is the first picture that was taken out of it;
    a film that is shown redacted has none, because its pictures are not. An original is deleted as late as any policy
    that says so wants it.

    Args:
        redacted: copies of its parts that may be shown.
        parts: given and extracted.
    """
    wanted = [policy.file.copies for policy in policies if policy.file.copies is not None]
    if decision.outcome == "reject":
        days = [each.delete_rejected_after_days for each in wanted if each.delete_rejected_after_days is not None]
        due_at = decision.decided_at + timedelta(days=max(days, default=0))
        return tuple(_deletion(part.id, part.media, due_at) for part in _with_media(item) if days and part.media)
    by_place: dict[str, Derivative] = {}
    copies = {each.part: each for each in redacted}
    for place in sorted({each.redacted for each in wanted if each.redacted is not None}):
        for part in _with_media(item):
            copy = copies.get(part.id)
            if copy is not None and copy.media is not None:
                made = _copy(item, part, "redacted", copy.media, place, decision.decided_at)
                by_place.setdefault(made.place, made)
    for place in sorted({each.thumbnails for each in wanted if each.thumbnails is not None}):
        for part in _with_media(item):
            shown = copies[part.id].media if part.id in copies else part.media
            if part.type == "video":
                shown = None if part.id in copies else _first_picture(part, parts)
            if part.type in ("image", "video") and shown is not None:
                made = _copy(item, part, "thumbnail", shown, place, decision.decided_at)
                by_place.setdefault(made.place, made)
    return tuple(by_place.values())


def _first_picture(film: Part, parts: Sequence[Part]) -> Media | None:
    made = (each for each in parts if each.type == "image" and each.extraction and each.extraction.part == film.id)
    return next((each.media for each in made if each.media is not None), None)


def _with_media(item: Item) -> Iterator[Part]:
    return (part for part in item.parts if part.media is not None)


def _deletion(part: str, media: Media, due_at: datetime) -> Derivative:
    return Derivative(part, "delete", media.uri, media.sha256, media.content_type, media.uri, due_at)


def _copy(item: Item, part: Part, kind: DerivativeKind, media: Media, place: str, at: datetime) -> Derivative:
    assert part.media is not None
    key = part.media.uri.removeprefix("s3://").partition("/")[2]
    if ours := _OURS.fullmatch(key):
        key = f"{item.app}/{item.id}/{part.id}{ours[1]}"
    return Derivative(part.id, kind, media.uri, media.sha256, media.content_type, place + key, at)
