"""``vision.text``: text in a picture as a text part, so that text detectors see it. RapidOCR with its own models.

It sees lines in Latin letters and in Chinese, in the first frame shrunk to `LONGEST`. It sees no other scripts, no line
of which the reader is less sure than `LOWEST_SCORE`, and nothing in pictures of less than `SMALLEST_SIDE`.
"""

from __future__ import annotations

import logging
from typing import Any

from moderation.core.items import Box, Extraction, Part, Place, Span, Tool
from moderation.hookspecs import Context

LONGEST = 1600
SMALLEST_SIDE = 16
LOWEST_SCORE = 0.5
"""Lines that the reader is less sure of are left out: they are mostly texture."""


class Text:
    """Reads lines, joins them with newlines in reading order, and keeps where each line stood."""

    name = "vision.text"
    version = "1.0"
    reads = ("image",)
    makes = ("text",)
    time_limit_seconds = 30.0

    def __init__(self) -> None:
        self._engine: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """The loaded models stay behind."""
        return {"_engine": None}

    def extract(self, part: Part, context: Context) -> list[Part]:
        """One text part, or none where there is no text. Raises `Unreadable`."""
        import numpy

        picture = context.looks(part, LONGEST)[0]
        if min(picture.size) < SMALLEST_SIDE:
            return []
        if self._engine is None:
            self._engine = _open_engine()
        answer = self._engine(numpy.asarray(picture)[:, :, ::-1])
        if answer.txts is None:
            return []
        text, places = "", []
        for line, score, corners in sorted(
            zip(answer.txts, answer.scores, answer.boxes, strict=True), key=lambda row: _reading_order(row[2])
        ):
            words = " ".join(line.split())
            if score < LOWEST_SCORE or not words:
                continue
            text += "\n" if text else ""
            span = Span(start=len(text), end=len(text) + len(words))
            text += words
            places.append(Place(span=span, box=_box(corners, *picture.size)))
        if not text:
            return []
        tool = Tool(name=self.name, version=self.version)
        return [Part(type="text", text=text, extraction=Extraction(part=part.id, extractor=tool, places=tuple(places)))]


def _open_engine() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": 2,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _reading_order(corners: Any) -> tuple[int, float]:
    """Top to bottom in steps of half a line, then left to right."""
    top, left = min(y for _, y in corners), min(x for x, _ in corners)
    height = max(max(y for _, y in corners) - top, 1)
    return round(top / height * 2), left


def _box(corners: Any, width: int, height: int) -> Box:
    """The upright box around four corners, in ratios, inside the picture."""
    xs = [min(max(float(x) / width, 0.0), 1.0) for x, _ in corners]
    ys = [min(max(float(y) / height, 0.0), 1.0) for _, y in corners]
    return Box(left=min(xs), top=min(ys), width=max(xs) - min(xs), height=max(ys) - min(ys))
