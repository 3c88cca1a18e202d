"""What a counter costs with very many marks in the database: one look for an item, and a look with the commit.

Authors post as people do: most have few items, some have very many (Zipf's law), and each has the marks of two
counters. Told are the 50th and 99th percentiles of looks for authors as they come, for the busiest one, and for
everything of an app; and how many items a second one transaction of 200 checks and marks.

    python benchmarks/counters.py [--marks 10000000] [--postgres URL] [--json]
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from ground.database import Database
from ground.prepared import insert_many
from moderation.core.counting import Counted, Mark, Marks, Question
from moderation.settings import Settings
from moderation.storage import tables
from moderation.storage.counters import Counters, check_and_mark, number_of
from moderation.storage.item_ids import first_item_id, new_item_id
from moderation.storage.opening import open_database

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
TOGETHER = 200


def key(name: str) -> str:
    """As keys are: 22 characters that say nothing."""
    return hashlib.sha256(name.encode()).hexdigest()[:22]


def authors(chance: random.Random, number: int) -> Iterator[int]:
    """Authors as they post: the n-th of `number` as often as one in n."""
    weights = list(itertools.accumulate(1 / n for n in range(1, number + 1)))
    while True:
        yield from chance.choices(range(number), cum_weights=weights, k=10_000)


def fill(database: Database, marks: int) -> datetime:
    """Marks of items posted one a second; the time of the last one."""
    chance = random.Random(1)
    who = authors(chance, max(marks // 20, 10))
    at, rows = SINCE, []
    for _ in range(marks // 2):
        at += timedelta(seconds=1)
        item_id, author = new_item_id(at), next(who)
        rows.append({"key": key(f"posted {author}"), "item_id": item_id, "who": "", "of": "posted", "bits": None})
        name = f"reject {author}" if chance.random() < 0.9 else "app"
        rows.append({"key": key(name), "item_id": item_id, "who": "", "of": "reject", "bits": None})
        if len(rows) >= 200_000:
            put(database, rows)
            rows = []
    put(database, rows)
    return at


def put(database: Database, rows: list[dict[str, object]]) -> None:
    """In the order of the table, which databases take fastest."""
    rows.sort(key=lambda row: (row["key"], row["item_id"]))
    database.write(lambda c: insert_many(c, tables.counter_marks, rows), step="bench.fill")


def asked(name: str, own: str, at: datetime, within: timedelta) -> Question:
    """How many came before, within a time."""
    return Question("p/c", ((key(name), None),), first_item_id(at - within), own, False, False, (2,))


def looks(database: Database, questions: list[Question]) -> dict[str, float]:
    """Milliseconds of a look, each in a transaction of its own: by the clock, and of this process's own work."""
    counters, took, worked, numbers = Counters(database), [], [], []
    for question in questions:
        began, busy = time.perf_counter(), time.thread_time()
        ((found,),) = counters.found([[question]])
        worked.append((time.thread_time() - busy) * 1000)
        took.append((time.perf_counter() - began) * 1000)
        numbers.append(number_of(question, found))

    def pick(figures: list[float], share: float) -> float:
        return round(sorted(figures)[min(int(len(figures) * share), len(figures) - 1)], 3)

    told = {"p50": pick(took, 0.5), "p99": pick(took, 0.99)}
    return {**told, "p99 of the processor": pick(worked, 0.99), "largest": max(numbers)}


def together(database: Database, chance: random.Random, at: datetime, rounds: int) -> dict[str, float]:
    """Items a second that are looked up at once, and then checked and marked in one transaction."""
    who, counters = authors(chance, 1000), Counters(database)
    read = written = 0.0
    for _ in range(rounds):
        questions = []
        for number in range(TOGETHER):
            own = new_item_id(at + timedelta(milliseconds=number))
            questions.append(asked(f"posted {next(who)}", own, at, timedelta(days=1)))
        began = time.perf_counter()
        found = counters.found([[question] for question in questions])
        read += time.perf_counter() - began
        given = []
        before: list[Mark] = []
        for question, (there,) in zip(questions, found, strict=True):
            counted = Counted((question,), {"p/c": number_of(question, there, before)})
            mark = Mark(question.keys[0][0], question.own, "posted")
            given.append(Marks(question.own, (mark,), counted))
            before.append(mark)
        began = time.perf_counter()
        database.write(lambda c, given=given: check_and_mark(c, given), step="bench.mark")
        written += time.perf_counter() - began
        at += timedelta(seconds=1)
    items = rounds * TOGETHER
    return {"looked up a second": round(items / read), "checked and marked a second": round(items / written)}


def main() -> None:
    """Fill, ask, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marks", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=2000)
    parser.add_argument("--postgres", help="URL of an empty database")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Settings(data=Path(folder), database_url=options.postgres))
        at = fill(database, options.marks)
        if not database.is_sqlite:
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
                c.execute(sa.text("VACUUM ANALYZE counter_marks"))
        chance = random.Random(2)
        who = authors(chance, max(options.marks // 20, 10))
        own, day, year = new_item_id(at), timedelta(days=1), timedelta(days=366)
        of_authors = [asked(f"posted {next(who)}", own, at, day) for _ in range(options.times)]
        told = {
            "marks": options.marks,
            "an author's day": looks(database, of_authors),
            "the busiest author's year": looks(database, [asked("posted 0", own, at, year)] * (options.times // 20)),
            "an app's year": looks(database, [asked("app", own, at, year)] * (options.times // 20)),
            f"{TOGETHER} together": together(database, chance, at, 5),
        }
        database.close()
    print(json.dumps(told) if options.json else "\n".join(f"{name}: {said}" for name, said in told.items()))


if __name__ == "__main__":
    main()
