"""Transparency reports that are made in the background, with their progress, and kept until they are out of date.

To count a year of a large installation takes longer than a page may: a million decisions some fifteen seconds. So
pages ask (`YearlyReports.asked`), and `serve` makes one report at a time, whichever of its processes. A report is kept,
and made anew when somebody asks after decisions were made since, but not more often than every `FRESH`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.errors import ModerationError, StoreUnavailable
from ground.rounds import Rounds
from moderation.policies.versions import PolicyVersions
from moderation.reporting.figures import figures
from moderation.reporting.yearly import Row, rows
from moderation.storage.tables import decisions, items, yearly_reports

logger = logging.getLogger(__name__)

FRESH = timedelta(minutes=10)
"""A report is not made anew so soon after the last, however many decisions there were since."""
LOOK_SECONDS = 5.0
SILENT_AFTER = timedelta(minutes=5)
"""A report of which nobody has said for so long how far it is, is taken up anew: its process died."""
NOTED_EVERY = timedelta(seconds=1)
_LOCK = 7_204_116_533
"""Postgres's advisory lock under which one is taken up, so that it is one at a time."""


@dataclass(frozen=True)
class Kept:
    """A report as it was made.

    Attributes:
        as_of: when it was begun: later decisions are not in it.
    """

    id: int
    as_of: datetime
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Progress:
    """How far a report is that is not made yet.

    Attributes:
        total: decisions to be counted; 0 while that is not known.
    """

    state: Literal["wanted", "running", "failed"]
    done: int
    total: int


class ReportStopped(ModerationError):
    """The process ends; the report is made by the next."""


