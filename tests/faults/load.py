"""A steady load, during which things are broken; and what came of it."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from moderation.storage import tables
from tests.faults.installation import REVIEWERS, Death, Installation
from tests.faults.invariants import Broken, Facts
from tests.faults.people import App, at_work
from tests.faults.report import Row, keep
from tests.receiver import Receiver
from tests.waiting import PATIENCE_SECONDS

CLIENTS = 4
PAUSE_SECONDS = 0.25
"""Between two posts of a client: about 16 posts, or 40 items, a second."""


@dataclass
class Outcome:
    """What a load came to.

    Attributes:
        recoveries: see `recoveries`; of items that need no people.
        restarts: seconds from each death of an API until the next one answered.
    """

    broken: Broken
    accepted: int
    recoveries: list[float]
    restarts: list[float]

    @property
    def p99(self) -> float:
        """Of the recoveries."""
        return percentile(self.recoveries, 0.99)


class Load:
    """Clients that post without a pause, reviewers, and a receiver.

    Args:
        installation: whose processes may be started before or after this.
        reviews, refusals: shares of the posts that people have to look at, and that are refused, which people look at
            afterwards; where there are people.

    Attributes:
        pause_seconds: between two posts of a client, in the mean; may be set at any time.
    """

    def __init__(
        self,
        installation: Installation,
        chance: random.Random,
        *,
        with_people: bool = True,
        reviews: float = 0.08,
        refusals: float = 0.08,
    ) -> None:
        self.installation, self._chance, self._with_people = installation, chance, with_people
        self._reviews, self._refusals = (reviews, refusals) if with_people else (0.0, 0.0)
        self.pause_seconds = PAUSE_SECONDS
        self.receiver = Receiver()
        self.receiver.start()
        self.app = App(lambda: installation.url, installation.key, f"{self.receiver.url}/told")
        self._stop, self._end = threading.Event(), threading.Event()
        self._numbers = itertools.count()
        self._faults: list[str] = []

    def run(self, breaking: Callable[[], Any], patience: float = 60.0) -> Outcome:
        """Post while `breaking` does what it does, then wait until nothing is left to do, and see what does not hold."""
        clients = [threading.Thread(target=self._post, args=(seed,), daemon=True) for seed in self._seeds()]
        people = []
        facts = None
        try:
            self.installation.wait_up()
            people = at_work(lambda: self.installation.url, REVIEWERS, self._stop) if self._with_people else []
            for client in clients:
                client.start()
            breaking()
            self._end.set()
            for client in clients:
                client.join(timeout=PATIENCE_SECONDS)
            facts = Facts(self.installation.settings, self.installation.objects)
            self._wait(facts, patience)
        finally:
            self._end.set()
            self._stop.set()
            for person in people:
                person.join(timeout=PATIENCE_SECONDS)
            self.installation.stop()
            self.receiver.stop()
        try:
            surprises = [status for person in people for status in person.surprises]
            self.app.unexpected += [*self._faults, *self.installation.faults]
            broken = facts.check(self.app, self.receiver.got("/told"), surprises)
            if self.installation.run("audit", "verify") != 0:
                broken.audit.append(self.installation.said()[-2000:])
            decided_at = {
                row.item_id: row.decided_at.timestamp()
                for row in facts.rows(sa.select(tables.decisions).where(tables.decisions.c.number == 1))
                if row.document["decided_by"] == "rules"
            }
            deaths = self.installation.deaths
            after = recoveries(deaths, self.app.accepted, decided_at)
            restarts = [death.up_at - death.at for death in deaths if death.role == "serve"]
            return Outcome(broken, len(self.app.accepted), after, restarts)
        finally:
            facts.close()

    def _seeds(self) -> list[int]:
        return [self._chance.randrange(10**9) for _ in range(CLIENTS)]

    def _post(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self._end.is_set():
            number = next(self._numbers)
            key = f"load-{number}" if chance.random() < 0.7 else None
            try:
                drawn = chance.random()
                if drawn < self._reviews:
                    self.app.text(f"REVIEW {number}", key=key)
                    continue
                if drawn < self._reviews + self._refusals:
                    self.app.text(f"REFUSE {number}", key=key)
                    continue
                match chance.randrange(10):
                    case 0:
                        self.app.picture(16, number, key=key)
                    case 1:
                        self.app.text(f"waits {number}", key=key, wait=2)
                    case 2 | 3:
                        self.app.text(f"alone {number}", key=key)
                    case _:
                        self.app.text(*(f"batch {number}-{each}" for each in range(4)), key=key)
            except Exception as error:
                self._faults.append(f"a client: {type(error).__name__} {error}"[:300])
            finally:
                time.sleep(self.pause_seconds * chance.uniform(0.5, 1.5))

    def _wait(self, facts: Facts, patience: float) -> None:
        deadline = time.monotonic() + patience
        while (left := facts.waits_for(self.app)) and time.monotonic() < deadline:
            time.sleep(0.1)
        if left:
            raise AssertionError(f"after {patience:.0f} s there are still {left}\n{self.installation.said()[-4000:]}")


def recoveries(deaths: Sequence[Death], accepted: dict[str, float], decided_at: dict[str, float]) -> list[float]:
    """For each death, the seconds from when the next process was up until the last item that it had held up was decided.

    An item that is held up by several deaths counts for the last of them.
    """
    slowest = [0.0] * len(deaths)
    for item_id, at in decided_at.items():
        before = [number for number, death in enumerate(deaths) if accepted.get(item_id, at) < death.at < at]
        if before:
            slowest[before[-1]] = max(slowest[before[-1]], at - deaths[before[-1]].up_at)
    return slowest


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of them do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def told(record_property: Any, test: str, outcome: Outcome, injected: int, note: str = "") -> None:
    """For the closing table; fails when something does not hold."""
    broken = outcome.broken
    slowest = max(outcome.recoveries, default=0.0)
    said = f"{outcome.accepted} accepted, p99 of recovery {outcome.p99:.1f} s, "
    said += f"p95 of restart {percentile(outcome.restarts, 0.95):.1f} s{note}"
    doubles = len(broken.doubles) + len(broken.loops)
    keep(record_property, Row(test, injected, len(broken.lost), doubles, len(broken.answers), slowest, said))
    assert not broken, str(broken)
