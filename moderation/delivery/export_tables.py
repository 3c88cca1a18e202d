"""What can be exported: decisions, items as a catalogue, and what was found in them, a table each.

Decisions stand on the day (UTC) on which they were made. Items and detections stand on the day on which the item was
posted, with what is known of it when they are written: while one of that day is undecided, the day is not finished.
Withdrawn items are in none of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from ground.database import Database
from ground.named_by_apps import place_of
from ground.prepared import among
from moderation.storage.clearances import is_shown
from moderation.storage.item_ids import first_item_id
from moderation.storage.tables import IS_UNDECIDED, decisions, items

PAGE = 2000
FOUND_PAGE = 200
"""Items read at once with all that was found in them."""
TAKEN = "taken_at"
"""Key of metadata that says when a picture was taken (RFC 3339), as `moderation.cameras` sets it."""
PERSON = "Person"
_AROUND = timedelta(days=1)
"""Ids begin with a time, which may be a little off that of their item."""


class Found(Protocol):
    """What a page has: an item or a decision, as the database has it.

    Attributes:
        is_open: True of an item that is not decided.
        is_hidden: True of what needs a clearance that the table was not made with; it has no rows.
        failures: of those who looked at the item, as JSON data; None where nobody has looked.
    """

    is_open: bool
    is_hidden: bool
    failures: Any


class Table(Protocol):
    """A table that can be exported.

    Attributes:
        name: of the folder, the files and the table.
        columns: of a row, with their types in Athena.
        held: clearances; of items that need others there are no rows.
    """

    name: str
    columns: Mapping[str, str]
    held: Collection[str]

    def first(self, database: Database) -> datetime | None:
        """The time of the first row; None where there is none."""
        ...

    def found(self, database: Database, begin: datetime, end: datetime) -> Iterator[Any]:
        """What stands in a time, `end` left out, each `Found`, in the order of items' ids."""
        ...

    def rows(self, found: Any) -> Iterator[dict[str, Any]]:
        """The rows that one of them makes."""
        ...


class Decisions:
    """A row for each decision. Actions are JSON, since their values have several types."""

    name = "decisions"
    columns: Mapping[str, str] = {
        "item_id": "string",
        "number": "int",
        "app": "string",
        "content_id": "string",
        "content_types": "array<string>",
        "created_at": "string",
        "decided_at": "string",
        "outcome": "string",
        "decided_by": "string",
        "labels": "array<string>",
        "reasons": "array<string>",
        "reason": "string",
        "policy": "string",
        "policy_version": "string",
        "actions": "string",
        "supersedes": "int",
    }

    def __init__(self, held: Collection[str] = ()) -> None:
        self.held = held

    def first(self, database: Database) -> datetime | None:
        """See `Table.first`."""
        return database.read(lambda c: c.execute(sa.select(sa.func.min(decisions.c.decided_at))).scalar())

    def found(self, database: Database, begin: datetime, end: datetime) -> Iterator[Any]:
        """See `Table.found`."""
        within = (decisions.c.decided_at >= begin) & (decisions.c.decided_at < end)
        of_item = (items.c.app, items.c.content_id, items.c.created_at, items.c.document.label("item"))
        failures = items.c.findings["failures"].label("failures")
        hidden = (~is_shown(self.held)).label("is_hidden")
        last = ("", 0)
        while True:
            query = (
                sa.select(decisions, *of_item, failures, sa.false().label("is_open"), hidden)
                .join(items, items.c.id == decisions.c.item_id)
                .where(within, sa.tuple_(decisions.c.item_id, decisions.c.number) > last)
                .order_by(decisions.c.item_id, decisions.c.number)
                .limit(PAGE)
            )
            page = database.read(lambda c, query=query: c.execute(query).all())  # type: ignore[misc]
            yield from page
            if len(page) < PAGE:
                return
            last = (page[-1].item_id, page[-1].number)

    def rows(self, found: Any) -> Iterator[dict[str, Any]]:
        """See `Table.rows`."""
        decision = found.document
        yield {
            "item_id": found.item_id,
            "number": found.number,
            "app": found.app,
            "content_id": found.content_id,
            "content_types": sorted({part["type"] for part in found.item["parts"]}),
            "created_at": _utc(found.created_at),
            "decided_at": _utc(found.decided_at),
            "outcome": decision["outcome"],
            "decided_by": decision["decided_by"],
            "labels": decision["labels"],
            "reasons": decision.get("reasons", []),
            "reason": decision["reason"],
            "policy": decision["policy"]["name"],
            "policy_version": decision["policy"]["version"],
            "actions": json.dumps(decision.get("actions", [])),
            "supersedes": decision.get("supersedes"),
        }


