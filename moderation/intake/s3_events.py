"""S3 event notifications: which objects a message of a queue speaks of, whoever wrapped it.

S3 sends to a queue itself (a list of ``Records``, keys URL-encoded), through an SNS topic (the same as a string in
``Message``), or through EventBridge (one event of ``source`` ``aws.s3``, keys as they are). A topic may also carry
EventBridge's events, and a topic or rule may hand on the bare text. Message structures: Amazon S3 user guide, "Event
message structure" and "EventBridge event message structure".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from moderation.core.errors import InputError

SEQUENCER_LENGTH = 64
_WRAPPINGS = 3


class EventMalformed(InputError):
    """A message that is no event of S3; it stays one, however often it comes."""


@dataclass(frozen=True)
class ObjectEvent:
    """An object was created, or written over.

    Attributes:
        key: decoded.
        etag: of its content then; empty when the message does not say.
        version: in a bucket that keeps versions, else None.
        sequencer: of two events on one object, the later has the greater one: hexadecimal, compared after padding
            with zeros on the right, as this one is. Empty when the message does not say.
        happened_at: as the message says it.
    """

    bucket: str
    key: str
    etag: str = ""
    version: str | None = None
    sequencer: str = ""
    happened_at: str = ""

    @property
    def uri(self) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"


def read_events(body: str) -> list[ObjectEvent]:
    """The objects created that a message speaks of; empty for test events, removals and folders of the console.

    Raises:
        EventMalformed: it is no event of S3.
    """
    data = _json(body)
    for _ in range(_WRAPPINGS):
        if not isinstance(data, Mapping) or not isinstance(data.get("Message"), str):
            break
        data = _json(data["Message"])
    if not isinstance(data, Mapping):
        raise EventMalformed("the message is no JSON object")
    if data.get("Event") == "s3:TestEvent":
        return []
    if data.get("source") == "aws.s3":
        found = [_of_event_bridge(data)] if data.get("detail-type") == "Object Created" else []
    elif isinstance(data.get("Records"), list):
        found = [_of_record(each) for each in data["Records"] if _is_creation(each)]
    else:
        raise EventMalformed("the message has neither Records nor the source aws.s3")
    return [event for event in found if not event.key.endswith("/")]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EventMalformed("the message is no JSON") from error


def _is_creation(record: Any) -> bool:
    if not isinstance(record, Mapping) or not isinstance(record.get("eventName"), str):
        raise EventMalformed("a record has no eventName")
    if record.get("eventSource", "aws:s3") != "aws:s3":
        raise EventMalformed("a record is of another service than S3")
    return str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated:")


def _of_record(record: Mapping[str, Any]) -> ObjectEvent:
    s3 = _mapping(record, "s3")
    found = _mapping(s3, "object")
    try:
        key = unquote_plus(_text(found, "key"), errors="strict")
    except UnicodeDecodeError as error:
        raise EventMalformed("a record's key is not UTF-8 once it is decoded") from error
    return _event(_text(_mapping(s3, "bucket"), "name"), key, found, "eTag", "versionId", record.get("eventTime"))


def _of_event_bridge(event: Mapping[str, Any]) -> ObjectEvent:
    detail = _mapping(event, "detail")
    found = _mapping(detail, "object")
    bucket = _text(_mapping(detail, "bucket"), "name")
    return _event(bucket, _text(found, "key"), found, "etag", "version-id", event.get("time"))


def _event(bucket: str, key: str, found: Mapping[str, Any], etag: str, version: str, time: Any) -> ObjectEvent:
    sequencer = str(found.get("sequencer") or "").upper()
    if len(sequencer) > SEQUENCER_LENGTH or set(sequencer) - set("0123456789ABCDEF"):
        raise EventMalformed("a sequencer is not hexadecimal")
    return ObjectEvent(
        bucket=bucket,
        key=key,
        etag=str(found.get(etag) or "").strip('"')[:200],
        version=str(found[version])[:1024] if found.get(version) else None,
        sequencer=sequencer.ljust(SEQUENCER_LENGTH, "0") if sequencer else "",
        happened_at=time[:40] if isinstance(time, str) else "",
    )


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if not isinstance(value, Mapping):
        raise EventMalformed(f"'{name}' is missing")
    return value


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise EventMalformed(f"'{name}' is missing")
    return value
