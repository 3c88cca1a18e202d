"""What reviewers answered: read from the ``output.json`` that A2I writes for a human loop."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from moderation.core.decisions import FinalOutcome
from moderation.core.errors import OutputMalformed
from moderation.core.loops import Answer


def read_answers(name: str, data: bytes) -> list[Answer]:
    """The answers in an ``output.json``, oldest first. Raises `OutputMalformed`."""
    try:
        output = json.loads(data)
        if output["humanLoopName"] != name:
            raise OutputMalformed(f"the output of human loop {name} is another loop's")
        return [_read_answer(raw) for raw in output["humanAnswers"]]
    except OutputMalformed:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise OutputMalformed(f"the output of human loop {name} cannot be read ({type(error).__name__})") from error


def _read_answer(raw: Mapping[str, Any]) -> Answer:
    content = raw["answerContent"]
    seconds = raw.get("timeSpentInSeconds")
    return Answer(
        reviewer=str(raw["workerId"]),
        outcome=_chosen(content["decision"]),
        labels=_labels(content),
        note=str(content.get("note", ""))[:4000],
        accepted_at=_time(raw.get("acceptanceTime")),
        submitted_at=_time(raw["submissionTime"]) or datetime.min,
        seconds=max(float(seconds), 0.0) if seconds is not None else None,
    )


def _labels(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels that were ticked. A checkbox of its own name is ``{"labels.X": {"X": true}}`` on AWS."""
    ticked: dict[str, Any] = dict(content.get("labels") or {})
    for name, values in content.items():
        if name.startswith("labels.") and isinstance(values, Mapping):
            ticked |= values
    return tuple(sorted(label for label, on in ticked.items() if on is True))


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
