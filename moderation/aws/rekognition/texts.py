"""DetectText: the lines that a picture shows and the words of each, with where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.aws.rekognition.caller import Caller
from moderation.aws.rekognition.faults import failed, fault, not_ready
from moderation.aws.rekognition.looking import Answer, examines, is_here
from moderation.aws.rekognition.pictures import bounding_box, read_picture
from moderation.core.items import Box, Part, Place
from moderation.hookspecs import Extractor

VERSION = "3.0"
"""Of ``TextModelVersion``, as Rekognition has it; who read is in the answer's header."""
MOST_WORDS = 100
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class _Word:
    """A word of a line, its box worked out from its share of the letters."""

    text: str
    box: Box
    confidence: float


@dataclass(frozen=True)
class Wanted:
    """Which words a request wants: by ``WordFilter``, and those that touch one of some regions."""

    words: Mapping[str, Any]
    regions: Sequence[Box]


def detect(caller: Caller, p: Mapping[str, Any]) -> Answer:
    """Lines, each before its words.

    Raises:
        ApiError: nobody here reads pictures, or a line of this one cannot be read.
    """
    reader, wanted = need_reader(caller), wanted_of(p)
    picture = read_picture(caller.service, caller.app, p["Image"])
    made, answers = caller.service.judge.runner.extract(
        caller.name, [picture.part], lambda each: each.name == reader.name
    )
    if answers.failures:
        raise failed(answers.failures[0])
    return Answer({"TextDetections": texts_of(made, wanted), "TextModelVersion": VERSION}, [reader])


def wanted_of(p: Mapping[str, Any]) -> Wanted:
    """The ``Filters`` of a request. Raises `ApiError` where a region is none."""
    filters = p.get("Filters") or {}
    regions = tuple(_region(each) for each in filters.get("RegionsOfInterest") or ())
    return Wanted(filters.get("WordFilter") or {}, regions)


def texts_of(made: Sequence[Part], wanted: Wanted) -> list[dict[str, Any]]:
    """Lines of what was read in one picture, each before its words. Raises `ApiError` where one is not sure of any."""
    chosen: list[dict[str, Any]] = []
    words = 0
    for line in (line for part in made for line in _lines(part)):
        kept = [word for word in line if _fits(word, wanted.words, wanted.regions)][: MOST_WORDS - words]
        if not kept:
            continue
        number = len(chosen)
        whole = Box.model_validate(_around([word.box for word in line]))
        sure = min(word.confidence for word in line)
        chosen.append(_entry("LINE", number, " ".join(word.text for word in line), whole, sure))
        chosen += [
            {**_entry("WORD", number + 1 + at, word.text, word.box, word.confidence), "ParentId": number}
            for at, word in enumerate(kept)
        ]
        words += len(kept)
    return chosen


def need_reader(caller: Caller) -> Extractor:
    """Who reads pictures. Raises `ApiError` where nobody does."""
    extractors = caller.service.judge.plugins.extractors
    for each in extractors:
        if "image" in each.reads and "text" in each.makes and is_here(each) and examines(each):
            return each
    raise not_ready("No extractor is loaded here that reads text in pictures; `moderation plugins` lists what is")


def _lines(part: Part) -> Iterator[Sequence[_Word]]:
    """The words of each line of the text; places of one row are one line."""
    text, places = part.text or "", part.extraction.places if part.extraction is not None else ()
    begin = 0
    for line in text.split("\n"):
        end = begin + len(line)
        found = [place for place in places if begin <= place.span.start < end and place.box is not None]
        words = [word for place in found for word in _words(text, place)]
        if words:
            yield words
        begin = end + 1


def _words(text: str, place: Place) -> Iterator[_Word]:
    """The words of a place; where each stands is reckoned by its share of the letters."""
    said = text[place.span.start : place.span.end]
    box = place.box
    if box is None:
        return
    if place.confidence is None:
        raise not_ready("The reader of texts that is loaded here does not say how sure it is")
    for match in _WORD.finditer(said):
        left, width = match.start() / len(said), (match.end() - match.start()) / len(said)
        part = Box(left=min(box.left + left * box.width, 1.0), top=box.top, width=width * box.width, height=box.height)
        yield _Word(match.group(), part, place.confidence)


def _entry(kind: str, number: int, text: str, box: Box, sure: float) -> dict[str, Any]:
    right, bottom = box.left + box.width, box.top + box.height
    corners = ((box.left, box.top), (right, box.top), (right, bottom), (box.left, bottom))
    polygon = [{"X": x, "Y": y} for x, y in corners]
    geometry = {"BoundingBox": bounding_box(box), "Polygon": polygon}
    return {"DetectedText": text, "Type": kind, "Id": number, "Confidence": sure, "Geometry": geometry}


def _around(boxes: Sequence[Box]) -> tuple[float, float, float, float]:
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.left + box.width for box in boxes), max(box.top + box.height for box in boxes)
    return left, top, min(right - left, 1.0), min(bottom - top, 1.0)


def _fits(word: _Word, wanted: Mapping[str, Any], regions: Sequence[Box]) -> bool:
    if word.confidence < wanted.get("MinConfidence", 0):
        return False
    if word.box.height < wanted.get("MinBoundingBoxHeight", 0) or word.box.width < wanted.get("MinBoundingBoxWidth", 0):
        return False
    return not regions or any(_overlaps(word.box, region) for region in regions)


def _region(given: Mapping[str, Any]) -> Box:
    """A region of interest as the box around it."""
    try:
        if given.get("BoundingBox"):
            box = given["BoundingBox"]
            return Box(left=box["Left"], top=box["Top"], width=box["Width"], height=box["Height"])
        points = [(point["X"], point["Y"]) for point in given["Polygon"]]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return Box(left=min(xs), top=min(ys), width=max(xs) - min(xs), height=max(ys) - min(ys))
    except (KeyError, ValueError) as error:
        raise fault("InvalidParameterException", "A region of interest is a box or a polygon of ratios") from error


def _overlaps(one: Box, other: Box) -> bool:
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return across > 0 and down > 0
