"""How long texts wait for their decision at a given rate, measured, and as a model of the queue predicts it.

The model is a server with bulk service: it takes all that waits, at most 200 texts, and is busy with n of them for a
time that is drawn from those that were measured. They are measured beside somebody who posts what this server does not
take, at the same rate, because posts and turns wait for each other: for the interpreter and for the database's writer.
From these times and the rate alone a simulation of arrivals and turns says how long texts wait; then the service itself
is posted to at the same rates.

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
TIMES = 25
"""Turns of each size."""


@dataclass
class Costs:
    """What was measured beside posts at one rate.

    Attributes:
        turns: for each of `SIZES` the seconds that turns with so many texts took, from being rung for.
        posts: seconds that commits of what arrives in a `TICK_SECONDS` took.
    """

    turns: list[list[float]]
    posts: list[float]

    def turn(self, number: int, chance: random.Random) -> float:
        """Of the worker: as one of those measured, between the sizes on a straight line."""
        rank = chance.random()
        sure = [_at(times, rank) for times in self.turns]
        for (few, less), (many, more) in itertools.pairwise(zip(SIZES, sure, strict=True)):
            if number <= many:
                return less + (more - less) * (number - few) / (many - few)
        return sure[-1] * number / SIZES[-1]

    def post(self, chance: random.Random) -> float:
        """Of whoever posts."""
        return chance.choice(self.posts)


def _at(times: list[float], rank: float) -> float:
    """The value below which that share of them is."""
    return sorted(times)[int(rank * len(times))]


def arrivals(rate: float, seconds: float) -> Iterator[float]:
    """Moments, the same for the simulation and for the service."""
    chance, now = random.Random(2), 0.0
    while (now := now + chance.expovariate(rate)) < seconds:
        yield now


def predicted(costs: Costs, rate: float, seconds: float) -> float:
    """Seconds from stored to decided, on average, by simulation."""
    chance = random.Random(3)
    due, stored, waiting, took = list(arrivals(rate, seconds)), 0, list[tuple[float, float]](), list[float]()
    now = free_at = 0.0
    while stored < len(due) or waiting:
        ready = [each for each in due[stored : stored + 4 * MOST] if each <= now]
        stored += len(ready)
        posted_at = now
        now += costs.post(chance) if ready else 0.0
        waiting += [(posted_at, now)] * len(ready)
        next_tick = now + TICK_SECONDS
        while waiting and (begin := max(free_at, waiting[0][1])) < next_tick:
            taken = [each for each in waiting[:MOST] if each[1] <= begin]
            del waiting[: len(taken)]
            free_at = begin + costs.turn(len(taken), chance)
            took += [free_at - each for each, _ in taken if each > seconds / 4]
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


def measured(service: Service, clock: Clock, rate: float) -> Costs:
    """Turns of all sizes beside posts at a rate; posts of what comes in a tick beside these turns."""
    ended = threading.Event()
    posts: list[float] = []

    def beside() -> None:
        texts, began, number = make_texts(2000), time.perf_counter(), 0
        while not ended.is_set():
            due = int((time.perf_counter() - began) * rate) - number
            if due > 0:
                names = range(number, number + due)
                posting = time.perf_counter()
                post(service, clock, [f"{texts[each % len(texts)]} beside {each}" for each in names], "media")
                posts.append(time.perf_counter() - posting)
                number += due
            time.sleep(TICK_SECONDS)

    poster = threading.Thread(target=beside)
    poster.start()
    turns = []
    for size in SIZES:
        took = []
        for number in range(TIMES):
            post(service, clock, [f"{text} {size} {number} {rate}" for text in make_texts(size)])
            began = time.perf_counter()
            service.work_once(["texts", "texts"])
            took.append(time.perf_counter() - began)
        turns.append(took)
    ended.set()
    poster.join()
    return Costs(turns, posts)


def main() -> None:
    """Print what was measured beside what is predicted."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=8)
    given = options.parse_args()
    service = settled(Settings(data=Path(tempfile.mkdtemp(prefix="moderation-bench-")), workers=1))
    clock = Clock()
    service.judge.plugins.manager.register(clock)
    alone = measured(service, clock, 1.0)
    for size, turns in zip(SIZES, alone.turns, strict=True):
        print(f"{size:4} texts: a turn of {1000 * statistics.median(turns):5.1f} ms")
    most = MOST / statistics.fmean(alone.turns[-1])
    print(f"{most:,.0f} texts/s at most by one worker thread")
    rates = [share * most for share in (0.1, 0.2, 0.3, 0.5)]
    expected = [predicted(measured(service, clock, rate), rate, given.seconds) for rate in rates]
    service.doorbell.start(service.work_once)
    print("        rate   measured   predicted")
    for rate, guess in zip(rates, expected, strict=True):
        took = at_rate(service, clock, rate, given.seconds)
        print(f"{rate:8,.0f}/s {1000 * took:9.1f} ms {1000 * guess:8.1f} ms   {guess / took - 1:+.0%}")
    service.close()


if __name__ == "__main__":
    main()
