"""DetectFaces: where faces are. Nobody here says how old, how glad or whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.aws.rekognition.caller import Caller
from moderation.aws.rekognition.faults import not_ready
from moderation.aws.rekognition.looking import Answer, first_looker, look
from moderation.aws.rekognition.pictures import bounding_box, read_picture
from moderation.core.items import Box

MOST = 100
"""Faces in an answer, the largest."""


def detect(caller: Caller, p: Mapping[str, Any]) -> Answer:
    """Boxes and confidences. Landmarks, pose and quality of the default attributes are left out: nobody measures them.

    Raises:
        ApiError: nobody here finds faces, or what else was asked for is not measured.
    """
    more = [name for name in p.get("Attributes") or () if name != "DEFAULT"]
    if more:
        raise not_ready(f"Nobody here estimates {', '.join(more)} of faces; ask for DEFAULT, which says where")
    detector = first_looker(caller.service, "Face", "faces")
    picture = read_picture(caller.service, caller.app, p["Image"])
    found = look(caller.service, caller.name, picture.part, [detector])
    faces = sorted((each for each in found if each.label == "Face"), key=lambda each: -_area(each.box))[:MOST]
    details = [{"BoundingBox": bounding_box(each.box), "Confidence": each.confidence} for each in faces]
    return Answer({"FaceDetails": details}, [detector], ["Landmarks", "Pose", "Quality"])


def _area(box: Box | None) -> float:
    return box.width * box.height if box is not None else 1.0
