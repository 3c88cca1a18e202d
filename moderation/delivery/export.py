"""Export: decisions as JSON Lines under Hive-style partitions (``decisions/dt=2026-11-20/``), for Athena and its like.

One partition for each day (UTC) that is over, in compressed files of bounded size, and an empty ``_SUCCESS`` last: a
day without it was not finished and is written anew. A day's files come out the same, byte for byte, however often.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from ground.database import Database
from ground.private_files import private_file, private_folder
from moderation.core.errors import StoreUnavailable
from moderation.storage.tables import decisions, items

COLUMNS = {
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
"""Of a row, with their types in Athena. Actions are JSON, since their values have several types; times are RFC 3339 in
UTC (``from_iso8601_timestamp`` reads them)."""

ROWS_PER_FILE = 100_000
PAGE = 2000
SETTLING = timedelta(hours=1)
"""How long after its end a day counts as over: a decision may be committed a little later than it is dated."""
TABLE, DONE = "decisions", "_SUCCESS"


class ExportTarget(Protocol):
    """Where files go."""

    def has(self, name: str) -> bool:
        """True when there is a file of that name."""
        ...

    def put(self, name: str, path: Path) -> None:
        """Store the file at `path` under `name`, as a whole."""
        ...


class Folder:
    """Files under a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, name: str) -> bool:
        """See `ExportTarget.has`."""
        return (self._root / name).is_file()

    def put(self, name: str, path: Path) -> None:
        """See `ExportTarget.put`."""
        to = self._root / name
        beside = to.with_name(f".{to.name}.{secrets.token_hex(6)}")
        try:
            private_folder(to.parent)
            private_file(beside).write_bytes(path.read_bytes())
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            beside.replace(to)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise StoreUnavailable(f"{to} could not be written: {error.strerror}") from error


class Bucket:
    """Objects under a prefix of a bucket.

    Args:
        client: boto3 ``s3`` client.
        encryption: arguments of PutObject.
    """

    def __init__(self, bucket: str, prefix: str, client: Any, encryption: dict[str, str]) -> None:
        self._bucket, self._client, self._encryption = bucket, client, encryption
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def has(self, name: str) -> bool:
        """See `ExportTarget.has`."""
        key = self._prefix + name
        answer = self._call(lambda: self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1))
        return any(each["Key"] == key for each in answer.get("Contents", ()))

    def put(self, name: str, path: Path) -> None:
        """See `ExportTarget.put`."""
        given = {"Bucket": self._bucket, "Key": self._prefix + name, "ExtraArgs": self._encryption}
        self._call(lambda: self._client.upload_file(str(path), **given))

    def _call(self, call: Callable[[], Any]) -> Any:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call()
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise StoreUnavailable(f"bucket {self._bucket}: {error}") from error


@dataclass(frozen=True)
class Day:
    """What became of a day: `rows` were written, or it was there already (None)."""

    day: date
    rows: int | None


def days_over(database: Database, since: date | None, until: date | None, now: datetime) -> list[date]:
    """The days to export, oldest first: from that of the first decision, or `since`, to the last one that is over.

    Args:
        until: the last day, when it is over; None for as many as are.
    """
    first = database.read(lambda c: c.execute(sa.select(sa.func.min(decisions.c.decided_at))).scalar())
    if first is None:
        return []
    begin = max(since or first.astimezone(UTC).date(), first.astimezone(UTC).date())
    end = (now.astimezone(UTC) - SETTLING).date() - timedelta(days=1)
    end = min(until, end) if until is not None else end
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


def export(
    database: Database, to: ExportTarget, days: list[date], *, again: bool = False, rows_per_file: int = ROWS_PER_FILE
) -> Iterator[Day]:
    """Write each day that is not there yet; says what became of each as it is done.

    Args:
        again: write those too that are there.

    Raises:
        StoreUnavailable: the database or the destination does not answer; days before are complete.
    """
    for day in days:
        folder = f"{TABLE}/dt={day.isoformat()}"
        if not again and to.has(f"{folder}/{DONE}"):
            yield Day(day, None)
            continue
        rows, number, written = _rows(database, day), 0, 0
        with tempfile.TemporaryDirectory(prefix="moderation-export-") as scratch:
            path = Path(scratch) / "rows"
            while count := _fill(path, rows, rows_per_file):
                to.put(f"{folder}/{TABLE}-{number:05d}.jsonl.gz", path)
                number, written = number + 1, written + count
            path.write_bytes(b"")
            to.put(f"{folder}/{DONE}", path)
        yield Day(day, written)


def table_definition(location: str, first_day: date) -> str:
    """The table in Athena's SQL, which finds its partitions by itself ("partition projection" in its user guide).

    Args:
        location: ``s3://bucket/prefix`` that was exported to.
    """
    columns = ",\n".join(f"  `{name}` {kind}" for name, kind in COLUMNS.items())
    place = f"{location.rstrip('/')}/{TABLE}/"
    return f"""CREATE EXTERNAL TABLE IF NOT EXISTS {TABLE} (
{columns}
)
PARTITIONED BY (`dt` string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION '{place}'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.dt.type' = 'date',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.range' = '{first_day.isoformat()},NOW',
  'storage.location.template' = '{place}dt=${{dt}}/'
);"""


def _fill(path: Path, rows: Iterator[dict[str, Any]], most: int) -> int:
    """Write up to `most` rows; says how many there were."""
    count = 0
    # Neither name nor time in the header, so that the same rows are the same bytes.
    with private_file(path).open("wb") as file, gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
        for row in rows:
            packed.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            count += 1
            if count == most:
                break
    return count


def _rows(database: Database, day: date) -> Iterator[dict[str, Any]]:
    """The decisions of a day, in the order of items' ids, a page at a time."""
    begin = datetime.combine(day, time(), UTC)
    within = (decisions.c.decided_at >= begin) & (decisions.c.decided_at < begin + timedelta(days=1))
    last = ("", 0)
    while True:
        query = (
            sa.select(decisions, items.c.app, items.c.content_id, items.c.created_at, items.c.document.label("item"))
            .join(items, items.c.id == decisions.c.item_id)
            .where(within, sa.tuple_(decisions.c.item_id, decisions.c.number) > last)
            .order_by(decisions.c.item_id, decisions.c.number)
            .limit(PAGE)
        )
        page = database.read(lambda c, query=query: c.execute(query).all())  # type: ignore[misc]
        yield from (_row(each) for each in page)
        if len(page) < PAGE:
            return
        last = (page[-1].item_id, page[-1].number)


def _row(found: Any) -> dict[str, Any]:
    decision = found.document
    return {
        "item_id": found.item_id,
        "number": found.number,
        "app": found.app,
        "content_id": found.content_id,
        "content_types": sorted({part["type"] for part in found.item["parts"]}),
        "created_at": found.created_at.isoformat().replace("+00:00", "Z"),
        "decided_at": found.decided_at.isoformat().replace("+00:00", "Z"),
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
