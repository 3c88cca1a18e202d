"""What policies may know of an item beside what was found in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from moderation.core.items import Item, Part
from moderation.core.measuring import measured
from moderation.core.rules.engine import Subject
from moderation.core.rules.scene import Listed, root_of

_NONE: Mapping[str, int | None] = {}
_ON_NONE: Mapping[str, Listed] = {}


def content_types_of(parts: Sequence[Part]) -> frozenset[str]:
    """What kinds of content there are among the parts.

    Pictures that were taken out of a film are the film: policies for films judge it, and not those for pictures.
    """
    films = {part.id for part in parts if part.type == "video"}
    return frozenset().union(*(part.content_types for part in parts if not _is_frame(part, films)))


def _is_frame(part: Part, films: Collection[str]) -> bool:
    return part.type == "image" and part.extraction is not None and part.extraction.part in films


def subject_of(
    item: Item,
    parts: Sequence[Part],
    counts: Mapping[str, int | None] = _NONE,
    listed: Mapping[str, Listed] = _ON_NONE,
    flags: float = 0.0,
) -> Subject:
    """What policies may know of an item beside what was found.

    Args:
        parts: given and extracted.
        counts: see `Subject`.
        listed: see `Subject`.
        flags: see `Subject`.
    """
    types: dict[str, frozenset[str]] = {}
    films = {part.id for part in parts if part.type == "video"}
    for part in parts:
        if _is_frame(part, films):
            continue
        root = root_of(part.id)
        types[root] = types.get(root, frozenset()) | part.content_types
    facts = {part.id: measured(part) for part in item.parts}
    return Subject(
        item.app, content_types_of(parts), item.id, item.metadata, types, counts, listed, facts, item.created_at, flags
    )
