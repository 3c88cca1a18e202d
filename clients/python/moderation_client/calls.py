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
    """One call of the API.

    Attributes:
        is_repeatable: doing it twice is the same as doing it once, so that it may be sent again when nobody knows
            whether it arrived.
    """

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    is_repeatable: bool = True


def post(parts: Sequence[Part], wait: float, idempotency_key: str | None, more: Mapping[str, Any]) -> Call:
    """Post an item; under one idempotency key it becomes one item, however often the call is sent."""
    headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
    body = {"parts": list(parts), **given(**more)}
    return Call("POST", "/v1/items", body, headers, {"wait": wait} if wait else {})


def batch(items: Sequence[Mapping[str, Any]], idempotency_key: str | None) -> Call:
    """Post several items at once."""
    headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
    return Call("POST", "/v1/items/batch", {"items": list(items)}, headers)


def wanted_upload(data: bytes, media_type: str) -> Call:
    """Ask where media of this type is to be sent. Twice is harmless: an address that is not used is over in a while."""
    return Call("POST", "/v1/uploads", {"content_type": media_type, "size_bytes": len(data)})


def part_of_upload(upload_id: str, media_type: str) -> Part:
    """The part of an item that names what was uploaded."""
    return cast(Part, {"type": media_type.partition("/")[0], "upload": upload_id})


def of_item(item_id: str, what: str = "") -> str:
    """The path of an item, or of something of it."""
    return path_of("/v1/items/{}", item_id) + what


def path_of(template: str, *names: str | int) -> str:
    """A path with these names in it, which may hold any character. Raises `ValueError` for what leads elsewhere."""
    if any(str(name) in ("", ".", "..") for name in names):
        raise ValueError(f"a name or id is missing: {template}")
    return template.format(*(quote(str(name), safe="") for name in names))


def given(**values: Any) -> dict[str, Any]:
    """Those that were given."""
    return {name: value for name, value in values.items() if value is not None}


def pause_of(status: int, headers: Mapping[str, str], attempt: int, is_repeatable: bool = True) -> float | None:
    """Seconds to wait before it is sent again; None where that would not help.

    Args:
        status: of the answer; 0 where none came.
        attempt: how many were made, from 1 on.
    """
    is_refused_for_now = status in (429, 503) or (status == 409 and "retry-after" in headers)
    is_lost = status in (0, 502, 504)  # nobody knows what became of it
    if not (is_refused_for_now or (is_lost and is_repeatable)) or attempt >= ATTEMPTS:
        return None
    said = headers.get("retry-after", "")
    return min(float(said), LONGEST_PAUSE) if said.isdigit() else PAUSES[min(attempt, len(PAUSES)) - 1]


def refused(status: int, document: Any) -> Refused:
    """What a problem document says."""
    given = document if isinstance(document, dict) else {}
    kind = str(given.get("type", "")).rpartition("problem-")[2] or "unknown"
    return Refused(status, kind, str(given.get("detail", "")), given.get("errors", ()))
