"""Delivery: telling apps what was decided, signed by the Standard Webhooks scheme, again and again until they have it.

The same outbox tells the targets of the settings (`notifiers`), which take no signature.

At least once, in no promised order; all attempts of one event carry one ``webhook-id`` and the same bytes. A receiver
says it has the event with 2xx, and that it wants no more of it with 410. Anything else, redirects too, is tried again.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from standardwebhooks import Webhook

from ground import tracing
from ground.failpoints import failpoint
from ground.fetch import FetchFailed, post
from ground.holding import Holding
from ground.rounds import Rounds
from ground.tally import Tally
from moderation.core.errors import NotFound, StoreUnavailable, UrlRefused
from moderation.delivery.notifiers import Notifiers
from moderation.delivery.outbox import Attempt, Delivery, Outbox
from moderation.settings import Settings
from moderation.storage.accounts import Accounts

logger = logging.getLogger(__name__)

SCHEDULE_SECONDS = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Pause before each attempt (Standard Webhooks 1.0.0, suggested schedule): a little over three days in all."""
JITTER = (0.9, 1.2)
SENDERS = 16
PER_ENDPOINT, PER_APP = 4, 12
"""Attempts under way at once to one host, and for one app, so that no slow or hostile receiver delays the others."""
MAX_RETRY_AFTER_SECONDS = 86_400
LONGEST_ATTEMPT_SECONDS = 120.0
"""An attempt that takes longer than any time limit of its parts is left to others."""
ATTEMPTS = "delivery_attempts"
"""Figure: attempts by what came of them (``delivered``, ``due`` again, ``given_up``)."""
_LOOK = 64
_TICK_SECONDS = 1.0


@dataclass(frozen=True)
class _Result:
    """What a receiver said; `status` is None when it said nothing."""

    status: int | None
    reason: str
    retry_after_seconds: float = 0.0

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_final(self) -> bool:
        return self.status == 410


