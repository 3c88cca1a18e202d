"""How long each step of a hundred texts holds SQLite's writer, and what parts of a decision cost, in processor time.

A step is measured from the beginning of its transaction to where it would commit: all that time others wait. A part is
switched off here alone: the records of the audit chain, ``secure_delete``; or on, a listener that is told of each
decision. Least and middle times of the thread, because other work on the machine only ever adds.

    python benchmarks/held.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from service import settled
from writer import BATCH, prepared, ruled_of

from ground.database import Database
from ground.prepared import Ready, ready_insert
from moderation.core.events import Listener
from moderation.core.items import Item
from moderation.settings import Settings
from moderation.storage import deciding
from moderation.storage.audit import open_chain
from moderation.storage.deciding import Ruled
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from moderation.storage.tables import audit_records
from moderation.storage.words import WordIndex

Group = tuple[list[Item], list[Ruled]]


def groups_of(number: int) -> list[Group]:
    """Groups of short posts, with what the shipped policies make of them."""
    service = settled(Settings(data=Path(tempfile.mkdtemp(prefix="moderation-bench-"))))
    groups = []
    for turn in range(number):
        items = prepared(service, BATCH, str(turn))
        service.store.add_items(items)
        ruled = ruled_of(service, items)
        service.store.decide_together(ruled)  # what still waited would be in the next claim
        groups.append((items, ruled))
    service.close()
    return groups


@contextmanager
def opened() -> Iterator[Database]:
    """An empty database."""
    with tempfile.TemporaryDirectory(prefix="moderation-bench-") as folder:
        database = open_database(Settings(data=Path(folder)))
        yield database
        database.close()


def held(groups: Sequence[Group], took: dict[str, list[float]]) -> None:
    """Note for each step how long it had the writer."""
    with opened() as database:

        def write(work: Callable[[Any], Any], *, step: str, rows: int = 1) -> Any:
            with database.engine.execution_options(is_write=True).begin() as c:
                began = time.thread_time()
                result = work(c)
                took.setdefault(step, []).append(time.thread_time() - began)
            return result

        store, chain, words = Store(database), open_chain(database), WordIndex(database)
        with patch.object(database, "write", write):
            for items, ruled in groups:
                store.add_items(items)
                store.claim("texts", BATCH, 60, datetime.now(UTC))
                store.decide_together(ruled)
                chain.seal()
                words.fill(datetime.now(UTC))


def decided(groups: Sequence[Group], took: list[float], part: str) -> None:
    """Note how long a decision takes, its rows and its transaction together, with a part switched on or off."""
    listeners = [Listener("https://example.com/")] if part == "a listener" else []
    with opened() as database, ExitStack() as switched:
        if part == "no audit records":
            switched.enter_context(patch.object(deciding, "decision_record", lambda *_: {}))
            switched.enter_context(patch.object(deciding, "ready_insert", _without_records))
        if part == "no secure_delete":
            sa.event.listen(database.engine, "checkout", lambda raw, *_: raw.execute("PRAGMA secure_delete=OFF"))
        store = Store(database)
        for items, ruled in groups:
            store.add_items(items)
            began = time.thread_time()
            step = deciding.DecidingTogether(database.engine.dialect, ruled, listeners)
            with database.engine.execution_options(is_write=True).begin() as c:
                step.write(c)
            took.append(time.thread_time() - began)


def _without_records(dialect: sa.Dialect, table: sa.Table, rows: Sequence[Any], **options: Any) -> Ready:
    return ready_insert(dialect, table, () if table is audit_records else rows, **options)


def told(name: str, took: Sequence[float]) -> None:
    """Print a line."""
    print(f"{name:24} {1000 * min(took):6.2f} ms at least, {1000 * statistics.median(took):6.2f} ms in the middle")


def main() -> None:
    """Print what each step holds and each part costs."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    groups = groups_of(4)
    steps: dict[str, list[float]] = {}
    parts: dict[str, list[float]] = {
        name: [] for name in ("everything", "no audit records", "no secure_delete", "a listener")
    }
    for _ in range(given.rounds):
        held(groups, steps)
        for name, took in parts.items():
            decided(groups, took, name)
    for each in (steps, parts):
        for name, took in each.items():
            told(name, took)


if __name__ == "__main__":
    main()
