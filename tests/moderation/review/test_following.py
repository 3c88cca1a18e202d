"""Following human loops: what queues need is made first, and whatever A2I answers, the next round tries again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from moderation.core.errors import HumanLoopRefused, HumanLoopsUnavailable, StoreUnavailable
from moderation.core.policy.policies import Queue
from moderation.review.following import TICK_SECONDS, Following

QUEUE = Queue(name="people", a2i_flow="people")


class World:
    """A2I, which fails as the test says, and the loops that are there."""

    def __init__(self, *faults: Exception) -> None:
        self.faults, self.did = list(faults), list[str]()
        a2i: Any = self
        self.following = Following(a2i, lambda: [QUEUE], self._answer, self._look_at_loops, poll_seconds=7)

    def provision(self, queues: Sequence[Queue]) -> list[str]:
        self.did.append(f"provision {' '.join(queue.name for queue in queues)}")
        if self.faults:
            raise self.faults.pop(0)
        return []

    def _answer(self, name: str) -> None:
        self.did.append(f"answer {name}")

    def _look_at_loops(self) -> int:
        self.did.append("look")
        return 0

    def round(self) -> float | None:
        self.did.clear()
        return self.following.look()


def test_queues_get_what_they_need_once_and_again_when_they_change() -> None:
    world = World()

    assert world.round() is None
    assert world.did == ["provision people", "look"]
    world.round()
    assert world.did == ["look"]
    world.following.queues_changed()
    world.round()
    assert world.did == ["provision people", "look"]


@pytest.mark.parametrize("fault", [HumanLoopRefused("no customer"), HumanLoopsUnavailable("no customer")])
def test_a_refusal_is_shown_until_it_is_over_and_tried_again_after_a_pause(fault: Exception) -> None:
    world = World(fault)

    assert world.round() == max(7, TICK_SECONDS)
    assert world.following.problem == "no customer"
    assert world.round() is None
    assert world.did == ["provision people", "look"]
    assert world.following.problem == ""


@pytest.mark.parametrize("fault", [StoreUnavailable("gone"), ValueError("a bug")])
def test_what_was_not_made_because_of_another_fault_is_made_by_the_next_round(fault: Exception) -> None:
    world = World(fault)
    with pytest.raises(type(fault)):
        world.round()

    world.round()

    assert world.did == ["provision people", "look"]


def test_loops_that_events_name_are_looked_at_once_each_and_nothing_else_in_them_is_believed() -> None:
    world = World()
    world.round()
    for event in ({"detail": {"humanLoopName": "a"}}, {"detail": {"humanLoopName": "a"}}, {"detail": {}}, {}):
        world.following.loop_changed(event)
    world.following.loop_changed({"detail": {"humanLoopName": ["b"]}})

    world.round()

    assert world.did == ["answer a", "look"]
