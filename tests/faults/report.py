"""One table at the end of a run: what was injected, and what did not hold."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

PROPERTY = "fault"
SEED = int(os.environ.get("FAULTS_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
"""Of a run: ``FAULTS_SEED=n`` does the same again."""


@dataclass
class Row:
    """A line of the table.

    Attributes:
        injected: how many faults really happened.
        slowest_recovery: seconds from the last fault until nothing was left to do, or as the test says.
        note: what else is to be known.
    """

    test: str
    injected: int
    lost: int = 0
    doubles: int = 0
    unexpected_5xx: int = 0
    slowest_recovery: float = 0.0
    note: str = ""


def keep(record_property: Any, row: Row) -> None:
    """For the table; see `rows_of`."""
    record_property(PROPERTY, asdict(row))


def rows_of(reports: Iterable[Any]) -> list[Row]:
    """The lines that tests kept, those of the same name put together."""
    together: dict[str, Row] = {}
    for report in reports:
        for name, given in getattr(report, "user_properties", ()):
            if name != PROPERTY or getattr(report, "when", "") != "call":
                continue
            row = Row(**given)
            if (known := together.get(row.test)) is None:
                together[row.test] = row
                continue
            known.injected += row.injected
            known.lost += row.lost
            known.doubles += row.doubles
            known.unexpected_5xx += row.unexpected_5xx
            known.slowest_recovery = max(known.slowest_recovery, row.slowest_recovery)
    return list(together.values())


def table(rows: Iterable[Row]) -> list[str]:
    """The lines, with a head and a sum."""
    rows = sorted(rows, key=lambda row: row.test)
    total = Row(
        "all",
        sum(row.injected for row in rows),
        sum(row.lost for row in rows),
        sum(row.doubles for row in rows),
        sum(row.unexpected_5xx for row in rows),
        max((row.slowest_recovery for row in rows), default=0.0),
    )
    wide = max(len(row.test) for row in [*rows, total])
    head = f"{'test':{wide}}  injected  lost  doubles  unexpected 5xx  slowest recovery"
    lines = [
        f"{row.test:{wide}}  {row.injected:8}  {row.lost:4}  {row.doubles:7}  {row.unexpected_5xx:14}  "
        f"{row.slowest_recovery:14.1f} s  {row.note}".rstrip()
        for row in [*rows, total]
    ]
    return [head, *lines]
