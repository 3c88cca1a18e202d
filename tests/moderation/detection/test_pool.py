"""How many processes a tool has, when they start, and when those that die are replaced."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from moderation.core.items import Part
from moderation.detection import pool as pools
from moderation.detection.pool import Pool
from moderation.detection.process import Call, NoAnswer
from tests.waiting import wait_for

TOOL = SimpleNamespace(name="a.tool")
CALL = Call("detect", "app", Part(id="p0", type="text", text="hello"))


class FakeProcess:
    """Stands in for a child; what it does is set by the test."""

    started: list[FakeProcess]
    starts: Any = staticmethod(lambda: None)
    answers: Any = staticmethod(lambda: {"found": []})

    def __init__(self, tool: Any, plugins_dir: Any) -> None:
        type(self).starts()
        self.is_alive = True
        self.calls = 0
        self.started.append(self)

    def call(self, call: Call) -> dict[str, Any]:
        self.calls += 1
        answer: dict[str, Any] = type(self).answers()
        return answer

    def end(self) -> None:
        self.is_alive = False

    kill = end


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> type[FakeProcess]:
    class Fresh(FakeProcess):
        started = []

    monkeypatch.setattr(pools, "Process", Fresh)
    return Fresh


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    stopped = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(pools, "time", SimpleNamespace(monotonic=lambda: stopped.now))
    return stopped


def dies() -> None:
    raise NoAnswer("crashed", "its process died (signal SIGSEGV)")


def test_a_process_that_is_kept_warm_has_answered_before_anybody_calls(processes: type[FakeProcess]) -> None:
    pool = Pool(TOOL, None, 4, lambda: [CALL])
    assert pool.problem == "", "nobody waits for one that nobody keeps warm"
    may_answer = threading.Event()

    def answers() -> Any:
        may_answer.wait(30)
        return {"found": []}

    processes.answers = staticmethod(answers)
    pool.keep_warm(lambda: True)
    wait_for(lambda: bool(processes.started))
    assert pool.problem == "has not answered yet"
    may_answer.set()
    wait_for(lambda: not pool.problem)
    pool.call(CALL)
    pool.close()

    assert [process.calls for process in processes.started] == [2]


def test_one_that_was_made_ready_before_it_was_kept_warm_has_answered(processes: type[FakeProcess]) -> None:
    pool = Pool(TOOL, None, 1, lambda: [CALL])
    pool.keep_warm(lambda: True, lambda: True)
    assert pool.problem == "has not answered yet"
    pool.make_ready()
    assert pool.problem == ""
    pool.close()

    assert [process.calls for process in processes.started] == [1]


def test_one_that_nobody_needs_is_not_started_and_not_waited_for(processes: type[FakeProcess]) -> None:
    pool = Pool(TOOL, None, 1, lambda: [CALL])
    is_needed = threading.Event()
    pool.keep_warm(is_needed.is_set)
    assert pool._tend() is None
    assert (processes.started, pool.problem) == ([], "")
    is_needed.set()
    wait_for(lambda: not pool.problem)
    pool.close()

    assert len(processes.started) == 1


def test_one_that_lets_others_start_first_is_started_when_they_have_or_when_it_is_called(
    processes: type[FakeProcess],
) -> None:
    starting = threading.Event()
    starting.set()
    waiting, called = Pool(TOOL, None, 1, lambda: [CALL]), Pool(TOOL, None, 1, lambda: [CALL])
    for pool in (waiting, called):
        pool.keep_warm(lambda: True, starting.is_set)
    called.call(CALL)
    assert waiting._tend() is not None
    assert len(processes.started) == 1
    starting.clear()
    wait_for(lambda: not waiting.problem)
    for pool in (waiting, called):
        pool.close()

    assert len(processes.started) == 2


@pytest.mark.parametrize(
    ("answer", "problem", "note"),
    [
        ({"kind": "raised", "message": "KeyError at x.py:3"}, "", "raised: KeyError at x.py:3"),
        ({"kind": "unreadable", "message": "odd"}, "", ""),
        ({"kind": "unavailable", "message": "no network"}, "", ""),
        (None, "crashed: its process died (signal SIGSEGV)", ""),
    ],
)
def test_any_answer_makes_it_ready_and_what_is_wrong_is_named(
    processes: type[FakeProcess], answer: Any, problem: str, note: str
) -> None:
    processes.answers = staticmethod(lambda: answer or dies())
    pool = Pool(TOOL, None, 1, lambda: [CALL])
    pool.keep_warm(lambda: True)
    wait_for(lambda: pool.problem != "has not answered yet")

    assert (pool.problem, pool.note) == (problem, note)
    pool.close()


def test_one_that_dies_while_idle_is_replaced_before_the_next_call(processes: type[FakeProcess]) -> None:
    pool = Pool(TOOL, None, 1, lambda: [CALL])
    assert pool._tend() == 0
    processes.started[0].is_alive = False
    assert pool._tend() == 0
    pool.call(CALL)

    assert [process.calls for process in processes.started] == [1, 2]
    pool.close()


def test_one_that_dies_again_and_again_is_replaced_more_and_more_rarely(
    processes: type[FakeProcess], clock: SimpleNamespace
) -> None:
    processes.starts = staticmethod(dies)
    pool = Pool(TOOL, None, 1, lambda: [CALL])
    pauses: list[float] = []
    while len(pauses) < 8:
        pause = pool._tend()
        assert pause is not None
        pauses += [pause] if pause else []
        clock.now += pause

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    pool.close()


def test_a_call_does_not_wait_for_the_back_off(processes: type[FakeProcess], clock: SimpleNamespace) -> None:
    processes.starts = staticmethod(dies)
    pool = Pool(TOOL, None, 1, lambda: [CALL])
    for _ in range(3):
        pool._tend()
        clock.now += 100
    processes.starts = staticmethod(lambda: None)

    assert pool.call(CALL) == {"found": []}
    pool.close()


@pytest.mark.parametrize(("slow_from", "together"), [(0.0, 2), (1e9, 1)])
def test_a_slow_tool_has_more_processes_when_calls_wait_and_a_quick_one_has_not(
    processes: type[FakeProcess], monkeypatch: pytest.MonkeyPatch, slow_from: float, together: int
) -> None:
    monkeypatch.setattr(pools, "SLOW_SECONDS", slow_from)
    busy, most, count = threading.Lock(), [0], [0]
    both = threading.Barrier(together)

    def answers() -> Any:
        with busy:
            count[0] += 1
            most[0] = max(most[0], count[0])
        both.wait(30)
        with busy:
            count[0] -= 1
        return {"found": []}

    processes.answers = staticmethod(answers)
    pool = Pool(TOOL, None, 2)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(pool.call, [CALL] * 4))
    pool.close()

    assert (most[0], len(processes.started)) == (together, together)


def test_calls_under_way_and_waiting_end_when_the_pool_is_closed(processes: type[FakeProcess]) -> None:
    called, ended = threading.Event(), threading.Event()

    def answers() -> Any:
        called.set()
        ended.wait(30)
        return dies()

    processes.answers = staticmethod(answers)
    processes.end = lambda self: ended.set()  # type: ignore[method-assign]
    pool = Pool(TOOL, None, 1)

    def kind(_: int) -> str:
        try:
            pool.call(CALL)
        except NoAnswer as error:
            return error.kind
        return "answered"

    with ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(kind, number) for number in range(2)]
        called.wait(30)
        pool.close()

        assert sorted(call.result(30) for call in calls) == ["crashed", "not_run"]
    assert kind(0) == "not_run"
