"""How many faces are left after covering: ``python tools/faces/covered.py FOLDER [FIRST LAST]``.

Each picture of the folder is covered as the profile for works councils covers it (`moderation.media.covering`), and
then NudeNet, which takes no part in covering, looks for faces: in the original and in what would be stored. Pictures
with something left are named, so that somebody looks at them: a second detector is wrong now and then, too.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from moderation.core.errors import MediaRefused
from moderation.hookspecs import Unavailable, Unreadable
from moderation.media.covering import FaceCovering

SURE = 0.25
"""NudeNet's score from which something counts as a face."""


def main(folder: Path, first: int = 0, last: int | None = None) -> None:
    """Measure, and print."""
    import cv2
    import numpy
    from moderation_models.ppe.detector import Ppe
    from moderation_vision.faces import WaryFaces
    from nudenet import NudeDetector

    covering, second = FaceCovering([WaryFaces(), Ppe()]), NudeDetector()

    def faces(data: bytes) -> int:
        picture = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)
        return sum(each["class"].startswith("FACE_") and each["score"] >= SURE for each in second.detect(picture))

    pictures = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    before = after = refused = 0
    began = time.perf_counter()
    for path in pictures[first:last]:
        data = path.read_bytes()
        try:
            covered = covering.cover(data)
        except (MediaRefused, Unavailable, Unreadable) as error:
            refused += 1
            print(f"{path.name}: not stored: {error}")
            continue
        before += faces(data)
        left = faces(covered)
        after += left
        if left:
            print(f"{path.name}: {left} left")
    looked_at = len(pictures[first:last])
    seconds = (time.perf_counter() - began) / max(looked_at, 1)
    print(
        f"{looked_at} pictures, {refused} refused; faces in the others before {before}, after {after}; {seconds:.1f} s each"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(each) for each in sys.argv[2:4]))
