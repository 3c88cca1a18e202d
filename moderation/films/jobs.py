"""The jobs, done one after the other by whichever process comes first, and topics told when they end.

A job that is answered is on disk. It is claimed under a lease and goes on, where a process died, with the stretch of
the film that was not stored. What could not all be looked at has failed: nobody takes it for a film with nothing in it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from ground.rounds import Rounds
from moderation.core.errors import MediaRefused, ModerationError, NotFound, StoreUnavailable
from moderation.delivery.notifiers import Notifiers
from moderation.films.describing import describe
from moderation.films.looking import Looking, NotLooked, Picture
from moderation.storage.film_jobs import Claimed, FilmJob, FilmJobRows, ShownPicture, State

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""Without progress, after which a job has failed."""
PAUSE_SECONDS = 30.0
"""Before a job is tried again, or a topic told again."""
MAX_TELLINGS = 50
"""Half an hour; then the end of a job is to be asked for."""
_CHANGED = "another film was stored in its place meanwhile"


class _Laid(ModerationError):
    """The job is in other hands, or to be left for whoever comes next."""


class FilmJobs:
    """Jobs over films, and a thread that does them.

    Attributes:
        rows: the jobs as they are stored.
        looking: who reads films and looks at them.
        topics: which topics may be named, and who tells them.

    Args:
        sweep_seconds: how often waiting jobs are looked for.
    """

    def __init__(self, rows: FilmJobRows, looking: Looking, topics: Notifiers, *, sweep_seconds: float) -> None:
        self.rows, self.looking, self.topics = rows, looking, topics
        self._rounds = Rounds("film-jobs", self._round, pause_seconds=sweep_seconds)

    def start(self) -> None:
        """Do jobs in a thread of this process."""
        self._rounds.start()

    def ring(self) -> None:
        """There is a new job."""
        self._rounds.ring()

    def close(self) -> None:
        """Lay down the job that is being done, for the next start or another process, and end the thread."""
        self._rounds.close(30)

    def work_once(self) -> bool:
        """Tell the end of a job, or claim and do one that waits; says whether there was one."""
        return self._tell_one() or self._do_one()

    def _round(self) -> float | None:
        return 0 if self.work_once() else None

    def _do_one(self) -> bool:
        claimed = self.rows.claim()
        if claimed is None:
            return False
        held = _Held(self.rows, claimed, lambda: self._rounds.is_stopped)
        if claimed.attempts > MAX_ATTEMPTS:
            held.end("FAILED", "The service was ended each time that it looked at this film")
            return True
        try:
            self._look(held)
        except _Laid:
            logger.info("job=%s is left to others", claimed.job.id)
        except NotLooked as error:
            held.not_done(f"Not all of the film was looked at: {error}", error.may_pass)
        except NotFound:
            held.end("FAILED", "The film is not there any more")
        except MediaRefused as error:
            held.end("FAILED", f"Unsupported or unreadable film: {error}")
        except StoreUnavailable as error:
            held.not_done(f"The film could not be reached: {error}", True)
        except Exception as error:
            logger.exception("job=%s failed", claimed.job.id)
            held.not_done(f"An internal failure ({type(error).__name__})", True)
        else:
            held.end("SUCCEEDED")
        return True

    def _look(self, held: _Held) -> None:
        """Look at all that is not stored yet."""
        job, looking = held.job, self.looking
        place = job.request["Video"]["S3Object"]
        film, data = looking.film(job.app, place)
        assert film.media is not None
        assert film.media.seconds is not None
        digest = film.media.sha256
        if job.film is not None and job.film["sha256"] != digest:
            raise NotLooked(_CHANGED)
        held.keep(film={"sha256": digest, **describe(film.media, data)})
        del data
        at = job.looked_until
        while at <= film.media.seconds:
            stretch = looking.stretch(film, at)
            seen: list[Picture] = []
            for bunch in looking.look(job.app, film, stretch, job.tools):
                held.keep()
                seen += looking.see(job.app, bunch, job.tools)
            at = stretch.end
            held.advance(seen, at)
        looking.check_end(film, self.rows.last_end(job.id))
        # What was looked at stretch by stretch has to be one film.
        again, _ = looking.film(job.app, place)
        if again.media is None or again.media.sha256 != digest:
            raise NotLooked(_CHANGED)

    def _tell_one(self) -> bool:
        held = self.rows.claim_untold()
        if held is None:
            return False
        job = held.job
        topic = job.request["NotificationChannel"]["SNSTopicArn"]
        try:
            if not self.topics.knows(topic):
                raise NotFound("the topic is not among those of the settings any more")
            self.topics.say(topic, json.dumps(completion(job)), once=job.id)
        except StoreUnavailable as error:
            if held.attempts < MAX_TELLINGS:
                logger.warning("job=%s its topic is told later: %s", job.id, error)
                self.rows.keep_until(held, self.rows.clock() + timedelta(seconds=PAUSE_SECONDS))
                return True
            logger.error("job=%s its topic was not told: %s", job.id, error)
        except NotFound as error:
            logger.error("job=%s its topic was not told: %s", job.id, error)
        self.rows.give_back(held, is_told=True)
        return True


class _Held:
    """A job in this process's hands. Nothing is written once another process has it."""

    def __init__(self, rows: FilmJobRows, claimed: Claimed, is_stopped: Callable[[], bool]) -> None:
        self._rows, self._claimed, self._is_stopped = rows, claimed, is_stopped
        self.job = claimed.job

    def keep(self, **values: Any) -> None:
        """Hold it on. Raises `_Laid` when it is another's by now, or this process ends."""
        self._move(self._rows.keep(self._claimed, **values))

    def advance(self, seen: Sequence[Picture], looked_until: float) -> None:
        """Store what a stretch showed. Raises as `keep` does."""
        self._move(self._rows.advance(self._claimed, _shown(seen), looked_until))

    def not_done(self, message: str, may_pass: bool) -> None:
        """Try again later, where that may help, but not for ever."""
        if not may_pass or self._claimed.attempts >= MAX_ATTEMPTS:
            self.end("FAILED", message)
            return
        logger.warning("job=%s is tried again: %s", self.job.id, message)
        self._rows.keep_until(self._claimed, self._rows.clock() + timedelta(seconds=PAUSE_SECONDS))

    def end(self, state: State, message: str = "") -> None:
        """Nothing is left to do."""
        now = self._rows.clock()
        if self._rows.give_back(self._claimed, state=state, message=message[:2000], ended_at=now, attempts=0):
            logger.info("job=%s state=%s", self.job.id, state)

    def _move(self, moved: Claimed | None) -> None:
        if moved is None:
            raise _Laid
        self._claimed = moved
        if self._is_stopped():
            self._rows.lay_down(moved)
            raise _Laid


def completion(job: FilmJob) -> dict[str, Any]:
    """The message that a topic gets, as Rekognition's guide has it (Getting the analysis results)."""
    place = job.request["Video"]["S3Object"]
    assert job.ended_at is not None
    message = {
        "JobId": job.id,
        "Status": job.state,
        "API": f"Start{job.operation}",
        "JobTag": job.request.get("JobTag"),
        "Timestamp": round(job.ended_at.timestamp() * 1000),
        "Video": {"S3ObjectName": place["Name"], "S3Bucket": place["Bucket"]},
    }
    return {name: value for name, value in message.items() if value is not None}


def _shown(pictures: Sequence[Picture]) -> list[ShownPicture]:
    return [
        ShownPicture(
            each.start,
            each.end,
            [found.model_dump(mode="json") for found in each.detections],
            [text.model_dump(mode="json") for text in each.texts],
        )
        for each in pictures
    ]
