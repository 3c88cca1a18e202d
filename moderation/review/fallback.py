"""Where human loops go when Amazon's A2I refuses: to this service's own endpoint, and back when Amazon accepts.

A2I is closed to new customers, and what `StartHumanLoop` answers an account that is not one is not published. So every
refusal for good (`HumanLoopRefused`: any 4xx that trying again cannot help) counts. The item never waits for it: its
loop is opened at the own endpoint at once. Amazon is asked again with the next loop after a pause that grows with each
refusal in a row.

A loop stays where it was opened. Which endpoint that is follows from its ARN: account `OWN_ACCOUNT` is ours.
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ground.blobs import Blobs
from moderation.core.errors import HumanLoopRefused, HumanLoopsUnavailable, NotFound
from moderation.core.loops import OWN_ACCOUNT, account_of
from moderation.core.policy.policies import Queue
from moderation.review.client import HumanLoops, OwnEndpoint
from moderation.settings import Settings
from moderation.storage.loop_refusals import Refusals

logger = logging.getLogger(__name__)

SHORTEST_REST_SECONDS, LONGEST_REST_SECONDS = 1.0, 600.0
"""Between a refusal and the next try at Amazon. One loop that Amazon finds fault with hardly diverts others."""


class HumanLoopsWithFallback:
    """Human loops at Amazon, and at the own endpoint what Amazon refuses.

    Args:
        amazon: the client of Amazon's endpoint.
        own: the client of our endpoint; None in a process that has no key for it.
        is_on: False to send nothing new to the own endpoint. Loops that are there are followed all the same.
        note: told the name of each loop that goes to the own endpoint, and why Amazon refused.
        clock: seconds that only grow; given for tests.
    """

    def __init__(
        self,
        amazon: HumanLoops,
        own: HumanLoops | None,
        *,
        is_on: bool,
        note: Callable[[str, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._amazon, self._own, self._is_on, self._note, self._clock = amazon, own, is_on, note, clock
        self._lock = threading.Lock()
        self._starting = [threading.Lock() for _ in range(64)]
        self._refusal, self._refusals, self._rest_until = "", 0, 0.0
        self._queues: tuple[Queue, ...] = ()

    @property
    def refusal(self) -> str:
        """What Amazon said when it last refused; empty since it accepted."""
        return self._refusal

    def at(self, arn: str | None) -> HumanLoops:
        """The endpoint at which the loop with this ARN is. Raises `HumanLoopsUnavailable` when it is out of reach."""
        if account_of(arn) == OWN_ACCOUNT:
            return self._need_own()
        return self._amazon.at(arn)

    def provision(self, queues: Iterable[Queue]) -> list[str]:
        """As `HumanLoops.provision`, at both endpoints: the own one has to be ready before Amazon refuses.

        Raises:
            HumanLoopRefused: Amazon refused, and there is no fallback.
            HumanLoopsUnavailable: try again.
        """
        self._queues = tuple(queues)
        if not self._is_on:
            return self._amazon.provision(self._queues)
        made = [f"{line} (at the own endpoint)" for line in self._need_own().provision(self._queues)]
        try:
            made += self._amazon.provision(self._queues)
        except HumanLoopRefused as error:
            self._refused(str(error))
        else:
            self._accepted()
        return made

    def start(self, name: str, flow: str, content: Mapping[str, Any]) -> str:
        """Open a human loop at Amazon or, when that refuses, at the own endpoint; the same name again opens nothing.

        Returns:
            Its ARN.

        Raises:
            HumanLoopRefused: Amazon refused for good, and there is no fallback.
            HumanLoopsUnavailable: try again.
        """
        if not self._is_on:
            return self._amazon.start(name, flow, content)
        # A worker and the thread that looks after loops may start the same one; it must not come to be at both places.
        with self._starting[zlib.crc32(name.encode()) % len(self._starting)]:
            return self._start(name, flow, content)

    def start_here(self, name: str, flow: str, content: Mapping[str, Any]) -> str:
        """Open a human loop over what may not leave this machine: at the own endpoint, whatever else is set.

        Returns:
            Its ARN.

        Raises:
            HumanLoopRefused: the own endpoint finds fault with it.
            HumanLoopsUnavailable: this process has no key for it; the serving one does it soon.
        """
        own = self._need_own()
        if not self._is_on:
            own.provision(self._queues)  # which only the fallback has made ready
        return own.start(name, flow, content)

    def _start(self, name: str, flow: str, content: Mapping[str, Any]) -> str:
        if self._own is not None and (there := self._own.find(name)) is not None:
            return there  # from a start whose end this service did not live to see
        refusal = self._refusal if self._clock() < self._rest_until else ""
        if not refusal:
            try:
                if self._refusal:
                    # What was refused may have been the making of what loops need.
                    self._amazon.provision(self._queues)
                arn = self._amazon.start(name, flow, content)
            except (HumanLoopRefused, NotFound) as error:
                refusal = str(error)
                self._refused(refusal)
            else:
                self._accepted()
                return arn
        arn = self._need_own().start(name, flow, content)
        self._note(name, refusal)
        return arn

    def _need_own(self) -> HumanLoops:
        if self._own is None:
            raise HumanLoopsUnavailable("only the serving process reaches the own A2I endpoint; it does this soon")
        return self._own

    def _refused(self, why: str) -> None:
        with self._lock:
            is_news = not self._refusal
            self._refusals += 1
            rest = min(SHORTEST_REST_SECONDS * 2.0 ** min(self._refusals - 1, 20), LONGEST_REST_SECONDS)
            self._refusal, self._rest_until = why, self._clock() + rest
        if is_news:
            logger.error("Amazon A2I refuses; new human loops go to this service's own endpoint: %s", why)

    def _accepted(self) -> None:
        with self._lock:
            is_news = bool(self._refusal)
            self._refusal, self._refusals = "", 0
        if is_news:
            logger.warning("Amazon A2I accepts again; new human loops go there")


AnyHumanLoops = HumanLoops | HumanLoopsWithFallback


def notes_on(human_loops: AnyHumanLoops, kept: Refusals) -> list[str]:
    """What to know of human loops while they get on: that Amazon refuses them, and where they are instead."""
    # It may have refused to make what loops need before there was a loop, or accept again before there is one.
    now = human_loops.refusal if isinstance(human_loops, HumanLoopsWithFallback) else ""
    return replace(kept, newest=now or kept.newest).sentences()


def open_human_loops(
    settings: Settings, own: OwnEndpoint, blobs: Blobs, note: Callable[[str, str], None]
) -> AnyHumanLoops:
    """The client that the settings ask for; `blobs` and `note` as of the clients."""
    client = HumanLoops(settings, own, blobs)
    if settings.a2i_endpoint_url != "aws":
        return client
    fallback = HumanLoops(settings, own, blobs, is_own=True) if own.access_key[0] else None
    return HumanLoopsWithFallback(client, fallback, is_on=settings.a2i_fallback == "own", note=note)
