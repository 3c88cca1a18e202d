"""Comparing recordings: how often both sides say the same, label by label, and what Amazon's answers cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moderation.aws.recorder.recordings import Recording

PER_PICTURE, PER_UNIT, UNIT, LEAST_UNITS = 0.001, 0.0001, 100, 3
"""Dollars for a picture (Rekognition's first tier) and for a unit of 100 characters, at least 3 (Comprehend's), as
https://aws.amazon.com/rekognition/pricing/ and https://aws.amazon.com/comprehend/pricing/ have them in us-east-1."""


@dataclass
class LabelCount:
    """How often a label was found by each side, over the requests that both answered."""

    both: int = 0
    amazon_only: int = 0
    here_only: int = 0

    @property
    def agreement(self) -> float:
        """The share of requests with the label in which both found it, from 0 to 1."""
        return self.both / (self.both + self.amazon_only + self.here_only)


@dataclass
class Compared:
    """One operation.

    Attributes:
        calls: requests.
        answered: by both sides.
        same: of these, with the same labels.
        amazon_errors: codes, with how often.
        dollars: what Amazon's answers cost at list price.
    """

    service: str
    operation: str
    calls: int = 0
    answered: int = 0
    same: int = 0
    dollars: float = 0.0
    amazon_seconds: float = 0.0
    here_seconds: float = 0.0
    amazon_errors: dict[str, int] = field(default_factory=dict)
    here_errors: dict[str, int] = field(default_factory=dict)
    labels: dict[str, LabelCount] = field(default_factory=dict)


def compare(recordings: Iterable[Recording], least: float = 50.0) -> list[Compared]:
    """Both sides by operation, in order of names.

    Args:
        least: confidence (0-100) from which a finding counts.
    """
    found: dict[tuple[str, str], Compared] = {}
    for each in recordings:
        one = found.setdefault((each.service, each.operation), Compared(each.service, each.operation))
        one.calls += 1
        one.amazon_seconds += each.amazon.seconds
        one.here_seconds += each.here.seconds
        for side, errors in ((each.amazon, one.amazon_errors), (each.here, one.here_errors)):
            if side.document is None:
                errors[side.error] = errors.get(side.error, 0) + 1
        if each.amazon.document is not None:
            one.dollars += price_of(each)
        if each.amazon.document is None or each.here.document is None:
            continue
        one.answered += 1
        there, here = (labels_of(side.document or {}, least) for side in (each.amazon, each.here))
        one.same += there == here
        for label in there | here:
            count = one.labels.setdefault(label, LabelCount())
            count.both += label in there and label in here
            count.amazon_only += label not in here
            count.here_only += label not in there
    return [found[key] for key in sorted(found)]


def price_of(recording: Recording) -> float:
    """Dollars that Amazon's answer costs."""
    if recording.service == "rekognition":
        return PER_PICTURE
    return PER_UNIT * max(LEAST_UNITS, math.ceil(recording.size / UNIT))


def labels_of(document: Mapping[str, Any], least: float) -> set[str]:
    """What an answer finds: names of labels, types of entities, equipment, faces, lines of text.

    Boxes and numbers of things are not compared: that something was found is.
    """
    found = {
        each["Name"] for key in ("ModerationLabels", "Labels", "CustomLabels") for each in _sure(document, key, least)
    }
    found |= {each["Type"] for each in _sure(document, "Entities", least)}
    found |= {"Face" for _ in _sure(document, "FaceDetails", least)}
    found |= {"Text" for _ in _sure(document, "TextDetections", least)}
    for person in document.get("Persons") or ():
        found.add("Person")
        parts = person.get("BodyParts") or ()
        found |= {worn["Type"] for part in parts for worn in _sure(part, "EquipmentDetections", least)}
    for result in document.get("ResultList") or ():
        found |= {each["Name"] for each in _sure(result, "Labels", least)}
    return found


def _sure(document: Mapping[str, Any], key: str, least: float) -> list[Mapping[str, Any]]:
    """The findings under a key that are sure enough: confidence in percent, or a score from 0 to 1."""
    return [
        each
        for each in document.get(key) or ()
        if each.get("Confidence", 100 * each["Score"] if "Score" in each else 100) >= least
    ]
