"""People in a picture: bodies with their parts, and faces that no body was found for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderation_models.ppe.bodies import HIPS, SHOULDERS, WRISTS, Body, Region, bodies_of, head_of
from moderation_models.ppe.regions import HANDS, hand_of, share_inside, torso_of

if TYPE_CHECKING:
    from moderation_vision.yunet import YuNet
    from numpy.typing import NDArray
    from PIL.Image import Image

    from moderation_models.ppe.bodies import Net

SURE = ((0.1, 35.0), (0.15, 50.0), (0.2, 60.0), (0.25, 80.0), (0.3, 97.0), (0.5, 99.0))
"""The net's score to percent: of a hundred with such a score, so many were people (see the card)."""
BY_FACE = 70.0
"""Percent that a face without a body is of a person."""
FACE_PIXELS, FACE_MARGIN = 120_000, 0.25
"""Of the picture in which faces are looked for that have no body: large ones, close to the camera; with this share of
its longest side of black round it, because the net does not see a face that fills a picture."""
FACE, AGAIN = 0.5, 0.5
"""Scores of the face detector that make a face: of one without a body, and of one in the head of a body."""
VIEW = 144
"""Pixels of the picture in which a head is looked at for its face, which is some 60 of them."""
LEAST: Mapping[str, float] = {"head": 12.0, "face": 14.0}
"""Pixels of a part's height under which nobody can say what is on it."""
INSIDE = 0.5
"""Share of a part that must lie in the picture for it to be visible."""
JOINT = 0.15
"""The score from which a joint has a place."""


@dataclass(frozen=True)
class Person:
    """Somebody in a picture; places in pixels of it.

    Attributes:
        confidence: percent.
        box: all of the person that the picture shows.
        parts: where each visible part is; hands are positions, hidden or not.
        found_by: ``body`` or ``face``.
    """

    confidence: float
    box: Region
    parts: Mapping[str, Region]
    found_by: str


def people_of(picture: Image, bodies: Net, faces: YuNet) -> list[Person]:
    """The people of a picture (RGB, `clean`), those with a body first, surest first."""
    found = bodies_of(picture, bodies)
    heads = [head_of(body) for body in found]
    seen = _faces_in(picture, heads, faces)
    alone = []
    for face in _large_faces(picture, faces):
        # Of a head in which none was seen from nearby, or of somebody whose body the net does not see.
        at = next((number for number, head in enumerate(heads) if _is_in(face, head)), None)
        if at is None:
            alone.append(_by_face(face))
            heads.append(alone[-1].parts["head"])
            seen.append(face)
        elif seen[at] is None:
            seen[at] = face
    people = [
        Person(_percent(body.score), _around([body.box, head_of(body)]), _visible(_parts(body), face, picture), "body")
        for body, face in zip(found, seen[: len(found)], strict=True)
    ]
    return people + alone


def clean(picture: Image) -> Image:
    """The picture without speckles of single pixels, which cost the nets one head of forty."""
    import cv2
    import numpy
    from PIL import Image

    return Image.fromarray(cv2.medianBlur(numpy.asarray(picture), 3))


def _visible(parts: Mapping[str, Region], face: Region | None, picture: Image) -> dict[str, Region]:
    """The parts that can be judged: inside the picture, and a head not too small."""
    named = dict(parts) if face is None else {**parts, "face": face}
    return {
        name: part
        for name, part in named.items()
        if share_inside(part, picture.width, picture.height) >= INSIDE and part[3] - part[1] >= LEAST.get(name, 0.0)
    }


def _parts(body: Body) -> dict[str, Region]:
    parts = {"head": head_of(body)}
    if min(float(body.points[list(pair), 2].max()) for pair in (SHOULDERS, HIPS)) >= JOINT:
        parts["torso"] = torso_of(body)
    for side, name in enumerate(HANDS):
        if body.points[WRISTS[side], 2] >= JOINT:
            parts[name] = hand_of(body, side)
    return parts


def _by_face(face: Region) -> Person:
    """Somebody of whom a face is seen: the head is round it, and the body below."""
    side = 1.25 * max(face[2] - face[0], face[3] - face[1])
    x, y = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2 - 0.15 * side
    head = (x - 0.55 * side, y - 0.79 * side, x + 0.55 * side, y + 0.90 * side)
    return Person(BY_FACE, (x - side, head[1], x + side, y + 2.5 * side), {"head": head, "face": face}, "face")


def _large_faces(picture: Image, faces: YuNet) -> list[Region]:
    """Faces of those who are close, surest first."""
    import numpy
    from PIL import Image

    from moderation_models.decoding import distinct

    margin = round(max(picture.size) * FACE_MARGIN)
    width, height = picture.width + 2 * margin, picture.height + 2 * margin
    scale = min(1.0, (FACE_PIXELS / (width * height)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    framed = picture.crop((-margin, -margin, picture.width + margin, picture.height + margin))
    small = framed.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    rows = faces.find([numpy.asarray(small)], FACE)[0]
    rows = rows[numpy.argsort(-rows[:, 4], kind="stable")]
    corners = (
        numpy.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2], axis=1) / scale - margin
    )
    return [_region(corners[number]) for number in distinct(corners, 0.4)]


def _faces_in(picture: Image, heads: Sequence[Region], faces: YuNet) -> list[Region | None]:
    """The face of each head; None where none looks at the camera or half aside."""
    import numpy
    from PIL import Image

    found: list[Region | None] = []
    for head in heads:
        x, y, half = (head[0] + head[2]) / 2, (head[1] + head[3]) / 2, 0.55 * (head[3] - head[1])
        view = picture.transform(
            (VIEW, VIEW), Image.Transform.EXTENT, (x - half, y - half, x + half, y + half), Image.Resampling.BILINEAR
        )
        rows = faces.find([numpy.asarray(view)], AGAIN)[0]
        middle = rows[(numpy.abs(rows[:, :2] - VIEW / 2) < 0.25 * VIEW).all(1) & (rows[:, 3] > 0.2 * VIEW)]
        if not len(middle):
            found.append(None)
            continue
        row = middle[middle[:, 4].argmax(), :4] * (2 * half / VIEW)
        left, top = x - half + row[0] - row[2] / 2, y - half + row[1] - row[3] / 2
        found.append((float(left), float(top), float(left + row[2]), float(top + row[3])))
    return found


def _percent(score: float) -> float:
    import numpy

    return float(numpy.interp(score, [raw for raw, _ in SURE], [percent for _, percent in SURE]))


def _is_in(inner: Region, outer: Region) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _around(regions: Sequence[Region]) -> Region:
    left, top, right, bottom = zip(*regions, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _region(corners: NDArray[Any]) -> Region:
    left, top, right, bottom = (float(edge) for edge in corners)
    return left, top, right, bottom
