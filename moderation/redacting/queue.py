"""Redaction jobs that were asked for over an API: kept in the database, done by whichever process comes first.

A job that is answered is on disk. It is claimed under a lease; where a process dies, another one goes on with it (in
the middle of a file when it has the same data folder). States are Amazon Comprehend's.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.ids import new_hex_id
from ground.leases import Lease
from ground.rounds import Rounds
from moderation.core.errors import InputError, NotFound, StoreUnavailable
from moderation.redacting.jobs import RedactionWork, Watch, run
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
        work_of: Callable[[RequestedJob, Path], RedactionWork],
        folder: Path,
        *,
        lease_seconds: float = 120.0,
        sweep_seconds: float = 10.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._work_of, self._folder = database, work_of, folder
        self._lease, self.clock = timedelta(seconds=lease_seconds), clock
        self._rounds = Rounds("redaction-jobs", self._round, pause_seconds=sweep_seconds)

    def add(
        self, request: Mapping[str, Any], *, name: str | None, token: str | None, app: str | None = None
    ) -> RequestedJob:
        """A new job, on disk; or the one that this app asked for with this token and the same request.

        Args:
            app: whose it is to be; None for the operator.

        Raises:
            InputError: the token was used for another request.
        """
        if token is not None and app is not None:
            token = hashlib.sha256(f"{app}\n{token}".encode()).hexdigest()
        row = {
            "id": new_hex_id(),
            "app": app,
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
            job = self._database.write(insert, step="redactions.add")
        except sa.exc.IntegrityError:
            # Somebody asked for the same at the same time and was first; now there is one to find.
            job = self._database.write(insert, step="redactions.add_again")
        self._rounds.ring()
        return job

    def get(self, job_id: str, app: str | None = None) -> RequestedJob:
        """A job of this app's, or anybody's for None. Raises `NotFound`."""
        query = sa.select(_JOBS).where(_JOBS.c.id == job_id, _of(app))
        row = self._database.read(lambda c: c.execute(query).first())
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
        app: str | None = None,
    ) -> Sequence[RequestedJob]:
        """Jobs by the time they were submitted, newest first unless told.

        Args:
            behind: time and id of the last one that is known.
            before: submitted before that.
            after: submitted after that.
            app: of this app's alone; None for all.
        """
        at, key = _JOBS.c.submitted_at, _JOBS.c.id
        order = (at.asc(), key.asc()) if oldest_first else (at.desc(), key.desc())
        query = sa.select(_JOBS).where(_of(app)).order_by(*order).limit(limit)
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
        if not self._database.write(lambda c: c.execute(update).rowcount, step="redactions.stop"):
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
        held = self._claim()
        if held is None:
            return False
        job = held.job
        if job.state == "STOP_REQUESTED":
            held.end("STOPPED")
            return True
        folder = self._folder / job.id
        try:
            status = run(folder, self._work_of(job, folder / "drafts"), Watch(is_stopped=held.is_stopped))
        except AlreadyRuns:
            logger.info("job=%s is done by another process of this machine", job.id)
        except InputError as error:
            held.end("FAILED", str(error))
        except StoreUnavailable as error:
            logger.warning("job=%s cannot reach its files: %s", job.id, error)
            held.put_off(str(error))
        except Exception as error:
            logger.exception("job=%s failed", job.id)
            held.put_off(f"an internal failure ({type(error).__name__})")
        else:
            if status.state == "stopped":
                if held.is_stop_asked:
                    held.end("STOPPED")
                else:
                    held.lay_down()
            elif status.files_failed:
                name, reason = status.failures[0]
                message = f"{status.files_failed} of {status.files} files have no output; {name}: {reason}"
                held.end("FAILED", message)
            else:
                held.end("COMPLETED")
        return True

    @property
    def is_closing(self) -> bool:
        """True when this process ends."""
        return self._rounds.is_stopped

    @property
    def lease(self) -> timedelta:
        """How long a process holds a job without a sign of life."""
        return self._lease

    def _round(self) -> float | None:
        return 0 if self.work_once() else None

    def _claim(self) -> _Held | None:
        now = self.clock()
        until = now + self._lease
        chosen = sa.select(_JOBS.c.id).where(_JOBS.c.state.in_(OPEN)).order_by(_JOBS.c.submitted_at).limit(1)
        begun = sa.case((_JOBS.c.state == "SUBMITTED", "IN_PROGRESS"), else_=_JOBS.c.state)
        more: Mapping[str, Any] = {"attempts": _JOBS.c.attempts + 1, "state": begun}
        rows = self._database.write(lambda c: _LEASE.claim(c, chosen, now, until, **more), step="redactions.claim")
        return _Held(self, self._database, _job(rows[0]), rows[0].attempts, until) if rows else None


class _Held:
    """A job in this process's hands: keeps the lease while it is done, and says what came of it.

    Nothing is written once another process has the job, which may be after a sleep longer than the lease.
    """

    def __init__(
        self, jobs: RequestedJobs, database: Database, job: RequestedJob, attempts: int, until: datetime
    ) -> None:
        self.job, self.is_stop_asked = job, False
        self._jobs, self._database, self._attempts, self._until = jobs, database, attempts, until
        self._is_lost = False
        self._next = self._next_look()

    def is_stopped(self) -> bool:
        """See `moderation.redacting.jobs.Watch`: looks now and then whether it should go on."""
        if self._jobs.is_closing:
            return True
        if self._jobs.clock() >= self._next:
            self._next = self._next_look()
            self._keep(self._jobs.clock() + self._jobs.lease)
            self.is_stop_asked = self._jobs.get(self.job.id).state == "STOP_REQUESTED"
        return self.is_stop_asked or self._is_lost

    def end(self, state: str, message: str = "") -> None:
        """Nothing is left to do."""
        if self._give_back(state=state, message=message[:2000], ended_at=self._jobs.clock()):
            logger.info("job=%s state=%s", self.job.id, state)

    def put_off(self, reason: str) -> None:
        """Try again later, but not for ever."""
        if self._attempts >= MAX_ATTEMPTS:
            self.end("FAILED", reason)
        else:
            self._keep(self._jobs.clock() + timedelta(seconds=PAUSE_SECONDS))

    def lay_down(self) -> None:
        """Leave it to whoever comes next; this was no attempt."""
        self._give_back(attempts=_JOBS.c.attempts - 1)

    def _next_look(self) -> datetime:
        return self._jobs.clock() + min(self._jobs.lease / 4, timedelta(seconds=2))

    def _keep(self, until: datetime) -> None:
        if self._database.write(lambda c: _LEASE.extend(c, self.job.id, self._until, until), step="redactions.keep"):
            self._until = until
        else:
            self._lost()

    def _give_back(self, **values: Any) -> bool:
        if not self._is_lost and not self._database.write(
            lambda c: _LEASE.release(c, [self.job.id], self._until, **values), step="redactions.give_back"
        ):
            self._lost()
        return not self._is_lost

    def _lost(self) -> None:
        self._is_lost = True
        logger.warning("job=%s was taken over by another process", self.job.id)


_JOBS = tables.redaction_jobs
_LEASE = Lease(_JOBS.c.id, _JOBS.c.lease_until)


def _of(app: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if app is None else _JOBS.c.app == app


def _job(row: Any) -> RequestedJob:
    return RequestedJob(row.id, row.name, row.state, row.request, row.message, row.submitted_at, row.ended_at)
