"""The child of one detector, extractor or redactor, seen from the service: started, called, ended.

What goes wrong with it is a `NoAnswer`, after which the child and all that it started are gone.
"""

from __future__ import annotations

import logging
import pickle
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from moderation.core.detections import Detection, FailureKind
from moderation.core.errors import ModerationError
from moderation.core.items import Part
from moderation.core.policy.policies import PolicyWords
from moderation.detection.channel import NotAnAnswer, ServiceEnd
from moderation.detection.forking import fork
from moderation.detection.limits import Patience, threads_of

logger = logging.getLogger(__name__)

START_LIMIT_SECONDS = 60.0
"""How long a process may take until it is ready; importing a large library on a busy machine takes its time."""
LIMIT_SECONDS = 30.0
"""For a redactor that names no limit of its own."""


class NoAnswer(ModerationError):
    """Why there is none, as a `Failure` says it."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        self.kind, self.message = kind, message
        super().__init__(message)


@dataclass(frozen=True)
class Call:
    """What a process is asked.

    Attributes:
        operation: `detect`, `detect_each`, `extract` or `redact`.
        part: the part; of several, the first.
        paths: where the bytes of each address lie.
        detections: what to redact.
        parts: for `detect_each`.
        policies: what a detector that reads policies judges by.
        is_decoded: somebody has opened all that is encoded in the texts (`moderation.detection.decoding`).
    """

    operation: str
    app: str
    part: Part
    paths: dict[str, str] = field(default_factory=dict)
    detections: Sequence[Detection] = ()
    parts: Sequence[Part] = ()
    policies: Sequence[PolicyWords] = ()
    is_decoded: bool = False

    def message(self) -> dict[str, Any]:
        """As it travels."""
        return {
            "operation": self.operation,
            "app": self.app,
            "part": self.part.model_dump_json(),
            "paths": self.paths,
            "detections": [detection.model_dump_json() for detection in self.detections],
            "parts": [each.model_dump_json() for each in self.parts],
            "is_decoded": self.is_decoded,
            "policies": [each.model_dump_json() for each in self.policies],
        }


class Process:
    """A child that is ready; calls are one after the other.

    Args:
        tool: a detector, extractor or redactor; it travels there as a pickle.
        plugins_dir: folder of loose plugins, so that the child can import them too.

    Raises:
        NoAnswer: it did not become ready.
    """

    def __init__(self, tool: Any, plugins_dir: Path | None) -> None:
        self._limit_seconds = float(getattr(tool, "time_limit_seconds", LIMIT_SECONDS))
        ours, theirs = socket.socketpair()
        self._channel = ServiceEnd(ours)
        with theirs:
            try:
                # What a plugin prints goes nowhere, or beside the log; never into the channel.
                self._child = fork(str(tool.name), theirs, shows_output=logger.isEnabledFor(logging.DEBUG))
            except OSError as error:
                self._channel.close()
                raise NoAnswer("crashed", f"its process could not be started ({error})") from error
        opening = {"plugins_dir": str(plugins_dir) if plugins_dir is not None else "", "tool": pickle.dumps(tool)}
        try:
            self._channel.open(opening, self._patience(START_LIMIT_SECONDS))
        except TimeoutError as error:
            self.kill()
            raise NoAnswer("timed_out", f"its process was not ready: {error}") from error
        except (OSError, EOFError, NotAnAnswer) as error:
            raise NoAnswer("crashed", f"its process died while it started ({self._last_words()})") from error

    @property
    def is_alive(self) -> bool:
        """False when the child ended by itself, or was ended."""
        return not self._child.has_ended

    def call(self, call: Call) -> dict[str, Any]:
        """One call, ended at the tool's time limit (`moderation.detection.limits`).

        Returns:
            What the child says: `found`, or a `kind` and a `message`.

        Raises:
            NoAnswer: the child said nothing, or nothing that counts; it is gone now.
        """
        try:
            return self._channel.ask(call.message(), self._patience(self._limit_seconds))
        except TimeoutError as error:
            self.kill()
            raise NoAnswer("timed_out", str(error)) from error
        except NotAnAnswer as error:
            self.kill()
            raise NoAnswer("invalid_answer", "its process wrote something that is no answer, and was ended") from error
        except (OSError, EOFError) as error:
            raise NoAnswer("crashed", f"its process died ({self._last_words()})") from error

    def _patience(self, limit_seconds: float) -> Patience:
        return Patience(limit_seconds, partial(threads_of, self._child.pid))

    def _last_words(self) -> str:
        """How the child ended by itself; it is gone after this."""
        self._child.wait(1)
        code = self._child.exit_code
        self.kill()
        if code is None:
            return "no exit code"
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def end(self) -> None:
        """End the child and all it started; whoever waits for its answer learns of it. For other threads, too."""
        self._child.end()

    def kill(self) -> None:
        """End it and clear away what is left of it; nobody may be waiting for its answer. May be called twice."""
        self.end()
        self._child.wait()
        self._channel.close()
