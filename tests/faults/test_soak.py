"""F-32: hours at half of what it can do: memory, open files and logs of changes stay as they are, and answers as quick.

``make soak HOURS=8`` before a release. In `make test-faults` it is minutes, which find what grows with each item.
"""

from __future__ import annotations

import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.faults.installation import Installation
from tests.faults.load import Load, percentile, told

pytestmark = [pytest.mark.faults, pytest.mark.timeout(12 * 3600)]
Start = Callable[..., Installation]
T = TypeVar("T")
SOAK_SECONDS = float(os.environ.get("SOAK_SECONDS", "240"))
WARM_SECONDS = 40.0
"""Until the caches of databases and of imports are full; nothing is measured meanwhile."""
FULL_SPEED_SECONDS = 12.0
MB = 1024 * 1024
MOST_GROWTH_BYTES, MOST_GROWTH_BYTES_AN_HOUR = 8 * MB, 1 * MB
"""The first is what allocators and caches move in a short run; a long one is held to the second."""
MOST_LOG_BYTES = 256 * MB
MOST_SLOWER, LEAST_SLOWER_SECONDS = 1.2, 0.3
"""The last quarter's 99th percentile against the first's; less than that many seconds is the machine's noise."""


@dataclass
class Sample:
    """The processes of `serve` at a moment: bytes of memory, open files, bytes of the databases' logs of changes."""

    memory: int
    files: int
    log: int


def sample(installation: Installation) -> Sample:
    """Memory is counted in proportion: what processes share is counted once."""
    memory = files = 0
    for pid in installation.pids("serve"):
        with suppress(OSError):  # a process that has just ended
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            memory += 1024 * int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])
            files += len(os.listdir(f"/proc/{pid}/fd"))
    logs = [path.stat().st_size for path in installation.settings.data.glob("*.db-wal")]
    return Sample(memory, files, max(logs, default=0))


@dataclass
class Watched:
    """What was seen while the load went on, in the order of time."""

    samples: list[Sample]
    waits: list[float]
    rate: float

    def growth(self) -> float:
        """Bytes, from the median of the first quarter to that of the last."""
        first, last = quarters([each.memory for each in self.samples])
        return statistics.median(last) - statistics.median(first)

    def more_files(self) -> float:
        """Open files, in the same way."""
        first, last = quarters([each.files for each in self.samples])
        return statistics.median(last) - statistics.median(first)

    def waited(self) -> tuple[float, float]:
        """99th percentiles of the first and the last quarter: seconds until a text that is waited for is decided."""
        first, last = quarters(self.waits)
        return percentile(first, 0.99), percentile(last, 0.99)


def quarters(values: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """The first and the last."""
    size = max(1, len(values) // 4)
    return values[:size], values[-size:]


def accepted_a_second(load: Load, seconds: float) -> float:
    """Items, over the next seconds."""
    before, began = len(load.app.accepted), time.monotonic()
    time.sleep(seconds)
    return (len(load.app.accepted) - before) / (time.monotonic() - began)


def soak(installation: Installation, load: Load, seconds: float) -> Watched:
    """Find what it can do, let it do half of that, and watch."""
    load.pause_seconds = 0.0
    goal = accepted_a_second(load, FULL_SPEED_SECONDS) / 2
    load.pause_seconds = 0.1
    ends = time.monotonic() + WARM_SECONDS
    while time.monotonic() < ends:
        found = accepted_a_second(load, 4)
        load.pause_seconds = min(2.0, max(0.005, load.pause_seconds * found / goal))

    seen = Watched([], [], 0.0)
    is_over = threading.Event()

    def wait_for_one() -> None:
        number = 0
        while not is_over.wait(0.2):
            number += 1
            began = time.monotonic()
            if load.app.text(f"soaked {number}", wait=30):
                seen.waits.append(time.monotonic() - began)

    waiting = threading.Thread(target=wait_for_one)
    waiting.start()
    before, began = len(load.app.accepted), time.monotonic()
    while time.monotonic() < began + seconds:
        time.sleep(max(0.5, seconds / 400))
        seen.samples.append(sample(installation))
    is_over.set()
    waiting.join()
    seen.rate = (len(load.app.accepted) - before) / (time.monotonic() - began)
    return seen


def most_growth(seconds: float) -> float:
    """Bytes of memory that a run of so many seconds may end with more."""
    return MOST_GROWTH_BYTES + MOST_GROWTH_BYTES_AN_HOUR * seconds / 3600


def test_at_half_of_what_it_can_do_nothing_grows_and_nothing_gets_slower(
    start: Start, chance: random.Random, record_property: Any
) -> None:
    installation = start(given={"DETECTOR_PROCESSES": "1"})
    installation.serve()
    load = Load(installation, chance, reviews=0.01, refusals=0.01)  # as many as two people can look at
    seen: list[Watched] = []

    outcome = load.run(lambda: seen.append(soak(installation, load, SOAK_SECONDS)), patience=120)

    (watched,) = seen
    first, last = watched.waited()
    log = max(each.log for each in watched.samples)
    note = (
        f", {SOAK_SECONDS:.0f} s, {watched.rate:.0f} items a second, memory {watched.samples[0].memory / MB:.0f} MB"
        f" {watched.growth() / MB:+.1f}, files {watched.samples[0].files} {watched.more_files():+.0f},"
        f" log of changes {log / MB:.1f} MB, p99 {first:.2f} -> {last:.2f} s"
    )
    told(record_property, "F-32 soak", outcome, 0, note)
    assert watched.growth() <= most_growth(SOAK_SECONDS), note
    assert watched.more_files() <= 2, note
    assert log <= MOST_LOG_BYTES, note
    assert last <= max(MOST_SLOWER * first, first + LEAST_SLOWER_SECONDS), note
    assert not installation.deaths


def test_a_soak_finds_what_is_kept_in_memory_and_files_left_open(start: Start, chance: random.Random) -> None:
    installation = start(given={"DETECTOR_PROCESSES": "1"}, without="letting go")
    installation.serve()
    load = Load(installation, chance, with_people=False)
    seen: list[Watched] = []

    load.run(lambda: seen.append(soak(installation, load, 20)))

    (watched,) = seen
    assert watched.growth() > most_growth(20)
    assert watched.more_files() > 2
