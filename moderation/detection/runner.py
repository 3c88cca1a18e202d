"""Isolation: each detector and extractor runs in a process of its own that can be killed.

A native crash, a hang or a lie is that detector's alone: it becomes a `Failure`, the process is replaced, and a breaker
keeps one that fails again and again from holding up every item.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from moderation.core.detections import Detection, Failure, FailureKind
from moderation.core.errors import ModerationError
from moderation.core.items import Extraction, Part, PartType, Tool
from moderation.core.taxonomy import Taxonomy
from moderation.detection.channel import NotAnAnswer, ServiceEnd
from moderation.hookspecs import Detector, Extractor, Redactor
from moderation.plugins import Plugins

logger = logging.getLogger(__name__)

START_LIMIT_SECONDS = 60.0
"""How long a process may take until it is ready; importing a large library on a busy machine takes its time."""
REDACTION_LIMIT_SECONDS = 30.0
"""For a redactor that names no limit of its own."""
BREAKER_FAILURES = 5
BREAKER_SECONDS = 30.0
MAX_PARTS_MADE = 32
"""Parts that one extractor may make of one part."""


class _NoAnswer(ModerationError):
    """A call of a tool brought no answer; becomes a failure of this kind."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        self.kind, self.message = kind, message
        super().__init__(message)


