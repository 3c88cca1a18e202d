"""Measure ``vision.ppe`` end to end on labelled pictures: heads found, and covers told right on the parts that it found.

    python tools/models/ppe_figures.py FOLDER [--heads FOLDER] [--without FOLDER ..]

FOLDER is as `moderation models train ppe` reads it. ``--heads`` has heads to measure instead of the shipped ones;
``--without`` pictures that show nobody. Times are of one thread. Shares have 95 % intervals (Wilson).
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

from ground.statistics import wilson
from moderation_models.labelled import ENDINGS
from moderation_models.ppe.covers import COVERS
from moderation_models.ppe.detector import LONGEST, Ppe
from moderation_models.ppe.samples import Picture, read_pictures
from moderation_models.ppe.training import _opened, _shared

SAME = 0.15


def share(right: int, of: int) -> str:
    found = wilson(right, of)
    return f"{right} of {of}" + (f" ({found.share:.3f}, {found.low:.3f} to {found.high:.3f})" if found else "")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("source", type=Path)
    options.add_argument("--heads", type=Path)
    options.add_argument("--without", type=Path, action="append", default=[])
    given = options.parse_args()
    tool = Ppe(given.heads)
    counts: Counter[tuple[str, ...]] = Counter()
    seconds = []
    for picture in read_pictures(given.source):
        opened = _opened(picture)
        began = time.process_time()
        people = [each for each in tool.look(opened) if each.label == "Person"]
        seconds.append(time.process_time() - began)
        for cover in COVERS:
            labels = [label for label in picture.labels if label.cover == cover.name]
            regions = []
            for person in people:
                place = person.attributes["places"].get(cover.part)
                if place is not None and cover.part in person.attributes["parts"]:
                    box = (place["left"], place["top"], place["left"] + place["width"], place["top"] + place["height"])
                    regions.append((box, person.attributes["parts"][cover.part][cover.name]))
            pairs = sorted(
                (
                    (_shared(label.box or region[0], region[0]), one, other)
                    for one, label in enumerate(labels)
                    for other, region in enumerate(regions)
                ),
                reverse=True,
            )
            told: dict[int, float] = {}
            taken: set[int] = set()
            for shared, one, other in pairs:
                if shared >= SAME and one not in told and other not in taken:
                    told[one] = regions[other][1]
                    taken.add(other)
            for number, label in enumerate(labels):
                counts[cover.name, "labelled"] += 1
                if number not in told:
                    continue
                percent, truth = told[number], "worn" if label.is_worn else "bare"
                counts[cover.name, "found"] += 1
                counts[cover.name, truth] += 1
                counts[cover.name, truth, "right"] += (percent >= 50) is label.is_worn
                if percent >= 80 or percent < 20:
                    counts[cover.name, truth, "sure"] += 1
                    counts[cover.name, truth, "sure right"] += (percent >= 80) is label.is_worn
    for cover in COVERS:
        name = cover.name
        if counts[name, "labelled"]:
            print(f"{name}: {cover.part} found {share(counts[name, 'found'], counts[name, 'labelled'])}")
            for truth in ("worn", "bare"):
                print(
                    f"    {truth}: told so at 50 % {share(counts[name, truth, 'right'], counts[name, truth])}; sure",
                    end=" ",
                )
                print(
                    f"{share(counts[name, truth, 'sure'], counts[name, truth])}, rightly",
                    share(counts[name, truth, "sure right"], counts[name, truth, "sure"]),
                )
    empty = [path for folder in given.without for path in sorted(folder.rglob("*")) if path.suffix.lower() in ENDINGS]
    shown = [path for path in empty if tool.look(_opened(Picture(path, str(path), ())))]
    if empty:
        print(f"pictures of nobody with a person: {share(len(shown), len(empty))}", *(path.name for path in shown))
    seconds.sort()
    print(f"{1000 * seconds[len(seconds) // 2]:.0f} ms of processor a picture, median; longest side up to {LONGEST} px")


if __name__ == "__main__":
    main()
