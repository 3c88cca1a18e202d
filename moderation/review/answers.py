"""What reviewers answered: read from the ``output.json`` that A2I writes for a human loop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from moderation.core.decisions import FinalOutcome
from moderation.core.errors import OutputMalformed
from moderation.core.loops import Answer
from moderation.core.taxonomy import Taxonomy

REKOGNITION = "AWS/Rekognition/DetectModerationLabels/Image/V3"
"""A2I's built-in task for Rekognition's moderation labels."""
_TAXONOMY = Taxonomy()


def read_answers(name: str, data: bytes) -> list[Answer]:
    """The answers in an ``output.json`` of our own task, oldest first. Raises `OutputMalformed`."""
    return _read(name, data, _read_answer)


def _read(name: str, data: bytes, read: Callable[[Mapping[str, Any]], Answer]) -> list[Answer]:
    try:
        output = json.loads(data)
        if output["humanLoopName"] != name:
            raise OutputMalformed(f"the output of human loop {name} is another loop's")
        return [read(raw) for raw in output["humanAnswers"]]
    except OutputMalformed:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise OutputMalformed(f"the output of human loop {name} cannot be read ({type(error).__name__})") from error


def read_confirmations(name: str, data: bytes) -> list[Answer]:
    """The answers in the ``output.json`` of a flow of Rekognition's own: which of its labels each worker chose.

    One who chose none has approved. The built-in task gives ``moderationLabels``, names or objects with ``name`` and
    ``parentName``, and leaves out what was not chosen. Raises `OutputMalformed`.
    """
    return _read(name, data, _read_confirmation)


def _read_confirmation(raw: Mapping[str, Any]) -> Answer:
    chosen = raw["answerContent"][REKOGNITION]["moderationLabels"]
    labels = tuple(sorted({_known_label(each) for each in chosen}))
    return _answer(raw, "reject" if labels else "approve", labels)


def _known_label(chosen: Any) -> str:
    """A label's name, or its parent's when it is new to us."""
    names = [chosen] if isinstance(chosen, str) else [chosen["name"], chosen.get("parentName", "")]
    for name in names:
        if name in _TAXONOMY:
            return str(name)
    raise OutputMalformed("a label was chosen that this version does not know")


def _read_answer(raw: Mapping[str, Any]) -> Answer:
    content = raw["answerContent"]
    note = str(content.get("note", ""))[:4000]
    reasons = _ticked(content, "reasons")
    return _answer(raw, _chosen(content["decision"]), _ticked(content, "labels"), note, reasons)


def _answer(
    raw: Mapping[str, Any],
    outcome: FinalOutcome,
    labels: tuple[str, ...],
    note: str = "",
    reasons: tuple[str, ...] = (),
) -> Answer:
    seconds = raw.get("timeSpentInSeconds")
    return Answer(
        reviewer=str(raw["workerId"]),
        outcome=outcome,
        labels=labels,
        reasons=reasons,
        note=note,
        accepted_at=_time(raw.get("acceptanceTime")),
        submitted_at=_time(raw["submissionTime"]) or datetime.min,
        seconds=max(float(seconds), 0.0) if seconds is not None else None,
    )


def _ticked(content: Mapping[str, Any], what: str) -> tuple[str, ...]:
    """The labels or reasons that were ticked. A checkbox of its own name is ``{"labels.X": {"X": true}}`` on AWS."""
    ticked: dict[str, Any] = dict(content.get(what) or {})
    for name, values in content.items():
        if name.startswith(f"{what}.") and isinstance(values, Mapping):
            ticked |= values
    return tuple(sorted(name for name, on in ticked.items() if on is True))


def _chosen(decision: Mapping[str, Any]) -> FinalOutcome:
    """The one outcome that is true: radio buttons give ``{"approve": false, "reject": true}``."""
    on: Sequence[str] = [name for name, value in decision.items() if value is True]
    if on == ["approve"]:
        return "approve"
    if on == ["reject"]:
        return "reject"
    raise OutputMalformed(f"an answer chose {', '.join(on) or 'nothing'}; exactly one of approve, reject is expected")


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time
