"""Processor time of each embedded detector of pictures for one megapixel, warm, on one thread, beside decoding alone.

The text in a picture is apart (`benchmarks/reading.py`). What is asked is the sum: at most `MOST` milliseconds.
"""

from __future__ import annotations

import io
import resource
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from moderation.core.items import Part
from moderation.plugins import load_plugins
from moderation.settings import Settings
from moderation.testing import FakeContext

EXAMPLES = Path(__file__).parent.parent / "examples"
MOST = 400


def milliseconds(work: Callable[[], object], times: int = 7) -> float:
    """The least processor time of several."""
    return 1000 * min(timeit.repeat(work, timer=time.process_time, number=1, repeat=times))


def pictures() -> dict[str, Image.Image]:
    """One megapixel each."""
    made = {}
    for name in ("landscape", "face", "dough"):
        with Image.open(EXAMPLES / f"{name}.jpg") as picture:
            made[name] = picture.convert("RGB").resize((1200, 833))
    return made


def main() -> int:
    """Print one line for each detector and picture; 1 when the sum of a photograph is over `MOST`."""
    detectors = [each for each in load_plugins(Settings()).detectors if "image" in each.reads]
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        context = FakeContext(Path(folder))
        for name, picture in pictures().items():
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=90)
            part: Part = context.media(out.getvalue())
            total = 0.0
            for detector in detectors:
                taken = milliseconds(lambda detector=detector, part=part: detector.detect(part, context))  # type: ignore[misc]
                total += taken
                print(f"{name:10} {detector.name:18} {taken:7.1f} ms")
            print(f"{name:10} {'together':18} {total:7.1f} ms")
            # The dough is asked for its sixteen tiles, which one picture in fifty is.
            worst = max(worst, total) if name != "dough" else worst
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most, all in one process")
    return 1 if worst > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
