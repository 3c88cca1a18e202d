"""Where status changes of human loops are told: EventBridge, SQS, or an HTTP target; each at least once.

An event is marked as told only after every target took it, so that a target that was down gets it with a later sweep.
A target's address may hold a secret, such as a token in its path: logs and messages name its scheme and host only.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3

from ground.errors import SettingsError, StoreUnavailable

Event = dict[str, Any]
Tell = Callable[[Event], None]
SECONDS = 10.0
"""Longest wait for a target."""
LONGEST_PAUSE_SECONDS = 60.0
MOST_REMEMBERED = 10_000
"""Events of which it is remembered who took them, while others have not."""
_BUS = re.compile(r"arn:aws[a-z-]*:events:([a-z0-9-]+):\d{12}:event-bus/[A-Za-z0-9._/-]{1,256}")
_QUEUE = re.compile(r"arn:aws[a-z-]*:sqs:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,80}(?:\.fifo)?)")
_QUEUE_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)?sqs(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?"
    r"|([a-z0-9-]+)\.queue\.amazonaws\.com(?:\.cn)?"
)


@dataclass
class _Target:
    """One target, and how it fares: after each failure in a row it is left alone for twice as long."""

    shown: str
    tell: Tell
    failures: int = 0
    paused_until: float = 0.0


class Targets:
    """Tells all targets; called with an event. Raises `StoreUnavailable` until each of them has taken it.

    Who took an event is not told it again while others are down, unless the process ends in between; and a target that
    hangs holds up the others once in a while only, not with every event.

    Args:
        targets: how each is shown in messages, and how it is told; that raises `StoreUnavailable`.
        clock: seconds that only go on; given for tests.
    """

    def __init__(self, targets: Sequence[tuple[str, Tell]], clock: Callable[[], float] = time.monotonic) -> None:
        self._targets = [_Target(shown, tell) for shown, tell in targets]
        self._clock = clock
        self._lock = threading.Lock()
        self._took: OrderedDict[str, set[int]] = OrderedDict()

    def __call__(self, event: Event) -> None:
        """See the class."""
        with self._lock:
            took = set(self._took.get(event["id"], ()))
        waits = []
        for number, target in enumerate(self._targets):
            if number in took:
                continue
            try:
                self._tell(target, event)
                took.add(number)
            except StoreUnavailable as error:
                waits.append(str(error))
        with self._lock:
            self._took.pop(event["id"], None)
            if waits:
                self._took[event["id"]] = took
                while len(self._took) > MOST_REMEMBERED:
                    self._took.popitem(last=False)
        if waits:
            raise StoreUnavailable("; ".join(waits))

    def _tell(self, target: _Target, event: Event) -> None:
        if target.paused_until > self._clock():
            raise StoreUnavailable(f"{target.shown} did not take the last event and is left alone for a while")
        try:
            target.tell(event)
        except Exception:
            target.paused_until = self._clock() + min(2.0**target.failures, LONGEST_PAUSE_SECONDS)
            target.failures = min(target.failures + 1, 10)
            raise
        target.failures = 0


def open_targets(addresses: str | None) -> Targets:
    """The targets that `MODERATION_A2I_EVENTS` names; they are separated by blanks.

    ``arn:aws:events:..:event-bus/NAME`` is an EventBridge bus; ``https://sqs.REGION.amazonaws.com/..`` or an ARN an SQS
    queue, in the Region that it names. To any other http address the event is posted as JSON. On a bus of one's own the
    source is ``moderation.a2i``, because AWS keeps ``aws.sagemaker`` to itself.

    Raises:
        SettingsError: a target is none of these; its text is not shown, for it may hold a secret.
    """
    return Targets([_target(address) for address in dict.fromkeys((addresses or "").split())])


def _target(address: str) -> tuple[str, Tell]:
    if bus := _BUS.fullmatch(address):
        return address, _bus(address, bus[1])
    if queue := _QUEUE.fullmatch(address):
        return address, _queue_by_arn(address, *queue.groups())
    if address.startswith("arn:"):
        raise _refused("an ARN", "is no event bus and no SQS queue: arn:aws:events:REGION:ACCOUNT:event-bus/NAME")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _refused("an address", "is malformed") from None
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise _refused("a target", "is no event bus, no SQS queue and no http address")
    shown = f"{parts.scheme}://{host[:100]}"
    if parts.username is not None or parts.fragment:
        raise _refused(shown, "has a user name, password or fragment, which would not be sent; use a path or query")
    if by_host := _QUEUE_HOST.fullmatch(host):
        if len([piece for piece in parts.path.split("/") if piece]) != 2:
            raise _refused(shown, "is an SQS address without /ACCOUNT/QUEUE")
        return shown, _queue(address, by_host[1] or by_host[2])
    return shown, _post(address, shown)


def _refused(shown: str, why: str) -> SettingsError:
    return SettingsError(f"MODERATION_A2I_EVENTS: {shown} {why}")


def _client(service: str, region: str) -> Any:
    import boto3
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": 2}
    config = Config(connect_timeout=SECONDS / 2, read_timeout=SECONDS / 2, retries=retries)
    make: Any = boto3.session.Session().client
    return make(service, region_name=region, config=config)


def _bus(arn: str, region: str) -> Tell:
    client = _client("events", region)

    def tell(event: Event) -> None:
        entry = {
            "EventBusName": arn,
            "Source": "moderation.a2i",
            "DetailType": event["detail-type"],
            "Resources": event["resources"],
            "Detail": json.dumps(event["detail"]),
        }
        answer = _called(arn, lambda: client.put_events(Entries=[entry]))
        if answer.get("FailedEntryCount"):
            code = answer["Entries"][0].get("ErrorCode")
            raise StoreUnavailable(f"event bus {arn} did not take an event ({code})")

    return tell


def _queue(url: str, region: str) -> Tell:
    client, name = _client("sqs", region), url.rpartition("/")[2]

    def tell(event: Event) -> None:
        given = _message(name, event)
        _called(f"queue {name}", lambda: client.send_message(QueueUrl=url, **given))

    return tell


def _queue_by_arn(arn: str, region: str, account: str, name: str) -> Tell:
    client = _client("sqs", region)

    def tell(event: Event) -> None:
        found = _called(arn, lambda: client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account))
        given = _message(name, event)
        _called(arn, lambda: client.send_message(QueueUrl=found["QueueUrl"], **given))

    return tell


def _message(queue: str, event: Event) -> dict[str, str]:
    """What is sent to a queue. A FIFO queue keeps a loop's events in order, and drops one that it had."""
    given = {"MessageBody": json.dumps(event)}
    if queue.endswith(".fifo"):
        given |= {"MessageGroupId": event["detail"]["humanLoopName"], "MessageDeduplicationId": event["id"]}
    return given


def _called(target: str, call: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise StoreUnavailable(f"{target} did not take an event ({code})") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"{target} did not take an event ({type(error).__name__})") from error


def _post(url: str, shown: str) -> Tell:
    pool = urllib3.PoolManager(timeout=SECONDS, retries=False)

    def tell(event: Event) -> None:
        headers = {"Content-Type": "application/json"}
        try:
            answer = pool.request("POST", url, body=json.dumps(event), headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            # The error's own text has the whole address, with what may be secret in it.
            raise StoreUnavailable(f"{shown} did not take an event ({type(error).__name__})") from None
        if not 200 <= answer.status < 300:
            raise StoreUnavailable(f"{shown} answered {answer.status} to an event")

    return tell
