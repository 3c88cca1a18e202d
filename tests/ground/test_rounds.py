"""Rounds in the background: they begin, wait for a bell, survive what goes wrong, and end when they are told to."""

from __future__ import annotations

import logging
import queue
import threading

import pytest

from ground.errors import StoreUnavailable
from ground.rounds import LONGEST_BACK_OFF_SECONDS, Rounds, back_off

FOR_EVER = 3600.0
"""A pause that no test waits for: only a bell ends it."""
PATIENCE = 60.0


class Rounder:
    """Work that says when a round begins, and does what the test tells it."""

    def __init__(self) -> None:
        self.began: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.to_do: queue.SimpleQueue[float | Exception | None] = queue.SimpleQueue()

    def __call__(self) -> float | None:
        self.began.put(threading.current_thread().name)
        said = self.to_do.get(timeout=PATIENCE)
        if isinstance(said, Exception):
            raise said
        return said

    def round(self, said: float | Exception | None = None) -> str:
        """Wait until a round has begun, and have it end like that; the name of its thread."""
        self.to_do.put(said)
        return self.began.get(timeout=PATIENCE)


def test_a_thread_of_that_name_does_a_round_at_once_and_one_more_for_a_ring() -> None:
    work = Rounder()
    with Rounds("look", work, pause_seconds=FOR_EVER) as rounds:
        assert work.round() == "look"
        rounds.ring()
        assert work.round() == "look"
        assert rounds.is_running

    assert not rounds.is_running


def test_the_pause_is_enough_without_a_bell() -> None:
    work = Rounder()
    with Rounds("look", work, pause_seconds=0.001):
        assert [work.round() for _ in range(3)] == ["look"] * 3
        work.to_do.put(FOR_EVER)


def test_a_round_says_how_long_to_pause() -> None:
    work = Rounder()
    with Rounds("look", work, pause_seconds=FOR_EVER) as rounds:
        work.round(0)
        work.round(0.001)
        work.round(None)
        assert work.began.empty()
        rounds.ring()
        work.round()


def test_it_may_begin_with_a_pause() -> None:
    work = Rounder()
    with Rounds("look", work, pause_seconds=FOR_EVER, waits_first=True):
        pass

    assert work.began.empty()


def test_a_ring_while_a_round_runs_makes_one_more_that_begins_afterwards() -> None:
    work = Rounder()
    with Rounds("look", work, pause_seconds=FOR_EVER) as rounds:
        work.began.get(timeout=PATIENCE)
        for _ in range(5):
            rounds.ring()
        work.to_do.put(None)
        work.round()

    assert work.began.empty(), "five rings while one round ran say no more than one"


def test_a_ring_before_the_start_is_not_lost() -> None:
    work = Rounder()
    rounds = Rounds("look", work, pause_seconds=None, waits_first=True)
    rounds.ring()
    with rounds:
        work.round()


def test_a_store_that_does_not_answer_is_a_warning_and_the_next_round_tries_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    work = Rounder()
    with Rounds("look", work, pause_seconds=0.001):
        for _ in range(3):
            work.round(StoreUnavailable("the disk is full"))
        work.round(FOR_EVER)

    assert {(record.levelno, record.exc_info) for record in caplog.records} == {(logging.WARNING, None)}
    assert caplog.text.count("the disk is full") == 3
    assert "look" in caplog.text


def test_any_other_fault_is_logged_with_its_traceback_and_the_next_round_tries_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    work = Rounder()
    with Rounds("look", work, pause_seconds=0.001):
        work.round(ValueError("a bug"))
        work.round(KeyError("another"))
        assert work.round(FOR_EVER) == "look"

    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "Traceback" in caplog.text
    assert "ValueError: a bug" in caplog.text


def test_a_ring_ends_the_wait_after_a_failure_too() -> None:
    work = Rounder()
    with Rounds("look", work, pause_seconds=FOR_EVER) as rounds:
        work.round(StoreUnavailable("gone"))
        rounds.ring()
        work.round()


@pytest.mark.parametrize(
    ("usual", "seconds"),
    [
        (0.5, [0.5, 1.0, 2.0, 4.0, LONGEST_BACK_OFF_SECONDS]),
        (60.0, [60.0, 60.0, 60.0, 60.0, 60.0]),
        (None, [1.0, 2.0, 4.0, LONGEST_BACK_OFF_SECONDS, LONGEST_BACK_OFF_SECONDS]),
    ],
)
def test_failures_in_a_row_make_pauses_longer_up_to_a_limit(usual: float | None, seconds: list[float]) -> None:
    assert [back_off(usual, failures) for failures in range(1, 6)] == seconds
    assert back_off(usual, 10_000) == seconds[-1]


def test_several_threads_share_the_work() -> None:
    work = Rounder()
    with Rounds("work", work, pause_seconds=FOR_EVER, threads=3) as rounds:
        first = {work.began.get(timeout=PATIENCE) for _ in range(3)}
        for _ in range(10):
            rounds.ring()
        for _ in range(3 + 3):
            work.to_do.put(None)
        again = [work.began.get(timeout=PATIENCE) for _ in range(3)]

    assert first == {"work-0", "work-1", "work-2"}
    assert set(again) <= first
    assert work.began.empty()


def test_the_round_under_way_ends_before_close_returns_and_none_begins_after_it() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> float:
        begun.set()
        assert go_on.wait(PATIENCE)
        ended.set()
        return 0

    rounds = Rounds("look", work, pause_seconds=0)
    rounds.start()
    rounds.start()
    assert begun.wait(PATIENCE)
    rounds.stop()
    assert rounds.is_stopped
    assert rounds.is_running
    rounds.close(0)
    go_on.set()
    rounds.close()

    assert ended.is_set()
    assert not rounds.is_running


def test_a_round_may_stop_the_rounds() -> None:
    count: list[int] = []

    def work() -> float:
        count.append(1)
        if len(count) == 3:
            rounds.stop()
        return 0

    rounds = Rounds("look", work, pause_seconds=0)
    rounds.start()
    rounds.close(PATIENCE)

    assert len(count) == 3
