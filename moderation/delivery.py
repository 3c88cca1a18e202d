"""Delivery: telling apps what was decided, signed by the Standard Webhooks scheme, again and again until they have it.

At least once, in no promised order; all attempts of one event carry one ``webhook-id`` and the same bytes.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from moderation.accounts import Accounts
from moderation.core.errors import NotFound, StoreUnavailable, UrlRefused
from moderation.fetch import FetchFailed, post
from moderation.outbox import Delivery, Outbox
from moderation.settings import Settings

logger = logging.getLogger(__name__)

SCHEDULE_SECONDS = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Pause before each attempt (Standard Webhooks 1.0.0, suggested schedule): a little over three days in all."""
SENDERS = 8
MAX_RETRY_AFTER_SECONDS = 86_400


class Deliveries:
    """Sends what is due in the outbox, several callbacks at once, so that a slow one delays no other.

    Args:
        clock: the wall time; given for tests.
    """

    def __init__(
        self,
        outbox: Outbox,
        accounts: Accounts,
        settings: Settings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._outbox, self._accounts, self._settings, self._clock = outbox, accounts, settings, clock
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="deliver")
        self._bell = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """There may be something to send."""
        self._bell.set()

    def start(self) -> None:
        """Send in the background."""
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after the attempts that are under way."""
        self._stop.set()
        self._bell.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._senders.shutdown(wait=False, cancel_futures=True)

    def run_due(self) -> int:
        """Attempt everything that is due, and wait for it; says how many attempts were made."""
        taken = self._outbox.take_due(self._clock(), limit=SENDERS * 4)
        list(self._senders.map(self._attempt, taken))
        return len(taken)

    def _run(self) -> None:
        busy: list[Future[None]] = []
        while not self._stop.is_set():
            self._bell.wait(timeout=1.0)
            self._bell.clear()
            try:
                busy = [future for future in busy if not future.done()]
                free = SENDERS * 2 - len(busy)
                for delivery in self._outbox.take_due(self._clock(), limit=free) if free > 0 else ():
                    busy.append(self._senders.submit(self._attempt, delivery))
            except StoreUnavailable as error:
                logger.warning("deliveries wait for the database reason=%s", error)
            except RuntimeError:
                return  # the pool is shut down

    def _attempt(self, delivery: Delivery) -> None:
        now = self._clock()
        try:
            secret = self._settings.webhook_secret or self._accounts.webhook_secret(delivery.app)
            signature = Webhook(secret).sign(delivery.id, now, delivery.payload.decode())
            answer = post(
                delivery.url,
                delivery.payload,
                {
                    "Content-Type": "application/json",
                    "webhook-id": delivery.id,
                    "webhook-timestamp": str(int(now.timestamp())),
                    "webhook-signature": signature,
                },
                timeout_seconds=self._settings.webhook_timeout_seconds,
                allow_private=self._settings.allow_private_urls,
            )
            result, wait, final = f"HTTP {answer.status}", _retry_after(answer.headers), answer.status == 410
            delivered = 200 <= answer.status < 300
        except (FetchFailed, UrlRefused, NotFound, ValueError) as error:
            result, wait, final, delivered = str(error), 0.0, False, False
        attempts = delivery.attempts + 1
        if delivered:
            state, next_attempt_at = "delivered", None
        elif final or attempts >= len(SCHEDULE_SECONDS):
            state, next_attempt_at = "given_up", None
        else:
            pause = max(SCHEDULE_SECONDS[attempts] * random.uniform(0.9, 1.2), wait)  # noqa: S311 - jitter, no secret
            state, next_attempt_at = "due", now + timedelta(seconds=pause)
        logger.info("delivery=%s attempt=%d state=%s result=%s", delivery.id, attempts, state, result)
        try:
            self._outbox.note(delivery.id, state=state, result=result, next_attempt_at=next_attempt_at)
        except StoreUnavailable as error:
            logger.warning("delivery=%s is sent again later: its result was not stored (%s)", delivery.id, error)


def _retry_after(headers: Mapping[str, str]) -> float:
    value = headers.get("retry-after", "")
    return min(float(value), MAX_RETRY_AFTER_SECONDS) if value.isdigit() else 0.0
