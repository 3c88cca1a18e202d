"""Who looks: the detectors of this machine, asked about one picture. A failure is an error, never an empty answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.aws.rekognition.faults import failed, not_ready
from moderation.core.cards import card_of
from moderation.core.detections import Detection
from moderation.core.egress import leaves_machine
from moderation.core.items import Part, Tool
from moderation.hookspecs import Detector, Extractor
from moderation.service import Service


@dataclass(frozen=True)
class Answer:
    """What an operation answers.

    Attributes:
        looked: who looked at the picture.
        not_looked_for: what the operation is also about, and nobody here looks for.
        is_forwarded: True where another endpoint answered.
    """

    document: Mapping[str, Any]
    looked: Sequence[Detector | Extractor | Tool] = ()
    not_looked_for: Sequence[str] = ()
    is_forwarded: bool = False


def is_here(tool: Detector | Extractor) -> bool:
    """True of what looks on this machine, costs no money and needs no policy to judge by."""
    if getattr(tool, "reads_policies", False) or leaves_machine(tool):
        return False
    return card_of(tool) is not None or not getattr(tool, "on_demand", False)


def examines(tool: Detector | Extractor) -> bool:
    """True of what has looked at a picture when it found nothing in it."""
    return bool(getattr(tool, "examines", True))


def surest(tool: Detector) -> float:
    """The highest confidence that a detector gives."""
    return float(getattr(tool, "max_confidence", 100.0))


def lookers(service: Service, labels: Collection[str], reads: str = "image") -> list[Detector]:
    """The detectors here that can find any of these labels."""
    found = service.judge.plugins.detectors
    return [each for each in found if reads in each.reads and is_here(each) and not set(labels).isdisjoint(each.labels)]


def first_looker(service: Service, label: str, what: str) -> Detector:
    """The one detector for a kind of thing: two would find each thing twice.

    Raises:
        ApiError: none is loaded.
    """
    found = [each for each in lookers(service, [label]) if examines(each)]
    if not found:
        raise not_ready(f"No detector is loaded here that finds {what}; `moderation plugins` lists what is")
    return found[0]


def look(service: Service, app: str, part: Part, detectors: Sequence[Detector]) -> list[Detection]:
    """What these detectors find, surest first.

    Raises:
        ApiError: one of them gave no answer.
    """
    names = {each.name for each in detectors}
    answers = service.judge.runner.look(app, [part], lambda each: each.name in names)
    if answers.failures:
        raise failed(answers.failures[0])
    return sorted(answers.detections, key=lambda each: -each.confidence)
