"""Redaction jobs that were asked for over an API: kept in the database, done by whichever process comes first.

A job that is answered is on disk. It is claimed under a lease; where a process dies, another one goes on with it (in
the middle of a file when it has the same data folder). States are Amazon Comprehend's.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.rounds import Rounds
from moderation.core.errors import InputError, NotFound, StoreUnavailable
from moderation.redacting.jobs import Watch, Work, run
from moderation.redacting.journal import AlreadyRuns
from moderation.storage import tables

logger = logging.getLogger(__name__)

OPEN = ("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED")
"""States in which something is still to be done."""
MAX_ATTEMPTS = 5
PAUSE_SECONDS = 30.0
"""Before a job is tried again whose files could not be reached."""


@dataclass(frozen=True)
class RequestedJob:
    """A job as it stands.

    Attributes:
        request: as it was asked for; the maker of the work reads it.
        state: ``SUBMITTED``, ``IN_PROGRESS``, ``COMPLETED``, ``FAILED``, ``STOP_REQUESTED`` or ``STOPPED``.
        message: why it failed; empty otherwise.
    """

    id: str
    name: str | None
    state: str
    request: Mapping[str, Any]
    message: str
    submitted_at: datetime
    ended_at: datetime | None


class RequestedJobs:
    """The jobs, and a thread that does them one after the other.

    Args:
        work_of: what a job is to do; gets a folder for drafts.
        folder: for ledgers.
        lease_seconds: how long a process holds a job without a sign of life.
        sweep_seconds: how often waiting jobs are looked for.
        clock: the wall time; given for tests.
    """

    def __init__(
        self,
        database: Database,
        work_of: Callable[[RequestedJob, Path], Work],
        folder: Path,
        *,
        lease_seconds: float = 120.0,
        sweep_seconds: float = 10.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._work_of, self._folder = database, work_of, folder
        self._lease, self.clock = timedelta(seconds=lease_seconds), clock
        self._rounds = Rounds("redaction-jobs", self._round, pause_seconds=sweep_seconds)

    def add(self, request: Mapping[str, Any], *, name: str | None, token: str | None) -> RequestedJob:
        """A new job, on disk; or the one that was asked for with this token and the same request.

        Raises:
            InputError: the token was used for another request.
        """
        row = {
            "id": secrets.token_hex(16),
            "name": name,
            "state": "SUBMITTED",
            "request": dict(request),
            "token": token,
            "message": "",
            "attempts": 0,
            "submitted_at": self.clock(),
        }

        def insert(c: Connection) -> RequestedJob:
            if token is not None:
                known = c.execute(sa.select(_JOBS).where(_JOBS.c.token == token)).first()
                if known is not None:
                    if known.request != request:
                        raise InputError("the client request token was used for another request")
                    return _job(known)
            c.execute(sa.insert(_JOBS).values(row))
            return _job(c.execute(sa.select(_JOBS).where(_JOBS.c.id == row["id"])).one())

        try:
            job = self._database.write(insert)
        except sa.exc.IntegrityError:
            # Somebody asked for the same at the same time and was first; now there is one to find.
            job = self._database.write(insert)
        self._rounds.ring()
        return job

    def get(self, job_id: str) -> RequestedJob:
        """A job. Raises `NotFound`."""
        row = self._database.read(lambda c: c.execute(sa.select(_JOBS).where(_JOBS.c.id == job_id)).first())
        if row is None:
            raise NotFound(f"no job {job_id}")
        return _job(row)

    def find(
        self,
        *,
        limit: int,
        oldest_first: bool = False,
        behind: tuple[datetime, str] | None = None,
        name: str | None = None,
        state: str | None = None,
        before: datetime | None = None,
        after: datetime | None = None,
    ) -> Sequence[RequestedJob]:
        """Jobs by the time they were submitted, newest first unless told.

        Args:
            behind: time and id of the last one that is known.
            before: submitted before that.
            after: submitted after that.
        """
        at, key = _JOBS.c.submitted_at, _JOBS.c.id
        order = (at.asc(), key.asc()) if oldest_first else (at.desc(), key.desc())
        query = sa.select(_JOBS).order_by(*order).limit(limit)
        if behind is not None:
            known, last = sa.tuple_(at, key), sa.tuple_(sa.literal(behind[0], at.type), sa.literal(behind[1]))
            query = query.where(known > last if oldest_first else known < last)
        for column, value in ((_JOBS.c.name, name), (_JOBS.c.state, state)):
            if value is not None:
                query = query.where(column == value)
        if before is not None:
            query = query.where(at < before)
        if after is not None:
            query = query.where(at > after)
        return self._database.read(lambda c: [_job(row) for row in c.execute(query)])

    def stop(self, job_id: str) -> RequestedJob:
        """Ask a job to stop; what is done of it stays.

        Raises:
            NotFound: there is none.
            InputError: it has ended.
        """
        update = sa.update(_JOBS).where(_JOBS.c.id == job_id, _JOBS.c.state.in_(OPEN)).values(state="STOP_REQUESTED")
        if not self._database.write(lambda c: c.execute(update).rowcount):
            raise InputError(f"the job has ended already: it is {self.get(job_id).state}")
        self._rounds.ring()
        return self.get(job_id)

    def start(self) -> None:
        """Do jobs in a thread of this process."""
        self._rounds.start()

    def close(self) -> None:
        """Lay down the job that is being done, for the next start or another process, and end the thread."""
        self._rounds.close(30)

    def work_once(self) -> bool:
        """Claim and do one waiting job; says whether there was one."""
        job = self._claim()
        if job is None:
            return False
        if job.state == "STOP_REQUESTED":
            self._end(job, "STOPPED", "")
            return True
        holding = _Holding(self, job)
        folder = self._folder / job.id
        try:
            status = run(folder, self._work_of(job, folder / "drafts"), Watch(is_stopped=holding.is_stopped))
        except AlreadyRuns:
            logger.info("job=%s is done by another process of this machine", job.id)
        except InputError as error:
            self._end(job, "FAILED", str(error))
        except StoreUnavailable as error:
            logger.warning("job=%s cannot reach its files: %s", job.id, error)
            self._lay_down(job, str(error))
        except Exception as error:
            logger.exception("job=%s failed", job.id)
            self._lay_down(job, f"an internal failure ({type(error).__name__})")
        else:
            if status.state == "stopped":
                if holding.is_stop_asked:
                    self._end(job, "STOPPED", "")
                else:
                    self._set(job, lease_until=None, attempts=_JOBS.c.attempts - 1)
            elif status.files_failed:
                name, reason = status.failures[0]
                message = f"{status.files_failed} of {status.files} files have no output; {name}: {reason}"
                self._end(job, "FAILED", message)
            else:
                self._end(job, "COMPLETED", "")
        return True

    def hold(self, job: RequestedJob) -> bool:
        """Keep the lease for longer; says whether somebody asked the job to stop."""
        self._set(job, lease_until=self.clock() + self._lease)
        return self.get(job.id).state == "STOP_REQUESTED"

    @property
    def is_closing(self) -> bool:
        """True when this process ends."""
        return self._rounds.is_stopped

    @property
    def hold_seconds(self) -> float:
        """How often a job that is being done looks after its lease."""
        return min(self._lease.total_seconds() / 4, 2.0)

    def _round(self) -> float | None:
        return 0 if self.work_once() else None

    def _claim(self) -> RequestedJob | None:
        now = self.clock()
        is_free = sa.or_(_JOBS.c.lease_until.is_(None), _JOBS.c.lease_until < now)
        query = sa.select(_JOBS).where(_JOBS.c.state.in_(OPEN), is_free).order_by(_JOBS.c.submitted_at).limit(1)

        def claim(c: Connection) -> RequestedJob | None:
            row = c.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            values = {"lease_until": now + self._lease, "attempts": row.attempts + 1}
            if row.state == "SUBMITTED":
                values["state"] = "IN_PROGRESS"
            c.execute(sa.update(_JOBS).where(_JOBS.c.id == row.id).values(values))
            return _job(row)

        return self._database.write(claim)

    def _lay_down(self, job: RequestedJob, reason: str) -> None:
        """Try again later, but not for ever."""
        query = sa.select(_JOBS.c.attempts).where(_JOBS.c.id == job.id)
        if self._database.read(lambda c: c.execute(query).scalar_one()) >= MAX_ATTEMPTS:
            self._end(job, "FAILED", reason)
        else:
            self._set(job, lease_until=self.clock() + timedelta(seconds=PAUSE_SECONDS))

    def _end(self, job: RequestedJob, state: str, message: str) -> None:
        self._set(job, state=state, message=message[:2000], ended_at=self.clock(), lease_until=None)
        logger.info("job=%s state=%s", job.id, state)

    def _set(self, job: RequestedJob, **values: Any) -> None:
        update = sa.update(_JOBS).where(_JOBS.c.id == job.id).values(values)
        self._database.write(lambda c: c.execute(update))


class _Holding:
    """A job while it is done: looks now and then whether it should go on."""

    def __init__(self, jobs: RequestedJobs, job: RequestedJob) -> None:
        self._jobs, self._job = jobs, job
        self._next = jobs.clock() + timedelta(seconds=jobs.hold_seconds)
        self.is_stop_asked = False

    def is_stopped(self) -> bool:
        """See `moderation.redacting.jobs.Watch`."""
        if self._jobs.is_closing:
            return True
        if self._jobs.clock() >= self._next:
            self._next = self._jobs.clock() + timedelta(seconds=self._jobs.hold_seconds)
            self.is_stop_asked = self._jobs.hold(self._job)
        return self.is_stop_asked


_JOBS = tables.redaction_jobs


def _job(row: Any) -> RequestedJob:
    return RequestedJob(row.id, row.name, row.state, row.request, row.message, row.submitted_at, row.ended_at)
