"""What the service accepts as an answer, as asserts that say what they saw; `moderation.testing` uses them."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from moderation.core.detections import Detection
from moderation.core.items import Box, Part
from moderation.hookspecs import Incomplete, Unreadable

Answer = TypeVar("Answer")

MAX_FINDINGS = 10_000
"""More findings in one part than this are refused by the service."""


def check_answer(detector: Any, part: Part, answer: Any) -> None:
    """Assert that what a detector answered on a part is what the service accepts."""
    assert isinstance(answer, list | tuple), f"`detect` returns a list, not {type(answer).__name__}"
    assert len(answer) <= MAX_FINDINGS, f"{len(answer):,} findings in one part; at most {MAX_FINDINGS:,}"
    for found in answer:
        assert isinstance(found, Detection), f"`detect` returns Detections, not {type(found).__name__}"
        assert found.label in detector.labels, f"label {found.label!r} is not among `labels` {tuple(detector.labels)}"
        assert math.isfinite(found.confidence), f"confidence {found.confidence} of {found.label} is no number"
        assert detector.min_confidence <= found.confidence <= 100, (
            f"confidence {found.confidence} of {found.label} is not from `min_confidence` "
            f"({detector.min_confidence}) to 100"
        )
        assert found.detector is None, "`detector` is filled in by the service"
        assert found.parents == (), "`parents` is filled in by the service"
        if found.span is not None:
            assert part.text is not None, f"a span in a part without text: {found}"
            assert found.span.start < found.span.end <= len(part.text), (
                f"span {found.span.start}-{found.span.end} of {found.label} is empty or outside the text, "
                f"which has {len(part.text)} code points"
            )
            _check_silence(found, part.text[found.span.start : found.span.end])
        if found.box is not None:
            assert part.text is None, f"a box in a text: {found}"
            _check_box(found.box)
        assert Detection.model_validate(json.loads(found.model_dump_json())) == found, f"{found} does not survive JSON"


def check_parts(extractor: Any, made: Any) -> None:
    """Assert that what an extractor made is what the service accepts."""
    from ground.media.limits import Limits
    from moderation.media.inspecting import inspect as inspect_media

    assert isinstance(made, list | tuple), f"`extract` returns a list, not {type(made).__name__}"
    for part in made:
        assert isinstance(part, Part), f"`extract` returns Parts, not {type(part).__name__}"
        assert part.type in extractor.makes, f"a part of type {part.type} is not among `makes` {extractor.makes}"
        assert part.id == "", "`id` is filled in by the service"
        assert part.media is None, "bytes go into `data`; `media` is filled in by the service"
        if part.type == "text":
            assert part.text, "a text part has text; leave out what is empty"
            assert part.data is None, "a text part has no `data`"
        else:
            assert part.text is None, f"a part of type {part.type} has no text"
            assert part.data, f"a part of type {part.type} carries its bytes in `data`"
            inspect_media(part.data, Limits(), part.type)
        for place in part.extraction.places if part.extraction is not None else ():
            length = len(part.text or "")
            assert place.span.end <= length, f"a place ends at {place.span.end}; the text has {length} code points"
            if place.box is not None:
                _check_box(place.box)


def answer_within(limit_seconds: float, name: str, call: Callable[..., Answer], *given: Any) -> Answer | None:
    """The answer of a call under a time limit; None when it said `Unreadable` or `Incomplete`.

    Raises:
        AssertionError: no answer in time, or another error; `name` says on which input.
    """
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(call(*given))
        except BaseException as error:
            errors.append(error)

    # A daemon: what hangs must not keep the test run from ending.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit_seconds)
    assert not thread.is_alive(), f"no answer on hostile input ({name}) within {limit_seconds:g} s"
    if errors and not isinstance(errors[0], (Unreadable, Incomplete)):
        message = f"hostile input ({name}) raised {errors[0]!r}; raise Unreadable for what cannot be decoded"
        raise AssertionError(message) from errors[0]
    return answers[0] if answers else None


def _check_box(box: Box) -> None:
    # Ratios are divided pixels, so their sum may be off by the last bits.
    assert box.left + box.width <= 1 + 1e-9, f"{box!r} reaches over the right edge"
    assert box.top + box.height <= 1 + 1e-9, f"{box!r} reaches over the lower edge"


def _check_silence(found: Detection, value: str) -> None:
    """Attributes are kept and shown where the text itself may not be, so they must not repeat what was found."""
    told = json.dumps(dict(found.attributes), ensure_ascii=False)
    assert len(value) < 4 or value not in told, f"the attributes of {found.label} repeat what was found"
