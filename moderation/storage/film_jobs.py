"""Jobs that look through stored films, and what each picture of a film showed, as rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.ids import new_hex_id
from ground.leases import Lease
from ground.prepared import among
from moderation.core.errors import InputError, NotFound
from moderation.core.items import Tool
from moderation.storage.tables import film_jobs, film_pictures

State = Literal["IN_PROGRESS", "SUCCEEDED", "FAILED"]


class TokenUsed(InputError):
    """A client request token was used for another request."""


class TooManyJobs(InputError):
    """An app has as many jobs under way as it may have."""


@dataclass(frozen=True)
class FilmJob:
    """A job as it stands.

    Attributes:
        app: whose it is; None for the operator.
        operation: such as ``ContentModeration``.
        request: as it was asked for.
        tools: who looks, by name and version.
        unseen: what the operation is also about, and nobody here looks for.
        message: why it failed; empty otherwise.
        film: what was found out about the film, with its ``sha256``; None before it was read.
        looked_until: seconds of the film up to which `pictures` are stored.
    """

    id: str
    app: str | None
    operation: str
    request: Mapping[str, Any]
    tools: tuple[Tool, ...]
    unseen: tuple[str, ...]
    state: State
    message: str
    film: Mapping[str, Any] | None
    looked_until: float
    submitted_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class ShownPicture:
    """What a picture of a film showed.

    Attributes:
        start: seconds.
        end: seconds until which nothing else was seen.
        detections: see `moderation.core.detections.Detection`, as JSON.
        texts: parts that were read in it, as JSON.
    """

    start: float
    end: float
    detections: Sequence[Mapping[str, Any]]
    texts: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Claimed:
    """A job in somebody's hands until a time.

    Attributes:
        attempts: claims without progress since, this one too.
    """

    job: FilmJob
    attempts: int
    until: datetime


class FilmJobRows:
    """The rows. Whoever holds a job under a lease writes about it; what another took meanwhile is left alone.

    Args:
        most: jobs of one app that may be under way.
        lease_seconds: how long a process holds a job without a sign of life.
    """

    def __init__(
        self,
        database: Database,
        most: int,
        lease_seconds: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._db, self._most = database, most
        self.lease, self.clock = timedelta(seconds=lease_seconds), clock

    def add(
        self,
        app: str | None,
        operation: str,
        request: Mapping[str, Any],
        *,
        tools: Sequence[Tool],
        unseen: Sequence[str],
        token: str | None,
        is_told: bool,
    ) -> FilmJob:
        """A new job, on disk; or the one that this app asked for with this token and the same request.

        Args:
            is_told: True when nobody is to be told its end.

        Raises:
            TokenUsed: for another request.
            TooManyJobs: so many are under way.
        """
        if token is not None:
            token = hashlib.sha256(f"{app or ''}\n{operation}\n{token}".encode()).hexdigest()
        row = {
            "id": new_hex_id(),
            "app": app,
            "operation": operation,
            "request": dict(request),
            "tools": [each.model_dump() for each in tools],
            "unseen": list(unseen),
            "token": token,
            "state": "IN_PROGRESS",
            "message": "",
            "looked_until": 0.0,
            "attempts": 0,
            "is_told": is_told,
            "submitted_at": self.clock(),
        }
        of_app = film_jobs.c.app.is_(None) if app is None else film_jobs.c.app == app
        under_way = sa.select(sa.func.count()).where(of_app, film_jobs.c.state == "IN_PROGRESS")

        def insert(c: Connection) -> FilmJob:
            if token is not None:
                known = c.execute(sa.select(film_jobs).where(film_jobs.c.token == token)).first()
                if known is not None:
                    if known.request != row["request"]:
                        raise TokenUsed("the client request token was used for another request")
                    return _job(known)
            if c.execute(under_way).scalar_one() >= self._most:
                raise TooManyJobs(f"{self._most} jobs are under way, which is all that an app may have")
            c.execute(sa.insert(film_jobs).values(row))
            return _job(c.execute(sa.select(film_jobs).where(film_jobs.c.id == row["id"])).one())

        try:
            return self._db.write(insert, step="film_jobs.add")
        except sa.exc.IntegrityError:
            # Somebody asked for the same at the same time and was first; now there is one to find.
            return self._db.write(insert, step="film_jobs.add_again")

    def get(self, job_id: str, app: str | None) -> FilmJob:
        """A job of this app's, or anybody's for None. Raises `NotFound`."""
        query = sa.select(film_jobs).where(film_jobs.c.id == job_id)
        if app is not None:
            query = query.where(film_jobs.c.app == app)
        row = self._db.read(lambda c: c.execute(query).first())
        if row is None:
            raise NotFound(f"no job {job_id}")
        return _job(row)

    def pictures(self, job_id: str) -> list[ShownPicture]:
        """What the film's pictures showed, by time."""
        of_job = film_pictures.c.job == job_id
        query = sa.select(film_pictures).where(of_job).order_by(film_pictures.c.start, film_pictures.c.number)
        return self._db.read(
            lambda c: [ShownPicture(row.start, row.end, row.detections, row.texts) for row in c.execute(query)]
        )

    def last_end(self, job_id: str) -> float | None:
        """Until when pictures are stored, in seconds; None for none."""
        query = sa.select(sa.func.max(film_pictures.c.end)).where(film_pictures.c.job == job_id)
        found: float | None = self._db.read(lambda c: c.execute(query).scalar_one_or_none())
        return found

    def claim(self) -> Claimed | None:
        """The job that waits longest; None for none."""
        return self._claim(film_jobs.c.state == "IN_PROGRESS")

    def claim_untold(self) -> Claimed | None:
        """A job that ended, and of which its topic does not know yet; None for none."""
        return self._claim(film_jobs.c.state.in_(("SUCCEEDED", "FAILED")) & film_jobs.c.is_told.is_(False))

    def keep(self, held: Claimed, **values: Any) -> Claimed | None:
        """Hold a job on, and write something down; None when another has it."""
        return self.keep_until(held, self.clock() + self.lease, **values)

    def keep_until(self, held: Claimed, until: datetime, **values: Any) -> Claimed | None:
        """As `keep`, until a time: nobody else takes the job before."""
        moved = self._db.write(
            lambda c: _LEASE.extend(c, held.job.id, held.until, until, **values), step="film_jobs.keep"
        )
        return Claimed(held.job, held.attempts, until) if moved else None

    def advance(self, held: Claimed, pictures: Sequence[ShownPicture], looked_until: float) -> Claimed | None:
        """Store what a stretch showed, together with how far the job is. It is no attempt without progress then."""
        until = self.clock() + self.lease

        def work(c: Connection) -> bool:
            if not _LEASE.extend(c, held.job.id, held.until, until, looked_until=looked_until, attempts=1):
                return False
            of_job = film_pictures.c.job == held.job.id
            count = c.execute(sa.select(sa.func.count()).select_from(film_pictures).where(of_job)).scalar_one()
            rows = [
                {"job": held.job.id, "number": count + number, **vars(picture)}
                for number, picture in enumerate(pictures)
            ]
            if rows:
                c.execute(sa.insert(film_pictures), rows)
            return True

        return Claimed(held.job, 1, until) if self._db.write(work, step="film_jobs.advance") else None

    def give_back(self, held: Claimed, **values: Any) -> bool:
        """Let a job go, having written something down; False when another has it."""
        return bool(
            self._db.write(lambda c: _LEASE.release(c, [held.job.id], held.until, **values), step="film_jobs.give_back")
        )

    def lay_down(self, held: Claimed) -> bool:
        """Leave a job to whoever comes next; this was no attempt."""
        return self.give_back(held, attempts=film_jobs.c.attempts - 1)

    def _claim(self, among: sa.ColumnElement[bool]) -> Claimed | None:
        now = self.clock()
        until = now + self.lease
        chosen = sa.select(film_jobs.c.id).where(among).order_by(film_jobs.c.submitted_at).limit(1)
        more: Mapping[str, Any] = {"attempts": film_jobs.c.attempts + 1}
        rows = self._db.write(lambda c: _LEASE.claim(c, chosen, now, until, **more), step="film_jobs.claim")
        return Claimed(_job(rows[0]), rows[0].attempts, until) if rows else None


_LEASE = Lease(film_jobs.c.id, film_jobs.c.lease_until)


def delete_ended(c: Connection, before: datetime, most: int) -> int:
    """Delete some jobs that ended before a time, with what they found; says how many."""
    chosen = sa.select(film_jobs.c.id).where(film_jobs.c.ended_at < before).limit(most)
    return delete_jobs(c, list(c.execute(chosen).scalars()))


def delete_jobs(c: Connection, ids: Sequence[str]) -> int:
    """Delete jobs with what they found; who works on one finds it gone. Says how many there were."""
    c.execute(sa.delete(film_pictures).where(among(c, film_pictures.c.job, ids)))
    return c.execute(sa.delete(film_jobs).where(among(c, film_jobs.c.id, ids))).rowcount


def _job(row: Any) -> FilmJob:
    return FilmJob(
        row.id,
        row.app,
        row.operation,
        row.request,
        tuple(Tool.model_validate(each) for each in row.tools),
        tuple(row.unseen),
        row.state,
        row.message,
        row.film,
        row.looked_until,
        row.submitted_at,
        row.ended_at,
    )
