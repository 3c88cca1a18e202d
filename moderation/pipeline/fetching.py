"""Fetching: what items name by address is fetched by threads that have nothing else to do, and then they are moderated.

Foreign servers are slow, so no request and no worker waits for one. Of the threads of a process, one app has half and
one host a quarter at most. What fails in passing is tried again; what then could not be fetched is a problem of that
part, and people have the word.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from ground.fetch import FetchFailed
from ground.holding import LEASE_SECONDS, Hold, Holding
from moderation.core.errors import StoreUnavailable
from moderation.core.items import Lane, Part
from moderation.media.fetching import given_up
from moderation.storage.fetches import Fetch, Fetches

logger = logging.getLogger(__name__)

PAUSES_SECONDS = (5.0, 20.0, 60.0)
"""Before a fetch that failed in passing is tried again: so many times."""
LONGEST_SECONDS = 120.0
"""How long a fetch is held, whatever becomes of it: its own time limits end it much earlier."""
STORE_SECONDS = 10.0
"""Before it is tried again when our own store did not take what was fetched, however often that is."""


class Fetching:
    """Threads that fetch, each one part.

    Args:
        get: the part with its media or its problem; see `MediaFetcher.fetch`.
        ring: says that items of a lane wait.
        clock: the wall time that leases go by.
        most: fetches that are under way at once.
    """

    def __init__(
        self,
        fetches: Fetches,
        get: Callable[[Part], Part],
        ring: Callable[[Lane], None],
        clock: Callable[[], datetime],
        most: int,
    ) -> None:
        self._fetches, self._get, self._ring, self._clock, self._most = fetches, get, ring, clock, most
        self._most_of_app, self._most_of_host = max(1, most // 2), max(1, most // 4)
        self._holding = Holding("fetches held", fetches.move_leases, clock)
        self._looking = threading.Lock()
        self._changed = threading.Condition()
        self._under_way: dict[str, Fetch] = {}
        self._is_closed = False

    def look(self) -> int:
        """Begin to fetch what waits and may be fetched now; says how many were begun. Never waits for them.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        begun = 0
        with self._looking:
            while not self._is_closed and (claimed := self._claim()):
                begun += len(claimed)
                for fetch in claimed:
                    threading.Thread(target=self._run, args=(fetch,), name=f"fetch {fetch.id}", daemon=True).start()
        return begun

    def sweep(self) -> None:
        """Let items be moderated that wait for a fetch which nobody knows of.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        if freed := self._fetches.free_forgotten():
            logger.warning("%d items waited for what nobody was to fetch; they are moderated without it", freed)
            self._ring("media")

    def wait(self, seconds: float) -> int:
        """Until one of those that are under way has ended, or the time is over; says how many there were."""
        with self._changed:
            before = len(self._under_way)
            if before:
                self._changed.wait_for(lambda: len(self._under_way) < before, seconds)
            return before

    def close(self, seconds: float = 5.0) -> None:
        """Begin none; those under way may end within `seconds`, and are others' soon after if they do not."""
        self._is_closed = True
        ends_at = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, ends_at - time.monotonic())
        self._holding.close()

    def _claim(self) -> list[Fetch]:
        with self._changed:
            of_app = Counter(fetch.app for fetch in self._under_way.values())
            of_host = Counter(fetch.host for fetch in self._under_way.values())
            free = self._most - len(self._under_way)
        if free <= 0:
            return []
        apps = [app for app, count in of_app.items() if count >= self._most_of_app]
        hosts = [host for host, count in of_host.items() if count >= self._most_of_host]
        claimed = self._fetches.claim(free, self._clock(), LEASE_SECONDS, apps, hosts)
        with self._changed:
            self._under_way.update((fetch.id, fetch) for fetch in claimed)
        return claimed

    def _run(self, fetch: Fetch) -> None:
        try:
            with self._holding.hold([fetch.id], fetch.held_until, LONGEST_SECONDS) as hold:
                self._fetch(fetch, hold)
        except StoreUnavailable as error:
            logger.warning("item=%s part=%s is fetched again soon: %s", fetch.item_id, fetch.part.id, error)
        except Exception:
            logger.exception("item=%s part=%s is fetched again soon", fetch.item_id, fetch.part.id)
        finally:
            with self._changed:
                del self._under_way[fetch.id]
                self._changed.notify_all()
        try:
            self.look()
        except StoreUnavailable as error:
            logger.warning("fetches wait: %s", error)  # whoever looks now and then finds them

    def _fetch(self, fetch: Fetch, hold: Hold) -> None:
        """Fetch a part and store what came of it, or when it is to be tried again."""
        is_last = fetch.attempts > len(PAUSES_SECONDS)
        try:
            if fetch.attempts > len(PAUSES_SECONDS) + 1:  # the process has ended while it did so, again and again
                part = given_up(fetch.part, f"given up after {fetch.attempts - 1} attempts")
            else:
                part = self._get(fetch.part)
        except StoreUnavailable as error:
            logger.warning("item=%s part=%s is fetched again: %s", fetch.item_id, fetch.part.id, error)
            self._put_off(fetch, hold, STORE_SECONDS, fetch.attempts - 1)
            return
        except Exception as error:
            is_ours = not isinstance(error, FetchFailed)
            logger.warning("item=%s part=%s was not fetched: %s", fetch.item_id, fetch.part.id, type(error).__name__)
            if not is_last:
                self._put_off(fetch, hold, PAUSES_SECONDS[fetch.attempts - 1], fetch.attempts)
                return
            part = given_up(fetch.part, f"a fault of the service ({type(error).__name__})" if is_ours else str(error))
        with hold.let_go(fetch.id) as until:
            lane = self._fetches.finish(fetch, until, part)
        if lane is not None:
            self._ring(lane)

    def _put_off(self, fetch: Fetch, hold: Hold, seconds: float, attempts: int) -> None:
        with hold.let_go(fetch.id) as until:
            self._fetches.put_off(fetch, until, self._clock() + timedelta(seconds=seconds), attempts)
