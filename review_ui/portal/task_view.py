"""From a loop's InputContent to what the task page shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from review_ui.portal import untrusted as reading
from review_ui.portal.choices import Group, groups_of
from review_ui.portal.drawing import (
    MAX_FRAMES,
    MAX_MARKS,
    Frame,
    Line,
    Moment,
    Shown,
    frame_of,
    frames_of_text,
    lines_of,
    mark_of,
    moments_of,
)
from review_ui.portal.films import Reel, moments_of_film, reel_of
from review_ui.portal.languages import _, best_language
from review_ui.portal.marking import Run, cut
from review_ui.portal.moments import moment
from review_ui.portal.said import said

SCHEMA = "moderation-item/1"
TONES = 8
"""Colours that labels take turns with; ``style/tokens.css`` has them."""
MAX_PARTS, MAX_DETECTIONS, MAX_EARLIER = 200, 5000, 20
MAX_REASONS, MAX_REASON_CHARS = 3, 500


@dataclass(frozen=True)
class ShownPart:
    """A part as the task page shows it.

    Attributes:
        origin: how it came to be, in words.
        source: id of the part it was extracted from; empty when it was posted.
        source_number: that part's number on the page; 0 when it is not shown.
        runs: of a text.
        lines: the same text cut into lines that have a time, when it was spoken.
        uri: of media.
        hints: what is not shown of it, in sentences.
        is_in_film: it is shown with the film that it was taken out of, and not by itself.
    """

    id: str
    number: int
    type: str
    origin: str
    source: str = ""
    source_number: int = 0
    runs: tuple[Run, ...] = ()
    lines: tuple[Line, ...] = ()
    frames: tuple[Frame, ...] = ()
    moments: tuple[Moment, ...] = ()
    uri: str = ""
    size: str = ""
    hints: tuple[str, ...] = ()
    is_in_film: bool = False


@dataclass(frozen=True)
class FoundLabel:
    """All detections of one label.

    Attributes:
        confidence: the highest, in words of percent.
        places: number of detections.
        by: the detectors.
        anchor: id on the page of the most certain one's place, or of its part.
        reasons: what detectors that give reasons say, in their words.
    """

    name: str
    tone: int
    confidence: str
    places: int
    by: tuple[str, ...]
    anchor: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unseen:
    """A detector that gave no answer."""

    detector: str
    part: str
    message: str


@dataclass(frozen=True)
class ShownTask:
    """All that the task page shows of an item of ours.

    Attributes:
        about: what the service knows of the item, name and words.
        metadata: what the app says of it, name and words.
        names: the words that are read in place of labels, where the policy has some.
        groups: the labels as they are shown.
        reasons: to choose from, name and words.
        tones: the colour of each label that was found.
        not_examined: what nobody looked for, in sentences.
        earlier: decisions on items that look nearly the same, in sentences.
        due_because: what says until when it is to be decided; empty where nothing does.
        hidden: places with personal data that are masked.
        hints: what is not shown of the item, in sentences.
    """

    why: tuple[str, ...]
    unseen: tuple[Unseen, ...]
    policy_name: str
    policy_version: str
    policy_description: str
    about: tuple[tuple[str, str], ...]
    metadata: tuple[tuple[str, str], ...]
    parts: tuple[ShownPart, ...]
    found: tuple[FoundLabel, ...]
    labels: tuple[str, ...]
    tones: Mapping[str, int]
    names: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    not_examined: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    due_because: str = ""
    hidden: int = 0
    hints: tuple[str, ...] = ()


def is_ours(content: Mapping[str, Any]) -> bool:
    """True for input that the service made; other users of the endpoint have templates of their own."""
    return content.get("schema") == SCHEMA


def show(content: Mapping[str, Any]) -> ShownTask:
    """The page's view of an item of ours. Never raises, whatever the JSON object holds."""
    seen, raw_parts = _detections(content), reading.mappings(content, "parts")
    by_part: dict[str, list[Shown]] = {}
    for one in seen[:MAX_DETECTIONS]:
        by_part.setdefault(one.part, []).append(one)
    read_from: dict[str, list[Mapping[str, Any]]] = {}
    for part in raw_parts[:MAX_PARTS]:
        if part.get("type") == "text":
            read_from.setdefault(reading.text(part, "extracted_from"), []).append(part)
    sounding = {reading.text(part, "id") for part in raw_parts if part.get("type") in ("audio", "video")}
    reel = reel_of(raw_parts)
    parts = tuple(_part(n, part, read_from, by_part, sounding) for n, part in enumerate(raw_parts[:MAX_PARTS], start=1))
    parts = tuple(_with_films(part, reel, by_part) for part in parts)
    numbers = {part.id: part.number for part in parts}
    parts = tuple(replace(part, source_number=numbers.get(part.source, 0)) for part in parts)
    hints = []
    if len(raw_parts) > MAX_PARTS:
        hints.append(_("Only %(shown)s of %(all)s parts are shown.", shown=MAX_PARTS, all=len(raw_parts)))
    if len(seen) > MAX_DETECTIONS:
        hints.append(
            _("Only the %(shown)s most certain of %(all)s detections are shown.", shown=MAX_DETECTIONS, all=len(seen))
        )
    policy, item = reading.mapping(content, "policy"), reading.mapping(content, "item")
    metadata = reading.mapping(item, "metadata")
    given = reading.mapping(content, "names")
    names = [(name, _in_own_language(reading.mapping(given, name))) for name in given]
    reasons = [
        (reading.text(reason, "name"), _in_own_language(reading.mapping(reason, "words")))
        for reason in reading.mappings(content, "reasons")
    ]
    labels, tones = tuple(dict.fromkeys(reading.texts(content, "labels"))), {one.label: one.tone for one in seen}
    read = {name: words for name, words in names if words}
    return ShownTask(
        why=tuple(said(line, read) for line in reading.texts(content, "why")),
        unseen=tuple(
            Unseen(_tool(failure), reading.text(failure, "part"), reading.text(failure, "message"))
            for failure in reading.mappings(content, "failures")
        ),
        policy_name=reading.text(policy, "name"),
        policy_version=reading.text(policy, "version"),
        policy_description=reading.text(policy, "description"),
        about=_about(content, item),
        metadata=tuple((reading.printable(name), reading.as_words(value)) for name, value in metadata.items()),
        parts=parts,
        found=_found(seen, parts),
        labels=labels,
        tones=tones,
        names=read,
        groups=groups_of(labels, read, tones),
        reasons=tuple(reason for reason in reasons if all(reason)),
        not_examined=tuple(said(line, read) for line in reading.texts(content, "not_examined")[:MAX_EARLIER]),
        earlier=tuple(said(line, read) for line in reading.texts(content, "earlier")[:MAX_EARLIER]),
        due_because=said(reading.text(content, "decide_by_because"), read),
        hints=tuple(hints),
    )


