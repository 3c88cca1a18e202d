"""DetectPiiEntities and ContainsPiiEntities: one text, looked through at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.comprehend.faults import check_language, fault
from moderation.core.detections import Detection
from moderation.redacting.comprehend import labels_for
from moderation.redacting.texts import look
from moderation.service import Service

MAX_TEXT_BYTES = 100_000
"""100 KB of UTF-8; Comprehend counts a KB as 1,000 bytes."""


def detect(service: Service, parameters: Mapping[str, Any], app: str | None) -> dict[str, Any]:
    """Entities by place: score 0-1, offsets in code points, the end exclusive."""
    return {
        "Entities": [
            {
                "Score": round(found.confidence / 100, 6),
                "Type": _type(found),
                "BeginOffset": found.span.start if found.span else 0,
                "EndOffset": found.span.end if found.span else len(parameters["Text"]),
            }
            for found in _found(service, parameters)
        ]
    }


def contains(service: Service, parameters: Mapping[str, Any], app: str | None) -> dict[str, Any]:
    """Each type that is in the text, with the score of the surest."""
    scores: dict[str, float] = {}
    for found in _found(service, parameters):
        scores[_type(found)] = max(found.confidence, scores.get(_type(found), 0.0))
    return {"Labels": [{"Name": name, "Score": round(score / 100, 6)} for name, score in scores.items()]}


def _found(service: Service, parameters: Mapping[str, Any]) -> Sequence[Detection]:
    check_language(parameters["LanguageCode"], "UnsupportedLanguageException")
    try:
        size = len(parameters["Text"].encode())
    except UnicodeEncodeError as error:
        raise fault("InvalidRequestException", "The text has half of a surrogate pair, no character") from error
    if size > MAX_TEXT_BYTES:
        limits = f"Max length of request text allowed is {MAX_TEXT_BYTES} bytes while in this request the text size is"
        raise fault("TextSizeLimitExceededException", f"Input text size exceeds limit. {limits} {size} bytes")
    labels = labels_for(["ALL"], service.taxonomy)
    return look(service.judge.runner, "comprehend", parameters["Text"], labels)


def _type(found: Detection) -> str:
    return found.label.rpartition("/")[2]
