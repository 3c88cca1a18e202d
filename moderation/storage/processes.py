"""The processes of the installation, each with its last sign of life, so that one that died is seen.

A process that ends as it was asked to takes its row away; the row of one that was killed stays until it is cleaned up.
"""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.ids import new_hex_id
from ground.rounds import Rounds
from ground.tally import Tally
from moderation.core.errors import StoreUnavailable
from moderation.storage.roll_ups import Counts, add_called, add_counts
from moderation.storage.tables import processes
from moderation.storage.tallies import add_tallies

logger = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
"""Between two signs of life."""
DEAD_AFTER = timedelta(seconds=40)
"""Without a sign of life; more than three are missing then, or clocks differ by half a minute."""
DEAD_SHOWN = timedelta(hours=1)
"""How long a dead process is told of, since others do its work long before."""

Role = Literal["serve", "worker", "intake"]
ROLES: tuple[Role, ...] = ("serve", "worker", "intake")


@dataclass(frozen=True)
class ProcessRow:
    """A process that has not said that it ends.

    Attributes:
        place: host and process id.
    """

    role: str
    place: str
    started_at: datetime
    seen_at: datetime

    def is_dead(self, now: datetime) -> bool:
        """True when it has given no sign of life for long."""
        return self.seen_at < now - DEAD_AFTER


class Heart:
    """Gives this process's signs of life, and stores with each what was counted since the last.

    Args:
        tallies: what counts in this process.
        clock: the wall time.
    """

    def __init__(self, database: Database, tallies: Sequence[Tally], clock: Callable[[], datetime]) -> None:
        self._db, self._tallies, self._clock = database, tallies, clock
        self._id = new_hex_id()
        self._role: Role | None = None
        self._started_at = clock()
        self._rounds = Rounds("heart", self.beat, pause_seconds=BEAT_SECONDS)

    def start(self, role: Role) -> None:
        """Begin; this process does the work of `role`."""
        self._role, self._started_at = role, self._clock()
        self._rounds.start()

    def beat(self) -> None:
        """One sign of life, once this process has a role; stores what was counted.

        Raises:
            StoreUnavailable: the database does not answer; what was counted is stored with the next.
        """
        now = self._clock()

        def work(c: Connection) -> None:
            if self._role is None:
                return
            mine = processes.c.id == self._id
            if not c.execute(sa.update(processes).where(mine).values(seen_at=now)).rowcount:
                place = f"{socket.gethostname()[:100]}:{os.getpid()}"
                row = {"id": self._id, "role": self._role, "place": place, "started_at": self._started_at}
                c.execute(sa.insert(processes).values({**row, "seen_at": now}))

        self._store(work)

    def close(self) -> None:
        """Store what was counted last, and say that this process ends."""
        self._rounds.close()
        if self._role is None:
            return
        try:
            self._store(lambda c: c.execute(sa.delete(processes).where(processes.c.id == self._id)))
        except StoreUnavailable as error:
            logger.warning("the end of this process is not noted: %s", error)

    def _store(self, also: Callable[[Connection], object]) -> None:
        taken = [(tally, tally.take()) for tally in self._tallies]

        def work(c: Connection) -> None:
            also(c)
            calls: Counts = Counter()
            for _, new in taken:
                add_tallies(c, new)
                add_called(calls, new)
            add_counts(c, calls, self._clock())

        try:
            self._db.write(work, step="processes.beat")
        except BaseException:
            for tally, new in taken:
                tally.give_back(new)
            raise


def known_processes(database: Database, now: datetime) -> list[ProcessRow]:
    """Those that live, and those that died lately; in the order in which they began."""
    query = sa.select(processes).where(processes.c.seen_at > now - DEAD_SHOWN).order_by(processes.c.started_at)
    return database.read(
        lambda c: [ProcessRow(row.role, row.place, row.started_at, row.seen_at) for row in c.execute(query)]
    )
