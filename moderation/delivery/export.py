"""Export: tables as files under Hive-style partitions (``decisions/dt=2026-11-20/``), for Athena and DuckDB.

One partition for each day (UTC) that is over, in files of bounded size, and an empty ``_SUCCESS`` last: a day without
it was not finished and is written anew. A day's files come out the same, byte for byte, however often.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

from ground.database import Database
from ground.private_files import private_file
from moderation.core.detections import Failure
from moderation.core.egress import stays_here
from moderation.delivery.export_tables import Table
from moderation.delivery.export_targets import ExportTarget

Format = Literal["jsonl", "parquet"]
ROWS_PER_FILE = 100_000
SETTLING = timedelta(hours=1)
"""How long after its end a day counts as over: a decision may be committed a little later than it is dated."""
DONE = "_SUCCESS"


@dataclass(frozen=True)
class Day:
    """What became of a day.

    Attributes:
        rows: how many were written; None where it was there already.
        kept: items and decisions that were left out, because they have to stay on this machine.
        hidden: those that were left out, because they need a clearance.
        undecided: items of that day; with any, it is not finished and is written anew next time.
    """

    day: date
    rows: int | None
    kept: int = 0
    hidden: int = 0
    undecided: int = 0


def days_over(table: Table, database: Database, since: date | None, until: date | None, now: datetime) -> list[date]:
    """The days to export, oldest first: from that of the first row, or `since`, to the last one that is over.

    Args:
        until: the last day, when it is over; None for as many as are.
    """
    first = table.first(database)
    if first is None:
        return []
    begin = max(since or first.astimezone(UTC).date(), first.astimezone(UTC).date())
    end = (now.astimezone(UTC) - SETTLING).date() - timedelta(days=1)
    end = min(until, end) if until is not None else end
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


def export(
    table: Table,
    database: Database,
    to: ExportTarget,
    days: list[date],
    *,
    again: bool = False,
    rows_per_file: int = ROWS_PER_FILE,
    to_parquet: Callable[[Path, Path, Table], None] | None = None,
) -> Iterator[Day]:
    """Write each day that is not there yet; says what became of each as it is done.

    Args:
        again: write those too that are there.
        to_parquet: makes of a file of rows, in the second place, one of Parquet; None for JSON Lines.

    Raises:
        StoreUnavailable: the database or the destination does not answer; days before are complete.
    """
    form: Format = "jsonl" if to_parquet is None else "parquet"
    for day in days:
        folder = f"{folder_of(table, form)}/dt={day.isoformat()}"
        if not again and to.has(f"{folder}/{DONE}"):
            yield Day(day, None)
            continue
        rows, number, written = _Rows(table, database, day, to.leaves_machine), 0, 0
        taken = iter(rows)
        with tempfile.TemporaryDirectory(prefix="moderation-export-") as scratch:
            plain, made = Path(scratch) / "rows.jsonl.gz", Path(scratch) / "rows.parquet"

            def put(number: int, folder: str = folder, plain: Path = plain, made: Path = made) -> None:
                if to_parquet is not None:
                    to_parquet(plain, made, table)
                to.put(_file(table, folder, number, form), made if to_parquet is not None else plain)

            while count := _fill(plain, taken, rows_per_file):
                put(number)
                number, written = number + 1, written + count
            while to.has(_file(table, folder, number, form)):  # of a time when the day had more rows
                put(number)
                number += 1
            if not rows.undecided:
                plain.write_bytes(b"")
                to.put(f"{folder}/{DONE}", plain)
        yield Day(day, written, rows.kept, rows.hidden, rows.undecided)


def folder_of(table: Table, form: Format) -> str:
    """The folder of a table, which is its name in SQL too."""
    return table.name if form == "jsonl" else f"{table.name}_parquet"


class _Rows:
    """The rows of a day, with what was left out of them; read once."""

    def __init__(self, table: Table, database: Database, day: date, leaves_machine: bool) -> None:
        self._table, self._database, self._leaves_machine = table, database, leaves_machine
        self._begin = datetime.combine(day, time(), UTC)
        self.kept = self.hidden = self.undecided = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for found in self._table.found(self._database, self._begin, self._begin + timedelta(days=1)):
            self.undecided += bool(found.is_open)
            if found.is_hidden:
                self.hidden += 1
            elif self._leaves_machine and stays_here(Failure.model_validate(each) for each in found.failures or ()):
                self.kept += 1
            else:
                yield from self._table.rows(found)


def _file(table: Table, folder: str, number: int, form: Format) -> str:
    return f"{folder}/{table.name}-{number:05d}.{'jsonl.gz' if form == 'jsonl' else 'parquet'}"


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
