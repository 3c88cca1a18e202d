"""DetectLabels and DetectCustomLabels: only where ``MODERATION_AWS_MODELS`` puts a model of the operator's behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.aws.models import ALL_LABELS
from moderation.aws.rekognition.caller import Caller
from moderation.aws.rekognition.faults import fault, not_ready
from moderation.aws.rekognition.looking import Answer, look, surest
from moderation.aws.rekognition.pictures import bounding_box, read_picture
from moderation.core.detections import Detection
from moderation.core.taxonomy import CUSTOM_PREFIX
from moderation.hookspecs import Detector

LEAST = 55.0
"""Confidence of a DetectLabels that names none."""
MOST = 1000
HOW = "the operator maps it to a model of their own with MODERATION_AWS_MODELS"


def detect(caller: Caller, p: Mapping[str, Any]) -> Answer:
    """Labels of a picture, each with its places. Raises `ApiError` where no model stands behind them."""
    detector = caller.models.get(ALL_LABELS)
    if detector is None:
        raise not_ready(f"No model here finds labels in general: {HOW}")
    if p.get("Features") and list(p["Features"]) != ["GENERAL_LABELS"]:
        raise not_ready("Nobody here measures IMAGE_PROPERTIES; ask for GENERAL_LABELS")
    settings = (p.get("Settings") or {}).get("GeneralLabels") or {}
    if settings.get("LabelCategoryInclusionFilters") or settings.get("LabelCategoryExclusionFilters"):
        raise not_ready("The models here know no categories; filter by labels")
    found = _found(caller, p, detector, float(p.get("MinConfidence", LEAST)))
    only, never = settings.get("LabelInclusionFilters"), settings.get("LabelExclusionFilters") or ()
    named: dict[str, list[Detection]] = {}
    for each in found:
        name = _name(each)
        if (not only or name in only) and name not in never:
            named.setdefault(name, []).append(each)
    labels = [
        {
            "Name": name,
            "Confidence": max(each.confidence for each in of_name),
            "Instances": [
                {"BoundingBox": bounding_box(each.box), "Confidence": each.confidence} for each in of_name if each.box
            ],
            "Parents": [{"Name": parent} for parent in of_name[0].parents if parent != CUSTOM_PREFIX.rstrip("/")],
        }
        for name, of_name in named.items()
    ]
    most = int(p.get("MaxLabels") or MOST)
    return Answer({"Labels": labels[:most], "LabelModelVersion": detector.version}, [detector])


def detect_custom(caller: Caller, p: Mapping[str, Any]) -> Answer:
    """What the operator's model behind an ARN finds. Raises `ApiError` where there is none."""
    detector = caller.models.get(p["ProjectVersionArn"])
    if detector is None:
        raise not_ready(f"No model stands behind {p['ProjectVersionArn'][:300]}: {HOW}")
    found = _found(caller, p, detector, float(p.get("MinConfidence", 0.0)))
    labels = [
        {"Name": _name(each), "Confidence": each.confidence}
        | ({"Geometry": {"BoundingBox": bounding_box(each.box)}} if each.box is not None else {})
        for each in found
    ]
    most = p.get("MaxResults")
    return Answer({"CustomLabels": labels if most is None else labels[: int(most)]}, [detector])


def _found(caller: Caller, p: Mapping[str, Any], detector: Detector, least: float) -> Sequence[Detection]:
    """Surest first."""
    if surest(detector) < least:
        message = f"{detector.name} is never surer than {surest(detector):g} %; ask with a lower MinConfidence"
        raise fault("InvalidParameterException", message)
    picture = read_picture(caller.service, caller.app, p["Image"])
    found = look(caller.service, caller.name, picture.part, [detector])
    return [each for each in found if each.confidence >= least]


def _name(found: Detection) -> str:
    return found.label.removeprefix(CUSTOM_PREFIX)
