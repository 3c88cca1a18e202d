"""The command line for tests, in a process of its own each time: forked from one that has loaded it once.

Most of what a short command costs is its start. Here it has an environment, a folder, input and output, and an end of
its own, and shares nothing but what was imported. That it starts from nothing is for other tests to see.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from tests.waiting import PATIENCE_SECONDS


class _Server:
    """The process that commands are forked from, seen from the tests."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        self._line.settimeout(PATIENCE_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked_commands", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # threads would not survive a fork
                start_new_session=True,
            )
        self._pid = os.getpid()
        atexit.register(self.close)

    def run(self, wanted: Mapping[str, Any], files: Sequence[TextIO]) -> int:
        """The exit code of one command."""
        body = json.dumps(wanted).encode()
        socket.send_fds(self._line, [len(body).to_bytes(4, "big")], [file.fileno() for file in files])
        self._line.sendall(body)
        return int.from_bytes(_received(self._line, 4), "big", signed=True)

    def close(self) -> None:
        if os.getpid() == self._pid:  # a fork of the tests' process does not end it
            self._line.close()
            self._process.wait()


@cache
def _server() -> _Server:
    return _Server()


def run(*arguments: str, stdin: str = "", environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``moderation`` with these arguments, in the folder of the test; see `tests.patience` for its time limits."""
    with contextlib.ExitStack() as stack:
        given, out, errors = files = [stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(3)]
        given.write(stdin)
        given.seek(0)
        wanted = {"arguments": arguments, "environment": dict(environment), "folder": os.getcwd()}
        code = _server().run(wanted, files)
        for file in (out, errors):
            file.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read(), errors.read())


def _received(line: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = line.recv(size - len(received))
        if not chunk:
            raise ConnectionResetError("the process that commands are forked from is gone")
        received += chunk
    return bytes(received)


def _serve(line: socket.socket) -> list[str] | None:
    """Fork for each command, and return its arguments in the fork; None once the tests have hung up."""
    while True:
        head, files, _, _ = socket.recv_fds(line, 4, 3)
        if not head:
            return None
        wanted = json.loads(_received(line, int.from_bytes(head, "big")))
        if pid := os.fork():
            for file in files:
                os.close(file)
            _, status = os.waitpid(pid, 0)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # what it left behind
            line.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
            continue
        os.setpgid(0, 0)
        line.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.environ.clear()
        os.environ.update(wanted["environment"])
        os.chdir(wanted["folder"])
        return list(wanted["arguments"])


def _main() -> None:
    import moderation.commands.a2i
    import moderation.commands.attention
    import moderation.commands.check
    import moderation.commands.doctor
    import moderation.commands.keys
    import moderation.commands.plugins
    import moderation.commands.rules.checking
    import moderation.commands.users  # noqa: F401
    from moderation import cli
    from tests.patience import be_patient

    be_patient()
    sys.argv[0] = str(Path(sys.argv[0]).with_name("moderation"))
    arguments = _serve(socket.socket(fileno=int(sys.argv[1])))
    if arguments is not None:
        cli.main(arguments)


if __name__ == "__main__":
    _main()
