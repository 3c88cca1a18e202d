"""Resting: a service that does not answer is asked by one call now and then; all others learn at once that it is away."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from moderation.core.errors import HumanLoopsUnavailable
from moderation.review.resting import LONGEST_SECONDS, SHORTEST_SECONDS, Resting


class Away(Exception):
    """Nobody answers."""


class World:
    """A service, and a clock that goes as the test says."""

    def __init__(self) -> None:
        self.now, self.asked = 0.0, 0
        self.fault: Exception | None = Away("nobody answers")
        self.resting = Resting(lambda error: isinstance(error, Away), lambda: self.now)

    def call(self) -> None:
        with self.resting.call():
            self.asked += 1
            if self.fault is not None:
                raise self.fault

    def fail(self) -> None:
        with pytest.raises(Away):
            self.call()


def test_nobody_asks_a_service_that_rests_and_all_learn_why() -> None:
    world = World()
    world.fail()

    for _ in range(1000):
        with pytest.raises(HumanLoopsUnavailable, match="nobody answers"):
            world.call()

    assert world.asked == 1


def test_rests_grow_and_none_is_longer_than_the_longest() -> None:
    world, rests = World(), []
    world.fail()
    for _ in range(8):
        began, asked = world.now, world.asked
        while world.asked == asked:
            world.now += SHORTEST_SECONDS / 2
            with pytest.raises((Away, HumanLoopsUnavailable)):
                world.call()
        rests.append(world.now - began)

    assert rests == [1, 2, 4, 8, 10, 10, 10, 10]
    assert (rests[0], rests[-1]) == (SHORTEST_SECONDS, LONGEST_SECONDS)


def test_one_call_finds_out_whether_it_answers_again_and_others_do_not_wait_for_it() -> None:
    world = World()
    world.fail()
    world.now += SHORTEST_SECONDS

    with world.resting.call(), pytest.raises(HumanLoopsUnavailable):
        world.call()

    world.fault = None
    world.call()
    world.call()
    assert world.asked == 3


def test_an_answer_that_is_an_error_is_an_answer() -> None:
    world = World()
    world.fault = ValueError("it refuses")

    for _ in range(2):
        with pytest.raises(ValueError, match="refuses"):
            world.call()


def test_calls_that_were_under_way_together_and_fail_are_one_failure() -> None:
    world, began = World(), threading.Barrier(8)

    def fail(_: int) -> None:
        with world.resting.call():
            began.wait(10)
            raise Away("nobody answers")

    with ThreadPoolExecutor(8) as pool:
        failed = [pool.submit(fail, number) for number in range(8)]
    assert all(isinstance(each.exception(), Away) for each in failed)

    world.now += SHORTEST_SECONDS
    world.fault = None
    world.call()
