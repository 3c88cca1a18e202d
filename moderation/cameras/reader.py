"""The process of one camera, seen from here: asked for its newest picture, ended when it does not answer."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from moderation.cameras.files import Camera
from moderation.core.errors import InputError, ModerationError

MODULE = "moderation_film.camera"
ANSWER_SECONDS = 30.0
MAX_BYTES = 8_000_000
_KEPT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Of the environment: a decoder of strangers' bytes needs no secrets of the service."""


class CameraGone(ModerationError):
    """A camera gives no picture: why, without its address."""


@dataclass(frozen=True)
class Look:
    """A camera's newest picture.

    Attributes:
        data: JPEG.
        is_new: False when none came since the last look.
        brightness: its mean, 0-255.
        spread: how much its pixels differ from that (standard deviation).
        changed: the mean difference to the last look, 0-255; None for the first.
    """

    data: bytes
    is_new: bool
    brightness: float
    spread: float
    changed: float | None


def need_reader() -> None:
    """Raise `InputError` where films and cameras cannot be read."""
    if find_spec("moderation_film") is None or find_spec("av") is None:
        raise InputError("cameras are read by an extra: pip install 'moderation[film]'")


class CameraProcess:
    """Reads one camera from when it is made until it is closed.

    Args:
        module: what the process runs.
    """

    def __init__(self, camera: Camera, module: str = MODULE) -> None:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        # The address goes through a pipe, because lists of processes show arguments to everybody.
        self._send(json.dumps({"url": camera.url, "loops": camera.is_file}).encode() + b"\n")

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def look(self) -> Look:
        """The newest picture.

        Raises:
            CameraGone: there is none; the process is of no more use.
        """
        self._send(b"?")
        until = time.monotonic() + ANSWER_SECONDS
        line = b""
        while not line.endswith(b"\n"):
            line += self._read(1, until)
            if len(line) > 1000:
                raise CameraGone("its process answered nonsense")
        about: dict[str, Any] = json.loads(line)
        if "gone" in about:
            raise CameraGone(str(about["gone"]))
        if not 0 < about["bytes"] <= MAX_BYTES:
            raise CameraGone("its picture is too large")
        data = self._read(about["bytes"], until)
        return Look(data, about["is_new"], about["brightness"], about["spread"], about["changed"])

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            os.write(self._process.stdin.fileno(), data)
        except OSError as error:
            raise CameraGone("its process has ended") from error

    def _read(self, count: int, until: float) -> bytes:
        assert self._process.stdout is not None
        handle, found = self._process.stdout.fileno(), b""
        while len(found) < count:
            ready, _, _ = select.select([handle], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise CameraGone(f"no answer in {ANSWER_SECONDS:.0f} s")
            piece = os.read(handle, count - len(found))
            if not piece:
                raise CameraGone("its process has ended")
            found += piece
        return found