class _Process:
    """The child of one detector or extractor; calls are one after the other."""

    def __init__(self, tool: Any, plugins_dir: Path | None) -> None:
        self._tool, self._plugins_dir = tool, plugins_dir
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: ServiceEnd | None = None
        self._failures = 0
        self._closed_until = 0.0

    def call(
        self,
        operation: str,
        app: str,
        part: Part,
        paths: dict[str, str],
        detections: Sequence[Detection] = (),
        parts: Sequence[Part] = (),
    ) -> list[Any]:
        """One call, killed at the detector's time limit. Raises `_NoAnswer`."""
        with self._lock:
            if time.monotonic() < self._closed_until:
                raise _NoAnswer("unavailable", f"it failed {self._failures} times in a row and rests for a while")
            try:
                answer = self._exchange(operation, app, part, paths, detections, parts)
            except _NoAnswer:
                self._kill()
                self._failed_again()
                raise
            if answer.get("kind") == "unavailable":
                # Its process is well, but the service behind it is not: waiting for it again would hold up every item.
                self._failed_again()
            else:
                self._failures = 0
        if "found" not in answer:
            raise _NoAnswer(answer["kind"], str(answer["message"]))
        found: list[Any] = answer["found"]
        return found

    def _failed_again(self) -> None:
        self._failures += 1
        if self._failures >= BREAKER_FAILURES:
            self._closed_until = time.monotonic() + BREAKER_SECONDS
            logger.warning("breaker open detector=%s failures=%d", self._tool.name, self._failures)

    def _exchange(
        self,
        operation: str,
        app: str,
        part: Part,
        paths: dict[str, str],
        detections: Sequence[Detection],
        parts: Sequence[Part],
    ) -> dict[str, Any]:
        if self._child is None or self._channel is None or self._child.poll() is not None:
            self._kill()
            self._channel = self._start()
        call: dict[str, Any] = {"operation": operation, "app": app, "part": part.model_dump_json(), "paths": paths}
        call["detections"] = [detection.model_dump_json() for detection in detections]
        call["parts"] = [each.model_dump_json() for each in parts]
        limit = float(getattr(self._tool, "time_limit_seconds", REDACTION_LIMIT_SECONDS))
        try:
            return self._channel.ask(call, time.monotonic() + limit)
        except TimeoutError as error:
            raise _NoAnswer("timed_out", f"no answer within {limit:g} s") from error
        except NotAnAnswer as error:
            raise _NoAnswer("invalid_answer", "its process wrote something that is no answer, and was ended") from error
        except (OSError, EOFError) as error:
            raise _NoAnswer("crashed", f"its process died ({self._last_words()})") from error

    def _start(self) -> ServiceEnd:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "2"}
        ours, theirs = socket.socketpair()
        channel = ServiceEnd(ours)
        # What a plugin prints goes nowhere, or beside the log; never into the channel.
        output = 2 if logger.isEnabledFor(logging.DEBUG) else subprocess.DEVNULL
        with theirs:
            self._child = subprocess.Popen(  # noqa: S603 - our own module, under our own interpreter
                [sys.executable, "-m", "moderation.detection.child", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[theirs.fileno()],
                env=environment,
                start_new_session=True,
            )
        folder = str(self._plugins_dir) if self._plugins_dir is not None else ""
        opening = {"plugins_dir": folder, "tool": pickle.dumps(self._tool)}
        try:
            channel.open(opening, time.monotonic() + START_LIMIT_SECONDS)
            return channel
        except TimeoutError as error:
            channel.close()
            raise _NoAnswer("timed_out", f"its process was not ready within {START_LIMIT_SECONDS:g} s") from error
        except (OSError, EOFError, NotAnAnswer) as error:
            channel.close()
            raise _NoAnswer("crashed", f"its process died while it started ({self._last_words()})") from error

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._child.wait(timeout=1) if self._child is not None else 0
            return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return "no exit code"

    def _kill(self) -> None:
        """End the child and all it started."""
        child, self._child = self._child, None
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def close(self) -> None:
        """End the child; a call that is under way fails."""
        child = self._child
        if child is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
        with self._lock:
            self._kill()


class Runner:
    """Runs detectors and extractors on parts, in parallel, and never raises for what they do.

    Args:
        plugins: what is loaded.
        plugins_dir: folder of loose plugins, so that the processes can import them too.
        resolve: a part's bytes as a local file.
    """

    def __init__(self, plugins: Plugins, plugins_dir: Path | None, resolve: Callable[[Part], Path]) -> None:
        self._plugins = plugins
        self._resolve = resolve
        tools: list[Detector | Extractor | Redactor] = [*plugins.detectors, *plugins.extractors, *plugins.redactors]
        self._processes = {tool.name: _Process(tool, plugins_dir) for tool in tools}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._counting = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=max(4, 4 * len(tools)), thread_name_prefix="detect")

    def look(
        self, app: str, parts: Sequence[Part], only: Callable[[Detector], bool] = lambda _: True
    ) -> tuple[list[Detection], list[Failure]]:
        """Every detector on every part it reads.

        Args:
            only: the detectors to ask.

        Returns:
            Detections with detector, part and parents filled in; and a failure for each look without an answer.
        """
        jobs = [
            (detector, part)
            for detector in self._plugins.detectors
            for part in parts
            if part.type in detector.reads and only(detector)
        ]
        detections: list[Detection] = []
        failures: list[Failure] = []
        for found in self._threads.map(lambda job: self._look(app, *job), jobs):
            if isinstance(found, Failure):
                failures.append(found)
            else:
                detections += found
        return detections, failures

    def has_detector(self, reads: PartType, only: Callable[[Detector], bool]) -> bool:
        """True when `look` would ask somebody about a part of that type."""
        return any(reads in detector.reads and only(detector) for detector in self._plugins.detectors)

    def look_each(
        self, app: str, texts: Sequence[Part], only: Callable[[Detector], bool] = lambda _: True
    ) -> tuple[list[list[Detection]], list[Failure]]:
        """Like `look`, for many short texts: one call of each detector, within the time limit of one look.

        Returns:
            The detections in each text, in order; worth nothing when there is a failure.
        """
        found: list[list[Detection]] = [[] for _ in texts]
        failures: list[Failure] = []
        detectors = [each for each in self._plugins.detectors if "text" in each.reads and only(each)] if texts else []
        for answer in self._threads.map(lambda detector: self._look_each(app, detector, texts), detectors):
            if isinstance(answer, Failure):
                failures.append(answer)
            else:
                found = [[*before, *more] for before, more in zip(found, answer, strict=True)]
        return found, failures

    def extract(
        self, app: str, parts: Sequence[Part], only: Callable[[Extractor], bool] = lambda _: True
    ) -> tuple[list[Part], list[Failure]]:
        """Every extractor on every part it reads; the new parts carry their bytes and have no ids yet.

        Args:
            only: the extractors to ask.
        """
        jobs = [
            (extractor, part)
            for part in parts
            for extractor in self._plugins.extractors
            if part.type in extractor.reads and only(extractor)
        ]
        made: list[Part] = []
        failures: list[Failure] = []
        for found in self._threads.map(lambda job: self._extract(app, *job), jobs):
            if isinstance(found, Failure):
                failures.append(found)
            else:
                made += found
        return made, failures

    def redact(self, app: str, part: Part, detections: Sequence[Detection]) -> Part | Failure:
        """A copy of a part with the places of `detections` taken out, its bytes in `data`; or why there is none."""
        redactor = next((each for each in self._plugins.redactors if part.type in each.reads), None)
        if redactor is None:
            tool = Tool(name="redaction", version="1")
            message = f"no plugin here can redact a part of type {part.type}"
            return Failure(detector=tool, part=part.id, kind="not_run", message=message)
        tool = Tool(name=redactor.name, version=redactor.version)
        try:
            answer = self._call("redact", app, redactor, part, detections)
            made = _part_of(answer[0])
            if made.type != part.type or made.data is None:
                raise _NoAnswer("invalid_answer", "what it made is no redacted copy")
            return made
        except _NoAnswer as error:
            return self._failed(tool, part, error)

    def failure_counts(self) -> dict[tuple[str, str], int]:
        """Looks without an answer since the start, by (detector, kind)."""
        with self._counting:
            return dict(self._counts)

    def close(self) -> None:
        """End all processes."""
        for process in self._processes.values():
            process.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _look(self, app: str, detector: Any, part: Part) -> list[Detection] | Failure:
        tool = Tool(name=detector.name, version=detector.version)
        try:
            answer = self._call("detect", app, detector, part)
            return [_checked(raw, tool, detector, part, self._plugins.taxonomy) for raw in answer]
        except _NoAnswer as error:
            return self._failed(tool, part, error)

    def _look_each(self, app: str, detector: Any, texts: Sequence[Part]) -> list[list[Detection]] | Failure:
        tool = Tool(name=detector.name, version=detector.version)
        try:
            answer = self._processes[detector.name].call("detect_each", app, texts[0], {}, parts=texts)
            if len(answer) != len(texts):
                raise _NoAnswer("invalid_answer", "it did not answer each text")
            return [
                [_checked(raw, tool, detector, part, self._plugins.taxonomy) for raw in each]
                for part, each in zip(texts, answer, strict=True)
            ]
        except _NoAnswer as error:
            return self._failed(tool, texts[0], error)

    def _extract(self, app: str, extractor: Any, part: Part) -> list[Part] | Failure:
        tool = Tool(name=extractor.name, version=extractor.version)
        try:
            answer = self._call("extract", app, extractor, part)
            if len(answer) > MAX_PARTS_MADE:
                raise _NoAnswer("invalid_answer", f"made more than {MAX_PARTS_MADE} parts")
            return [_checked_part(raw, tool, extractor, part) for raw in answer]
        except _NoAnswer as error:
            return self._failed(tool, part, error)

    def _call(self, operation: str, app: str, tool: Any, part: Part, detections: Sequence[Detection] = ()) -> list[Any]:
        try:
            paths = {part.media.uri: str(self._resolve(part).resolve())} if part.media is not None else {}
        except Exception as error:  # the store raises many kinds; for the item they mean the same
            raise _NoAnswer("unreadable", f"the part's bytes cannot be read ({type(error).__name__})") from error
        return self._processes[tool.name].call(operation, app, part, paths, detections)

    def _failed(self, tool: Tool, part: Part, error: _NoAnswer) -> Failure:
        with self._counting:
            self._counts[tool.name, error.kind] += 1
        logger.warning("no answer detector=%s part=%s kind=%s reason=%r", tool.name, part.id, error.kind, error.message)
        return Failure(detector=tool, part=part.id, kind=error.kind, message=error.message)


