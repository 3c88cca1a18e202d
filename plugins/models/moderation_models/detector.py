"""A model's file as a detector: pictures in, detections out. The net is loaded at the first look, where it is used."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.core.cards import Card
from moderation.core.detections import Detection
from moderation.core.items import Box, Part
from moderation.core.looks import merge_looks
from moderation.hookspecs import Context, Unavailable
from moderation_models.file import ModelFile, Table
from moderation_models.onnx_file import ModelBroken
from moderation_models.places import WHOLE, Finder, crops_of, cut, placed, tiles_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from moderation_models.loaded import Loaded

SHARPER = 2
"""A picture is shrunk to so many times what the net reads before it is resized: twice loses nothing. Tiles are
larger than their share of it, by what they overlap, and need no more."""
LEAST_LONGEST = 1024
"""Pixels of the longest side that are kept in any case: a long one has few across."""
MOST_LONGEST = 4096


def percent_of(table: Table, raw: float) -> float | None:
    """The confidence of a raw score; None under the table's beginning."""
    if not raw >= table[0][0]:
        return None
    at = bisect_right(table, (raw, float("inf")))
    if at == len(table):
        return table[-1][1]
    (low, below), (high, above) = table[at - 1], table[at]
    return below + (above - below) * (raw - low) / (high - low)


def least_raw(table: Table, floor: float) -> float:
    """The least raw score whose confidence is at least `floor`; over any score when none is."""
    if table[0][1] >= floor:
        return table[0][0]
    for (low, below), (high, above) in pairwise(table):
        if above >= floor:
            return low + (high - low) * (floor - below) / (above - below)
    return float("inf")


