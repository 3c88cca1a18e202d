"""Jobs in the database: each is done by one process at a time, and none is lost or tried for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ground.database import Database
from moderation.core.errors import InputError, StoreUnavailable
from moderation.redacting.jobs import RedactionWork
from moderation.redacting.queue import RequestedJob, RequestedJobs
from moderation.redacting.sources import FolderDestination, FolderSource
from moderation.redacting.styles import Style
from tests.moderation.redacting.jobs import look


class Died(BaseException):
    """The process is gone."""


class Process:
    """One of several that share a database, with a clock in our hands."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.fault: BaseException | None = None
        self.meanwhile: Callable[[], object] | None = None
        self.began = 0
        self._folder = folder
        self.jobs = RequestedJobs(database, self._work_of, folder / "ledgers", lease_seconds=60, clock=lambda: self.now)

    def _work_of(self, job: RequestedJob, drafts: Path) -> RedactionWork:
        self.began += 1
        if self.meanwhile is not None:
            self.meanwhile()
        if self.fault is not None:
            raise self.fault
        (self._folder / "in").mkdir(exist_ok=True, parents=True)
        (self._folder / "in" / "a").write_text("call 55")
        return RedactionWork(
            [FolderSource(self._folder / "in")], FolderDestination(self._folder / job.id), look, Style()
        )


def test_a_job_is_done_once_and_by_another_process_when_its_own_died(database: Database, tmp_path: Path) -> None:
    one, other = Process(database, tmp_path / "one"), Process(database, tmp_path / "other")
    job = one.jobs.add({"x": 1}, name=None, token="t")
    assert other.jobs.add({"x": 1}, name=None, token="t").id == job.id
    with pytest.raises(InputError, match="another request"):
        other.jobs.add({"x": 2}, name=None, token="t")
    one.fault = Died()

    with pytest.raises(Died):
        one.jobs.work_once()
    assert not other.jobs.work_once()
    other.now += timedelta(seconds=61)
    assert other.jobs.work_once()

    assert one.jobs.get(job.id).state == "COMPLETED"
    assert (tmp_path / "other" / job.id / "a.out").read_text() == "call [PHONE]"
    assert not other.jobs.work_once()


@pytest.mark.parametrize(
    "fault", [None, InputError("no such bucket"), StoreUnavailable("SlowDown"), RuntimeError("a bug")]
)
def test_whoever_slept_longer_than_the_lease_leaves_the_job_to_the_one_that_has_it(
    database: Database, tmp_path: Path, fault: Exception | None
) -> None:
    one, other, third = (Process(database, tmp_path / name) for name in ("one", "other", "third"))
    job = one.jobs.add({}, name=None, token=None)

    def sleep() -> None:
        one.now = other.now = third.now = one.now + timedelta(seconds=61)
        other.fault = Died()
        with pytest.raises(Died):
            other.jobs.work_once()

    one.meanwhile, one.fault = sleep, fault
    one.jobs.work_once()

    assert one.jobs.get(job.id).state == "IN_PROGRESS", "it is in the hands of the other, which says no more of it"
    third.now += timedelta(seconds=59)
    assert not third.jobs.work_once()
    third.now += timedelta(seconds=1)
    assert third.jobs.work_once()
    assert third.jobs.get(job.id).state == "COMPLETED"


@pytest.mark.parametrize("fault", [StoreUnavailable("bucket b: SlowDown"), RuntimeError("a bug")])
def test_what_may_pass_is_tried_again_but_not_for_ever(database: Database, tmp_path: Path, fault: Exception) -> None:
    process = Process(database, tmp_path)
    process.fault = fault
    job = process.jobs.add({}, name=None, token=None)

    for _ in range(10):
        process.jobs.work_once()
        assert not process.jobs.work_once()
        process.now += timedelta(seconds=61)

    assert process.began == 5
    ended = process.jobs.get(job.id)
    assert ended.state == "FAILED"
    assert ended.message in ("bucket b: SlowDown", "an internal failure (RuntimeError)")


def test_what_the_caller_has_to_mend_fails_at_once(database: Database, tmp_path: Path) -> None:
    process = Process(database, tmp_path)
    process.fault = InputError("bucket b: NoSuchBucket")
    job = process.jobs.add({}, name=None, token=None)

    process.jobs.work_once()

    assert process.jobs.get(job.id).message == "bucket b: NoSuchBucket"
    with pytest.raises(InputError, match="has ended already: it is FAILED"):
        process.jobs.stop(job.id)


def test_pages_hold_jobs_of_one_instant_apart(database: Database, tmp_path: Path) -> None:
    process = Process(database, tmp_path)
    made = {process.jobs.add({}, name=None, token=None).id for _ in range(5)}

    for oldest_first in (True, False):
        seen: list[str] = []
        behind = None
        while page := process.jobs.find(limit=2, oldest_first=oldest_first, behind=behind):
            seen += [job.id for job in page]
            behind = (page[-1].submitted_at, page[-1].id)

        assert sorted(seen) == sorted(made)
