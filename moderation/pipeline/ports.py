"""What the steps of an item's path work with: one set of ports, made where the service is wired together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ground.holding import Holding
from ground.tally import Tally
from moderation.core.fingerprints import EarlierDecision
from moderation.core.policy.policies import Policy
from moderation.detection.judge import Judge
from moderation.review.fallback import AnyHumanLoops
from moderation.storage.items import Store


class News:
    """Wakes those of this process who wait for an item to get on.

    Attributes:
        count: grows whenever an item got on.
        is_over: True when nobody is to wait any more, because the process ends.
    """

    def __init__(self) -> None:
        self.count = 0
        self.is_over = False
        self._changed = threading.Condition()

    def spread(self) -> None:
        """An item got on."""
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def end(self) -> None:
        """Nobody is to wait any more."""
        self.is_over = True
        self.spread()

    def wait(self, known: int, seconds: float) -> None:
        """Until the count is another one than was known before the item was looked at, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.count != known, seconds)


@dataclass(frozen=True)
class Ports:
    """What the steps work with.

    Attributes:
        human_loops: A2I.
        ring: says that items of some lanes wait.
        deliver: says that something may be delivered.
        ask: says that people may be asked: a human loop waits to be started.
        decided: told of each decision after its commit, as ``item`` and ``decision``: the plugins' hook.
        old_policy: the policy of a version that was in force at some time; None when it is not known.
        earlier: decisions on other items that are nearly the same as one, by its id.
        holding: keeps the leases of the items that are worked on here.
        lease_seconds: how long a worker that lives may hold an item before others may take it.
        max_attempts: after so many, an item that nobody could judge goes to people as it is.
        poll_seconds: shortest pause between looks at an open human loop.
        media_keep_days: how long media is kept where no policy says it; None for good.
        media_kept_at_most: how long media is kept whatever a policy says; None for as long as it says.
        clock: the wall time that the steps go by.
        tally: how long items waited, and how often they were tried again.
    """

    store: Store
    judge: Judge
    human_loops: AnyHumanLoops
    ring: Callable[..., None]
    deliver: Callable[[], None]
    ask: Callable[[], None]
    decided: Callable[..., object]
    old_policy: Callable[[str], Policy | None]
    earlier: Callable[[str], Sequence[EarlierDecision]]
    holding: Holding
    lease_seconds: float
    max_attempts: int
    poll_seconds: float
    media_keep_days: int | None = None
    media_kept_at_most: timedelta | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    news: News = field(default_factory=News)
    tally: Tally = field(default_factory=Tally)
