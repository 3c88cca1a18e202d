"""A film on the task page: what was found in pictures that were taken out of it, as moments with a thumbnail each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from review_ui.portal import untrusted as reading
from review_ui.portal.drawing import MAX_TIMES, Moment, Shown, moments_of

SAME_SECONDS = 0.05
"""What ends and begins again within this is one moment: pictures that follow each other touch."""


@dataclass(frozen=True)
class Reel:
    """The films of a task.

    Attributes:
        film_of: the film that an extracted part comes from, by the part's id: pictures, and texts read in those.
        pictures: addresses of the pictures by the part's id; of a text that of the picture it was read in.
    """

    film_of: Mapping[str, str]
    pictures: Mapping[str, str]


def reel_of(parts: Sequence[Mapping[str, Any]]) -> Reel:
    """The films among the parts, each part behind what it was extracted from."""
    films = {reading.text(part, "id") for part in parts if part.get("type") == "video"}
    film_of: dict[str, str] = {}
    pictures: dict[str, str] = {}
    for part in parts:
        name, source = reading.text(part, "id"), reading.text(part, "extracted_from")
        if part.get("type") == "image" and source in films:
            film_of[name], pictures[name] = source, reading.text(part, "uri")
        elif source in pictures:
            film_of[name], pictures[name] = film_of[source], pictures[source]
    return Reel(film_of, pictures)


def moments_of_film(film: str, reel: Reel, by_part: Mapping[str, Sequence[Shown]]) -> tuple[Moment, ...]:
    """When something was found in a film: what goes on from one picture to the next is one moment, at its surest."""
    found: list[Moment] = list(moments_of(by_part.get(film, ())))
    by_label: dict[str, list[Moment]] = {}
    sure: dict[str, float] = {}
    for part in (each for each, source in reel.film_of.items() if source == film):
        for one in by_part.get(part, ()):
            sure[one.anchor] = one.confidence
            uri = reel.pictures[part]
            made = [replace(each, picture=uri if uri.startswith("s3://") else "") for each in moments_of([one])]
            by_label.setdefault(one.label, []).extend(made)
    for those in by_label.values():
        joined: list[Moment] = []
        for each in sorted(those, key=lambda moment: moment.start):
            last = joined[-1] if joined else None
            if last is None or each.start - last.end > SAME_SECONDS:
                joined.append(each)
                continue
            surest = max(last, each, key=lambda moment: sure[moment.anchor])
            joined[-1] = replace(surest, start=last.start, end=max(last.end, each.end)).in_words()
        found += joined
    return tuple(sorted(found, key=lambda moment: moment.start)[:MAX_TIMES])
