"""The fork server, seen from the service: one for each process of the service, started when the first tool needs it.

Or before, see `start`: it imports its libraries beside a service that imports its own.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from moderation.detection.child import make_ready
from moderation.detection.fork_server import NUMBER, send, serve

START_SECONDS = 120.0
"""How long it may take until the fork server answers; it imports libraries, on a machine that may be busy."""
END_SECONDS = 5.0
_LOOK_SECONDS = 0.005


class Forked:
    """A process that was forked.

    Attributes:
        pid: its process id; no other's, as long as `exit_code` is None.
        exit_code: once it is known; negative for a signal.
    """

    def __init__(self, server: _ForkServer, pid: int, ended: int) -> None:
        self.pid = pid
        self.exit_code: int | None = None
        self._server, self._ended = server, ended
        self._has_ended = False
        self._reading = threading.Lock()

    @property
    def has_ended(self) -> bool:
        """Whether it has, by itself or not."""
        return self.wait(0)

    def wait(self, seconds: float | None = None) -> bool:
        """Until it has ended; False when it has not within the time."""
        with self._reading:
            if not self._has_ended and self._says_something(seconds):
                said = os.read(self._ended, NUMBER.size)
                # Nothing when the fork server itself was killed, and its children with it.
                self.exit_code = NUMBER.unpack(said)[0] if said else None
                os.close(self._ended)
                self._has_ended = True
            return self._has_ended

    def _says_something(self, seconds: float | None) -> bool:
        waiting = select.poll()  # `select.select` knows no descriptor over 1023
        waiting.register(self._ended, select.POLLIN)
        return bool(waiting.poll(None if seconds is None else seconds * 1000))

    def end(self) -> None:
        """Kill it, and what it started; does not wait."""
        if not self.has_ended:
            self._server.end(self.pid)


class _Fork:
    """A fork of this process, with what `_ForkServer` asks of a `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.returncode: int | None = None

    def wait(self, seconds: float | None = None) -> None:
        """Until it has ended. Raises `subprocess.TimeoutExpired`."""
        until = None if seconds is None else time.monotonic() + seconds
        while self.returncode is None:
            pid, status = os.waitpid(self._pid, 0 if until is None else os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
            elif until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("fork", seconds or 0.0)
            else:
                time.sleep(_LOOK_SECONDS)

    def kill(self) -> None:
        """At once."""
        os.kill(self._pid, signal.SIGKILL)


class _ForkServer:
    """A process of `moderation.detection.fork_server`. Raises `OSError` from everything when it is gone."""

    def __init__(self, *, from_here: bool = False) -> None:
        self._asking = threading.Lock()
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = self._forked(theirs) if from_here else self._started(theirs)
        self._line.settimeout(START_SECONDS)
        self._is_ready = False

    def _forked(self, theirs: socket.socket) -> _Fork:
        """A fork of this process, which has one thread."""
        pid = os.fork()
        if pid:
            return _Fork(pid)
        try:
            self._line.close()
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 0)
            os.dup2(nothing, 1)
            os.environ["OPENBLAS_NUM_THREADS"] = "1"
            serve(theirs)
        finally:
            os._exit(0)

    def _started(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        """A new Python."""
        return subprocess.Popen(  # noqa: S603 - our own module, under our own interpreter
            [sys.executable, "-m", "moderation.detection.fork_server", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            # Threads of a library would not survive a fork.
            env={**os.environ, "PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )

    def fork(self, wanted: dict[str, Any], channel: socket.socket) -> Forked:
        """A child with this end of its channel."""
        ended, theirs = os.pipe()
        try:
            with self._asking:
                if not self._is_ready:
                    self._number()
                    self._is_ready = True
                send(self._line, {"fork": wanted}, [channel.fileno(), theirs])
                pid = self._number()
        except OSError:
            os.close(ended)
            raise
        finally:
            os.close(theirs)
        if pid == 0:
            os.close(ended)
            raise BlockingIOError("the system has no room for another process")
        return Forked(self, pid, ended)

    def end(self, pid: int) -> None:
        with self._asking, contextlib.suppress(OSError):  # when it is gone, so are its children
            send(self._line, {"end": pid}, [])

    def _number(self) -> int:
        received = b""
        while len(received) < NUMBER.size:
            chunk = self._line.recv(NUMBER.size - len(received))
            if not chunk:
                raise ConnectionResetError("the fork server is gone")
            received += chunk
        return int(NUMBER.unpack(received)[0])

    def close(self) -> None:
        """Hang up, which ends it and all its children."""
        self._line.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def forget(self) -> None:
        """In a fork of the service: it is not ours."""
        self._line.close()
        self._process.returncode = 0


class _Servers:
    """The one of this process."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._server: _ForkServer | None = None
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self._close)

    def start(self, *, from_here: bool = False) -> None:
        """Have one start; where the system has no room for it just now, whoever needs it is told."""
        with contextlib.suppress(OSError):
            self._running(from_here=from_here)

    def fork(self, wanted: dict[str, Any], channel: socket.socket) -> Forked:
        """By the server that runs, or by a new one where that was killed."""
        server, is_new = self._running()
        try:
            return server.fork(wanted, channel)
        except BlockingIOError:
            raise
        except OSError:
            self._drop(server)
            if is_new:
                raise
        return self._running()[0].fork(wanted, channel)

    def _running(self, *, from_here: bool = False) -> tuple[_ForkServer, bool]:
        with self._starting:
            if self._server is not None:
                return self._server, False
            self._server = _ForkServer(from_here=from_here)
            return self._server, True

    def _drop(self, server: _ForkServer) -> None:
        with self._starting:
            if self._server is server:
                self._server = None
                server.close()

    def _close(self) -> None:
        with self._starting:
            if self._server is not None:
                self._server.close()
                self._server = None

    def _forget(self) -> None:
        self._starting = threading.Lock()
        if self._server is not None:
            self._server.forget()
            self._server = None


_servers = _Servers()


def start() -> None:
    """Start the fork server, and do not wait for it: a service that starts is sooner ready for its first item."""
    _servers.start()


def start_from_here() -> None:
    """Fork the fork server from this process: detectors then share what it has imported already, plugins among it.

    For a command that looks at a few files and ends. A process with several threads cannot do so safely; there a new
    Python is started as soon as somebody needs it.
    """
    if threading.active_count() == 1:
        make_ready()
        _servers.start(from_here=True)


def fork(name: str, channel: socket.socket, *, shows_output: bool) -> Forked:
    """A new process that answers calls (`moderation.detection.child`), with this process's environment and folder.

    Args:
        name: of the tool, as lists of processes show it (its first 15 bytes).
        channel: the child's end.
        shows_output: whether what it prints goes beside the service's log; else nowhere.

    Raises:
        OSError: the system has no room for another process, or the fork server does not start.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    wanted = {"name": name, "environment": environment, "folder": os.getcwd(), "shows_output": shows_output}
    return _servers.fork(wanted, channel)