class ModelDetector:
    """Looks at pictures with one model.

    Raises:
        ModelBroken: from `find` and `load`; `detect` says it as `Unavailable`.

    Attributes:
        file: what the YAML file says.
        source: the YAML file.
        weights: the ONNX file.
    """

    reads = ("image",)

    def __init__(self, file: ModelFile, source: Path, weights: Path, finder: Finder | None = None) -> None:
        self.file, self.source, self.weights, self.finder = file, source, weights, finder
        self.name, self.version = file.model, file.version
        self.labels = tuple(sorted(set(file.labels.values())))
        self.min_confidence, self.time_limit_seconds = file.floor, file.time_limit_seconds
        self.examines = file.examines
        self.card: Card | None = file.card_words()
        self._loaded: Loaded | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The loaded net stays behind."""
        return {**self.__dict__, "_loaded": None}

    def load(self) -> Loaded:
        """Load the net, if that was not done yet, and the code that looks with it, which a look at a text needs not."""
        if self._loaded is None:
            from moderation_models.loaded import Loaded

            self._loaded = Loaded(self.file, self.source.parent, self.weights)
        return self._loaded

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The findings of the picture, or of an animation's first frame, surest first.

        Raises:
            Unreadable: it cannot be decoded, or has too many places to look at.
            Unavailable: the model cannot be used.
        """
        try:
            found = merge_looks([self.find(look) for look in context.looks(part, self.longest)])
        except ModelBroken as error:
            raise Unavailable(f"{error}; `moderation models check` says more") from error
        return sorted(found, key=lambda detection: (-detection.confidence, detection.label))

    @property
    def max_confidence(self) -> float:
        """Percent that its surest score is."""
        return max(table[-1][1] for table in self.file.percent.values())

    @property
    def longest(self) -> int | None:
        """Pixels of the longest side that a picture is shrunk to before it is looked at; None for none."""
        if self.file.crops_from is not None:
            return None
        side = max(*self.file.input.size, self.file.input.resize_to or 0)
        grid = self.file.tiles.grid if self.file.tiles is not None else 1
        return min(max(SHARPER * side, side * grid, LEAST_LONGEST), MOST_LONGEST)

    def places(self, picture: Image) -> list[Box]:
        """Where something is, for models that look at crops."""
        return [found.box for found in self.find(picture) if found.box is not None]

    def find(self, picture: Image) -> list[Detection]:
        """The findings in a picture (RGB), in any order. Raises `ModelBroken`."""
        if self.file.output.has_boxes:
            return self._boxes(picture)
        if self.finder is None:
            return list(self._detections(self._judged(picture), None))
        found: list[Detection] = []
        for box, around in crops_of(self.finder.places(picture), self.file.crop_margin):
            found += self._detections(self.raw_scores(cut(picture, around)), box)
        return found

    def raw_scores(self, picture: Image) -> dict[str, tuple[float, str]]:
        """By label the raw score, 0-1, and the class that says most of it. Raises `ModelBroken`.

        Of classes that exclude each other (softmax) a label's score is their sum, of others the highest.
        """
        loaded, output = self.load(), self.file.output
        scores = loaded.scores(picture)
        raw = {}
        for label, classes in loaded.by_label.items():
            best = max(classes, key=lambda number: float(scores[number]))
            together = sum(float(scores[number]) for number in classes)
            raw[label] = (together if output.scores == "softmax" else float(scores[best]), classes[best])
        return raw

    def _judged(self, picture: Image) -> dict[str, tuple[float, str]]:
        """Raw scores of a picture and its tiles, put together by the rule."""
        whole, tiles = self.raw_scores(picture), self.file.tiles
        if tiles is None or (tiles.rule == "agree" and all(score < tiles.worth for score, _ in whole.values())):
            return whole
        seen = [self.raw_scores(cut(picture, tile)) for tile in tiles_of(tiles)]
        together = {}
        for label, of_whole in whole.items():
            of_tiles = sorted((scores[label] for scores in seen), key=lambda pair: pair[0])
            best, middle = of_tiles[-1], of_tiles[(len(of_tiles) - 1) // 2]
            if tiles.rule == "most":
                together[label] = max(of_whole, best, key=lambda pair: pair[0])
            else:
                agreed = best if best[0] >= tiles.agree_at else middle
                together[label] = min(of_whole, agreed, key=lambda pair: pair[0])
        return together

    def _detections(self, raw: Mapping[str, tuple[float, str]], box: Box | None) -> Iterator[Detection]:
        for label, (score, name) in raw.items():
            confidence = percent_of(self.file.table(label), score)
            if confidence is not None and confidence >= self.min_confidence:
                yield Detection(label=label, confidence=confidence, box=box, attributes=_facts(name, score))

    def _boxes(self, picture: Image) -> list[Detection]:
        import numpy

        loaded = self.load()
        # A score of 0 is nothing, whatever the table says of it.
        least = {
            number: max(least_raw(self.file.table(label), self.min_confidence), 1e-9)
            for label, classes in loaded.by_label.items()
            for number in classes
        }
        views = [WHOLE, *(tiles_of(self.file.tiles) if self.file.tiles is not None else [])]
        if self.finder is not None:
            views = [around for _, around in crops_of(self.finder.places(picture), self.file.crop_margin)]
        rows = [numpy.empty((0, 6))]
        for view in views:
            boxes = loaded.boxes(picture if view == WHOLE else cut(picture, view), least)
            begin, sides = numpy.array([view.left, view.top] * 2), numpy.array([view.width, view.height] * 2)
            columns = [begin + boxes.corners * sides, boxes.scores[:, None], boxes.classes[:, None]]
            rows.append(numpy.concatenate(columns, axis=1))
        found = numpy.concatenate(rows)
        found = found[numpy.argsort(-found[:, 4], kind="stable")]
        return list(self._placed(loaded, found))

    def _placed(self, loaded: Loaded, rows: NDArray[Any]) -> Iterator[Detection]:
        """Rows of all views, the surest first, as detections, each thing once."""
        for label, classes in loaded.by_label.items():
            for number, name in classes.items():
                of_class = rows[rows[:, 5] == number]
                for row in of_class[loaded.distinct(of_class[:, :4])]:
                    score = min(float(row[4]), 1.0)
                    confidence, box = percent_of(self.file.table(label), score), placed(row[:4], WHOLE)
                    if confidence is not None and confidence >= self.min_confidence and box is not None:
                        yield Detection(label=label, confidence=confidence, box=box, attributes=_facts(name, score))


def _facts(name: str, score: float) -> dict[str, Any]:
    return {"class": name, "score": round(score, 4)}