class Deliveries:
    """Sends what is due in the outbox, several callbacks at once, so that a slow one delays no other.

    Attributes:
        tally: attempts, by what came of them.

    Args:
        notifiers: tells targets; None when there are none.
        clock: the wall time; given for tests.
    """

    def __init__(
        self,
        outbox: Outbox,
        accounts: Accounts,
        settings: Settings,
        notifiers: Notifiers | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._outbox, self._accounts, self._settings, self._clock = outbox, accounts, settings, clock
        self._notifiers = notifiers or Notifiers(())
        self.tally = Tally()
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="deliver")
        self._holding = Holding("delivery leases", outbox.move_leases, clock)
        self._rounds = Rounds("deliveries", self._round, pause_seconds=_TICK_SECONDS)
        self._lock = threading.Lock()
        self._to: Counter[str] = Counter()
        self._of: Counter[str] = Counter()

    def ring(self) -> None:
        """There may be something to send."""
        self._rounds.ring()

    def start(self) -> None:
        """Send in the background."""
        self._rounds.start()

    def close(self) -> None:
        """Stop; attempts that are under way are not waited for, and made again after the next start."""
        self._rounds.close(5)
        self._senders.shutdown(wait=False, cancel_futures=True)
        self._holding.close()

    def run_due(self) -> int:
        """Attempt everything that is due, and wait for it; says how many attempts were made."""
        made = 0
        while sent := self._send_due():
            wait(sent)
            made += len(sent)
        return made

    def replay(self, item_id: str) -> int:
        """Deliver an item's events again, whatever came of them before; says how many there are."""
        count = self._outbox.replay(item_id, self._clock())
        self.ring()
        return count

    def resend(self, item_id: str, delivery_id: str) -> bool:
        """Deliver one event to an app's callback again; False when there is no such one."""
        is_there = self._outbox.resend(item_id, delivery_id, self._clock())
        self.ring()
        return is_there

    def _round(self) -> None:
        self._send_due()

    def _send_due(self) -> list[Future[None]]:
        """Begin attempts, as many as the limits allow."""
        begun: list[Future[None]] = []
        now = self._clock()
        while not self._rounds.is_stopped:
            with self._lock:
                to = {endpoint for endpoint, count in self._to.items() if count >= PER_ENDPOINT}
                of = {app for app, count in self._of.items() if count >= PER_APP}
                free = SENDERS - self._of.total()
            waiting = self._outbox.waiting(now, _LOOK, not_to=to, not_of=of) if free > 0 else ()
            chosen: list[str] = []
            with self._lock:
                more_to, more_of = self._to.copy(), self._of.copy()
            for one in waiting:
                if len(chosen) < free and more_to[one.endpoint] < PER_ENDPOINT and more_of[one.app] < PER_APP:
                    chosen.append(one.id)
                    more_to[one.endpoint] += 1
                    more_of[one.app] += 1
            if not chosen:
                break
            for delivery in self._outbox.take(chosen, now):
                with self._lock:
                    self._to[delivery.endpoint] += 1
                    self._of[delivery.app] += 1
                begun.append(self._senders.submit(self._attempt, delivery))
        return begun

    def _attempt(self, delivery: Delivery) -> None:
        try:
            with (
                tracing.span("deliver", item=delivery.item_id, moderation__delivery=delivery.id) as span,
                self._holding.hold([delivery.id], delivery.held_until, LONGEST_ATTEMPT_SECONDS),
            ):
                state = self._attempt_once(delivery)
                span.set(moderation__state=state, moderation__attempt=delivery.attempts + 1)
        except StoreUnavailable as error:
            logger.warning("delivery=%s is sent again later: its result was not stored (%s)", delivery.id, error)
        except Exception:
            logger.exception("delivery=%s is sent again later", delivery.id)
        finally:
            with self._lock:
                self._to -= Counter((delivery.endpoint,))
                self._of -= Counter((delivery.app,))
            self._rounds.ring()

    def _attempt_once(self, delivery: Delivery) -> str:
        """Make an attempt and store what came of it; gives the delivery's new state."""
        now = self._clock()
        is_callback = delivery.url.startswith(("http://", "https://"))
        with failpoint("deliveries.send"):
            result = self._post(delivery, now) if is_callback else self._notify(delivery)
        attempts = delivery.attempts + 1
        state, next_attempt_at = "due", None
        if result.is_delivered:
            state = "delivered"
        elif result.is_final or attempts >= len(SCHEDULE_SECONDS):
            state = "given_up"
        else:
            pause = SCHEDULE_SECONDS[attempts] * random.uniform(*JITTER)  # noqa: S311 - jitter, no secret
            next_attempt_at = now + timedelta(seconds=max(pause, result.retry_after_seconds))
        logger.info("delivery=%s attempt=%d state=%s result=%s", delivery.id, attempts, state, result.reason)
        attempt = Attempt(delivery.id, now, result.status, result.reason)
        self._outbox.note(attempt, state=state, next_attempt_at=next_attempt_at)
        self.tally.add(ATTEMPTS, state)
        return state

    def _notify(self, delivery: Delivery) -> _Result:
        if not self._notifiers.knows(delivery.url):
            return _Result(None, "no target of the settings any more")
        try:
            is_taken = self._notifiers.tell(delivery.url, delivery.payload)
        except StoreUnavailable as error:
            return _Result(None, str(error))
        return _Result(200, "taken") if is_taken else _Result(410, "gone for good")

    def _post(self, delivery: Delivery, now: datetime) -> _Result:
        try:
            given = self._settings.webhook_secret
            own = (given,) if given else self._accounts.signing_secrets(delivery.app, now)
            # Standard Webhooks: several signatures, of which the receiver needs to know one.
            signature = " ".join(Webhook(each).sign(delivery.id, now, delivery.payload.decode()) for each in own)
        except (NotFound, ValueError) as error:
            return _Result(None, f"cannot be signed: {error}")
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        try:
            answer = post(
                delivery.url,
                delivery.payload,
                headers,
                timeout_seconds=self._settings.webhook_timeout_seconds,
                allow_private=self._settings.allow_private_urls,
            )
        except (FetchFailed, UrlRefused) as error:
            return _Result(None, str(error))
        return _Result(answer.status, f"HTTP {answer.status}", _retry_after(answer.headers, now))


def _retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds that the receiver asks for, as a number or as a date (RFC 9110, section 10.2.3); 0 when it does not."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:9])
    else:
        try:
            date = parsedate_to_datetime(value)
            seconds = (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()
        except (ValueError, OverflowError):
            return 0.0
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
