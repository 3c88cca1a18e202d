"""Cameras that stall, freeze and restart, over RTSP by GStreamer; and a day of four cameras, in which nothing grows.

The day is simulated: its looks follow one another without the two seconds between them, and come from a stand-in for
the process of a camera. What that process itself does in a while is measured apart, over a film in a loop.
"""

from __future__ import annotations

import io
import socket
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from moderation.cameras import states
from moderation.cameras.files import Camera, camera_of
from moderation.cameras.reader import CameraGone, CameraProcess, Look
from moderation.cameras.states import Judged
from moderation.cameras.watching import Event, Watcher
from plugins.film.tests.films import film, moving

pytestmark = pytest.mark.faults
DEBIANS_PYTHON = "/usr/bin/python3"
LOOKS_OF_A_DAY = 24 * 3600 // 2
GONE_EVERY = 977
"""Looks after which the stand-in's camera is gone, once."""


class Posted:
    """Counts items; every third is not approved."""

    def __init__(self) -> None:
        self.count = 0

    def post(self, app: str, item: dict[str, Any]) -> str:
        self.count += 1
        return f"i{self.count}"

    def judged(self, item_id: str) -> Judged | None:
        return Judged("reject" if int(item_id[1:]) % 3 == 0 else "approve", "no helmet")


class Rtsp:
    """A camera that does as it is told."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        """Listen, on the port of before."""
        script = str(Path(__file__).parent / "rtsp_server.py")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([DEBIANS_PYTHON, script, str(self.port)], **pipes)  # type: ignore[call-overload]
        assert self.process.stdout.readline() == "ready\n", "make test-faults installs what it needs"

    def order(self, word: str) -> None:
        """Have it do something."""
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        """Pull the plug."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def rtsp() -> Iterator[Rtsp]:
    camera = Rtsp()
    yield camera
    camera.stop()


def awaited(is_so: Callable[[], bool], told: list[Event]) -> None:
    """Wait for something for at most two minutes."""
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline, [(event.state, event.message) for event in told]
        time.sleep(0.1)


def until(told: list[Event], *wanted: str) -> None:
    """Wait until these are the states of the camera that were told, in order."""
    awaited(lambda: [event.state for event in told if event.kind == "camera.state"] == list(wanted), told)


def test_a_camera_that_freezes_stalls_and_restarts_is_seen_each_time_and_seen_again(
    rtsp: Rtsp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "LONGEST_PAUSE", 2.0)
    camera = camera_of({"url": f"rtsp://127.0.0.1:{rtsp.port}/camera", "place": "gate-1", "every": "0.2s"})
    posted, told = Posted(), list[Event]()
    watcher = Watcher(camera, posted, told.append, lambda: datetime.now(UTC))
    thread = threading.Thread(target=watcher.run)
    thread.start()
    try:
        awaited(lambda: posted.count >= 3, told)
        rtsp.order("freeze")
        until(told, "frozen")
        rtsp.order("move")
        until(told, "frozen", "ok")
        rtsp.order("stall")
        awaited(lambda: told[-1].state in ("frozen", "offline"), told)
        rtsp.order("flow")
        awaited(lambda: told[-1].state == "ok", told)
        rtsp.stop()
        awaited(lambda: told[-1].state == "offline", told)
        rtsp.start()
        before = posted.count
        awaited(lambda: told[-1].state == "ok" and posted.count > before, told)
    finally:
        watcher.stop.set()
        thread.join()


class Scripted:
    """Stands in for the process of a camera: pictures without end, and now and then it is gone."""

    looks = 0

    def __init__(self, _camera: Camera) -> None:
        picture = Image.effect_noise((320, 180), 40)
        out = io.BytesIO()
        picture.save(out, "JPEG")
        self._data = out.getvalue()

    def look(self) -> Look:
        Scripted.looks += 1
        if Scripted.looks % GONE_EVERY == 0:
            raise CameraGone("the stream has ended")
        return Look(self._data, True, 120.0, 40.0, 5.0)

    def close(self) -> None:
        pass


class NoWaiting(threading.Event):
    """A day in seconds."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def test_in_a_day_of_four_cameras_nothing_grows_and_each_comes_back() -> None:
    stop, grown = NoWaiting(), list[int]()
    states_told = list[str]()

    class Counting(Posted):
        def post(self, app: str, item: dict[str, Any]) -> str:
            if self.count % (LOOKS_OF_A_DAY // 24) == 0:
                grown.append(tracemalloc.get_traced_memory()[0])
            if self.count >= LOOKS_OF_A_DAY:
                stop.set()
            return super().post(app, item)

    tracemalloc.start()
    try:
        for number in range(4):
            stop.clear()
            Scripted.looks = 0
            camera = camera_of({"url": f"rtsp://127.0.0.1/{number}", "place": f"gate-{number}"})

            def tell(event: Event) -> None:
                if event.kind == "camera.state":
                    states_told.append(event.state)

            watcher = Watcher(camera, Counting(), tell, lambda: datetime.now(UTC), stop, Scripted)  # type: ignore[arg-type]
            watcher.run()
            gone = Scripted.looks // GONE_EVERY
            assert watcher.connects == gone + 1, "each time that it was gone it was called again"
    finally:
        tracemalloc.stop()

    assert states_told.count("offline") == states_told.count("ok") > 100
    hours = grown[2:]
    assert max(hours) - min(hours) < 1_000_000, "bytes, from the third hour of the first camera to the last of the last"


def test_the_process_of_a_camera_does_not_grow(tmp_path: Path) -> None:
    (tmp_path / "site.mp4").write_bytes(film(moving, 0.4))
    process = CameraProcess(camera_of({"url": str(tmp_path / "site.mp4"), "place": "gate-1"}))
    try:

        def resident(seconds: float) -> int:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                process.look()
            status = Path(f"/proc/{process.pid}/status").read_text()
            return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))

        before, after = resident(15), resident(45)
    finally:
        process.close()

    assert after - before < 10_000, "kilobytes, over a hundred rounds of the film and a thousand looks"
