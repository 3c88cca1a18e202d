"""From a loop's InputContent to what a page shows. Content is data here: nothing of it is trusted to be well-formed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

SCHEMA = "moderation-item/1"
MAX_MARKS = 500


@dataclass(frozen=True)
class Stretch:
    """A piece of text with the labels found in it; no labels for what stands between."""

    text: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """A box over a picture, in percent of its width and height."""

    label: str
    confidence: float
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class ShownPart:
    """A part as the task page shows it."""

    id: str
    type: str
    origin: str
    stretches: tuple[Stretch, ...] = ()
    frames: tuple[Frame, ...] = ()
    uri: str | None = None
    width: int | None = None
    height: int | None = None
    shortened: bool = False


@dataclass(frozen=True)
class ShownTask:
    """All that the task page shows of an item of ours."""

    item: Mapping[str, Any]
    why: tuple[str, ...]
    policy: Mapping[str, Any]
    parts: tuple[ShownPart, ...]
    detections: tuple[Mapping[str, Any], ...]
    failures: tuple[Mapping[str, Any], ...]
    labels: tuple[str, ...]
    suggested: frozenset[str]


def is_ours(content: Mapping[str, Any]) -> bool:
    """True for input that the service made; other users of the endpoint have templates of their own."""
    return content.get("schema") == SCHEMA


def show(content: Mapping[str, Any]) -> ShownTask:
    """The page's view of an item of ours."""
    detections = [d for d in _list(content, "detections") if isinstance(d.get("confidence"), int | float)]
    detections.sort(key=lambda d: -d["confidence"])
    parts = _list(content, "parts")
    return ShownTask(
        item=_mapping(content, "item"),
        why=tuple(str(line) for line in content.get("why", ())),
        policy=_mapping(content, "policy"),
        parts=tuple(_part(part, parts, detections) for part in parts),
        detections=tuple(detections),
        failures=tuple(_list(content, "failures")),
        labels=tuple(str(label) for label in content.get("labels", ())),
        suggested=frozenset(str(d.get("label")) for d in detections),
    )


def mark(text: str, spans: Sequence[tuple[int, int, str]]) -> tuple[Stretch, ...]:
    """Cut a text at its spans. Offsets are code points, as Python counts; spans may overlap.

    Joined together, the stretches are the text.
    """
    spans = [(max(0, s), min(len(text), e), label) for s, e, label in spans[:MAX_MARKS] if s < e and s < len(text)]
    cuts = sorted({0, len(text), *(s for s, _, _ in spans), *(e for _, e, _ in spans)})
    stretches = []
    for start, end in pairwise(cuts):
        labels = dict.fromkeys(label for s, e, label in spans if s <= start and end <= e)
        stretches.append(Stretch(text[start:end], tuple(labels)))
    return tuple(stretches)


def _part(
    part: Mapping[str, Any], parts: Sequence[Mapping[str, Any]], detections: Sequence[Mapping[str, Any]]
) -> ShownPart:
    part_id = str(part.get("id", ""))
    here = [d for d in detections if d.get("part") == part_id]
    frames = [frame for d in here if (frame := _frame(d, d.get("box"))) is not None]
    # What was found in text read from this picture is drawn where the line stood.
    for child in parts:
        if child.get("extracted_from") == part_id and child.get("type") == "text":
            frames += _frames_of_text(child, detections)
    spans = [
        (d["span"]["start"], d["span"]["end"], str(d.get("label")))
        for d in here
        if isinstance(d.get("span"), Mapping) and all(isinstance(d["span"].get(k), int) for k in ("start", "end"))
    ]
    text = part.get("text")
    origin = f"{part.get('extractor')}, from {part['extracted_from']}" if part.get("extracted_from") else "as posted"
    return ShownPart(
        id=part_id,
        type=str(part.get("type")),
        origin=origin,
        stretches=mark(text, spans) if isinstance(text, str) else (),
        frames=tuple(frames),
        uri=part.get("uri"),
        width=part.get("width"),
        height=part.get("height"),
        shortened=bool(part.get("shortened")),
    )


def _frames_of_text(child: Mapping[str, Any], detections: Sequence[Mapping[str, Any]]) -> list[Frame]:
    frames = []
    for d in detections:
        span = d.get("span")
        if d.get("part") != child.get("id") or not isinstance(span, Mapping):
            continue
        for place in _list(child, "places"):
            line = _mapping(place, "span")
            if span.get("start", 0) < line.get("end", 0) and line.get("start", 0) < span.get("end", 0):
                frame = _frame(d, place.get("box"))
                frames += [frame] if frame is not None else []
    return frames


def _frame(detection: Mapping[str, Any], box: Any) -> Frame | None:
    given = [box.get(k) for k in ("left", "top", "width", "height")] if isinstance(box, Mapping) else []
    sides = [side for side in given if isinstance(side, int | float)]
    if len(sides) != 4:
        return None
    left, top, width, height = (round(min(max(float(side), 0.0), 1.0) * 100, 3) for side in sides)
    return Frame(str(detection.get("label")), float(detection["confidence"]), left, top, width, height)


def _list(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = content.get(key)
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def _mapping(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = content.get(key)
    return found if isinstance(found, Mapping) else {}
