"""Transparency reports in the background: one at a time, kept until they are out of date, and made after all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from moderation.reporting import kept, shapes
from moderation.reporting.kept import FRESH, SILENT_AFTER, Kept, Progress, YearlyReports
from moderation.settings import load_settings
from tests.houses.docket import NEW_YEAR, Docket

YEAR = NEW_YEAR.year


class Clock:
    """Says what it is told."""

    def __init__(self) -> None:
        self.now = NEW_YEAR + timedelta(days=400)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def docket(tmp_path: Path) -> Iterator[Docket]:
    made = Docket(load_settings(data=tmp_path / "data"), tmp_path / "rules")
    yield made
    made.database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def process(docket: Docket, clock: Clock, least: int = 0) -> YearlyReports:
    return YearlyReports(docket.database, docket.versions, clock, least)


def decided(report: Kept | None) -> object:
    assert report is not None
    return next(row.value for row in report.rows if (row.section, row.figure) == ("decisions", "all"))


def test_a_report_is_kept_until_there_are_decisions_that_it_does_not_know(docket: Docket, clock: Clock) -> None:
    docket.by_rules("PII/SSN", 5)
    reports = process(docket, clock)

    first = reports.asked(YEAR, None)
    reports.look()
    made = reports.asked(YEAR, None)
    clock.now += 2 * FRESH
    unchanged = reports.asked(YEAR, None)
    docket.by_rules("PII/SSN", 6)
    old, anew = reports.asked(YEAR, None)
    reports.look()

    assert first == (None, Progress("wanted", 0, 0))
    assert unchanged == made
    assert made[1] is None
    assert (decided(old), anew) == (1, Progress("wanted", 0, 0))
    assert (decided(reports.asked(YEAR, None)[0]), reports.asked(YEAR, None)[1]) == (2, None)
    assert made[0] is not None
    assert reports.made(made[0].id, YEAR, None) is None, "it is kept no longer than until the next is made"


def test_it_is_not_made_anew_all_the_time(docket: Docket, clock: Clock) -> None:
    reports = process(docket, clock)
    reports.asked(YEAR, None)
    reports.look()
    docket.by_rules("PII/SSN", 5)
    clock.now += FRESH - timedelta(seconds=1)

    report, progress = reports.asked(YEAR, None)

    assert (decided(report), progress) == (0, None)


def test_reports_of_apps_and_of_other_least_groups_are_others(docket: Docket, clock: Clock) -> None:
    docket.by_rules("PII/SSN", 5)
    reports, careful = process(docket, clock), process(docket, clock, least=5)
    reports.asked(YEAR, "forum")
    reports.look()
    careful.asked(YEAR, None)
    careful.look()

    assert decided(reports.asked(YEAR, "forum")[0]) == 0
    assert decided(careful.asked(YEAR, None)[0]) == "few"
    assert reports.asked(YEAR, None) == (None, Progress("wanted", 0, 0))


def test_one_is_made_at_a_time_and_asked_for_twice_it_is_one(
    docket: Docket, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports, other = process(docket, clock), process(docket, clock)
    reports.asked(YEAR, None)
    other.asked(YEAR, None)
    other.asked(YEAR - 1, None)
    meanwhile: list[float | None] = []
    figures = kept.figures

    def and_look_elsewhere(*given: object, **more: object) -> object:
        monkeypatch.setattr(kept, "figures", figures)
        meanwhile.append(other.look())
        return figures(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(kept, "figures", and_look_elsewhere)

    looks = [reports.look() for _ in range(3)]

    assert meanwhile == [None], "another process leaves it alone, and what waits behind it too"
    assert looks == [0, 0, None]


def test_progress_is_told_and_a_process_that_ends_leaves_the_report_to_the_next(
    docket: Docket, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(4, 9):
        docket.by_rules("PII/SSN", day)
    monkeypatch.setattr(shapes, "PAGE", 2)
    ended, next_one = process(docket, clock), process(docket, clock)
    told: list[Progress | None] = []

    def later() -> datetime:
        clock.now += timedelta(seconds=2)
        told.append(next_one.asked(YEAR, None)[1])
        if told[-1] is not None and told[-1].done >= 2:
            ended.close()
        return clock.now

    next_one.asked(YEAR, None)
    ended._clock = later
    assert ended.look() is None
    left = next_one.asked(YEAR, None)[1]

    assert next_one.look() == 0
    assert Progress("running", 2, 5) in told
    assert left is not None
    assert left.state == "wanted"
    assert decided(next_one.asked(YEAR, None)[0]) == 5


def test_the_report_of_a_process_that_was_killed_is_taken_up(
    docket: Docket, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*given: object, **more: object) -> None:
        raise KeyboardInterrupt

    reports = process(docket, clock)
    reports.asked(YEAR, None)
    with monkeypatch.context() as patched:
        patched.setattr(kept, "figures", killed)
        with pytest.raises(KeyboardInterrupt):
            reports.look()

    at_once = reports.look()
    clock.now += SILENT_AFTER
    later = reports.look()

    assert (at_once, later) == (None, 0)
    assert decided(reports.asked(YEAR, None)[0]) == 0


def test_a_fault_is_told_and_tried_again_later(docket: Docket, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*given: object, **more: object) -> None:
        raise ValueError

    reports = process(docket, clock)
    reports.asked(YEAR, None)
    with monkeypatch.context() as patched:
        patched.setattr(kept, "figures", faulty)
        reports.look()

    failed = reports.asked(YEAR, None)[1]
    clock.now += FRESH + timedelta(seconds=1)
    again = reports.asked(YEAR, None)[1]

    assert failed is not None
    assert again is not None
    assert (failed.state, again.state) == ("failed", "wanted")
