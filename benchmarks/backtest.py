"""A backtest over stored items, as a ratio to reading the same rows from the database and parsing their JSON.

python benchmarks/backtest.py [--items 100000] [--keep DIR]
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ground.database import Database
from moderation.core.detections import Detection
from moderation.core.items import Item, Part, Span, Tool
from moderation.core.loops import Answer
from moderation.core.policy.policies import PolicySet
from moderation.core.rules.ruling import rule_on
from moderation.core.taxonomy import Taxonomy
from moderation.detection.subjects import subject_of
from moderation.evidence.backtest import Comparer
from moderation.evidence.history import cases, cases_of
from moderation.plugins import load_plugins
from moderation.policies.files import load_policies, shipped_rules
from moderation.policies.revisions import policy_set
from moderation.settings import load_settings
from moderation.storage.item_ids import new_item_id
from moderation.storage.opening import open_database
from moderation.storage.tables import item_loops, items

TAXONOMY = Taxonomy()
FOUND = ["PII/EMAIL", "PII/PHONE", "PII/NAME", "PII/SSN", "PII/ADDRESS", "Toxicity/INSULT", "Toxicity/PROFANITY"]
DETECTOR = Tool(name="pii.text", version="1.0")


def fill(database: Database, policies: PolicySet, number: int) -> None:
    """Store items as the service would have left them; people said something of those that went to review."""
    chance = random.Random(7)
    start = datetime.now(UTC) - timedelta(days=30)
    for first in range(0, number, 2000):
        rows: list[dict[str, Any]] = []
        loops: list[dict[str, Any]] = []
        for position in range(first, min(first + 2000, number)):
            at = start + timedelta(seconds=position * 30 * 86_400 / number)
            part = Part(id="p0", type="text", text="some words that somebody wrote " * chance.randint(1, 12))
            item = Item(id=new_item_id(at), app=chance.choice(["shop", "forum"]), parts=(part,), created_at=at)
            found = [_detection(chance) for _ in range(chance.choices([0, 1, 2, 5], [50, 25, 15, 10])[0])]
            subject = subject_of(item, item.parts)
            ruling = rule_on(policies.for_content(item.app, subject.content_types), subject, found, TAXONOMY)
            tools = sorted(["pii.text", "text.blocklist", "vision.faces", "vision.exif", "vision.text"])
            findings = {
                "parts": [part.model_dump(mode="json", exclude_none=True)],
                "detections": [d.model_dump(mode="json", exclude_none=True) for d in found],
                "failures": [],
                "basis": {"engine": "bench", "policies": {}, "reach": {}, "custom_labels": [], "tools": tools},
            }
            decided = ruling.outcome != "review"
            rows.append(
                {
                    "id": item.id,
                    "app": item.app,
                    "status": "decided",
                    "outcome": ruling.outcome if decided else "approve",
                    "created_at": at,
                    "document": item.model_dump(mode="json"),
                    "findings": findings,
                    "verdict": ruling.model_dump(mode="json", exclude_none=True),
                    "attempts": 1,
                }
            )
            if not decided:
                loops.append(_loop(item, at, chance, ruling.queue or "", max(d.confidence for d in found)))

        def work(c: sa.Connection, rows: Any = rows, loops: Any = loops) -> None:
            c.execute(sa.insert(items), rows)
            if loops:
                c.execute(sa.insert(item_loops), loops)

        database.write(work, step="test.write")


def _detection(chance: random.Random) -> Detection:
    label = chance.choice(FOUND)
    return Detection(
        label=label,
        parents=TAXONOMY.parents(label),
        confidence=round(chance.uniform(40, 100), 1),
        detector=DETECTOR,
        part="p0",
        span=Span(start=0, end=9),
    )


def _loop(item: Item, at: datetime, chance: random.Random, queue: str, confidence: float) -> dict[str, Any]:
    outcome = "reject" if chance.random() * 100 < confidence - 10 else "approve"
    answer = Answer(reviewer="ann", outcome=outcome, submitted_at=at, seconds=chance.uniform(8, 60))  # type: ignore[arg-type]
    return {
        "name": f"{item.id}-1",
        "item_id": item.id,
        "round": 1,
        "policy": "pii",
        "policy_version": "bench",
        "queue": queue,
        "flow": "bench",
        "state": "ended",
        "answers": [answer.model_dump(mode="json")],
        "outcome": outcome,
        "looks": 1,
        "created_at": at,
    }


def main() -> None:
    """Print seconds and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="Leave the data folder there.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        settings = load_settings(data=given.keep or Path(temporary))
        plugins = load_plugins(settings)
        policies = load_policies(shipped_rules(), plugins.taxonomy, plugins.tools)
        database = open_database(settings)
        fill(database, policies, given.items)
        changed = Path(temporary) / "pii.yml"
        changed.write_text((shipped_rules() / "pii.yml").read_text().replace("at_least: 85", "at_least: 70"))
        new = policy_set(str(changed), settings, plugins)

        began = time.process_time()
        with database.engine.connect() as connection:
            rows = 0
            for row in connection.execute(sa.text("SELECT findings, document, verdict FROM items ORDER BY id")):
                rows += len([json.loads(each) for each in row]) // 3
        reading = time.process_time() - began

        comparer = Comparer(new, None, plugins.taxonomy, plugins.reach())
        began = time.process_time()
        for _ in comparer.add_all(cases(database), lambda ids: cases_of(database, ids)):
            pass
        took = time.process_time() - began
        assert comparer.result.items == rows == given.items
        moved = comparer.result.moved
        print(f"{rows:,} items, {len(policies.policies)} policies: {took:.1f} s of CPU, {moved:,} items would move")
        print(f"reading and parsing the same rows: {reading:.1f} s; a backtest is {took / reading:.1f} times that")
        database.close()


if __name__ == "__main__":
    main()
