"""``vision.faces``: frontal faces by OpenCV's Haar cascade, which comes with the library and needs no download.

It sees faces that look at the camera, in the first frame, from 24 pixels on once the picture is shrunk to `LONGEST`. It
sees no profiles and no faces upside down, and never whose a face is.
"""

from __future__ import annotations

import math
from typing import Any

from moderation.core.detections import Detection
from moderation.core.items import Box, Part
from moderation.hookspecs import Context

LONGEST = 1024
"""Pictures are looked at with at most this many pixels on a side: larger ones take longer and find no more faces."""


class Faces:
    """Finds faces and says where; it does not know whose they are.

    Confidence: the cascade's weight of its last stage, put through a logistic curve that gives 50 at weight 2 and 90 at
    weight 5 (fitted by eye on portraits and textures: chance finds weigh under 2.5, clear faces 4 and more).
    """

    name = "vision.faces"
    version = "1.0"
    reads = ("image",)
    labels = ("Face",)
    min_confidence = 40.0
    time_limit_seconds = 10.0

    def __init__(self) -> None:
        self._cascade: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """The loaded cascade stays behind."""
        return {"_cascade": None}

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The faces of the first frame, surest first. Raises `Unreadable`."""
        import cv2
        import numpy

        if self._cascade is None:
            cv2.setNumThreads(1)
            self._cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")
        grey = numpy.asarray(context.looks(part, LONGEST)[0].convert("L"))
        height, width = grey.shape
        if min(width, height) < 24:
            return []
        boxes, _, weights = self._cascade.detectMultiScale3(
            cv2.equalizeHist(grey), scaleFactor=1.1, minNeighbors=3, minSize=(24, 24), outputRejectLevels=True
        )
        found = []
        for (left, top, across, down), weight in zip(boxes, weights, strict=True):
            confidence = 100 / (1 + math.exp(-(float(weight) - 2.0) * math.log(9) / 3))
            if confidence >= self.min_confidence:
                box = Box(left=left / width, top=top / height, width=across / width, height=down / height)
                found.append(Detection(label="Face", confidence=confidence, box=box))
        return sorted(found, key=lambda detection: -detection.confidence)
