"""Deciding against what the database itself can do, in one run: SQLite and Postgres, and the queue's older way.

- A batch of 100 decided against raw inserts of 100 rows, each as long as a ruling and a decision, in one commit of
  SQLite with ``synchronous=FULL``, through Python's own driver.
- On Postgres 100 claimed and decided against 100 claimed by a raw ``SKIP LOCKED``.
- Texts decided by the worker's way, 200 in a claim, against one item for each job of RQ.

    python benchmarks/writer.py [--rounds 20] [--postgres URL] [--redis URL]
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from service import make_texts, settled

from moderation.commands.worker import THREADS
from moderation.core.items import Item, Part
from moderation.pipeline import moderate
from moderation.pipeline.doorbell import SPARE, RedisListener, lanes_of
from moderation.pipeline.intake import Submission
from moderation.pipeline.together import moderate_texts
from moderation.service import Service
from moderation.settings import Settings
from moderation.storage.deciding import Ruled
from moderation.worker import Worker

BATCH = 100


def prepared(service: Service, number: int, mark: str) -> list[Item]:
    """Items of short posts, not stored yet."""
    texts = [f"{text} {mark}" for text in make_texts(number)]
    return [service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text=text),))) for text in texts]


def ruled_of(service: Service, items: Sequence[Item]) -> list[Ruled]:
    """What is decided about them, or asked of people, as the pipeline works it out."""
    kept: list[Ruled] = []
    store = service.store
    decide = store.decide_together

    def keep(ruled: Sequence[Ruled]) -> set[str]:
        kept.extend(ruled)
        return set()

    claims = store.claim("texts", len(items), 3600, datetime.now(UTC))
    store.decide_together = keep  # type: ignore[method-assign]
    try:
        moderate_texts(service.pipeline.ports, claims)
    finally:
        store.decide_together = decide  # type: ignore[method-assign]
    store.release([each.item.id for each in claims], claims[0].held_until)
    return kept


def body_of(ruled: Ruled) -> str:
    """As long as what is written of it."""
    asked = ruled.decision.model_dump_json() if ruled.decision is not None else str(ruled.loops[0])
    return f"{ruled.ruling.model_dump_json()}{asked}"


def seconds(work: Callable[[], object]) -> float:
    """How long it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def told(name: str, ours: list[float], theirs: list[float], unit: str) -> None:
    """Print both and the median of their ratios."""
    ratio = statistics.median(raw / mine for mine, raw in zip(ours, theirs, strict=True))
    mine, raw = (1000 * statistics.median(took) for took in (ours, theirs))
    print(f"{name}: {mine:.2f} ms, {unit} {raw:.2f} ms: {ratio:.2f}")


