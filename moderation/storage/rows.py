"""Core values as rows of the tables."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy.engine import Connection

from ground.encoded_json import EncodedJSON
from ground.prepared import insert_many
from moderation.core.decisions import Decision
from moderation.core.items import Item, Part
from moderation.core.redaction import RedactedPart
from moderation.core.rulings import Ruling
from moderation.storage.bases import Bases
from moderation.storage.findings import Findings
from moderation.storage.records import LoopRecord
from moderation.storage.tables import item_labels, item_media


def item_row(item: Item) -> dict[str, Any]:
    """A new item as a row of its table: pending, looked at by nobody."""
    return {
        "id": item.id,
        "app": item.app,
        "content_id": item.content_id,
        "status": "pending",
        "lane": item.lane,
        "created_at": item.created_at,
        "document": item,
        "attempts": 0,
    }


def decision_row(item_id: str, number: int, decision: Decision, document: EncodedJSON | None = None) -> dict[str, Any]:
    """A decision, with the salt under which the audit chain vouches for it.

    Args:
        document: the decision, where it is encoded already.
    """
    return {
        "item_id": item_id,
        "number": number,
        "document": document or decision,
        "decided_at": decision.decided_at,
        "salt": secrets.token_hex(16),
    }


def media_rows(item_id: str, parts: Sequence[Part] | Sequence[RedactedPart]) -> list[dict[str, Any]]:
    """The objects that an item has, so that they are kept as long as it needs them."""
    if not (uris := {part.media.uri for part in parts if part.media is not None}):
        return []
    return [{"item_id": item_id, "uri": uri} for uri in sorted(uris)]


def label_rows(item_id: str, findings: Findings) -> list[dict[str, Any]]:
    """What an item is found by: the labels that were found in it, and those above them."""
    if not findings.detections:
        return []
    labels = sorted({label for found in findings.detections for label in (found.label, *found.parents)})
    return [{"label": label, "item_id": item_id} for label in labels]


def save_media(c: Connection, item_id: str, parts: Sequence[Part] | Sequence[RedactedPart]) -> None:
    """Note which objects an item has; those there stay."""
    insert_many(c, item_media, media_rows(item_id, parts), or_nothing=True)


def save_labels(c: Connection, item_id: str, findings: Findings) -> None:
    """Note by which labels an item is found; those there stay."""
    insert_many(c, item_labels, label_rows(item_id, findings), or_nothing=True)


def loop_row(loop: LoopRecord) -> dict[str, Any]:
    """A new human loop."""
    return {
        "name": loop.name,
        "item_id": loop.item_id,
        "round": loop.round,
        "policy": loop.policy,
        "policy_version": loop.policy_version,
        "queue": loop.queue,
        "flow": loop.flow,
        "state": loop.state,
        "arn": loop.arn,
        "purpose": loop.purpose,
        "sampling": loop.sampling,
        "is_blind": loop.is_blind,
        "appeal": loop.appeal,
        "looks": 0,
        "next_look_at": loop.created_at,
        "created_at": loop.created_at,
        "due_at": loop.due_at,
        "due_because": loop.due_because,
        "notice": loop.notice,
        "comes_first": loop.comes_first,
    }


def evidence_values(
    findings: Findings | None,
    ruling: Ruling | None,
    shared: Bases,
    given: Sequence[Part] = (),
    encoded: Callable[[Ruling], EncodedJSON] | None = None,
) -> dict[str, Any]:
    """The columns of an item that say what was found, and what the rules made of it; None leaves one as it is.

    Args:
        shared: gets the basis that the item shares with others, to be stored in the same transaction.
        given: its parts, as its document has them: where no others were made of them, they are not stored again.
        encoded: `encoded_ruling`, or what remembers what that gave.
    """
    values: dict[str, Any] = {}
    if findings is not None:
        values["basis"], own = shared.split(findings.basis)
        values["findings"] = _findings(findings, own, given)
    if ruling is not None:
        values["verdict"] = (encoded or encoded_ruling)(ruling)
    return values


_NOTHING_FOUND = EncodedJSON('{"detections":[],"failures":[]}')


def _findings(findings: Findings, own: Mapping[str, Any], given: Sequence[Part]) -> EncodedJSON:
    said: dict[str, Any] = {} if findings.parts == given else {"parts": findings.parts}
    if not (said or own or findings.detections or findings.failures):
        return _NOTHING_FOUND
    said |= {"detections": findings.detections, "failures": findings.failures}
    if own:
        said["basis"] = own
    return EncodedJSON(to_json(said, exclude_none=True).decode())


def encoded_ruling(ruling: Ruling) -> EncodedJSON:
    """A ruling as it is stored: without what is empty."""
    return EncodedJSON(ruling.model_dump_json(exclude_none=True, exclude_defaults=True))
