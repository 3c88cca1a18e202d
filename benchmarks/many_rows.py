"""What the service asks its database again and again, with few items in it and with very many, in one run.

Each question is asked of a database with 1,000 items that wait and 1,000 that are decided, and of one with so many of
each as the options say. The figures are 99th percentiles of `--times` questions, and the ratio of the two.

    python benchmarks/many_rows.py [--waiting 1000000] [--decided 1000000] [--postgres URL]
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from ground.database import Database
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.items import Item, Part
from moderation.core.rulings import PolicyRuling, Ruling
from moderation.settings import Settings
from moderation.storage import tables
from moderation.storage.deciding import Ruled
from moderation.storage.findings import Findings
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from moderation.storage.rows import item_row

FEW = 1000
APPS = 20
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = PolicyRef(name="p", version="1")


def rows(number: int, status: str, start: int) -> Iterator[dict[str, object]]:
    """Items, one a second, of twenty apps; one of twenty is rejected."""
    for n in range(start, start + number):
        at = SINCE + timedelta(seconds=n)
        part = Part(id="p0", type="text", text=f"a text of the usual length, number {n}, and some more words")
        made = Item(id=new_item_id(at), app=f"app{n % APPS:02}", parts=(part,), created_at=at)
        row = item_row(made) | {"status": status}
        if status == "decided":
            row["outcome"] = "reject" if n % 20 == 0 else "approve"
        yield row


def fill(database: Database, waiting: int, decided: int) -> None:
    """Items that are decided, and newer ones that wait."""
    made = itertools.chain(rows(decided, "decided", 0), rows(waiting, "pending", decided))
    columns = ("id", "app", "lane", "status", "outcome", "created_at", "document", "attempts", "media_tagged")
    while chunk := list(itertools.islice(made, 20_000)):
        whole = [{"outcome": None, "media_tagged": False, **row} for row in chunk]
        if database.is_sqlite:
            database.write(lambda c, whole=whole: c.execute(sa.insert(tables.items), whole), step="bench.fill")  # type: ignore[misc]
            continue
        with database.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            with raw.cursor().copy(f"COPY items ({', '.join(columns)}) FROM STDIN") as copy:
                for row in whole:
                    row["document"] = json.dumps(row["document"].model_dump(mode="json"))  # type: ignore[attr-defined]
                    copy.write_row([row[column] for column in columns])
            raw.commit()
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execute(sa.text("ANALYZE"))
            connection.commit()


def questions(store: Store) -> dict[str, Callable[[], object]]:
    """What is asked, by name; each call asks once."""
    now = datetime.now(UTC)
    fresh = itertools.count()

    def decide() -> None:
        claims = store.claim("texts", 20, 60, now)
        each = PolicyRuling(policy=POLICY, outcome="approve", because="nothing was found")
        ruling = Ruling(form=2, outcome="approve", policy=POLICY, reason="nothing was found", policies=(each,))
        ruled = [
            Ruled(
                claim.item,
                Decision(outcome="approve", decided_by="rules", reason="nothing", policy=POLICY, decided_at=now),
                Findings(claim.item.parts, (), ()),
                ruling,
                (),
                None,
                (),
            )
            for claim in claims
        ]
        store.decide_together(ruled)

    def post() -> None:
        n = next(fresh)
        part = Part(id="p0", type="text", text=f"fresh {n}")
        at = datetime.now(UTC)
        store.add_items([Item(id=new_item_id(at), app="app07", parts=(part,), created_at=at)])

    newest = datetime.now(UTC) - timedelta(hours=1)
    return {
        "post": post,
        "claim and decide 20": decide,
        "newest of an app": lambda: store.search_items(app="app03"),
        "newest rejected": lambda: store.search_items(app="app00", outcome="reject"),
        "newest in review": lambda: store.search_items(app="app03", status="in_review"),
        "of the last hour": lambda: store.search_items(app="app03", since=newest),
        "by content id": lambda: store.search_items(app="app03", content_id="none"),
        "sweep": store.need_attention,
        "due loops": lambda: store.due_loops(now, 50),
        "loop problems": store.loop_problems,
        "backlog": store.backlog,
        "backlog by app": store.backlog_by_app,
    }


def measure(stores: Sequence[Store], times: int) -> list[dict[str, float]]:
    """99th percentiles in milliseconds, of each store; asked in turn, so that a busy machine hurts all alike."""
    asked = [questions(store) for store in stores]
    took: list[dict[str, list[float]]] = [{name: [] for name in each} for each in asked]
    for _ in range(times):
        for name in asked[0]:
            for each, found in zip(asked, took, strict=True):
                began = time.perf_counter()
                each[name]()
                found[name].append(1000 * (time.perf_counter() - began))
    return [{name: statistics.quantiles(each, n=100)[98] for name, each in found.items()} for found in took]


def opened(url: str | None, schema: str) -> Database:
    """An empty database; on Postgres in a schema of its own, which replaces one of that name."""
    if url is None:
        return open_database(Settings(data=Path(tempfile.mkdtemp(prefix="moderation-bench-"))))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    engine.dispose()
    return open_database(Settings(database_url=f"{url}?options=-csearch_path%3D{schema}"))


def main() -> None:
    """Print the figures with few rows and with many, and their ratios."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--waiting", type=int, default=1_000_000)
    options.add_argument("--decided", type=int, default=1_000_000)
    options.add_argument("--times", type=int, default=200)
    options.add_argument("--postgres", metavar="URL", help="a database of its own; SQLite otherwise")
    given = options.parse_args()
    databases = []
    for schema, waiting, decided in (("few", FEW + 20 * given.times, FEW), ("many", given.waiting, given.decided)):
        databases.append(opened(given.postgres, f"bench_{schema}"))
        fill(databases[-1], waiting, decided)
    few, many = measure([Store(each) for each in databases], given.times)
    for database in databases:
        database.close()
    print(
        f"99th percentile of {given.times}, ms; {given.waiting:,} waiting and {given.decided:,} decided against {FEW:,}"
    )
    for name in few:
        print(f"{name:22} {few[name]:8.2f} {many[name]:8.2f}   {many[name] / few[name]:6.1f}x")


if __name__ == "__main__":
    main()