def _in_own_language(words: Mapping[str, Any]) -> str:
    return reading.text(words, best_language(list(words)))


def _detections(content: Mapping[str, Any]) -> list[Shown]:
    """Most certain first; labels get their colours in that order."""
    read = [
        (reading.number(raw, "confidence", 0, 100), reading.text(raw, "label"), raw)
        for raw in reading.mappings(content, "detections")
    ]
    certain = sorted(((c, label, raw) for c, label, raw in read if c is not None and label), key=lambda r: -r[0])
    # Labels that are drawn somewhere come first, so that neighbours seldom share a colour.
    drawn = [
        label for confidence, label, raw in certain if any(raw.get(place) for place in ("span", "box", "time_range"))
    ]
    order = dict.fromkeys([*drawn, *(label for confidence, label, raw in certain)])
    tones = {label: number % TONES for number, label in enumerate(order)}
    return [
        Shown(
            label,
            confidence,
            reading.text(raw, "part"),
            _tool(raw),
            f"found-{number}",
            tones[label],
            raw,
        )
        for number, (confidence, label, raw) in enumerate(certain)
    ]


def _part(
    number: int,
    part: Mapping[str, Any],
    read_from: Mapping[str, Sequence[Mapping[str, Any]]],
    by_part: Mapping[str, Sequence[Shown]],
    sounding: Collection[str],
) -> ShownPart:
    part_id, kind, source = (reading.text(part, key) for key in ("id", "type", "extracted_from"))
    here = by_part.get(part_id, ())
    words = reading.text(part, "text")
    hints = (
        [_("Only the beginning is shown: the whole is too long for a task.")] if part.get("shortened") is True else []
    )
    marks = [mark for one in here if (mark := mark_of(one)) is not None]
    beyond = sum(mark.start >= len(words) for mark in marks) if kind == "text" else 0
    if beyond:
        hints.append(_("%(count)s of the detections lie in what is not shown.", count=beyond))
    if len(marks) - beyond > MAX_MARKS:
        of_all = len(marks) - beyond
        hints.append(
            _("Only the %(shown)s most certain of %(all)s detections are marked.", shown=MAX_MARKS, all=of_all)
        )
    if problem := reading.text(part, "problem"):
        hints.append(problem)
    frames = [frame for one in here if (frame := frame_of(one.raw.get("box"), one))]
    # What was read in this picture is drawn where it stood, and what was found in that text, too.
    for child in read_from.get(part_id, ()) if kind == "image" else ():
        if len(frames) <= MAX_FRAMES:
            frames += frames_of_text(child, by_part.get(reading.text(child, "id"), ()))
    if len(frames) > MAX_FRAMES:
        hints.append(_("Only the first %(count)s boxes are drawn.", count=MAX_FRAMES))
    width, height = reading.whole(part, "width"), reading.whole(part, "height")
    drawn = [m for m in marks if m.start < len(words)][:MAX_MARKS]
    return ShownPart(
        id=part_id,
        number=number,
        type=kind,
        origin=_origin(source, reading.text(part, "extractor"), is_heard=kind == "text" and source in sounding),
        source=source,
        runs=cut(words, drawn) if kind == "text" else (),
        lines=lines_of(part, words, drawn) if kind == "text" else (),
        frames=tuple(frames[:MAX_FRAMES]),
        moments=moments_of(here),
        uri=_media(part),
        size=f"{width} × {height} px" if width and height else "",
        hints=tuple(hints),
    )