def _checked(raw: Any, tool: Tool, detector: Any, part: Part, taxonomy: Taxonomy) -> Detection:
    """A detection that keeps the contract, with who, where and the label's ancestors filled in."""
    try:
        detection = Detection.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise _NoAnswer("invalid_answer", f"{'.'.join(map(str, first['loc']))}: {first['type']}") from error
    if detection.label not in detector.labels:
        raise _NoAnswer("invalid_answer", "a label that the detector did not declare")
    if detection.span is not None and (part.text is None or detection.span.end > len(part.text)):
        raise _NoAnswer("invalid_answer", "a span outside the text")
    return detection.model_copy(
        update={"parents": taxonomy.parents(detection.label), "detector": tool, "part": part.id}
    )


def _part_of(raw: Any) -> Part:
    try:
        return Part.model_validate({**raw, "data": base64.urlsafe_b64decode(raw["data"])} if raw.get("data") else raw)
    except (ValidationError, ValueError) as error:
        raise _NoAnswer("invalid_answer", "what it made is no part") from error


def _checked_part(raw: Any, tool: Tool, extractor: Any, part: Part) -> Part:
    made = _part_of(raw)
    if made.type not in extractor.makes:
        raise _NoAnswer("invalid_answer", f"it made a part of type {made.type}, which it did not declare")
    if (made.text is None) == (made.type == "text") or (made.data is None) == (made.type != "text"):
        raise _NoAnswer("invalid_answer", "a text part has text, any other has data")
    given = made.extraction
    if given is not None and made.text is not None and any(p.span.end > len(made.text) for p in given.places):
        raise _NoAnswer("invalid_answer", "a place outside the text")
    extraction = Extraction(
        part=part.id,
        extractor=tool,
        places=given.places if given else (),
        time_range=given.time_range if given else None,
    )
    return made.model_copy(update={"id": "", "extraction": extraction, "media": None})
