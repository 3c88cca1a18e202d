"""The process that tools' processes are forked from: ``python -m moderation.detection.fork_server DESCRIPTOR``.

Each detector has a process of its own, and each needs Python, pydantic and Pillow: a third of a second of a processor
and 50 MB, times the number of detectors. The fork server has imported them once. It never imports a plugin and has one
thread, so each process begins as if it were new, and shares with the others what none of them changes. (A command that
looks at a few files and ends forks this server from itself, with all that it has imported: `forking.start_from_here`.)

The service asks through a pair of sockets: a length (4 bytes, big endian), JSON, and the descriptors that go with it.

- ``{"fork": {...}}`` with the child's end of its channel and the end of a pipe that is written to. Answered by the
  child's process id (4 bytes), or 0 when the system has no room for another process. When the child ends, its exit
  code (4 bytes, negative for a signal) is written to the pipe, which is closed then.
- ``{"end": pid}`` kills a child and what it started. No answer.

What a child started ends with it, and all end with the fork server, which ends when the service hangs up: it alone
reaps children, so it never kills a process that only has the same id.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import struct
import sys
import traceback
from typing import Any, NoReturn

from moderation.detection import child

LENGTH = struct.Struct(">I")
NUMBER = struct.Struct(">i")
MAX_DESCRIPTORS = 2
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15  # linux/prctl.h


def receive(line: socket.socket) -> tuple[Any, list[int]] | None:
    """One message and the descriptors that came with it; None when the other side has hung up."""
    head, descriptors, _, _ = socket.recv_fds(line, LENGTH.size, MAX_DESCRIPTORS)
    head += _rest(line, LENGTH.size - len(head)) if head else b""
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = _rest(line, length)
    return (json.loads(body), descriptors) if len(body) == length else None


def send(line: socket.socket, message: Any, descriptors: list[int]) -> None:
    """What `receive` gets at the other side."""
    body = json.dumps(message).encode()
    socket.send_fds(line, [LENGTH.pack(len(body))], descriptors)
    line.sendall(body)


def _rest(line: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size and (chunk := line.recv(size - len(received))):
        received += chunk
    return bytes(received)


class _Server:
    """Forks, ends and reaps, until the service hangs up."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._ended: dict[int, int] = {}
        """Of each child by its process id: the descriptor that its exit code is written to."""
        self._woken, self._wakes = socket.socketpair()
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        for end in (self._woken, self._wakes):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakes.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._woken, selectors.EVENT_READ, self._reap)
        self._selector.register(self._line, selectors.EVENT_READ, self._obey)
        try:
            while all(key.data() for key, _ in self._selector.select()):
                pass
        finally:
            for pid in self._ended:
                _kill(pid)

    def _obey(self) -> bool:
        """Do what the service asks; False when it has hung up."""
        try:
            received = receive(self._line)
        except OSError:
            return False
        if received is None:
            return False
        message, descriptors = received
        if "end" in message:
            if message["end"] in self._ended:
                _kill(message["end"])
            return True
        channel, ended = descriptors
        pid = self._fork(message["fork"], channel, ended)
        os.close(channel)
        if pid:
            self._ended[pid] = ended
        else:
            os.close(ended)
        with contextlib.suppress(OSError):  # the next round tells that the service has hung up
            self._line.sendall(NUMBER.pack(pid))
        return True

    def _fork(self, wanted: dict[str, Any], channel: int, ended: int) -> int:
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            return 0
        if pid == 0:
            self._let_go(ended)
            _become(wanted, channel, server)
        with contextlib.suppress(OSError):  # it has done so itself, or has ended already
            os.setpgid(pid, pid)
        return pid

    def _let_go(self, ended: int) -> None:
        """In the child: have nothing of the server's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for end in (self._line, self._woken, self._wakes):
            end.close()
        for descriptor in (ended, *self._ended.values()):
            os.close(descriptor)

    def _reap(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)
        while self._ended:
            left = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if left is None:
                break
            _kill(left.si_pid)  # what it started; its id stays its own until it is reaped
            _, status = os.waitpid(left.si_pid, 0)
            descriptor = self._ended.pop(left.si_pid)
            with contextlib.suppress(OSError):  # nobody may want to know any more
                os.write(descriptor, NUMBER.pack(os.waitstatus_to_exitcode(status)))
            os.close(descriptor)
        return True


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _become(wanted: dict[str, Any], channel: int, server: int) -> NoReturn:
    """In the child: be the process of one tool, with the service's environment, folder and, maybe, its log."""
    code = 1
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        _end_with_the_server(server, wanted["name"])
        output = 2 if wanted["shows_output"] else os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(output, stream)
        os.environ.clear()
        os.environ.update(wanted["environment"])
        with contextlib.suppress(OSError):
            os.chdir(wanted["folder"])
        child.answer_calls(channel)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # whatever a plugin raises while it is opened
        traceback.print_exc()
    finally:
        os._exit(code)


def _end_with_the_server(server: int, name: str) -> None:
    """Where the system is Linux, be killed when the server is; and have the tool's name in lists of processes."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        prctl(_PR_SET_NAME, name.encode())
    if os.getppid() != server:
        raise SystemExit(1)


def serve(line: socket.socket) -> None:
    """Serve until the service hangs up."""
    child.make_ready()
    gc.freeze()  # a collection in a child would write to, and so copy, each page that is shared
    try:
        line.sendall(NUMBER.pack(os.getpid()))
    except OSError:  # the service has ended meanwhile, say of a wrong setting, which it has told
        return
    _Server(line).run()


if __name__ == "__main__":
    with contextlib.suppress(ImportError):  # most tools compute with it
        import numpy  # noqa: F401
    gc.collect()
    serve(socket.socket(fileno=int(sys.argv[1])))
