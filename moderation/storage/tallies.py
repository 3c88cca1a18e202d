"""Tallies in the database: what all processes have counted together and for good, so that any of them can tell it.

A process counts in memory (`ground.tally`), and adds what is new to the database with each of its signs of life
(`moderation.storage.processes`). One that is killed takes the counts of its last seconds with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import add_many
from ground.tally import Counted
from moderation.storage.tables import tallies


def add_tallies(c: Connection, new: Mapping[Counted, float]) -> None:
    """Add to the counts in the database."""
    # In one order everywhere, or two transactions could wait for each other's rows.
    add_many(
        c,
        tallies,
        [
            {"figure": figure, "labels": json.dumps(labels), "amount": float(amount)}
            for (figure, labels), amount in sorted(new.items())
        ],
    )


def read_tallies(database: Database) -> dict[str, dict[tuple[str, ...], float]]:
    """All counts: by figure, then by the values of its labels."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for row in database.read(lambda c: c.execute(sa.select(tallies)).all()):
        found.setdefault(row.figure, {})[tuple(json.loads(row.labels))] = row.amount
    return found
