"""Notifiers: events told to SNS topics, EventBridge buses, SQS queues, brokers and browsers, as `targets` says.

They go through the same outbox as webhooks: written with what they tell of, sent until they are taken.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ground.aws import client
from moderation.core.errors import SettingsError, StoreUnavailable
from moderation.core.events import EventType
from moderation.delivery.mqtt import MqttTarget, publish
from moderation.delivery.web_push import PushTarget, push

_ARN = re.compile(r"arn:aws[a-z-]*:(sns|events|sqs):([a-z0-9-]+):([0-9]{12}):(event-bus/)?([A-Za-z0-9._/-]{1,256})")
_SQS_URL = re.compile(r"https?://\S+/([0-9]{12})/([A-Za-z0-9_-]{1,80}(\.fifo)?)")
SECONDS = 10.0
SOURCE = "moderation"
DETAIL_TYPES: Mapping[EventType, str] = {
    "item.decided": "Item Decided",
    "item.in_review": "Item In Review",
    "item.appealed": "Item Appealed",
    "item.withdrawn": "Item Withdrawn",
}
"""What EventBridge rules match, with the source."""


@dataclass(frozen=True)
class Target:
    """Where events are told on AWS.

    Attributes:
        name: as the outbox says it: an ARN, or ``sqs:`` and the address of a queue.
        service: ``sns``, ``events`` or ``sqs``.
    """

    name: str
    service: str
    region: str

    @property
    def is_fifo(self) -> bool:
        """True for topics and queues that keep an order and drop duplicates themselves."""
        return self.name.endswith(".fifo")


AnyTarget = Target | MqttTarget | PushTarget


def target_named(setting: str, name: str, region: str) -> Target:
    """A target by its ARN or address. Raises `SettingsError`, which names the setting."""
    arn = _ARN.fullmatch(name)
    if arn is not None and (arn[1] == "events") == bool(arn[4]):
        return Target(name, arn[1], arn[2])
    if _SQS_URL.fullmatch(name):
        in_name = re.match(r"https?://sqs\.([a-z0-9-]+)\.amazonaws\.com", name)
        return Target(f"sqs:{name}", "sqs", in_name[1] if in_name else region)
    raise SettingsError(
        f"{setting}: {name[:200]!r} is no SNS topic (ARN), EventBridge bus (ARN) or SQS queue (ARN or URL)"
    )


@contextmanager
def _told(target: Target) -> Iterator[None]:
    """Turn what AWS's client raises into `StoreUnavailable`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise StoreUnavailable(f"{target.service} answered {code}") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"{target.service}: {type(error).__name__}") from error


class Notifiers:
    """Sends events; one client per service and Region of AWS, shared by threads.

    Args:
        allow_private: browsers' push services may be at private addresses; for tests.
    """

    def __init__(self, targets: Sequence[AnyTarget], *, allow_private: bool = False) -> None:
        self._targets = {target.name: target for target in targets}
        self._allow_private = allow_private
        self._clients: dict[tuple[str, str], Any] = {}
        self._urls: dict[str, str] = {}
        self._lock = threading.Lock()

    def knows(self, name: str) -> bool:
        """True for a target of the settings; one that was taken out of them gets nothing any more."""
        return name in self._targets

    def tell(self, name: str, payload: bytes) -> bool:
        """Tell a target of an event.

        Args:
            payload: the event as JSON.

        Returns:
            False when the target is gone for good, and wants no more.

        Raises:
            StoreUnavailable: the target did not take it.
        """
        target = self._targets[name]
        if isinstance(target, PushTarget):
            now = datetime.now(UTC)
            return push(target, payload, now, timeout_seconds=SECONDS, allow_private=self._allow_private)
        event = json.loads(payload)  # not by its model: one from before an upgrade is told as it was written
        kind, data = event["type"], event["data"]
        if isinstance(target, MqttTarget):
            publish(target, {"app": data["app"], "type": kind, "item": data["id"]}, payload.decode())
            return True
        with _told(target):
            if target.service == "events":
                self._put_event(target, kind, datetime.fromisoformat(event["timestamp"]), payload.decode())
            else:
                facts = {"event_id": event["id"], "type": kind, "item_id": data["id"], "app": data["app"]}
                if "decision" in data:
                    facts["outcome"] = data["decision"]["outcome"]
                self._send(target, payload.decode(), facts, data["id"], event["id"])
        return True

    def say(self, name: str, text: str, *, once: str) -> None:
        """Send a topic or queue a message that is no decision.

        Args:
            once: what a topic or queue that drops duplicates knows the message by; it keeps no order with others.

        Raises:
            StoreUnavailable: the target did not take it.
        """
        target = self._targets[name]
        assert isinstance(target, Target)
        with _told(target):
            self._send(target, text, {}, once, once)

    def _send(self, target: Target, text: str, facts: Mapping[str, str], group: str, once: str) -> None:
        given: dict[str, Any] = {
            "MessageAttributes": {name: {"DataType": "String", "StringValue": value} for name, value in facts.items()}
        }
        if target.is_fifo:
            given |= {"MessageGroupId": group, "MessageDeduplicationId": once}
        if target.service == "sns":
            self._client(target).publish(TopicArn=target.name, Message=text, **given)
        else:
            self._client(target).send_message(QueueUrl=self._url(target), MessageBody=text, **given)

    def _put_event(self, target: Target, kind: EventType, at: datetime, text: str) -> None:
        entry = {
            "EventBusName": target.name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPES[kind],
            "Time": at,
            "Detail": text,
        }
        answer = self._client(target).put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):  # the call itself succeeds all the same
            raise StoreUnavailable(f"events answered {answer['Entries'][0].get('ErrorCode')}")

    def _url(self, target: Target) -> str:
        if not target.name.startswith("arn:"):
            return target.name.removeprefix("sqs:")
        if target.name not in self._urls:
            owner, name = target.name.split(":")[4:6]
            answer = self._client(target).get_queue_url(QueueName=name, QueueOwnerAWSAccountId=owner)
            self._urls[target.name] = answer["QueueUrl"]
        return self._urls[target.name]

    def _client(self, target: Target) -> Any:
        key = (target.service, target.region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = client(*key, read_timeout=SECONDS)
            return self._clients[key]