def raw_inserts(folder: Path) -> Callable[[list[tuple[str, str]]], None]:
    """Rows into a table with a primary key, in one durable commit."""
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE rows (id TEXT PRIMARY KEY, body TEXT NOT NULL)")

    def insert(rows: list[tuple[str, str]]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO rows VALUES (?, ?)", rows)
        connection.execute("COMMIT")

    return insert


def sqlite(rounds: int) -> None:
    """Decisions in groups of a hundred against raw inserts."""
    service = settled(Settings(data=Path(tempfile.mkdtemp(prefix="moderation-bench-"))))
    insert = raw_inserts(service.settings.data)
    ours, theirs = [], []
    for number in range(rounds):
        items = prepared(service, BATCH, str(number))
        service.store.add_items(items)
        ruled = ruled_of(service, items)
        bodies = [(each.item.id, body_of(each)) for each in ruled]
        theirs.append(seconds(lambda rows=bodies: insert(rows)))  # type: ignore[misc]
        ours.append(seconds(lambda ruled=ruled: service.store.decide_together(ruled)))  # type: ignore[misc]
    service.close()
    told("SQLite: 100 decided", ours, theirs, "100 rows inserted")


def postgres(url: str, rounds: int) -> None:
    """Claims and decisions of a hundred against raw claims of a hundred."""
    engine = sa.create_engine(url)
    service = settled(Settings(data=Path(tempfile.mkdtemp(prefix="moderation-bench-")), database_url=url))
    with engine.begin() as c:
        c.execute(sa.text("DROP TABLE IF EXISTS raw_jobs"))
        c.execute(sa.text("CREATE TABLE raw_jobs (id text PRIMARY KEY, state text, body text)"))
        c.execute(sa.text("CREATE INDEX ON raw_jobs (state, id)"))
    ours, theirs = [], []
    claim = sa.text(
        "WITH free AS (SELECT id FROM raw_jobs WHERE state = 'waiting' ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED) "
        "UPDATE raw_jobs SET state = 'done' WHERE id IN (SELECT id FROM free) RETURNING id, body"
    )

    def raw() -> None:
        with engine.begin() as c:
            c.execute(claim).all()

    for number in range(rounds):
        items = prepared(service, BATCH, str(number))
        rows: list[dict[str, Any]] = [{"id": each.id, "body": each.model_dump_json()} for each in items]
        with engine.begin() as c:
            c.execute(sa.text("INSERT INTO raw_jobs VALUES (:id, 'waiting', :body)"), rows)
        service.store.add_items(items)
        ruled = ruled_of(service, items)

        def claimed_and_decided(ruled: list[Ruled] = ruled) -> None:
            service.store.claim("texts", BATCH, 60, datetime.now(UTC))
            service.store.decide_together(ruled)

        theirs.append(seconds(raw))
        ours.append(seconds(claimed_and_decided))
    service.close()
    engine.dispose()
    told("Postgres: 100 claimed and decided", ours, theirs, "100 claimed raw")


_services: list[Service] = []


def moderate_one() -> None:
    """A job of RQ: one item."""
    # The module that runs is not the one that RQ imports.
    sys.modules["__main__"]._services[0].work_once(["texts"])


def scaled(postgres_url: str, redis_url: str, number: int) -> None:
    """Texts that wait, decided by one item a job and by the worker's own way, on the same database and cores."""
    data = Path(tempfile.mkdtemp(prefix="moderation-bench-"))
    settings = Settings(data=data, database_url=postgres_url, redis_url=redis_url)
    service = settled(settings)
    _services[:] = [service]
    few = number // 20
    with Redis.from_url(redis_url) as redis, patch.dict(moderate.CLAIMED_AT_ONCE, texts=1):
        service.store.add_items(prepared(service, few, "one by one"))
        queue = Queue("one-by-one", connection=redis, serializer=JSONSerializer)
        for _ in range(few):
            queue.enqueue("writer.moderate_one", result_ttl=0)
        simple = SimpleWorker([queue], connection=redis, serializer=JSONSerializer)
        one_by_one = few / seconds(lambda: simple.work(burst=True, logging_level="ERROR"))
    for start in range(0, number, 1000):
        service.store.add_items(prepared(service, 1000, f"together {start}"))
    listeners = [(lanes, RedisListener(redis_url, lanes)) for lanes in [*lanes_of(THREADS), SPARE]]
    worker = Worker(service.work_once, listeners, 1, pass_on=service.ring_for_waiting)

    def together() -> None:
        worker.start()
        while service.store.backlog()[0]:
            time.sleep(0.02)

    many = number / seconds(together)
    worker.close(10)
    service.close()
    print(f"scaled: {many:,.0f} texts/s, one a job of RQ {one_by_one:,.0f}: {many / one_by_one:.1f}x")


def main() -> None:
    """Print what each takes, and its ratio."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--postgres", metavar="URL", help="an empty database; what is measured there needs one")
    options.add_argument("--redis", metavar="URL")
    given = options.parse_args()
    sqlite(given.rounds)
    if given.postgres:
        postgres(given.postgres, given.rounds)
        if given.redis:
            scaled(given.postgres, given.redis, 10_000)


if __name__ == "__main__":
    main()
