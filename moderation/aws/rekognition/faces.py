"""DetectFaces: where faces are. Nobody here says how old, how glad or whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.aws.rekognition.caller import Caller
from moderation.aws.rekognition.faults import not_ready
from moderation.aws.rekognition.looking import Answer, first_looker, look
from moderation.aws.rekognition.pictures import bounding_box, read_picture
from moderation.core.detections import Detection
from moderation.core.items import Box
from moderation.hookspecs import Detector

MOST = 100
"""Faces in an answer, the largest."""
NOT_MEASURED = ("Landmarks", "Pose", "Quality")


def detect(caller: Caller, p: Mapping[str, Any]) -> Answer:
    """Boxes and confidences. Landmarks, pose and quality of the default attributes are left out: nobody measures them.

    Raises:
        ApiError: nobody here finds faces, or what else was asked for is not measured.
    """
    detector = need_finder(caller, [name for name in p.get("Attributes") or () if name != "DEFAULT"])
    picture = read_picture(caller.service, caller.app, p["Image"])
    found = look(caller.service, caller.name, picture.part, [detector])
    return Answer({"FaceDetails": faces_of(found)}, [detector], NOT_MEASURED)


def need_finder(caller: Caller, more: Sequence[str]) -> Detector:
    """Who finds faces. Raises `ApiError` where nobody does, or `more` attributes than where they are are wanted."""
    if more:
        raise not_ready(f"Nobody here estimates {', '.join(more)} of faces; ask for DEFAULT, which says where")
    return first_looker(caller.service, "Face", "faces")


def faces_of(found: Sequence[Detection]) -> list[dict[str, Any]]:
    """Faces as FaceDetail, the largest first."""
    faces = sorted((each for each in found if each.label == "Face"), key=lambda each: -_area(each.box))[:MOST]
    return [{"BoundingBox": bounding_box(each.box), "Confidence": each.confidence} for each in faces]


def _area(box: Box | None) -> float:
    return box.width * box.height if box is not None else 1.0
