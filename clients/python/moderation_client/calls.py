"""Calls as data, and what their answers mean; both clients send them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict, cast
from urllib.parse import quote

from moderation_client.problems import Refused

ATTEMPTS = 5
PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further attempt, where the service does not say how many."""
LONGEST_PAUSE = 60.0


class Part(TypedDict):
    """A part of an item; media is given by one of `url`, `s3`, `base64` and `upload`."""

    type: Literal["text", "image", "video", "audio"]
    text: NotRequired[str]
    url: NotRequired[str]
    s3: NotRequired[str]
    base64: NotRequired[str]
    upload: NotRequired[str]
    name: NotRequired[str]


class Decision(TypedDict):
    """The decision that is in force."""

    outcome: Literal["approve", "reject"]
    decided_by: Literal["rules", "people"]
    labels: list[str]
    reason: str
    decided_at: str
    policy: dict[str, str]
    supersedes: NotRequired[int]


class Item(TypedDict):
    """An item; a post that was not waited for has `id`, `status`, `app`, `content_id` and `created_at` alone."""

    id: str
    app: str
    status: Literal["pending", "in_review", "decided", "withdrawn"]
    created_at: str
    content_id: NotRequired[str | None]
    decision: NotRequired[Decision | None]
    metadata: NotRequired[dict[str, Any]]
    parts: NotRequired[list[dict[str, Any]]]
    detections: NotRequired[list[dict[str, Any]]]
    failures: NotRequired[list[dict[str, Any]]]


def text(content: str) -> Part:
    """A text."""
    return {"type": "text", "text": content}


def media(kind: Literal["image", "video", "audio"], **given: str) -> Part:
    """A picture, film or sound: ``media("image", url="https://...")``, or by `s3`, `base64` or `upload`."""
    return {"type": kind, **given}  # type: ignore[typeddict-item]


@dataclass(frozen=True)
class Call:
    """One call of the API, which may be sent again: what it does happens once."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


def post(parts: Sequence[Part], wait: float, idempotency_key: str | None, more: Mapping[str, Any]) -> Call:
    """Post an item; under one idempotency key it becomes one item, however often the call is sent."""
    headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
    body = {"parts": list(parts), **{name: value for name, value in more.items() if value is not None}}
    return Call("POST", "/v1/items", body, headers, {"wait": wait} if wait else {})


def wanted_upload(data: bytes, media_type: str) -> Call:
    """Ask where media of this type is to be sent. Twice is harmless: an address that is not used is over in a while."""
    return Call("POST", "/v1/uploads", {"content_type": media_type, "size_bytes": len(data)})


def part_of_upload(upload_id: str, media_type: str) -> Part:
    """The part of an item that names what was uploaded."""
    return cast(Part, {"type": media_type.partition("/")[0], "upload": upload_id})


def of_item(item_id: str, what: str = "") -> str:
    """The path of an item, or of something of it."""
    return f"/v1/items/{quote(item_id, safe='')}{what}"


def pause_of(status: int, headers: Mapping[str, str], attempt: int) -> float | None:
    """Seconds to wait before it is sent again; None where that would not help.

    Args:
        status: of the answer; 0 where none came.
        attempt: how many were made, from 1 on.
    """
    is_busy = status in (0, 429, 502, 503, 504) or (status == 409 and "retry-after" in headers)
    if not is_busy or attempt >= ATTEMPTS:
        return None
    said = headers.get("retry-after", "")
    return min(float(said), LONGEST_PAUSE) if said.isdigit() else PAUSES[min(attempt, len(PAUSES)) - 1]


def refused(status: int, document: Any) -> Refused:
    """What a problem document says."""
    given = document if isinstance(document, dict) else {}
    kind = str(given.get("type", "")).rpartition("problem-")[2] or "unknown"
    return Refused(status, kind, str(given.get("detail", "")), given.get("errors", ()))
