"""Processor time of `vision.faces` against OpenCV's cascade and against decoding alone, in one run: as ratios."""

from __future__ import annotations

import io
import tempfile
import time
import timeit
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy
from moderation_vision.faces import Faces
from PIL import Image

from moderation.core.items import Part
from moderation.testing import FakeContext

EXAMPLES = Path(__file__).parent.parent / "examples"


def seconds(work: Callable[[], object], times: int = 9) -> float:
    """The least processor time of several."""
    return min(timeit.repeat(work, timer=time.process_time, number=1, repeat=times))


def pictures() -> dict[str, Image.Image]:
    """One megapixel each: without a face, with one, with six."""
    with Image.open(EXAMPLES / "landscape.jpg") as picture:
        land = picture.convert("RGB").resize((1200, 800))
    with Image.open(EXAMPLES / "face.jpg") as picture:
        portrait = picture.convert("RGB")
    face, group = portrait.crop((110, 0, 350, 240)), land.copy()
    for number in range(6):
        group.paste(face, (40 + 380 * (number % 3), 40 + 380 * (number // 3)))
    return {"no face": land, "one face": portrait.resize((1000, 1000)), "six faces": group}


def main() -> None:
    """Print one line for each picture."""
    cv2.setNumThreads(1)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")
    tool = Faces()
    with tempfile.TemporaryDirectory() as folder:
        context = FakeContext(Path(folder))
        for name, picture in pictures().items():
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=90)
            part: Part = context.media(out.getvalue())
            grey = numpy.asarray(picture.convert("L"))
            ours = seconds(lambda part=part: tool.detect(part, context))  # type: ignore[misc]
            decoding = seconds(lambda part=part: context.looks(part))  # type: ignore[misc]
            other = seconds(lambda grey=grey: cascade.detectMultiScale(grey, 1.1, 3, minSize=(24, 24)))  # type: ignore[misc]
            print(
                f"{name}: {ours * 1000:.0f} ms with decoding, {ours / decoding:.1f} of decoding alone, "
                f"{(ours - decoding) / other:.2f} of the cascade"
            )


if __name__ == "__main__":
    main()
