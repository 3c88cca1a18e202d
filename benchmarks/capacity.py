"""How long texts wait for their decision at a given rate, measured, and as a model of the queue predicts it.

The model is a server with bulk service: it takes all that waits, at most 200 texts, and is busy with n of them for a
time that was measured with nothing beside it. Whoever posts slows it: by how much was measured with posts that it
does not take, at one rate, and grows with the rate. From these and the rate alone a simulation of arrivals and turns
says how long texts wait; then the service itself is posted to at the same rates.

    python benchmarks/capacity.py [--seconds 8]

docs/scale.md sizes an installation by the same model.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service import make_texts, settled

from moderation import hookimpl
from moderation.core.items import Lane, Part
from moderation.pipeline.intake import Submission
from moderation.pipeline.moderate import CLAIMED_AT_ONCE
from moderation.service import Service
from moderation.settings import Settings

MOST = CLAIMED_AT_ONCE["texts"]
TICK_SECONDS = 0.01
"""Posts come in batches, as many as arrive in this time."""


SIZES = (1, 2, 5, 10, 20, 50, 100, 200)
"""Texts in a turn, whose times are measured; between them they grow evenly."""


@dataclass
class Costs:
    """What was measured alone.

    Attributes:
        turns: seconds that a turn with so many texts takes, by `SIZES`.
        posts: seconds that a commit of so many texts takes, by `SIZES`.
        slower: by what share a turn takes longer for each text a second that is posted meanwhile.
    """

    turns: list[float]
    posts: list[float]
    slower: float = 0.0

    def turn(self, number: int) -> float:
        """Of the worker."""
        return _between(self.turns, number)

    def post(self, number: int) -> float:
        """Of whoever posts."""
        return _between(self.posts, number)

    @property
    def most(self) -> float:
        """Texts a second while whoever posts keeps the worker busy."""
        return MOST / (self.turn(MOST) + self.post(MOST))


def _between(times: list[float], number: int) -> float:
    """Straight lines between the sizes that were measured."""
    for (few, less), (many, more) in itertools.pairwise(zip(SIZES, times, strict=True)):
        if number <= many:
            return less + (more - less) * (number - few) / (many - few)
    return times[-1] * number / SIZES[-1]


def arrivals(rate: float, seconds: float) -> Iterator[float]:
    """Moments, the same for the simulation and for the service."""
    chance, now = random.Random(2), 0.0
    while (now := now + chance.expovariate(rate)) < seconds:
        yield now


def predicted(costs: Costs, rate: float, seconds: float) -> float:
    """Seconds from stored to decided, on average, by simulation."""
    due, waiting, took = list(arrivals(rate, seconds)), list[float](), list[float]()
    now = free_at = 0.0
    while due or waiting:
        ready = [each for each in due[: 4 * MOST] if each <= now]
        del due[: len(ready)]
        now += costs.post(len(ready)) if ready else 0.0
        waiting += [now] * len(ready)
        next_tick = now + TICK_SECONDS
        while free_at < next_tick and waiting:
            begin = max(free_at, waiting[0])
            if begin >= next_tick:
                break
            taken = [each for each in waiting[:MOST] if each <= begin]
            del waiting[: len(taken)]
            free_at = begin + costs.turn(len(taken)) * (1 + costs.slower * rate)
            took += [free_at - each for each in taken if each > seconds / 4]
        now = next_tick
    return statistics.fmean(took)


class Clock:
    """When items were stored, and how long each took from there."""

    def __init__(self) -> None:
        self.stored: dict[str, float] = {}
        self.took: list[float] = []

    @hookimpl
    def item_decided(self, item: Any) -> None:
        """An item is decided."""
        self.took.append(time.perf_counter() - self.stored.pop(item.id, time.perf_counter()))


def post(service: Service, clock: Clock, texts: list[str], lane: Lane = "texts") -> None:
    """Store texts in one commit; those of the other lane are taken by nobody here."""
    parts = [(Part(id="p0", type="text", text=text),) for text in texts]
    items = [service.pipeline.prepare(Submission("shop", each)) for each in parts]
    if lane == "media":
        items = [item.model_copy(update={"parts": (Part(id="p0", type="image"),)}) for item in items]
    now = time.perf_counter()
    clock.stored.update({item.id: now for item in items})
    service.pipeline.intake(items)


def at_rate(service: Service, clock: Clock, rate: float, seconds: float) -> float:
    """Texts at random moments; how long one took on average once things had settled."""
    texts = make_texts(2000)
    due = list(arrivals(rate, seconds))
    clock.took.clear()
    began, number = time.perf_counter(), 0
    while number < len(due):
        now = time.perf_counter() - began
        batch = list(itertools.takewhile(lambda at, now=now: at <= now, due[number : number + 4 * MOST]))  # type: ignore[misc]
        if batch:
            names = range(number, number + len(batch))
            post(service, clock, [f"{texts[each % len(texts)]} {rate} {each}" for each in names])
            number += len(batch)
        if now < seconds / 4:
            clock.took.clear()
        time.sleep(TICK_SECONDS)
    drain(service)
    return statistics.fmean(clock.took)


def drain(service: Service) -> None:
    """Until nothing waits."""
    while service.store.backlog()[0]:
        time.sleep(0.01)


def measured_alone(service: Service, clock: Clock) -> Costs:
    """Turns and posts of all sizes, each when nothing else goes on."""
    turns, posts = [], []
    for size in SIZES:
        turn, stored = [], []
        for number in range(12):
            texts = [f"{text} {size} {number}" for text in make_texts(size)]
            began = time.perf_counter()
            post(service, clock, texts)
            stored.append(time.perf_counter() - began)
            began = time.perf_counter()
            service.work_once()
            turn.append(time.perf_counter() - began)
        turns.append(statistics.median(turn))
        posts.append(statistics.median(stored))
    return Costs(turns, posts)


def slowed(service: Service, clock: Clock, costs: Costs, rate: float) -> float:
    """By what share turns of a hundred take longer for each text a second that is posted beside them."""
    ended = threading.Event()

    def beside() -> None:
        texts, began, number = make_texts(2000), time.perf_counter(), 0
        while not ended.is_set():
            due = int((time.perf_counter() - began) * rate) - number
            if due > 0:
                names = range(number, number + due)
                post(service, clock, [f"{texts[each % len(texts)]} beside {each}" for each in names], "media")
                number += due
            time.sleep(TICK_SECONDS)

    poster = threading.Thread(target=beside)
    took = []
    for number in range(-1, 40):
        texts = [f"{text} slowed {number}" for text in make_texts(100)]
        post(service, clock, texts)
        if number < 0:
            poster.start()
            time.sleep(0.2)
        began = time.perf_counter()
        service.work_once(["texts", "texts"])
        took.append(time.perf_counter() - began)
    ended.set()
    poster.join()
    return max(0.0, (statistics.median(took) / costs.turn(100) - 1) / rate)


def main() -> None:
    """Print what was measured beside what is predicted."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=8)
    given = options.parse_args()
    service = settled(Settings(data=Path(tempfile.mkdtemp(prefix="moderation-bench-")), workers=1))
    clock = Clock()
    service.judge.plugins.manager.register(clock)
    costs = measured_alone(service, clock)
    for size, turn, stored in zip(SIZES, costs.turns, costs.posts, strict=True):
        print(f"{size:4} texts: a turn of {1000 * turn:5.1f} ms, a post of {1000 * stored:5.1f} ms")
    costs.slower = slowed(service, clock, costs, costs.most / 2)
    print(f"a turn takes {costs.slower * costs.most / 2:.0%} longer while {costs.most / 2:,.0f} texts/s are posted")
    print(f"at most {costs.most:,.0f} texts/s by one worker thread and one who posts")
    service.doorbell.start(service.work_once)
    print("        rate   measured   predicted")
    for share in (0.1, 0.3, 0.5, 0.7):
        rate = share * costs.most
        expected = predicted(costs, rate, given.seconds)
        took = at_rate(service, clock, rate, given.seconds)
        print(f"{rate:8,.0f}/s {1000 * took:9.1f} ms {1000 * expected:8.1f} ms   {expected / took - 1:+.0%}")
    service.close()


if __name__ == "__main__":
    main()