def _with_films(part: ShownPart, reel: Reel, by_part: Mapping[str, Sequence[Shown]]) -> ShownPart:
    """A film with what was found in its pictures; these, and texts in them with nothing in it, as parts of it."""
    if part.type == "video":
        return replace(part, moments=moments_of_film(part.id, reel, by_part))
    is_shown = part.type == "text" and by_part.get(part.id)
    return replace(part, is_in_film=True) if part.id in reel.film_of and not is_shown else part


def _origin(source: str, tool: str, *, is_heard: bool) -> str:
    """How a part came to be, in words."""
    if is_heard:
        return _("written down by a machine (%(tool)s) from what is said in %(part)s", part=source, tool=tool)
    return _("read from %(part)s by %(tool)s", part=source, tool=tool) if source else _("as posted")


def media_of(content: Mapping[str, Any], kind: str) -> list[str]:
    """The addresses of the media of one type that a page shows large, in order: pictures of films are thumbnails."""
    parts = reading.mappings(content, "parts") if is_ours(content) else []
    in_films = reel_of(parts).film_of
    those = [part for part in parts if part.get("type") == kind and reading.text(part, "id") not in in_films]
    return [uri for part in those if (uri := _media(part))]


def _media(part: Mapping[str, Any]) -> str:
    uri = reading.text(part, "uri")
    return uri if uri.startswith("s3://") else ""


def _found(seen: Sequence[Shown], parts: Sequence[ShownPart]) -> tuple[FoundLabel, ...]:
    """The labels, most certain first. The place that each leads to is one that is drawn."""
    drawn = {anchor for part in parts for run in part.runs for anchor in run.anchors}
    drawn |= {frame.anchor for part in parts if not part.is_in_film for frame in part.frames}
    drawn |= {moment.anchor for part in parts for moment in part.moments}
    numbers = {part.id: part.number for part in parts}
    by_label: dict[str, list[Shown]] = {}
    for one in seen:
        by_label.setdefault(one.label, []).append(one)
    found = []
    for name, all_of in by_label.items():
        first = all_of[0]
        anchor = next((one.anchor for one in all_of if one.anchor in drawn), "")
        if not anchor and first.part in numbers:
            anchor = f"part-{numbers[first.part]}"
        by = tuple(dict.fromkeys(one.by for one in all_of))
        given = (reading.text(reading.mapping(one.raw, "attributes"), "reason") for one in all_of)
        reasons = tuple(dict.fromkeys(reason[:MAX_REASON_CHARS] for reason in given if reason))[:MAX_REASONS]
        confidence = reading.percent(first.confidence)
        found.append(FoundLabel(name, first.tone, confidence, len(all_of), by, anchor, reasons))
    return tuple(found)


def _about(content: Mapping[str, Any], item: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    posted = reading.text(item, "created_at")
    with suppress(ValueError, OverflowError):  # what is no time is shown as it stands
        posted = moment(datetime.fromisoformat(posted).astimezone(UTC))
    facts = {
        "App": reading.text(item, "app"),
        "Content id": reading.text(item, "content_id"),
        "Posted": posted,
        "Item": reading.text(item, "id"),
        "Queue": reading.text(content, "queue"),
    }
    return tuple((name, words) for name, words in facts.items() if words)


def _tool(raw: Mapping[str, Any]) -> str:
    return reading.text(reading.mapping(raw, "detector"), "name") or _("an unnamed detector")
