"""Measure `vision.faces`: faces found by kind, pictures without faces where it sees one, processor time.

    python tools/faces/evaluate.py --faces FOLDER --backgrounds FOLDER [--backgrounds FOLDER ..] [--whole FOLDER ..]

Faces are every second picture of the folder, those that ``calibrate.py`` did not see; they are put into backgrounds, and
looked at as they are, too. Each picture of ``--whole`` is one with a face. With ``--haar``, OpenCV's cascade beside it.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy
from moderation_vision.faces import Faces, _confidence
from PIL import Image

from scenes import Scene, is_at, opened, pictures_in, scenes

Look = Callable[[Image.Image], list[tuple[float, float, float]]]
"""Centre x and y and longer side, in pixels, of each face."""


def with_yunet() -> Look:
    tool = Faces()

    def look(picture: Image.Image) -> list[tuple[float, float, float]]:
        rows = zip(*tool.candidates(picture), strict=True)
        return [(r[0], r[1], max(r[2], r[3])) for r, signs in rows if _confidence(signs) >= tool.min_confidence]

    return look


def with_haar() -> Look:
    cv2.setNumThreads(1)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")

    def look(picture: Image.Image) -> list[tuple[float, float, float]]:
        grey = cv2.equalizeHist(numpy.asarray(picture.convert("L")))
        boxes = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=3, minSize=(24, 24))
        return [(left + across / 2, top + down / 2, max(across, down)) for left, top, across, down in boxes]

    return look


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--faces", type=Path, required=True, help="pictures of one face each")
    options.add_argument("--backgrounds", type=Path, action="append", required=True, help="pictures without faces")
    options.add_argument("--whole", type=Path, action="append", default=[], help="pictures with a face, as they are")
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--times", type=int, default=1, help="how many sets of scenes")
    options.add_argument("--haar", action="store_true")
    given = options.parse_args()
    faces, backgrounds = pictures_in([given.faces])[1::2], pictures_in(given.backgrounds)
    whole = [("as it is: " + path.parent.name, path) for path in faces[::4]]
    whole += [("as it is: " + path.parent.name, path) for folder in given.whole for path in sorted(folder.iterdir())]
    look = with_haar() if given.haar else with_yunet()
    look(Image.new("RGB", (64, 64)))
    shown, found, seconds = Counter(), Counter(), []
    for scene in (
        *scenes(faces, backgrounds, given.seed, given.times),
        *(Scene(kind, opened(path), ()) for kind, path in whole),
    ):
        began = time.process_time()
        seen = look(scene.picture)
        seconds.append(time.process_time() - began)
        for face in scene.faces or ((0, 0, *scene.picture.size),):
            shown[scene.kind] += 1
            found[scene.kind] += any(is_at((x, y), side, face) for x, y, side in seen)
    for kind in shown:
        print(f"{kind:30} {found[kind]:4} of {shown[kind]:4}  {100 * found[kind] / shown[kind]:.1f} %")
    false = [path for path in backgrounds if look(opened(path))]
    print(f"{'pictures without, with one':30} {len(false):4} of {len(backgrounds):4}", *(path.name for path in false))
    seconds.sort()
    print(
        f"processor: {seconds[len(seconds) // 2] * 1000:.0f} ms median, {seconds[-len(seconds) // 20] * 1000:.0f} at 95 %"
    )


if __name__ == "__main__":
    main()
