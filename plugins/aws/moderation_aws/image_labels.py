"""``rekognition.labels``: things in a picture, by DetectLabels, as the labels that the configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.looks import merge_looks
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from moderation.hookspecs import Context
from moderation_aws import pictures
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, needed
from moderation_aws.cards import LABELS

MOST_FILTERS = 100
"""Labels that one call may be narrowed to."""


def known_labels(names: Mapping[str, str]) -> Mapping[str, str]:
    """Check a mapping of names of a model to our labels. Raises `ValueError` with what may have been meant."""
    taxonomy = Taxonomy(names.values())
    for name, label in names.items():
        if label not in taxonomy:
            close = taxonomy.suggest(label)
            hint = f"; did you mean '{close}'?" if close else f"; labels of your own begin with {CUSTOM_PREFIX}"
            raise ValueError(f"'{name}' is to be '{label}', which the taxonomy does not know{hint}")
    return names


class LabelOptions(BaseModel):
    """``labels:`` in the configuration.

    Attributes:
        names: Rekognition's label to ours: ``{Gun: Weapons, Hard Hat: Custom/HARD_HAT}``. Only these are asked for.
        min_confidence: the lowest that Rekognition reports.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: Annotated[dict[str, str], Field(min_length=1, max_length=MOST_FILTERS)]
    min_confidence: Annotated[float, Field(ge=0, le=100)] = 55.0

    _known = field_validator("names")(known_labels)


class ImageLabels:
    """A detection for each thing that is seen, with its box; and one for the picture where that is surer of the label.

    Rekognition gives a label a confidence of its own, and each instance another: a T-shirt is in the picture at 76 %,
    and the one that it points at is one at 53 %. The first would be lost with the instances alone, and the number of
    things with the label alone: so the detection without a box is there only where no instance is as sure.
    """

    name = "rekognition.labels"
    version = "1.2"
    card = LABELS
    reads = ("image",)
    time_limit_seconds = TIME_LIMIT_SECONDS
    on_demand = True

    def __init__(self, account: Account, fitting: pictures.Fitting, options: LabelOptions) -> None:
        self._account, self._fitting, self._options = account, fitting, options
        self.labels = tuple(sorted(set(options.names.values())))
        self.min_confidence = options.min_confidence

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """Things in the order of the answer. Raises `Unreadable` and `Unavailable`."""
        images = pictures.images_of(part, context, pictures.LABELS, self._fitting)
        return merge_looks([self._ask(context, image) for image in images])

    def _ask(self, context: Context, image: Mapping[str, Any]) -> list[Detection]:
        answer = self._account.call(
            Caller(context.app, self.name),
            "rekognition",
            "DetectLabels",
            1,
            Image=image,
            MinConfidence=self.min_confidence,
            Features=["GENERAL_LABELS"],
            Settings={"GeneralLabels": {"LabelInclusionFilters": sorted(self._options.names)}},
        )
        found: list[Detection] = []
        for thing in needed(answer, "Labels"):
            if thing["Name"] in self._options.names:
                found += self._detections(thing)
        return [detection for detection in found if detection.confidence >= self.min_confidence]

    def _detections(self, thing: Mapping[str, Any]) -> list[Detection]:
        label = self._options.names[thing["Name"]]
        attributes = {"rekognition_label": thing["Name"]}
        found = [
            Detection(
                label=label,
                confidence=instance["Confidence"],
                box=pictures.box_of(instance.get("BoundingBox")),
                attributes=attributes,
            )
            for instance in thing.get("Instances", ())
        ]
        if all(detection.confidence < thing["Confidence"] for detection in found):
            found.append(Detection(label=label, confidence=thing["Confidence"], attributes=attributes))
        return found
