"""Which human loops Amazon refused, so that they were opened at the own endpoint: kept, for those who run this."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation.storage.tables import item_loops


@dataclass(frozen=True)
class Refusals:
    """How things stand with Amazon.

    Attributes:
        waiting: loops at the own endpoint, because Amazon refused them, that have not ended.
        newest: why Amazon refused the loop that was started last; empty when it accepted that one.
    """

    waiting: int
    newest: str

    def sentences(self) -> list[str]:
        """The same for people; empty when there is nothing to say."""
        said = []
        if self.newest:
            said.append(f"Amazon A2I refused at the last try; loops go to this service's own endpoint: {self.newest}")
        if self.waiting:
            said.append(f"refused by Amazon A2I and open at this service's own endpoint: {self.waiting}")
        return said


class LoopRefusals:
    """The refusals in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def note(self, loop: str, why: str) -> None:
        """A loop was opened at the own endpoint, because Amazon refused it."""
        update = sa.update(item_loops).where(item_loops.c.name == loop).values(refusal=why)
        self._db.write(lambda c: c.execute(update), step="loops.note_refusal")

    def look(self) -> Refusals:
        """How things stand now."""
        waiting = sa.select(sa.func.count()).where(item_loops.c.refusal.is_not(None), item_loops.c.state != "ended")
        started = sa.select(item_loops.c.refusal).where(item_loops.c.arn.is_not(None))
        newest = started.order_by(item_loops.c.created_at.desc(), item_loops.c.name.desc()).limit(1)

        def work(c: Connection) -> Refusals:
            return Refusals(c.execute(waiting).scalar_one(), c.execute(newest).scalar() or "")

        return self._db.read(work)
