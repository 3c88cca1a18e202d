"""How long the figures of a year's decisions take, against reading the same rows plainly.

    python benchmarks/reports.py [--decisions 1000000] [--postgres URL]

What is told is processor time of this process and, for Postgres, time by the clock. The plain reading takes each
decision and its item's verdict as texts, in one go, and makes nothing of them.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ground.database import Database
from ground.encoded_json import EncodedJSON, as_json
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.detections import Detection
from moderation.core.items import Item, Part, Tool
from moderation.core.rules.ruling import rule_on
from moderation.core.taxonomy import Taxonomy
from moderation.detection.subjects import subject_of
from moderation.policies.files import policy_of_bytes
from moderation.policies.versions import PolicyVersions
from moderation.reporting.figures import figures
from moderation.settings import Settings
from moderation.storage.bases import Bases
from moderation.storage.findings import Findings
from moderation.storage.item_ids import new_item_id
from moderation.storage.opening import open_database
from moderation.storage.rows import decision_row, evidence_values, item_row
from moderation.storage.tables import decisions, items

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
CHUNK = 5000
MOST_TIMES = 10
"""So many times the plain reading, at most."""
POLICY = b"""\
policy: board
format: 1
applies_to: {content_type: [text]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues: [{name: people, a2i_flow: people}]
grounds:
  numbers: {basis: terms, reference: Rules, explanation: No numbers., category: other_violation_tc, also_illegal: false}
bands:
  numbers: {label: PII/SSN, review_from: 50, reject_from: 90, queue: people, ground: numbers, why: A number}
"""


def made(number: int, versions: PolicyVersions, shared: Bases) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Items of a year with their decisions: most are clean, the others rejected or looked at, some of them twice."""
    chance, taxonomy, tool = random.Random(1), Taxonomy(), Tool(name="pii.text", version="1")
    policy, faults = policy_of_bytes("board", POLICY, taxonomy)
    assert policy is not None, faults
    versions.record([policy], [policy], "start", SINCE)
    ref = PolicyRef(name=policy.name, version=policy.version)
    basis = {"engine": "1", "policies": {}, "reach": {}, "custom_labels": [], "tools": ["pii.text"]}
    kinds = []
    for confidence in (None, *range(50, 100)):
        part = Part(id="p0", type="text", text="a text of the usual length " * 8)
        item = Item(id=new_item_id(SINCE), app="board", parts=(part,), created_at=SINCE)
        seen = Detection(
            label="PII/SSN", parents=taxonomy.parents("PII/SSN"), confidence=confidence or 1, part="p0", detector=tool
        )
        found = () if confidence is None else (seen,)
        ruling = rule_on([policy], subject_of(item, item.parts), found, taxonomy)
        kinds.append((ruling, evidence_values(Findings(item.parts, found, (), basis), ruling, shared), item))
    step = (UNTIL - SINCE) / number
    for n in range(number):
        ruling, evidence, like = kinds[0] if chance.random() < 0.8 else chance.choice(kinds)
        at = SINCE + n * step
        item = like.model_copy(update={"id": new_item_id(at), "app": f"app{n % 20}", "created_at": at})
        by_people = ruling.outcome == "review"
        outcome = chance.choice(("approve", "reject")) if by_people else ruling.outcome
        decision = Decision.trusted(
            {
                "outcome": outcome,
                "decided_by": "people" if by_people else "rules",
                "labels": ruling.labels if outcome == "reject" else (),
                "reasons": (),
                "reason": ruling.reason,
                "policy": ref,
                "actions": (),
                "decided_at": at + timedelta(seconds=chance.uniform(1, 9000 if by_people else 3)),
                "supersedes": None,
            }
        )
        rows = [decision_row(item.id, 1, decision)]
        if outcome == "reject" and chance.random() < 0.1:
            changed = {"outcome": "approve", "supersedes": 1, "decided_at": decision.decided_at + timedelta(days=1)}
            rows.append(decision_row(item.id, 2, decision.model_copy(update=changed)))
        yield {**item_row(item), **evidence, "status": "decided", "outcome": outcome}, rows


def fill(database: Database, number: int) -> None:
    """Store them."""

    def store(some_items: list[dict[str, Any]], some_decisions: list[dict[str, Any]]) -> None:
        def work(c: sa.Connection) -> None:
            c.execute(sa.insert(items), some_items)
            c.execute(sa.insert(decisions), some_decisions)

        database.write(work, step="bench.fill")

    some_items: list[dict[str, Any]] = []
    some_decisions: list[dict[str, Any]] = []
    shared = Bases()
    for item, rows in made(number, PolicyVersions(database), shared):
        some_items.append({**item, "document": EncodedJSON(as_json(item["document"]))})
        some_decisions += [{**row, "document": EncodedJSON(as_json(row["document"]))} for row in rows]
        if len(some_items) == CHUNK:
            store(some_items, some_decisions)
            some_items, some_decisions = [], []
    if some_items:
        store(some_items, some_decisions)
    database.write(shared.ready(database.engine.dialect).run, step="bench.bases")
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execute(sa.text("ANALYZE"))
            connection.commit()


def plainly(database: Database) -> int:
    """Read the rows, and say how many there are."""
    query = (
        sa.select(sa.type_coerce(decisions.c.document, sa.Text), sa.type_coerce(items.c.verdict, sa.Text))
        .join(items, items.c.id == decisions.c.item_id)
        .where(decisions.c.decided_at >= SINCE, decisions.c.decided_at < UNTIL)
        .execution_options(yield_per=CHUNK)
    )
    return database.read(lambda c: sum(1 for _ in c.execute(query)))


def timed(work: Callable[[], Any], *, by_clock: bool) -> tuple[float, Any]:
    """Seconds that it takes, and what it gives."""
    clock = time.perf_counter if by_clock else time.process_time
    began = clock()
    found = work()
    return clock() - began, found


def main() -> int:
    """Fill, count, tell; 1 where the figures take more than `MOST_TIMES` the plain reading."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--decisions", type=int, default=1_000_000)
    options.add_argument("--postgres", metavar="URL", help="an empty database; SQLite otherwise")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="moderation-bench-") as folder:
        database = open_database(Settings(data=Path(folder), database_url=given.postgres))
        fill(database, given.decisions)
        by_clock = not database.is_sqlite
        plain, number = timed(lambda: plainly(database), by_clock=by_clock)
        took, found = timed(lambda: figures(database, PolicyVersions(database), SINCE, UNTIL), by_clock=by_clock)
        database.close()
    assert sum(found.decided.values()) == number
    print(f"{number:,} decisions: read plainly in {plain:.2f} s ({plain / number * 1e6:.1f} µs a row)")
    print(f"figures in {took:.2f} s ({took / number * 1e6:.1f} µs a row), {took / plain:.1f} times that")
    return int(took > MOST_TIMES * plain)


if __name__ == "__main__":
    sys.exit(main())
