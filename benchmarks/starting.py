"""What `moderation check` costs on one short text, start and end: seconds of a processor, its detectors' among them.

Held against what no program of its kind does without: Python that imports pydantic, and does nothing. The three are run
in turn. The figure of a busy machine says little; the ratio says whether a start has become slower.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 9
MOST_RATIO = 10.0
"""Of the start to Python with pydantic: 8.7 to 9.3 when this was written, on a full machine; before, 11.4 to 11.9."""
TEXT = "Thanks, that fixed my problem. I had the cable in the wrong port."


def cpu_seconds(command: list[str]) -> float:
    """What a command took, of all its processes together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure, and fail where a start costs too much."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text.txt")
        text.write_text(TEXT)
        commands = {
            "Python alone": [sys.executable, "-c", "pass"],
            "Python with pydantic": [sys.executable, "-c", "import pydantic"],
            "moderation check on a text": [sys.executable, "-m", "moderation", "check", str(text)],
        }
        taken = [[cpu_seconds(command) for command in commands.values()] for _ in range(RUNS)]
    alone, bare, start = (min(each) for each in zip(*taken, strict=True))
    for name, least in zip(commands, (alone, bare, start), strict=True):
        print(f"{name:27} {least:.3f} s of a processor, {least / bare:.1f} times Python with pydantic")
    if start / bare > MOST_RATIO:
        sys.exit(f"a start is to cost at most {MOST_RATIO:g} times Python with pydantic")


if __name__ == "__main__":
    main()
