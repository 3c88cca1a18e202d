"""Where status changes of human loops are told: EventBridge, SQS, or an HTTP target; each at least once.

An event is marked as told only after every target took it, so that a target that was down gets it with a later sweep.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3

from moderation.core.errors import SettingsError, StoreUnavailable
from moderation.settings import Settings

logger = logging.getLogger(__name__)

Event = dict[str, Any]
SECONDS = 10.0
_QUEUE_URL = re.compile(r"https?://sqs\.(?:([a-z0-9-]+)\.)?amazonaws\.com(?:\.cn)?/")


def open_targets(settings: Settings) -> Callable[[Event], None]:
    """Tells every target that `MODERATION_A2I_EVENTS` names; they are separated by blanks.

    ``arn:aws:events:..:event-bus/NAME`` is an EventBridge bus, ``https://sqs.REGION.amazonaws.com/..`` or an ARN an SQS
    queue; to any other address the event is posted as JSON. On a bus of one's own the source is ``moderation.a2i``,
    because AWS keeps ``aws.sagemaker`` to itself.

    Raises:
        SettingsError: a target is none of these.
    """
    targets = [_target(name, settings) for name in (settings.a2i_events or "").split()]

    def tell(event: Event) -> None:
        for target in targets:
            target(event)

    return tell


def _target(name: str, settings: Settings) -> Callable[[Event], None]:
    if name.startswith("arn:") and ":event-bus/" in name:
        return _bus(name, name.split(":")[3])
    if name.startswith("arn:") and name.count(":") == 5 and name.split(":")[2] == "sqs":
        return _queue_by_arn(name)
    if match := _QUEUE_URL.match(name):
        return _queue(name, match[1] or settings.a2i_region)
    if name.startswith(("https://", "http://")):
        return _post(name)
    raise SettingsError(f"MODERATION_A2I_EVENTS: {name!r} is no event bus, no SQS queue and no http address")


def _client(service: str, region: str) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=SECONDS, read_timeout=SECONDS, retries={"mode": "standard", "total_max_attempts": 3}
    )
    return boto3.session.Session().client(service, region_name=region, config=config)  # type: ignore[call-overload]


def _bus(arn: str, region: str) -> Callable[[Event], None]:
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


def _queue(url: str, region: str) -> Callable[[Event], None]:
    client = _client("sqs", region)

    def tell(event: Event) -> None:
        _called(url, lambda: client.send_message(QueueUrl=url, MessageBody=json.dumps(event)))

    return tell


def _queue_by_arn(arn: str) -> Callable[[Event], None]:
    _, _, _, region, account, queue = arn.split(":")
    client = _client("sqs", region)

    def tell(event: Event) -> None:
        found = _called(arn, lambda: client.get_queue_url(QueueName=queue, QueueOwnerAWSAccountId=account))
        _called(arn, lambda: client.send_message(QueueUrl=found["QueueUrl"], MessageBody=json.dumps(event)))

    return tell


def _called(target: str, call: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call()
    except (BotoCoreError, ClientError) as error:
        raise StoreUnavailable(f"{target} did not take an event: {error}") from error


def _post(url: str) -> Callable[[Event], None]:
    pool = urllib3.PoolManager(timeout=SECONDS, retries=False)
    # Passwords and tokens stand before the host and in the query; they do not belong into logs.
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname}{parts.path}"

    def tell(event: Event) -> None:
        headers = {"Content-Type": "application/json"}
        try:
            answer = pool.request("POST", url, body=json.dumps(event), headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise StoreUnavailable(f"{shown} did not take an event: {type(error).__name__}") from error
        if not 200 <= answer.status < 300:
            raise StoreUnavailable(f"{shown} answered {answer.status} to an event")

    return tell
