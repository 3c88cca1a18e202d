"""What the service's end of the channel takes for an answer, and what it refuses."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from moderation.detection.channel import MAX_ANSWER_BYTES, ChildEnd, NotAnAnswer, ServiceEnd

Ends = tuple[ServiceEnd, Callable[[Callable[[ChildEnd, int], object]], None]]
FOUND = {"found": []}


@pytest.fixture
def ends() -> Iterator[Ends]:
    """The service's end, opened; and a way to say what the child does with the number of its next call."""
    ours, theirs = socket.socketpair()
    service, child = ServiceEnd(ours), ChildEnd(theirs.detach())
    threads = []

    def does(act: Callable[[ChildEnd, int], object]) -> None:
        def run() -> None:
            call = next(child.calls(), None)
            if call is not None:
                act(child, call["call"])

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    def opening() -> None:
        first = child.opening()
        assert first is not None
        child.answer(first["call"], {"ready": True})

    opener = threading.Thread(target=opening)
    opener.start()
    assert service.open({}, soon()) == {"ready": True}
    opener.join()
    yield service, does
    for thread in threads:
        thread.join(timeout=10)
    service.close()
    child.close()


class Until:
    """A time of the clock."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        if time.monotonic() >= self.end:
            raise TimeoutError
        return max(self.end - time.monotonic(), 0.001)


def soon(seconds: float = 30) -> Until:
    return Until(seconds)


def test_the_answer_to_the_call_is_taken(ends: Ends) -> None:
    service, does = ends
    for number in range(3):
        does(lambda child, call, number=number: child.answer(call, {"found": [number]}))
        assert service.ask({"operation": "detect"}, soon()) == {"found": [number]}


@pytest.mark.parametrize(
    "act",
    [
        lambda child, call: child.answer(call - 1, FOUND),
        lambda child, call: child.answer(call + 1, FOUND),
        lambda child, call: child.answer(None, FOUND),
        lambda child, call: child.write(b"\0\0\0\x0d" + b'{"found": []}'),
        lambda child, call: child.write(b"\0\0\0\x39" + bytes(32) + b'{"call": 2, "found": []} '),
        lambda child, call: child.write((MAX_ANSWER_BYTES + 33).to_bytes(4, "big")),
        lambda child, call: child.write(bytes(4)),
    ],
    ids=[
        "of the call before",
        "of the next call",
        "of no call",
        "without a seal",
        "sealed by nobody",
        "too long",
        "empty",
    ],
)
def test_what_is_no_answer_to_the_call_is_refused(ends: Ends, act: Callable[[ChildEnd, int], object]) -> None:
    service, does = ends
    does(act)

    with pytest.raises(NotAnAnswer):
        service.ask({"operation": "detect"}, soon())


def test_an_answer_that_comes_unasked_is_refused_before_the_next_call_is_sent(ends: Ends) -> None:
    service, does = ends

    def twice(child: ChildEnd, call: int) -> None:
        child.write(child.sealed(call, FOUND) + child.sealed(call + 1, FOUND))

    does(twice)
    assert service.ask({"operation": "detect"}, soon()) == FOUND
    asked: list[int] = []
    does(lambda child, call: asked.append(call))
    with pytest.raises(NotAnAnswer):
        service.ask({"operation": "detect"}, soon())
    service.close()
    assert not asked


def test_a_seal_is_good_for_one_call(ends: Ends) -> None:
    service, does = ends
    kept: list[bytes] = []

    def honest(child: ChildEnd, call: int) -> None:
        kept.append(child.sealed(call, FOUND))
        child.write(kept[0])

    does(honest)
    assert service.ask({"operation": "detect"}, soon()) == FOUND
    does(lambda child, call: child.write(kept[0]))
    with pytest.raises(NotAnAnswer):
        service.ask({"operation": "detect"}, soon())


def test_silence_ends_at_the_deadline_and_a_closed_end_at_once(ends: Ends) -> None:
    service, does = ends
    does(lambda child, call: None)
    with pytest.raises(TimeoutError):
        service.ask({"operation": "detect"}, soon(0.05))
    does(lambda child, call: child.close())
    with pytest.raises(EOFError):
        service.ask({"operation": "detect"}, soon())
