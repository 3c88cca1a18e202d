"""``rekognition.text``: text in a picture as a text part, by DetectText, so that text detectors see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from moderation.core.items import Box, Extraction, Part, Place, Span, Tool
from moderation.hookspecs import Context, Unavailable
from moderation_aws import pictures
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, needed
from moderation_aws.cards import IMAGE_TEXT

MOST_WORDS = 100
"""The operation reads no more in a picture or a region of it."""
DEEPEST = 4
"""How often a region with too many words is cut in two: 16 regions, 1,600 words."""
OVERLAP = 0.08
"""Of the whole picture, by which the halves reach over the cut, so that a line on it is whole in one of them."""

Region = tuple[float, float, float, float]
"""Left, top, right, bottom as ratios."""


class TextOptions(BaseModel):
    """``text:`` in the configuration.

    Attributes:
        min_confidence: lines that Rekognition is less sure of are left out; they are mostly texture.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_confidence: Annotated[float, Field(ge=0, le=100)] = 50.0


class ImageText:
    """Lines, joined with newlines in reading order, each with the box where it stood.

    A picture with more words than one answer holds is read again in halves, so that nothing hides behind the first
    hundred words.
    """

    name = "rekognition.text"
    version = "1.1"
    card = IMAGE_TEXT
    reads = ("image",)
    makes = ("text",)
    time_limit_seconds = TIME_LIMIT_SECONDS
    on_demand = True

    def __init__(self, account: Account, fitting: pictures.Fitting, options: TextOptions) -> None:
        self._account, self._fitting, self._options = account, fitting, options

    def extract(self, part: Part, context: Context) -> list[Part]:
        """One text part, or none where there is no text. Raises `Unreadable` and `Unavailable`."""
        lines: list[tuple[str, Box | None]] = []
        for image in pictures.images_of(part, context, pictures.TEXT, self._fitting):
            read = self._read(Caller(context.app, self.name), image, None, 0)
            lines += [line for line in read if not _is_known(line, lines)]
        text, places = "", []
        for line, box in lines:
            text += "\n" if text else ""
            places.append(Place(span=Span(start=len(text), end=len(text) + len(line)), box=box))
            text += line
        if not text:
            return []
        tool = Tool(name=self.name, version=self.version)
        return [Part(type="text", text=text, extraction=Extraction(part=part.id, extractor=tool, places=tuple(places)))]

    def _read(
        self, caller: Caller, image: Mapping[str, Any], region: Region | None, depth: int
    ) -> list[tuple[str, Box | None]]:
        given: dict[str, Any] = {"Image": image}
        if region is not None:
            left, top, right, bottom = region
            box = {"Left": left, "Top": top, "Width": right - left, "Height": bottom - top}
            given["Filters"] = {"RegionsOfInterest": [{"BoundingBox": box}]}
        answer = self._account.call(caller, "rekognition", "DetectText", 1, **given)
        detections: Sequence[Mapping[str, Any]] = needed(answer, "TextDetections")
        if sum(each["Type"] == "WORD" for each in detections) >= MOST_WORDS:
            if depth == DEEPEST:
                raise Unavailable(f"more text than {2**DEEPEST} looks can read: some of it was not seen")
            lines: list[tuple[str, Box | None]] = []
            for half in _halves(region or (0.0, 0.0, 1.0, 1.0)):
                lines += [line for line in self._read(caller, image, half, depth + 1) if not _is_known(line, lines)]
            return lines
        return [
            (" ".join(each["DetectedText"].split()), pictures.box_of(each.get("Geometry", {}).get("BoundingBox")))
            for each in detections
            # Words repeat their lines.
            if each["Type"] == "LINE"
            and each["Confidence"] >= self._options.min_confidence
            and each["DetectedText"].strip()
        ]


def _halves(region: Region) -> tuple[Region, Region]:
    """The region cut across its longer side, with an overlap."""
    left, top, right, bottom = region
    if bottom - top >= right - left:
        middle = (top + bottom) / 2
        return (left, top, right, min(middle + OVERLAP / 2, 1.0)), (left, max(middle - OVERLAP / 2, 0.0), right, bottom)
    middle = (left + right) / 2
    return (left, top, min(middle + OVERLAP / 2, 1.0), bottom), (max(middle - OVERLAP / 2, 0.0), top, right, bottom)


def _is_known(line: tuple[str, Box | None], lines: Sequence[tuple[str, Box | None]]) -> bool:
    """The same words at the same place: read twice, in the overlap or on another background."""
    text, box = line
    return any(
        text == other and box is not None and there is not None
        and abs(box.left - there.left) < 0.01 and abs(box.top - there.top) < 0.01
        for other, there in lines
    )  # fmt: skip
