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
    least = float(p.get("MinConfidence", LEAST))
    detector = need_finder(caller, p, least)
    picture = read_picture(caller.service, caller.app, p["Image"])
    found = look(caller.service, caller.name, picture.part, [detector])
    labels = labels_of(found, p, least)[: int(p.get("MaxLabels") or MOST)]
    return Answer({"Labels": labels, "LabelModelVersion": detector.version}, [detector])


def need_finder(caller: Caller, p: Mapping[str, Any], least: float) -> Detector:
    """The model behind labels in general. Raises `ApiError` where there is none, or more is asked than it knows."""
    detector = caller.models.get(ALL_LABELS)
    if detector is None:
        raise not_ready(f"No model here finds labels in general: {HOW}")
    if p.get("Features") and list(p["Features"]) != ["GENERAL_LABELS"]:
        raise not_ready("Nobody here measures IMAGE_PROPERTIES; ask for GENERAL_LABELS")
    settings = _settings(p)
    if settings.get("LabelCategoryInclusionFilters") or settings.get("LabelCategoryExclusionFilters"):
        raise not_ready("The models here know no categories; filter by labels")
    _need_sure(detector, least)
    return detector


def labels_of(found: Sequence[Detection], p: Mapping[str, Any], least: float) -> list[dict[str, Any]]:
    """Labels that a request wants, each with its places."""
    settings = _settings(p)
    only, never = settings.get("LabelInclusionFilters"), settings.get("LabelExclusionFilters") or ()
    named: dict[str, list[Detection]] = {}
    for each in found:
        name = _name(each)
        if each.confidence >= least and (not only or name in only) and name not in never:
            named.setdefault(name, []).append(each)
    return [
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


def detect_custom(caller: Caller, p: Mapping[str, Any]) -> Answer:
    """What the operator's model behind an ARN finds. Raises `ApiError` where there is none."""
    detector = caller.models.get(p["ProjectVersionArn"])
    if detector is None:
        raise not_ready(f"No model stands behind {p['ProjectVersionArn'][:300]}: {HOW}")
    least = float(p.get("MinConfidence", 0.0))
    _need_sure(detector, least)
    picture = read_picture(caller.service, caller.app, p["Image"])
    found = look(caller.service, caller.name, picture.part, [detector])
    labels = [
        {"Name": _name(each), "Confidence": each.confidence}
        | ({"Geometry": {"BoundingBox": bounding_box(each.box)}} if each.box is not None else {})
        for each in found
        if each.confidence >= least
    ]
    most = p.get("MaxResults")
    return Answer({"CustomLabels": labels if most is None else labels[: int(most)]}, [detector])


def _settings(p: Mapping[str, Any]) -> Mapping[str, Any]:
    return (p.get("Settings") or {}).get("GeneralLabels") or {}


def _need_sure(detector: Detector, least: float) -> None:
    if surest(detector) < least:
        message = f"{detector.name} is never surer than {surest(detector):g} %; ask with a lower MinConfidence"
        raise fault("InvalidParameterException", message)


def _name(found: Detection) -> str:
    return found.label.removeprefix(CUSTOM_PREFIX)
