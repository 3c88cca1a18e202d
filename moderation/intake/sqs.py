"""Intake from a queue: each object that S3 tells of through SQS becomes one item, read where it lies.

A message is deleted only when all it speaks of is stored; one that fails for now stays in the queue and comes again,
and SQS gives it to the queue's own dead-letter queue in the end. What can never become an item is kept in the database
with its reason, for people to see (`moderation intake dead`).
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from ground.blobs import split_uri
from ground.rounds import Rounds
from moderation.core.errors import InputError, ModerationError, NotFound, StoreUnavailable
from moderation.intake.ledger import DeadLetter, Found, Ledger
from moderation.intake.s3_events import ObjectEvent, read_events
from moderation.intake.submissions import Submissions
from moderation.service import Service

logger = logging.getLogger(__name__)

BATCH = 10
"""Messages that SQS gives at once (ReceiveMessage, MaxNumberOfMessages)."""
LONG_POLL_SECONDS = 20
BACKLOG_SHARE = 0.5
"""Of the most items that may wait: beyond it nothing is received, so that there is room for what apps post."""
FULL_PAUSE_SECONDS = 1.0
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 15, 900


@dataclass(frozen=True)
class Message:
    """A message that was received.

    Attributes:
        receipt: what SQS knows this receiving of it by.
        receives: how often it has been received, this time included.
    """

    id: str
    receipt: str
    body: str
    receives: int


class QueueIntake:
    """Takes the messages of one queue for one app.

    Args:
        client: boto3 ``sqs`` client; its read time-out must be longer than a long poll.
        callback_url: where decisions on the items are delivered; None for none.
        visibility_seconds: how long a message is hidden from others while it is worked on; extended as long as it is.
    """

    def __init__(
        self,
        service: Service,
        client: Any,
        queue_url: str,
        app: str,
        *,
        callback_url: str | None = None,
        visibility_seconds: int = 60,
    ) -> None:
        self._service, self._client, self._queue_url, self._app = service, client, queue_url, app
        self._callback_url, self._visibility_seconds = callback_url, visibility_seconds
        self._ledger = Ledger(service.database)
        self.stop = threading.Event()

    def run(self, threads: int, *, once: bool = False) -> Counter[str]:
        """Take messages in some threads until `stop` is set, or, with `once`, until the queue gives none any more.

        Returns:
            How many objects came to what: ``taken``, ``known`` (duplicates and late events), ``gone`` (removed before
            they were read), ``dead``; and messages that come again (``later``).
        """
        total: Counter[str] = Counter()
        lock = threading.Lock()

        def one_round() -> float | None:
            done = self.step(1 if once else LONG_POLL_SECONDS)
            if done is not None:
                with lock:
                    total.update(done)
                return 0
            if self.is_full():
                return FULL_PAUSE_SECONDS
            if once:
                self.stop.set()
                return None
            return 0

        with Rounds("intake", one_round, pause_seconds=None, threads=threads):
            self.stop.wait()
        return total

    def step(self, wait_seconds: int = 0) -> Counter[str] | None:
        """Receive once and work on what comes; None when nothing came, or too many items wait to be moderated.

        Raises:
            StoreUnavailable: SQS or the database does not answer.
        """
        if self.is_full():
            return None
        messages = self._receive(wait_seconds)
        if not messages:
            return None
        total: Counter[str] = Counter()
        done: list[Message] = []
        with self._held(messages) as held:
            for message in messages:
                try:
                    total += self._work(message.body)
                    done.append(message)
                except ModerationError as error:
                    logger.warning("message=%s comes again: %s", message.id, error)
                    total["later"] += 1
                    held.remove(message)
                    self._put_back(message)
                except Exception as error:  # its text may quote content
                    logger.error("message=%s comes again: %s", message.id, type(error).__name__)
                    total["later"] += 1
                    held.remove(message)
                    self._put_back(message)
            self._delete(done)
        return total

    def try_again(self, letter: DeadLetter) -> Counter[str]:
        """Work on a kept message anew; it is dropped when it comes to items now."""
        outcome = self._work(letter.body)
        if not outcome["dead"]:
            self._ledger.forget(letter.id)
        return outcome

    def is_full(self) -> bool:
        """True when so many items wait that nothing more is received."""
        return sum(self._service.backlog().values()) >= self._service.settings.max_backlog * BACKLOG_SHARE

    # What a message says

    def _work(self, body: str) -> Counter[str]:
        """Make items of the objects that a message speaks of.

        Raises:
            StoreUnavailable: not now; nothing of what is missing was stored.
        """
        outcome: Counter[str] = Counter()
        try:
            events = read_events(body)
        except InputError as error:
            self._bury(body, None, error)
            return Counter(dead=1)
        if not events:
            return Counter(ignored=1)
        states = self._ledger.states(self._app, {event.uri for event in events})
        found: list[Found] = []
        for event in events:
            state = states.get(event.uri)
            if state is not None and state.covers(event):
                outcome["known"] += 1
                continue
            try:
                split_uri(event.uri)
            except NotFound as error:
                self._bury(body, event.uri, error)
                outcome["dead"] += 1
                continue
            try:
                found.append(self._read(event))
            except NotFound:
                outcome["gone"] += 1
            except InputError as error:
                self._bury(body, event.uri, error)
                outcome["dead"] += 1
        if found:
            taken = self._ledger.take(self._app, found)
            outcome += Counter(taken=len(taken), known=len(found) - len(taken))
            self._service.doorbell.ring()
        return outcome

    def _read(self, event: ObjectEvent) -> Found:
        facts: dict[str, JsonValue] = {"s3_bucket": event.bucket, "s3_key": event.key}
        if event.happened_at:
            facts["s3_event_time"] = event.happened_at
        submissions = Submissions(self._service, self._app)
        submission, etag = submissions.of_object(event.uri, event.version, facts, self._callback_url)
        return Found(event, etag, self._service.pipeline.prepare(submission))

    def _bury(self, body: str, uri: str | None, error: Exception) -> None:
        logger.error("a message of app=%s is kept as a dead letter: %s", self._app, error)
        self._ledger.bury(self._app, body, uri, str(error), self._service.pipeline.now())

    # The queue

    def _receive(self, wait_seconds: int) -> list[Message]:
        answer = self._call(
            "receive_message",
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=self._visibility_seconds,
            AttributeNames=["ApproximateReceiveCount"],
        )
        return [
            Message(
                id=each["MessageId"],
                receipt=each["ReceiptHandle"],
                body=each["Body"],
                receives=int(each.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
            )
            for each in answer.get("Messages", ())
        ]

    def _delete(self, messages: Sequence[Message]) -> None:
        """Delete what is done. What SQS does not delete comes again, and is known then."""
        if not messages:
            return
        entries = [{"Id": str(n), "ReceiptHandle": message.receipt} for n, message in enumerate(messages)]
        answer = self._call("delete_message_batch", Entries=entries)
        for failed in answer.get("Failed", ()):
            logger.warning("message=%s was not deleted: %s", messages[int(failed["Id"])].id, failed.get("Code"))

    def _put_back(self, message: Message) -> None:
        """Let a message that failed come again later, and later each time."""
        seconds = min(FIRST_RETRY_SECONDS * 2 ** min(message.receives - 1, 10), LONGEST_RETRY_SECONDS)
        try:
            self._call("change_message_visibility", ReceiptHandle=message.receipt, VisibilityTimeout=seconds)
        except StoreUnavailable as error:
            logger.warning("message=%s comes again when its time is over: %s", message.id, error)

    @contextmanager
    def _held(self, messages: Sequence[Message]) -> Iterator[set[Message]]:
        """Keep messages hidden from others as long as they are worked on; those removed from the set are let go."""
        held = set(messages)

        def extend() -> None:
            entries = [
                {"Id": str(n), "ReceiptHandle": m.receipt, "VisibilityTimeout": self._visibility_seconds}
                for n, m in enumerate(message for message in messages if message in held)
            ]
            if entries:
                self._call("change_message_visibility_batch", Entries=entries)

        # One that is not extended in time may come twice; then it is known.
        with Rounds("intake-visibility", extend, pause_seconds=self._visibility_seconds / 3, waits_first=True):
            yield held

    def _call(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: Mapping[str, Any] = getattr(self._client, operation)(QueueUrl=self._queue_url, **arguments)
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable(f"queue {self._queue_url}: {error}") from error
        return answer
