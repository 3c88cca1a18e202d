"""When a call is over: by its own time, whatever else the machine does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from moderation.core.items import Part
from moderation.detection import process as processes
from moderation.detection.limits import BUSY_FACTOR, OutOfTime, Patience, threads_of
from moderation.detection.process import Call, NoAnswer, Process
from moderation.plugins import load_plugins
from moderation.settings import load_settings

LIMIT = 10.0


def over_after(threads: Callable[[float], dict[str, tuple[float, float]]]) -> float:
    """Seconds by the clock after which a call is over whose threads do that; asked as often as it wants to be."""
    clock = SimpleNamespace(now=100.0)
    patience = Patience(LIMIT, lambda: threads(clock.now - 100), lambda: clock.now)
    for _ in range(10_000):
        try:
            left = patience.left()
        except OutOfTime:
            return float(clock.now) - 100
        assert left > 0
        clock.now += left
    raise AssertionError("it never ends")


@pytest.mark.parametrize(
    ("threads", "after"),
    [
        pytest.param(lambda t: {"1": (0.0, 0.0)}, LIMIT, id="it sleeps"),
        pytest.param(lambda t: {"1": (t, 0.0)}, LIMIT, id="it computes on a quiet machine"),
        pytest.param(lambda t: {"1": (t, 0.0), "2": (t, 0.0), "3": (t, 0.0)}, LIMIT, id="three threads compute"),
        pytest.param(lambda t: {"1": (t / 4, 3 * t / 4)}, 4 * LIMIT, id="it computes a quarter of the time"),
        pytest.param(lambda t: {"1": (t / 9, 8 * t / 9)}, BUSY_FACTOR * LIMIT, id="it computes a ninth"),
        pytest.param(lambda t: {"1": (0, 0.0), "2": (t / 2, t / 2)}, 2 * LIMIT, id="it waits for its own thread"),
        pytest.param(lambda t: {"1": (t, 0.0), "2": (0.0, t)}, LIMIT, id="one loops while another stands in line"),
        pytest.param(lambda t: {"1": (0, min(t, 5.0))}, 15.0, id="it stood in line, then hangs"),
        pytest.param(lambda t: {"1": (0, t)}, BUSY_FACTOR * LIMIT, id="it never gets its turn"),
        pytest.param(lambda t: {}, LIMIT, id="the kernel says nothing"),
        pytest.param(lambda t: {"1": (700.0, 900.0)}, LIMIT, id="what was before the call does not count"),
    ],
)
def test_a_call_is_over(threads: Callable[[float], dict[str, tuple[float, float]]], after: float) -> None:
    assert over_after(threads) == pytest.approx(after, abs=0.1)


def test_the_kernel_says_what_threads_compute_and_how_long_they_stand_in_line() -> None:
    if not os.path.exists("/proc/self/schedstat"):
        pytest.skip("this kernel does not say it")
    stop = threading.Event()
    looping = threading.Thread(target=lambda: any(iter(stop.is_set, True)))
    before = threads_of(os.getpid())
    looping.start()
    try:
        while sum(threads_of(os.getpid()).get(str(looping.native_id), (0, 0))) < 0.2:
            time.sleep(0.01)
        computed, stood = threads_of(os.getpid())[str(looping.native_id)]
    finally:
        stop.set()
        looping.join()

    assert str(os.getpid()) in before
    assert computed > 0
    assert stood >= 0
    assert threads_of(2**22 + 1) == {}


PLUGIN = """
import time
from moderation import hookimpl

class Waits:
    version, reads, labels, min_confidence, time_limit_seconds = "1", ("text",), ("Weapons",), 0, 1.0
    def __init__(self, name): self.name = "waits." + name
    def detect(self, part, context):
        if part.text == "loop":
            while True: pass
        time.sleep(float(part.text))
        return []

@hookimpl
def register_detectors(settings):
    return [Waits("one")]
"""


@pytest.fixture
def start(tmp_path: Path) -> Callable[[], Process]:
    (tmp_path / "waits.py").write_text(PLUGIN)
    plugins = load_plugins(load_settings(plugins_dir=tmp_path))
    tool = next(detector for detector in plugins.detectors if detector.name == "waits.one")
    return lambda: Process(tool, tmp_path)


def call(text: str) -> Call:
    return Call("detect", "app", Part(id="p0", type="text", text=text))


@pytest.mark.parametrize("text", ["3600", "loop"])
def test_one_that_hangs_or_loops_is_ended_in_bounded_time(start: Callable[[], Process], text: str) -> None:
    process = start()
    began = time.monotonic()
    with pytest.raises(NoAnswer) as raised:
        process.call(call(text))

    assert raised.value.kind == "timed_out"
    assert time.monotonic() - began >= 1.0
    assert not process.is_alive


def test_one_that_did_not_get_its_turn_may_answer_after_its_limit(
    start: Callable[[], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start()
    began = time.monotonic()
    monkeypatch.setattr(processes, "threads_of", lambda pid: {"1": (0.0, time.monotonic() - began)})
    assert process.call(call("1.5"))["found"] == []
    process.kill()


def test_one_that_never_gets_its_turn_is_ended_too(
    start: Callable[[], Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start()
    monkeypatch.setattr(processes, "threads_of", lambda pid: {"1": (0.0, time.monotonic())})
    with pytest.raises(NoAnswer, match=r"within 5 s on a busy machine"):
        process.call(call("3600"))