@dataclass(frozen=True)
class _ItemFound:
    """An item with what was found in it, and its decision in force."""

    row: Any
    decision: Any

    @property
    def is_open(self) -> bool:
        return bool(self.row.is_open)

    @property
    def is_hidden(self) -> bool:
        return bool(self.row.is_hidden)

    @property
    def failures(self) -> Any:
        return (self.row.findings or {}).get("failures")

    def facts(self) -> dict[str, Any]:
        """What items and detections say alike."""
        return {
            "item_id": self.row.id,
            "app": self.row.app,
            "place": place_of(self.metadata) or None,
            "created_at": _utc(self.row.created_at),
            "taken_at": _taken_at(self.metadata) or _utc(self.row.created_at),
        }

    @property
    def metadata(self) -> dict[str, Any]:
        return self.row.document.get("metadata") or {}

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Given and extracted."""
        parts: list[dict[str, Any]] = (self.row.findings or {}).get("parts") or self.row.document["parts"]
        return parts

    @property
    def detections(self) -> list[dict[str, Any]]:
        detections: list[dict[str, Any]] = (self.row.findings or {}).get("detections", [])
        return detections


class _OfItems:
    """What `Items` and `Detections` share: items by the day on which they were posted."""

    def __init__(self, held: Collection[str] = ()) -> None:
        self.held = held

    def first(self, database: Database) -> datetime | None:
        """See `Table.first`."""
        query = sa.select(items.c.created_at).order_by(items.c.id).limit(1)
        return database.read(lambda c: c.execute(query).scalar())

    def found(self, database: Database, begin: datetime, end: datetime) -> Iterator[_ItemFound]:
        """See `Table.found`."""
        last = first_item_id(begin - _AROUND)
        within = (items.c.created_at >= begin) & (items.c.created_at < end)
        hidden = (~is_shown(self.held)).label("is_hidden")
        within &= (items.c.id < first_item_id(end + _AROUND)) & (items.c.status != "withdrawn")
        while True:
            query = sa.select(items, IS_UNDECIDED.label("is_open"), hidden).where(within, items.c.id > last)
            query = query.order_by(items.c.id).limit(FOUND_PAGE)
            page = database.read(lambda c, query=query: _with_decisions(c, query))  # type: ignore[misc]
            yield from page
            if len(page) < FOUND_PAGE:
                return
            last = page[-1].row.id


class Items(_OfItems):
    """The catalogue: a row for each item. Metadata is JSON.

    Args:
        with_texts: its texts too, given and extracted, with all that may be in them; JSON. Without, the column is null.
    """

    name = "items"
    columns: Mapping[str, str] = {
        "item_id": "string",
        "app": "string",
        "place": "string",
        "created_at": "string",
        "taken_at": "string",
        "content_id": "string",
        "content_types": "array<string>",
        "status": "string",
        "outcome": "string",
        "decided_by": "string",
        "decided_at": "string",
        "labels": "array<string>",
        "policy": "string",
        "detections": "int",
        "failures": "int",
        "seconds": "double",
        "metadata": "string",
        "texts": "string",
    }

    def __init__(self, held: Collection[str] = (), *, with_texts: bool = False) -> None:
        super().__init__(held)
        self._with_texts = with_texts

    def rows(self, found: _ItemFound) -> Iterator[dict[str, Any]]:
        """See `Table.rows`."""
        given = found.row.document["parts"]
        made = found.decision or {}
        played = [part["media"]["seconds"] for part in given if (part.get("media") or {}).get("seconds") is not None]
        yield found.facts() | {
            "content_id": found.row.content_id,
            "content_types": sorted({part["type"] for part in given}),
            "status": found.row.status,
            "outcome": made.get("outcome"),
            "decided_by": made.get("decided_by"),
            "decided_at": made.get("decided_at"),
            "labels": made.get("labels", []),
            "policy": made["policy"]["name"] if made else None,
            "detections": len(found.detections),
            "failures": len(found.failures or ()),
            "seconds": sum(played) if played else None,
            "metadata": _compact(found.metadata),
            "texts": _compact(_texts(found.parts)) if self._with_texts else None,
        }


class Detections(_OfItems):
    """A row for each detection. What is said of a person (what covers which part of the body) is JSON."""

    name = "detections"
    columns: Mapping[str, str] = {
        "item_id": "string",
        "app": "string",
        "place": "string",
        "created_at": "string",
        "taken_at": "string",
        "number": "int",
        "part": "string",
        "part_type": "string",
        "given_part": "string",
        "label": "string",
        "parents": "array<string>",
        "confidence": "double",
        "box_left": "double",
        "box_top": "double",
        "box_width": "double",
        "box_height": "double",
        "starts_seconds": "double",
        "ends_seconds": "double",
        "person": "string",
        "detector": "string",
        "detector_version": "string",
    }

    def rows(self, found: _ItemFound) -> Iterator[dict[str, Any]]:
        """See `Table.rows`. Boxes are ratios of the picture; seconds are from the start of the film or sound."""
        facts, parts = found.facts(), {part["id"]: part for part in found.parts}
        for number, each in enumerate(found.detections):
            lineage = _lineage(parts, each.get("part", ""))
            box, detector = each.get("box") or {}, each.get("detector") or {}
            when = each.get("time_range") or next(filter(None, map(_shown, lineage)), {})
            yield facts | {
                "number": number,
                "part": each.get("part", ""),
                "part_type": lineage[0]["type"] if lineage else None,
                "given_part": lineage[-1]["id"] if lineage else None,
                "label": each["label"],
                "parents": each.get("parents", []),
                "confidence": each["confidence"],
                **{f"box_{side}": box.get(side) for side in ("left", "top", "width", "height")},
                "starts_seconds": when.get("start"),
                "ends_seconds": when.get("end"),
                "person": _compact(each.get("attributes") or {}) if each["label"] == PERSON else None,
                "detector": detector.get("name"),
                "detector_version": detector.get("version"),
            }


def _with_decisions(c: sa.Connection, query: sa.Select[Any]) -> list[_ItemFound]:
    page = c.execute(query).all()
    made = sa.select(decisions.c.item_id, decisions.c.document).order_by(decisions.c.number)
    in_force = {
        row.item_id: row.document
        for row in c.execute(made.where(among(c, decisions.c.item_id, [row.id for row in page])))
    }
    return [_ItemFound(row, in_force.get(row.id)) for row in page]


def _lineage(parts: Mapping[str, dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """A part, the one it was extracted from, and so on up to the given one."""
    found: list[dict[str, Any]] = []
    while name in parts and len(found) < len(parts):
        found.append(parts[name])
        name = (parts[name].get("extraction") or {}).get("part", "")
    return found


def _shown(part: dict[str, Any]) -> dict[str, Any]:
    return (part.get("extraction") or {}).get("time_range") or {}


def _texts(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for part in parts:
        if part.get("text") is not None:
            extractor = ((part.get("extraction") or {}).get("extractor") or {}).get("name")
            found.append({"part": part["id"], "extractor": extractor, "text": part["text"]})
    return found


def _taken_at(metadata: Mapping[str, Any]) -> str | None:
    """When it was taken as the app says it; None where that is no time with a zone."""
    said = metadata.get(TAKEN)
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
        return _utc(found) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
