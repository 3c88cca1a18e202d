"""What is slow to find out is not asked for all the time."""

from __future__ import annotations

import pytest

from ground.paced import QUICK_SECONDS, SHARE, Paced


class Clock:
    def __init__(self, takes: float) -> None:
        self.now, self.takes, self.asked = 0.0, takes, 0

    def __call__(self) -> float:
        return self.now

    def find_out(self) -> int:
        self.now += self.takes
        self.asked += 1
        return self.asked


def test_what_is_quick_is_always_fresh() -> None:
    clock = Clock(QUICK_SECONDS)
    paced = Paced(clock.find_out, clock=clock)

    assert [paced.ask(), paced.ask()] == [1, 2]


@pytest.mark.parametrize("takes", [0.1, 3.0])
def test_what_is_slow_takes_its_share_of_the_time_and_no_more(takes: float) -> None:
    clock = Clock(takes)
    paced = Paced(clock.find_out, clock=clock)
    while clock.now < 10_000:
        paced.ask()
        clock.now += 0.25

    assert clock.asked * takes / clock.now <= SHARE
    assert clock.asked * takes / clock.now > SHARE / 2


def test_an_answer_is_kept_for_as_long_as_is_said_and_can_be_forgotten() -> None:
    clock = Clock(0.0)
    paced = Paced(clock.find_out, at_least_seconds=1, clock=clock)
    assert [paced.ask(), paced.ask()] == [1, 1]
    clock.now = 0.99
    assert paced.ask() == 1
    clock.now = 1
    assert paced.ask() == 2
    paced.forget()
    assert paced.ask() == 3
