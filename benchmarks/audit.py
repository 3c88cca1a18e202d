"""The audit chain: records sealed and looked at in a second, and what it costs to have decisions recorded in it.

- 20,000 records noted, sealed and verified, on SQLite with ``synchronous=FULL``.
- Texts decided by the worker's way, 200 in a claim, with their records and without, in turns.

    python benchmarks/audit.py [--records 20000] [--rounds 12]
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from service import make_texts

from ground.audit_chain import note, record
from ground.prepared import Ready, ready_insert
from moderation.core.items import Part
from moderation.pipeline.intake import Submission
from moderation.service import Service
from moderation.settings import Settings
from moderation.storage import deciding
from moderation.storage.audit import open_chain
from moderation.storage.opening import open_database
from moderation.storage.tables import audit_records

logging.disable(logging.ERROR)  # nobody is there to ask people at

LEAST_A_SECOND = 10_000
MOST_COST = 0.05
BATCH = 200


def rates(folder: Path, count: int) -> tuple[float, float]:
    """Records a second: sealed, and verified."""
    database = open_database(Settings(data=folder))
    chain, now = open_chain(database), datetime.now(UTC)
    rows = [record("key added", f"key {number}", now, app="shop") for number in range(count)]
    database.write(lambda c: note(c, audit_records, rows), step="bench.note")
    began = time.process_time()
    while chain.seal():
        pass
    sealed = time.process_time() - began
    began = time.process_time()
    assert list(chain.problems()) == []
    looked = time.process_time() - began
    database.close()
    return count / sealed, count / looked


def decided_seconds(service: Service, mark: str) -> float:
    """Processor time of this process to decide `BATCH` texts."""
    parts = [(Part(id="p0", type="text", text=f"{text} {mark}"),) for text in make_texts(BATCH)]
    service.pipeline.intake([service.pipeline.prepare(Submission("shop", each)) for each in parts])
    began = time.process_time()
    while service.pipeline.moderate_waiting():
        pass
    return time.process_time() - began


def without_records(dialect: sa.Dialect, table: sa.Table, rows: Sequence[Any], **options: Any) -> Ready:
    """The statement of a table, empty for the chain's."""
    return ready_insert(dialect, table, () if table is audit_records else rows, **options)


def main() -> None:
    """Measure, and fail where it is too slow."""
    options = argparse.ArgumentParser()
    options.add_argument("--records", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=12)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sealed, looked = rates(Path(folder), given.records)
    print(f"sealed    {sealed:>9,.0f} records a second of a processor")
    print(f"verified  {looked:>9,.0f} records a second of a processor")
    recorded, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        service = Service.open(Settings(data=Path(folder), a2i_endpoint_url="http://127.0.0.1:9"))
        decided_seconds(service, "warm")
        for number in range(given.rounds):
            recorded.append(decided_seconds(service, f"a{number}"))
            with (
                patch.object(deciding, "decision_record", lambda *_: {}),
                patch.object(deciding, "ready_insert", without_records),
            ):
                bare.append(decided_seconds(service, f"b{number}"))
        service.close()
    cost = statistics.median(recorded) / statistics.median(bare) - 1
    print(f"{BATCH} texts decided in {statistics.median(recorded):.3f} s of a processor, {cost:+.1%} for their records")
    if min(sealed, looked) < LEAST_A_SECOND or cost > MOST_COST:
        sys.exit(f"at least {LEAST_A_SECOND:,} records a second, and at most {MOST_COST:.0%} of a decision")


if __name__ == "__main__":
    main()
