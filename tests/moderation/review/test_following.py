"""Following human loops: what queues need is made, loops are seen to, and whatever A2I answers, somebody tries again."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation.core.errors import HumanLoopRefused, HumanLoopsUnavailable, StoreUnavailable
from moderation.core.policy.policies import Queue
from moderation.review import following
from moderation.review.following import Following
from moderation.storage.records import Line, LoopRecord
from tests.waiting import wait_for

QUEUE = Queue(name="people", a2i_flow="people")
HERE, AMAZON = (f"arn:aws:sagemaker:us-east-1:{account}:human-loop/" for account in ("000000000000", "111122223333"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def loop(name: str, flow: str = "people", arn: str | None = None) -> LoopRecord:
    state = "starting" if arn is None else "open"
    return LoopRecord(name, "i", 1, "words", "1", "people", flow, state, looks=0, created_at=NOW, arn=arn)


class World:
    """A2I, which fails as the test says, and loops that are due until somebody looks at them.

    Attributes:
        slow: names of loops that A2I answers nothing about before `answers` is set.
    """

    def __init__(self, *faults: Exception) -> None:
        self.faults, self.did, self.due = list(faults), list[str](), list[LoopRecord]()
        self.slow, self.answers = set[str](), threading.Event()
        a2i: Any = self
        self.following = Following(a2i, lambda: [QUEUE], self._answer, self._due, self._look_at, poll_seconds=0)

    def provision(self, queues: Sequence[Queue]) -> list[str]:
        self.did.append(f"provision {' '.join(queue.name for queue in queues)}")
        if self.faults:
            raise self.faults.pop(0)
        return []

    def _answer(self, name: str) -> None:
        self.did.append(f"answer {name}")

    def _due(self, limit: int, besides: Collection[Line], here_only: bool) -> Sequence[LoopRecord]:
        wanted = [each for each in self.due if each.line not in besides and (each.line.is_here or not here_only)]
        return wanted[:limit]

    def _look_at(self, due: LoopRecord) -> None:
        if due.name in self.slow:
            self.answers.wait(10)
        self.did.append(due.name)
        self.due.remove(due)

    def round(self) -> list[str]:
        self.did.clear()
        self.following.look()
        return self.did

    def lives(self) -> None:
        self.following.rounds.start()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.answers.set()
    world.following.close()


def test_queues_get_what_they_need_once_and_again_when_they_change(world: World) -> None:
    assert world.round() == ["provision people"]
    assert world.round() == []
    world.following.queues_changed()
    assert world.round() == ["provision people"]


@pytest.mark.parametrize("fault", [HumanLoopRefused("no customer"), HumanLoopsUnavailable("no customer")])
def test_a_refusal_is_shown_until_it_is_over_and_tried_again_after_a_pause(fault: Exception) -> None:
    world = World(fault)

    assert world.round() == ["provision people"]
    assert world.following.problem == "no customer"
    assert world.round() == []
    wait_for(lambda: world.round() == ["provision people"])
    assert world.following.problem == ""


@pytest.mark.parametrize("fault", [StoreUnavailable("gone"), ValueError("a bug")])
def test_what_was_not_made_because_of_another_fault_is_made_soon(fault: Exception) -> None:
    world = World(fault)
    assert world.round() == ["provision people"]

    wait_for(lambda: world.round() == ["provision people"])


def test_loops_are_looked_at_whatever_becomes_of_what_queues_need() -> None:
    world = World(HumanLoopsUnavailable("away"))
    world.due = [loop("a")]

    assert sorted(world.round()) == ["a", "provision people"]


def test_loops_that_events_name_are_looked_at_once_each_and_nothing_else_in_them_is_believed(world: World) -> None:
    world.round()
    for event in ({"detail": {"humanLoopName": "a"}}, {"detail": {"humanLoopName": "a"}}, {"detail": {}}, {}):
        world.following.loop_changed(event)
    world.following.loop_changed({"detail": {"humanLoopName": ["b"]}})

    assert world.round() == ["answer a"]


def test_a_slow_flow_holds_up_no_other_and_its_own_loops_come_in_order(world: World) -> None:
    slow = [loop(f"slow-{number}", "slow") for number in range(3)]
    world.slow, world.due = {"slow-0"}, [*slow, loop("quick", "quick")]
    world.lives()

    wait_for(lambda: "quick" in world.did)
    assert not [name for name in world.did if name.startswith("slow")]
    world.answers.set()
    wait_for(lambda: not world.due)
    assert [name for name in world.did if name.startswith("slow")] == ["slow-0", "slow-1", "slow-2"]


def test_however_many_flows_wait_for_amazon_loops_at_our_own_endpoint_are_seen_to(world: World) -> None:
    many = [loop(f"there-{number}", f"flow-{number}", f"{AMAZON}{number}") for number in range(100)]
    world.slow = {each.name for each in many}
    world.due = [*many, loop("here", "flow-0", f"{HERE}x")]
    world.lives()

    wait_for(lambda: "here" in world.did)


def test_a_loop_that_is_stored_while_its_flow_is_looked_at_is_seen_to_without_a_pause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.following.rounds = following.Rounds("loops", world.following._round, pause_seconds=None)
    world.slow, world.due = {"first"}, [loop("first")]
    world.lives()
    wait_for(lambda: bool(world.following._under_way))

    world.due.append(loop("second"))
    world.following.loop_stored()
    world.answers.set()

    wait_for(lambda: not world.due)


def test_a_fault_with_one_loop_ends_no_thread(world: World) -> None:
    world.due = [loop("a")]
    gone = world.due[0]
    world._look_at(gone)  # so that it is not due any more when a thread comes to it
    world.due, looked = [gone, loop("b", "other")], world._due

    def once(*given: Any) -> Sequence[LoopRecord]:
        found = looked(*given)
        world.due = [each for each in world.due if each is not gone]
        return found

    world.following._due = once

    assert "b" in world.round()
