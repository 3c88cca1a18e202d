"""What the process of one detector, extractor or redactor does.

It is forked by `moderation.detection.fork_server` and may be killed at any time. It is asked, and answers, through a
descriptor; `moderation.detection.channel` says how. Standard input is empty and standard output goes nowhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import queue
import threading
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.policy.policies import PolicyWords
from moderation.detection.channel import ChildEnd
from moderation.detection.decoding import detect_decoded
from moderation.hookspecs import Frame, Incomplete, Unavailable, Unreadable
from moderation.media.looking import frames, looks, pixel_digest

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_DETECTIONS = 10_000
MEMORY_LIMIT_BYTES = 8 << 30
IDLE_SECONDS = 1.0
"""Without a call; then there is time to tidy up."""


class LocalContext:
    """What the detector may know: the app, what policies say, and the parts' bytes as local files.

    Attributes:
        seen: digests of the pictures that it was shown (`moderation.core.verdicts.Look`).
    """

    def __init__(self, app: str, paths: dict[str, str], policies: Sequence[PolicyWords] = ()) -> None:
        self.app, self.policies = app, policies
        self.seen: list[str] = []
        self._paths = paths

    def path(self, part: Part) -> Path:
        """See `moderation.hookspecs.Context.path`."""
        if part.media is None:
            raise ValueError(f"part {part.id} is a text and has no file")
        return Path(self._paths[part.media.uri])

    def read(self, part: Part) -> bytes:
        """See `moderation.hookspecs.Context.read`."""
        return self.path(part).read_bytes()

    def looks(self, part: Part, longest: int | None = None) -> list[Image]:
        """See `moderation.hookspecs.Context.looks`."""
        seen = looks(part, self.read(part), longest)
        self.seen += [digest for look in seen if (digest := pixel_digest(look)) not in self.seen]
        return seen

    def frames(self, part: Part, longest: int | None = None) -> Iterator[Frame]:
        """See `moderation.hookspecs.Context.frames`."""
        return frames(self.read(part), longest)


def make_ready() -> None:
    """Build what each answer needs, once and before processes are forked, instead of in each of them."""
    for model in (Part, PolicyWords, Detection):
        model.model_rebuild()


def answer_calls(descriptor: int) -> None:
    """Until the service goes away. `descriptor` is this end of the channel."""
    channel = ChildEnd(descriptor)
    _limit_memory()
    opening = channel.opening()
    if opening is None:
        return
    tool = _open(opening)
    channel.answer(opening["call"], {"ready": True})
    calls: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(channel, calls), daemon=True).start()
    while True:
        call = _next(calls)
        channel.answer(call["call"], _answer(tool, call))


def _next(calls: queue.SimpleQueue[dict[str, Any]]) -> dict[str, Any]:
    try:
        return calls.get(timeout=IDLE_SECONDS)
    except queue.Empty:
        _give_memory_back()
        return calls.get()


def _give_memory_back() -> None:
    """To the system, what was freed: a net that is loaded leaves as much again behind, a batch several times that."""
    with contextlib.suppress(OSError, AttributeError):  # not every C library has it
        ctypes.CDLL(None).malloc_trim(0)


def _receive(channel: ChildEnd, calls: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Pass calls on; when the service is gone, so is this process, whatever the detector is doing."""
    for call in channel.calls():
        calls.put(call)
    os._exit(0)


def _open(opening: dict[str, Any]) -> Any:
    if opening["plugins_dir"]:
        from moderation.plugins import expose_loose

        expose_loose(Path(opening["plugins_dir"]))
    return pickle.loads(opening["tool"])  # noqa: S301 - only the service writes here


def _answer(tool: Any, call: dict[str, Any]) -> dict[str, Any]:
    if call["operation"] == "detect_each":
        if (together := _found_together(tool, call)) is not None:
            return {"found": together}
        answers = [_answer(tool, {**call, "operation": "detect", "part": part}) for part in call["parts"]]
        refused = next((answer for answer in answers if "found" not in answer), None)
        return refused or {"found": [answer["found"] for answer in answers]}
    part = Part.model_validate_json(call["part"])
    policies = [PolicyWords.model_validate_json(each) for each in call["policies"]]
    context = LocalContext(call["app"], call["paths"], policies)
    left_out = ""
    try:
        try:
            found = _run(tool, call, part, context)
        except Incomplete as error:
            found, left_out = error.parts, str(error)[:300]
        wanted = Detection if call["operation"] == "detect" else Part
        if problem := _problem_of(found, wanted):
            return {"kind": "invalid_answer", "message": problem}
        said = [thing.model_dump(mode="json", exclude_none=True) for thing in found]
        return {"found": said, "seen": context.seen, **({"left_out": left_out} if left_out else {})}
    except Unreadable as error:
        return {"kind": "unreadable", "message": str(error)[:300]}
    except Unavailable as error:
        return {"kind": "unavailable", "message": str(error)[:300]}
    except MemoryError:
        return {"kind": "crashed", "message": "ran out of memory"}
    except BaseException as error:  # whatever a plugin raises, SystemExit too, is an answer and no end
        return {"kind": "raised", "message": _place_of(error)}


def _problem_of(found: Any, wanted: type[Detection] | type[Part]) -> str:
    """What keeps an answer from being one; empty for nothing."""
    if not isinstance(found, list | tuple) or not all(isinstance(thing, wanted) for thing in found):
        return f"returned no list of {wanted.__name__}"
    return f"returned more than {MAX_DETECTIONS:,} findings" if len(found) > MAX_DETECTIONS else ""


def _found_together(tool: Any, call: dict[str, Any]) -> list[list[dict[str, Any]]] | None:
    """What was found in each of several texts in one go; None where they are to be looked at one by one.

    That is so where the tool cannot, and where anything goes wrong: by itself, each text says what it was.
    """
    is_to_decode = not call["is_decoded"] and getattr(tool, "reads_encoded", False)
    if is_to_decode or not callable(getattr(tool, "detect_batch", None)):
        return None
    parts = [Part.model_validate_json(part) for part in call["parts"]]
    policies = [PolicyWords.model_validate_json(each) for each in call["policies"]]
    try:
        found = tool.detect_batch(parts, LocalContext(call["app"], call["paths"], policies))
        if len(found) != len(parts) or any(_problem_of(each, Detection) for each in found):
            return None
    except BaseException:  # as in `_answer`
        return None
    return [[thing.model_dump(mode="json", exclude_none=True) for thing in each] for each in found]


def _run(tool: Any, call: dict[str, Any], part: Part, context: LocalContext) -> Any:
    if call["operation"] == "detect":
        if part.type == "text" and not call["is_decoded"] and getattr(tool, "reads_encoded", False):
            return detect_decoded(tool, part, context)
        return tool.detect(part, context)
    if call["operation"] == "extract":
        return tool.extract(part, context)
    return [tool.redact(part, [Detection.model_validate_json(each) for each in call["detections"]], context)]


def _place_of(error: BaseException) -> str:
    """The kind of the exception and where it was raised. Its words may quote the content, so they stay here."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}" if last else type(error).__name__


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass  # not every system can limit memory
