"""One camera, read in a process of its own: ``python -m moderation_film.camera``, started by ``moderation watch``.

It reads on all the time and keeps the newest picture. Each byte on standard input asks for it; the answer on standard
output is a line of JSON and, as its ``bytes`` says, a JPEG. It ends when its input does, or when the camera is gone:
then a line says why. Addresses of cameras have passwords in them, so none is ever written.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from typing import Any

import numpy as np

from moderation_film.opening import MAX_PIXELS
from moderation_film.pictures import saved, upright

LONGEST = 1280
OPEN_SECONDS, READ_SECONDS = 10.0, 10.0
MEMORY_BYTES = 4 << 30
COMPARED = 64
"""Pixels of the longest side at which one picture is compared with the one before it."""
PROTOCOLS = "file,http,https,tcp,udp,tls,crypto,rtp,rtsp,hls,httpproxy"


class Newest:
    """The newest frame, put by one thread and taken by another."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._frame: Any = None
        self._pixel: Any = None
        self.count = 0
        self.gone = ""

    def put(self, frame: Any, pixel: Any) -> None:
        """A frame that was read."""
        with self._lock:
            self._frame, self._pixel = frame, pixel
            self.count += 1
            self._lock.notify_all()

    def end(self, why: str) -> None:
        """The camera is gone."""
        with self._lock:
            self.gone = why
            self._lock.notify_all()

    def take(self, after: int, seconds: float) -> tuple[Any, Any, int]:
        """The newest frame once there is one later than `after`, or the one there is when the time is over."""
        with self._lock:
            self._lock.wait_for(lambda: self.count > after or bool(self.gone), seconds)
            return self._frame, self._pixel, self.count


def read(url: str, loops: bool, newest: Newest) -> None:
    """Read a camera until it is gone; a file as fast as it plays, again and again where it is to."""
    import av

    options = {"rtsp_transport": "tcp", "protocol_whitelist": PROTOCOLS, "max_pixels": str(MAX_PIXELS)}
    why = "the stream has ended"
    try:
        while True:
            began, first = time.monotonic(), None
            with av.open(url, options=options, timeout=(OPEN_SECONDS, READ_SECONDS)) as container:
                stream = container.streams.video[0]
                for frame in container.decode(stream):
                    newest.put(frame, stream.sample_aspect_ratio)
                    if loops and frame.time is not None:
                        first = frame.time if first is None else first
                        time.sleep(max(0.0, began + frame.time - first - time.monotonic()))
            if not loops:
                break
    except (av.FFmpegError, OSError, LookupError, ValueError) as error:
        why = type(error).__name__
    newest.end(why)


def answer(newest: Newest, before: Any, after: int) -> tuple[bytes, Any, int]:
    """The newest picture as it is written, what the next one is compared with, and its number."""
    frame, pixel, count = newest.take(after, READ_SECONDS)
    if frame is None or newest.gone:
        return _line({"gone": newest.gone or "no picture came", "bytes": 0}), before, count
    picture = upright(frame, pixel, LONGEST)
    tiny = picture.convert("L").resize((COMPARED, COMPARED))
    pixels = np.asarray(tiny, np.int16)
    changed = None if before is None else float(np.abs(pixels - before).mean())
    data = saved(picture)
    about = {
        "bytes": len(data),
        "is_new": count > after,
        "brightness": float(pixels.mean()),
        "spread": float(pixels.std()),
        "changed": changed,
    }
    return _line(about) + data, pixels, count


def _line(about: dict[str, Any]) -> bytes:
    return json.dumps(about).encode() + b"\n"


def main() -> None:
    """Read what to do from the first line of standard input, then answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    told = json.loads(asked.readline())
    newest = Newest()
    threading.Thread(target=read, args=(told["url"], told["loops"], newest), daemon=True).start()
    before, after = None, 0
    while asked.read(1):
        said, before, after = answer(newest, before, after)
        out.write(said)
        out.flush()
    os._exit(0)  # whatever the decoder is doing


if __name__ == "__main__":
    main()