class YearlyReports:
    """Makes and keeps the transparency reports of years.

    Args:
        clock: the wall time.
        least: counts of fewer than these are kept back; see `yearly.rows`.

    Attributes:
        rounds: make what was asked for, in the background.
    """

    def __init__(self, database: Database, versions: PolicyVersions, clock: Callable[[], datetime], least: int) -> None:
        self._db, self._versions, self._clock, self._least = database, versions, clock, least
        self._stop = threading.Event()
        self.rounds = Rounds("transparency reports", self.look, pause_seconds=LOOK_SECONDS)

    def asked(self, year: int, app: str | None) -> tuple[Kept | None, Progress | None]:
        """The newest report of a year, and how far a newer one is; that is begun where the newest is out of date.

        Args:
            app: only of this one; None for all.
        """
        now = self._clock()
        kept, progress = self._db.read(lambda c: self._known(c, year, app, now))
        if progress is None and (kept is None or not self._is_current(kept[1], now)):
            progress = self._db.write(lambda c: self._want(c, year, app, now), step="reports.want")
            self.rounds.ring()
        return (None if kept is None else kept[0]), progress

    def made(self, report_id: int, year: int, app: str | None) -> Kept | None:
        """The kept report of that number, if it is of this year and app; None where it is not kept any more."""
        query = self._of(year, app).where(yearly_reports.c.id == report_id, yearly_reports.c.state == "done")
        row = self._db.read(lambda c: c.execute(query).first())
        return None if row is None else _kept(row)

    def look(self) -> float | None:
        """Make the report that waits longest, unless another is being made; says 0 when there may be more."""
        row = self._db.write(lambda c: self._claim(c, self._clock()), step="reports.claim")
        if row is None:
            return None
        try:
            found = self._rows(row)
        except ReportStopped:
            self._note(row.id, state="wanted")
            return None
        except StoreUnavailable:
            self._note(row.id, state="wanted")
            raise
        except Exception:
            logger.exception("the transparency report of %d ended by a fault", row.year)
            self._note(row.id, state="failed")
            return 0
        stored = [asdict(each) for each in found]
        self._db.write(lambda c: self._keep(c, row, stored), step="reports.keep")
        return 0

    def close(self) -> None:
        """Stop; a report that is being made is made by the next process that looks."""
        self._stop.set()
        self.rounds.close()

    def _rows(self, row: sa.Row[Any]) -> list[Row]:
        since, until = datetime(row.year, 1, 1, tzinfo=UTC), datetime(row.year + 1, 1, 1, tzinfo=UTC)
        app, done, noted_at = row.app or None, 0, self._clock()
        theirs = (decisions.c.decided_at >= since) & (decisions.c.decided_at < until)
        query = sa.select(sa.func.count()).select_from(decisions).where(theirs)
        if app is not None:
            query = query.join(items, items.c.id == decisions.c.item_id).where(items.c.app == app)
        self._note(row.id, total=self._db.read(lambda c: c.execute(query).scalar_one()))

        def counted(number: int) -> None:
            nonlocal done, noted_at
            if self._stop.is_set():
                raise ReportStopped
            done += number
            if (now := self._clock()) - noted_at >= NOTED_EVERY:
                noted_at = now
                self._note(row.id, done=done)

        return list(rows(figures(self._db, self._versions, since, until, app, progress=counted), self._least))

    def _of(self, year: int, app: str | None) -> sa.Select[Any]:
        return sa.select(yearly_reports).where(
            yearly_reports.c.year == year, yearly_reports.c.app == (app or ""), yearly_reports.c.least == self._least
        )

    def _known(
        self, c: Connection, year: int, app: str | None, now: datetime
    ) -> tuple[tuple[Kept, sa.Row[Any]] | None, Progress | None]:
        found = c.execute(self._of(year, app).order_by(yearly_reports.c.id.desc())).all()
        done = next((row for row in found if row.state == "done"), None)
        newest = found[0] if found else None
        progress = None
        if newest is not None and newest.state != "done":
            is_over = newest.state == "failed" and newest.began_at < now - FRESH
            progress = None if is_over else Progress(newest.state, newest.done, newest.total)
        return (None if done is None else (_kept(done), done)), progress

    def _is_current(self, row: sa.Row[Any], now: datetime) -> bool:
        is_fresh: bool = row.began_at > now - FRESH
        return is_fresh or self._db.read(_last_decision) == row.last_decision_at

    def _want(self, c: Connection, year: int, app: str | None, now: datetime) -> Progress:
        _alone(c)
        if (progress := self._known(c, year, app, now)[1]) is not None:
            return progress  # somebody else was faster
        values = {"year": year, "app": app or "", "least": self._least, "state": "wanted", "done": 0, "total": 0}
        c.execute(sa.insert(yearly_reports).values(**values, began_at=now, seen_at=now))
        return Progress("wanted", 0, 0)

    def _claim(self, c: Connection, now: datetime) -> sa.Row[Any] | None:
        _alone(c)
        is_running = (yearly_reports.c.state == "running") & (yearly_reports.c.seen_at > now - SILENT_AFTER)
        if c.execute(sa.select(yearly_reports.c.id).where(is_running).limit(1)).first() is not None:
            return None
        waits = yearly_reports.c.state.in_(("wanted", "running")) & (yearly_reports.c.least == self._least)
        first = sa.select(yearly_reports.c.id).where(waits).order_by(yearly_reports.c.id).limit(1).scalar_subquery()
        values = {"state": "running", "began_at": now, "seen_at": now, "done": 0, "total": 0}
        values["last_decision_at"] = _last_decision(c)
        update = sa.update(yearly_reports).where(yearly_reports.c.id == first).values(values)
        return c.execute(update.returning(yearly_reports)).first()

    def _keep(self, c: Connection, row: sa.Row[Any], stored: list[dict[str, Any]]) -> None:
        mine = (yearly_reports.c.year == row.year) & (yearly_reports.c.app == row.app)
        c.execute(sa.delete(yearly_reports).where(mine, yearly_reports.c.id < row.id))
        values = {"state": "done", "rows": stored, "seen_at": self._clock()}
        c.execute(sa.update(yearly_reports).where(yearly_reports.c.id == row.id).values(values))

    def _note(self, report_id: int, **values: Any) -> None:
        update = sa.update(yearly_reports).where(yearly_reports.c.id == report_id)
        self._db.write(lambda c: c.execute(update.values(**values, seen_at=self._clock())), step="reports.note")


def _alone(c: Connection) -> None:
    """Until the end of the transaction nobody else takes up a report."""
    if c.dialect.name == "postgresql":
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _last_decision(c: Connection) -> datetime | None:
    last: datetime | None = c.execute(sa.select(sa.func.max(decisions.c.decided_at))).scalar()
    return last


def _kept(row: sa.Row[Any]) -> Kept:
    return Kept(row.id, row.began_at, tuple(Row(**each) for each in row.rows))
