"""The channel between the service and a detector's process: calls go out, one sealed answer to each comes back.

Each message is a length (4 bytes, big endian) and a body. Calls are pickles, because the service is trusted. Answers
are JSON, because what a detector's process says is not, behind a seal of 32 bytes: the HMAC-SHA256 of the body under a
key that this process alone was given, before it knew the plugin. The body repeats the number of the call it answers.

So what a plugin, a library or something it started writes to the channel is no answer: it has no seal, or the seal of
another call. `NotAnAnswer` then ends the process, because nobody can tell what else is on the way. The child's end is
closed in whatever its process starts or forks. No seal can tell a plugin that answers wrongly, or one that takes its
process's memory apart to find the key: it could as well find nothing, so plugins stay trusted to mean what they say.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import pickle
import secrets
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from moderation.core.errors import ModerationError

MAX_ANSWER_BYTES = 64_000_000
_LENGTH = struct.Struct(">I")
_SEAL_BYTES = 32


class NotAnAnswer(ModerationError):
    """Something came that is no answer to the call, or came unasked."""


class Deadline(Protocol):
    """How long an answer is waited for."""

    def left(self) -> float:
        """Seconds to wait before asking again; more than 0. Raises `TimeoutError` when the time is over."""
        ...


class ServiceEnd:
    """Asks. One call at a time; not for several threads at once.

    Args:
        line: this end of a pair of sockets.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._key = secrets.token_bytes(32)
        self._asked = 0

    def open(self, opening: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """The first call, which gives the child its key. Raises as `ask` does."""
        return self.ask({**opening, "key": self._key}, deadline)

    def ask(self, call: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Send a call and wait for its answer.

        Raises:
            TimeoutError: there is none in time, as `deadline` says it.
            NotAnAnswer: see the class.
            EOFError: the process is gone, as with any other `OSError`.
        """
        self._refuse_what_comes_unasked()
        self._asked += 1
        body = pickle.dumps({**call, "call": self._asked})
        self._write(_LENGTH.pack(len(body)) + body, deadline)
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        if not _SEAL_BYTES < length <= _SEAL_BYTES + MAX_ANSWER_BYTES:
            raise NotAnAnswer
        return self._unsealed(self._read(length, deadline))

    def _unsealed(self, message: bytes) -> dict[str, Any]:
        seal, body = message[:_SEAL_BYTES], message[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, _sealed(self._key, body)):
            raise NotAnAnswer
        answer = json.loads(body)
        if not isinstance(answer, dict) or answer.pop("call", None) != self._asked:
            raise NotAnAnswer
        return answer

    def _refuse_what_comes_unasked(self) -> None:
        self._line.settimeout(0)
        try:
            if not self._line.recv(1, socket.MSG_PEEK):
                raise EOFError
        except BlockingIOError:
            return
        raise NotAnAnswer

    def _write(self, message: bytes, deadline: Deadline) -> None:
        left = memoryview(message)
        while left:
            self._line.settimeout(deadline.left())
            with contextlib.suppress(TimeoutError):
                left = left[self._line.send(left) :]

    def _read(self, size: int, deadline: Deadline) -> bytes:
        received = bytearray()
        while len(received) < size:
            self._line.settimeout(deadline.left())
            try:
                chunk = self._line.recv(min(size - len(received), 1 << 20))
            except TimeoutError:
                continue
            if not chunk:
                raise EOFError
            received += chunk
        return bytes(received)

    def close(self) -> None:
        """Hang up: the child ends by itself then."""
        self._line.close()


class ChildEnd:
    """Is asked, and answers.

    Args:
        descriptor: inherited from the service; nothing that this process starts inherits it, and forks drop it.
    """

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._line = socket.socket(fileno=descriptor)
        self._key = b""
        os.register_at_fork(after_in_child=self.close)

    def opening(self) -> dict[str, Any] | None:
        """The first call; None when the service is gone already."""
        first = next(self.calls(), None)
        if first is not None:
            self._key = first.pop("key")
        return first

    def calls(self) -> Iterator[dict[str, Any]]:
        """Calls as they come, until the service is gone."""
        while True:
            head = self._read(_LENGTH.size)
            body = self._read(*_LENGTH.unpack(head)) if head else None
            if body is None:
                return
            yield pickle.loads(body)  # noqa: S301 - only the service writes here

    def answer(self, call: int, answer: Mapping[str, Any]) -> None:
        """Answer the call of this number."""
        self.write(self.sealed(call, answer))

    def sealed(self, call: int, answer: Mapping[str, Any]) -> bytes:
        """The answer as it travels; one that is too long is a failure instead."""
        body = json.dumps({**answer, "call": call}).encode()
        if len(body) > MAX_ANSWER_BYTES:
            refusal = {"kind": "invalid_answer", "message": f"answered more than {MAX_ANSWER_BYTES:,} bytes"}
            body = json.dumps({**refusal, "call": call}).encode()
        return _LENGTH.pack(_SEAL_BYTES + len(body)) + _sealed(self._key, body) + body

    def write(self, message: bytes) -> None:
        """Send what `sealed` made."""
        self._line.sendall(message)

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def _read(self, size: int) -> bytes | None:
        received = bytearray()
        while len(received) < size:
            try:
                chunk = self._line.recv(min(size - len(received), 1 << 20))
            except OSError:
                return None  # it hung up before it had read all
            if not chunk:
                return None
            received += chunk
        return bytes(received)


def _sealed(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")
