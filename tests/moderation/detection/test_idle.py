"""A detector's process that nobody asks gives the memory back that it needs no longer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.core.items import Part
from moderation.detection.runner import Runner
from moderation.plugins import load_plugins
from moderation.settings import load_settings
from tests.waiting import wait_for

GREEDY = """
import os
from moderation import hookimpl
from moderation.core.detections import Detection

class Greedy:
    name, version, reads, labels, min_confidence, time_limit_seconds = "test.greedy", "1", ("text",), ("Weapons",), 0, 240.0
    def detect(self, part, context):
        # Pieces that are too small to be mapped one by one; the last one keeps the heap from shrinking by itself.
        pieces = [bytearray(b"x" * 100_000) for _ in range(1000)]
        self.last = pieces[-1]
        return [Detection(label="Weapons", confidence=50, attributes={"process": os.getpid(), "bytes": resident()})]

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

@hookimpl
def register_detectors(settings):
    return [Greedy()]
"""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    (tmp_path / "greedy.py").write_text(GREEDY)
    opened = Runner(load_plugins(load_settings(plugins_dir=tmp_path)), tmp_path, lambda part: Path("/nowhere"))
    yield opened
    opened.close()


def test_memory_that_was_freed_goes_back_to_the_system(runner: Runner) -> None:
    answers = runner.look("shop", [Part(id="p0", type="text", text="x")], lambda tool: tool.name == "test.greedy")
    (found,) = answers.detections
    statm = Path(f"/proc/{found.attributes['process']}/statm")
    while_working = int(str(found.attributes["bytes"]))

    def has_shrunk() -> bool:
        return int(statm.read_text().split()[1]) * 4096 < while_working - 80_000_000

    wait_for(has_shrunk)
