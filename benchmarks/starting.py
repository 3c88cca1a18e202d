"""What `moderation check` costs on one short text, start and end: seconds of a processor, its detectors' among them.

Held against what no program of its kind does without: Python that imports click, pydantic and numpy, and does nothing.
The figure of a busy machine says little; the ratio says whether a start has become slower.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 7
MOST_RATIO = 8.0
"""Of the start to the bare libraries: 5 to 6 when this was written."""
TEXT = "Thanks, that fixed my problem. I had the cable in the wrong port."


def cpu_seconds(command: list[str]) -> float:
    """The least that a command took in `RUNS` runs, of all its processes together."""
    taken = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def main() -> None:
    """Measure, and fail where a start costs too much."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text.txt")
        text.write_text(TEXT)
        bare = cpu_seconds([sys.executable, "-c", "import click, pydantic, numpy"])
        start = cpu_seconds([sys.executable, "-m", "moderation", "check", str(text)])
    print(f"click, pydantic and numpy alone  {bare:.2f} s of a processor")
    print(f"moderation check on a text       {start:.2f} s of a processor, {start / bare:.1f} times as much")
    if start / bare > MOST_RATIO:
        sys.exit(f"a start is to cost at most {MOST_RATIO:g} times the bare libraries")


if __name__ == "__main__":
    main()
