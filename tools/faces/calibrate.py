"""Fit what makes a confidence of the signs of a face, and print it as ``faces.py`` has it.

    pip install scikit-learn
    python tools/faces/calibrate.py --faces FOLDER --backgrounds FOLDER [--backgrounds FOLDER ..]

Logistic regression over candidates: those where a face was put in are faces, all others are not. What is taken for a face
in pictures without any counts `FALSE_COUNTS` times: most pictures that people post show none. Every second picture of the
faces is left for ``evaluate.py``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from moderation_vision.faces import Faces
from sklearn.linear_model import LogisticRegression

from scenes import Scene, is_at, opened, pictures_in, scenes

FALSE_COUNTS = 3


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--faces", type=Path, required=True, help="pictures of one face each")
    options.add_argument("--backgrounds", type=Path, action="append", required=True, help="pictures without faces")
    given = options.parse_args()
    faces, backgrounds = pictures_in([given.faces])[::2], pictures_in(given.backgrounds)
    tool = Faces()
    signs, is_face, counts = [], [], []
    for scene in (*scenes(faces, backgrounds, seed=1, times=3), *(Scene("none", opened(b), ()) for b in backgrounds)):
        for row, found in zip(*tool.candidates(scene.picture), strict=True):
            signs.append(found)
            counts.append(1 if scene.faces else FALSE_COUNTS)
            is_face.append(any(is_at((row[0], row[1]), max(row[2], row[3]), face) for face in scene.faces))
    for path in faces[::4]:
        picture = opened(path)
        for row, found in zip(*tool.candidates(picture), strict=True):
            signs.append(found)
            counts.append(1)
            is_face.append(is_at((row[0], row[1]), max(row[2], row[3]), (0, 0, *picture.size)))
    fitted = LogisticRegression().fit(signs, is_face, sample_weight=counts)
    print(f"{len(signs)} candidates, {sum(is_face)} of them faces")
    print("WEIGHTS =", tuple(round(float(each), 2) for each in (*fitted.coef_[0], fitted.intercept_[0])))


if __name__ == "__main__":
    main()
