"""A camera's pictures become items; one that hangs, goes or comes back is told once, and never waited for without end."""

from __future__ import annotations

import io
import threading
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from moderation.cameras import states, watching
from moderation.cameras.files import Camera, camera_of
from moderation.cameras.reader import CameraGone, CameraProcess
from moderation.cameras.states import Judged
from moderation.cameras.watching import Event, Watcher
from plugins.film.tests.films import film, moving
from tests.waiting import wait_for


def jpeg(number: int) -> bytes:
    out = io.BytesIO()
    picture = moving(number / 5)
    picture.save(out, "JPEG")
    return out.getvalue()


class Mjpeg:
    """A camera over HTTP whose picture, and whose manners, a test sets."""

    def __init__(self) -> None:
        camera = self
        self.is_frozen, self.is_gone, self.calls = False, False, 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.calls += 1
                if camera.is_gone:
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                number = 0
                try:
                    while not camera.is_gone:
                        number += 0 if camera.is_frozen else 1
                        body = jpeg(number)
                        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
                        self.wfile.write(head.encode() + body + b"\r\n")
                        threading.Event().wait(0.02)
                except OSError:
                    pass  # nobody looks any more

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/video"


class Posted:
    """Takes items, and says what became of them."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.said = "approve"

    def post(self, app: str, item: dict[str, Any]) -> str:
        self.items.append({**item, "app": app})
        return f"i{len(self.items)}"

    def judged(self, item_id: str) -> Judged | None:
        return Judged(self.said, "Somebody is seen without a helmet")


@pytest.fixture
def mjpeg() -> Iterator[Mjpeg]:
    camera = Mjpeg()
    yield camera
    camera.is_gone = True
    camera.server.shutdown()
    camera.server.server_close()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Starts watching; says what was posted and told."""
    monkeypatch.setattr(states, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(states, "LONGEST_PAUSE", 0.1)
    running: list[tuple[Watcher, threading.Thread]] = []

    def start(camera: Camera) -> tuple[Posted, list[Event], Watcher]:
        posted, told = Posted(), list[Event]()
        watcher = Watcher(camera, posted, told.append, lambda: datetime(2026, 12, 1, 12, tzinfo=UTC))
        thread = threading.Thread(target=watcher.run)
        thread.start()
        running.append((watcher, thread))
        return posted, told, watcher

    yield start
    for watcher, thread in running:
        watcher.stop.set()
        thread.join()


def camera(url: str) -> Camera:
    return camera_of({"url": url, "place": "gate-1", "every": "0.2s", "app": "site"})


def test_a_camera_that_freezes_goes_and_comes_back_is_told_each_time_once(mjpeg: Mjpeg, watched: Any) -> None:
    posted, told, watcher = watched(camera(mjpeg.url))
    wait_for(lambda: len(posted.items) >= 2)
    mjpeg.is_frozen = True
    wait_for(lambda: [event.state for event in told] == ["frozen"])
    mjpeg.is_frozen = False
    wait_for(lambda: [event.state for event in told] == ["frozen", "ok"])
    mjpeg.is_gone = True
    wait_for(lambda: [event.state for event in told][-1] == "offline")
    before = watcher.connects
    wait_for(lambda: watcher.connects > before + 1)
    mjpeg.is_gone = False
    wait_for(lambda: [event.state for event in told] == ["frozen", "ok", "offline", "ok"])

    first = posted.items[0]
    assert first["metadata"] == {"place": "gate-1", "taken_at": "2026-12-01T12:00:00+00:00", "camera": "ok"}
    assert first["app"] == "site"
    reports = [each["metadata"]["camera"] for each in posted.items if each["metadata"]["camera"] != "ok"]
    assert reports == ["frozen", "offline"], "one item for people each"
    assert all(event.items for event in told if event.state != "ok")
    assert mjpeg.url not in str(told)


def test_a_film_is_played_in_a_loop_and_alerts_come_and_go(tmp_path: Path, watched: Any) -> None:
    (tmp_path / "site.mp4").write_bytes(film(moving, 0.6))

    posted, told, _ = watched(camera(str(tmp_path / "site.mp4")))
    wait_for(lambda: len(posted.items) >= 5)
    posted.said = "reject"
    wait_for(lambda: [event.kind for event in told] == ["camera.alert"])
    posted.said = "approve"
    wait_for(lambda: [event.kind for event in told] == ["camera.alert"] * 2)

    assert told[0].message.endswith("pictures at gate-1 were not approved: Somebody is seen without a helmet")
    assert told[0].items
    assert told[1].items == ()
    with Image.open(io.BytesIO(__import__("base64").b64decode(posted.items[0]["parts"][0]["base64"]))) as picture:
        assert picture.size == (320, 180)


def test_in_quiet_hours_nobody_looks(mjpeg: Mjpeg, watched: Any) -> None:
    quiet = camera(mjpeg.url).model_copy(
        update={
            "quiet": camera_of({"url": "rtsp://h/1", "place": "g", "quiet": {"from": "11:00", "to": "13:00"}}).quiet
        }
    )

    posted, told, watcher = watched(quiet)
    watcher.stop.wait(0.5)

    assert (posted.items, told, watcher.connects, mjpeg.calls) == ([], [], 0, 0)


def test_a_process_that_does_not_answer_is_given_up_and_its_reason_names_no_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.cameras.reader.ANSWER_SECONDS", 0.3)
    (tmp_path / "hanging_camera.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process = CameraProcess(camera("rtsp://user:secret@127.0.0.1:9/1"), "hanging_camera")

    with pytest.raises(CameraGone, match="no answer") as caught:
        process.look()
    process.close()

    assert "secret" not in str(caught.value)


def test_a_camera_that_cannot_be_reached_is_gone(watched: Any) -> None:
    posted, told, _ = watched(camera("rtsp://user:secret@127.0.0.1:9/1"))
    wait_for(lambda: bool(told))

    assert (told[0].kind, told[0].state) == ("camera.state", "offline")
    assert "secret" not in str((told, posted.items))
    assert watching.WATCHED == 5


def test_an_alarm_waits_until_it_has_lasted_and_a_moment_wakes_nobody() -> None:
    moments = iter([0, 4, 9, 10, 11, 12])
    at = [0.0]
    posting, told = Posted(), list[Event]()
    watcher = Watcher(
        camera("http://127.0.0.1:9/"),
        posting,
        told.append,
        lambda: datetime(2026, 12, 1, 12, tzinfo=UTC) + timedelta(seconds=at[0]),
        alarm_after=10,
    )

    def follow(said: str) -> list[str]:
        at[0], posting.said = float(next(moments)), said
        watcher._follow(deque(["1", "2", "3"]))
        return [event.message for event in told]

    assert follow("reject") == []
    assert follow("approve") == []  # it was a moment
    assert follow("reject") == []
    assert follow("reject") == []  # one second of it
    at[0] = 19.0
    watcher._follow(deque(["1", "2", "3"]))
    [first] = [event.message for event in told]
    assert first.startswith("3 of 3 pictures at gate-1 were not approved")
    assert follow("approve")[-1] == "the last pictures were approved"
