"""Notifications of own buckets: what is put into them becomes items of their app, once, or a dead letter with a reason."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError

from moderation.aws.s3.notifications import intake_arn
from moderation.intake.ledger import Ledger
from moderation.storage.tables import items
from tests.houses.aws_door import REGION, Door, blank

ARN = intake_arn(REGION)


def rules(*prefixes: str, arn: str = ARN, event: str = "s3:ObjectCreated:*") -> dict[str, Any]:
    return {
        "QueueConfigurations": [
            {"Id": f"to-moderation-{prefix}", "QueueArn": arn, "Events": [event], "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": prefix}]}}}
            for prefix in prefixes
        ]
    }  # fmt: skip


def put(door: Door, key: str, body: bytes) -> None:
    door.s3.put_object(Bucket="incoming-items", Key=key, Body=body)


def items_of(door: Door, key: str) -> list[Any]:
    query = sa.select(items).where(items.c.content_id == f"s3://incoming-items/{key}")
    return door.service.database.read(lambda c: list(c.execute(query)))


@pytest.fixture(scope="module", autouse=True)
def bucket(door: Door) -> None:
    door.s3.create_bucket(Bucket="incoming-items")
    door.s3.put_bucket_notification_configuration(Bucket="incoming-items", NotificationConfiguration=rules("new/"))


def test_what_was_set_is_told(door: Door) -> None:
    told = door.s3.get_bucket_notification_configuration(Bucket="incoming-items")

    assert told["QueueConfigurations"] == rules("new/")["QueueConfigurations"]


@pytest.mark.parametrize(
    ("key", "body", "kind"), [("new/a.txt", b"hello there", "text"), ("new/b.png", blank(), "image")]
)
def test_an_object_becomes_an_item_of_its_buckets_app(door: Door, key: str, body: bytes, kind: str) -> None:
    put(door, key, body)

    [item] = items_of(door, key)
    assert (item.app, item.document["parts"][0]["type"]) == ("shop", kind)
    assert item.document["metadata"]["s3_key"] == key


def test_the_same_content_again_makes_no_second_item_and_other_content_does(door: Door) -> None:
    for body in (b"first", b"first", b"second"):
        put(door, "new/again.txt", body)

    assert len(items_of(door, "new/again.txt")) == 2


def test_keys_that_are_not_meant_become_nothing(door: Door) -> None:
    put(door, "old/a.txt", b"hello there")

    assert items_of(door, "old/a.txt") == []


def test_what_cannot_become_an_item_is_a_dead_letter_and_the_object_stays(door: Door) -> None:
    put(door, "new/odd.bin", b"\xff\xfe\x00\x01")

    letters = [each for each in Ledger(door.service.database).dead() if each.uri == "s3://incoming-items/new/odd.bin"]
    assert [each.reason for each in letters] == ["neither a picture, film or sound that is known, nor a text"]
    assert door.s3.head_object(Bucket="incoming-items", Key="new/odd.bin")["ContentLength"] == 4


def test_a_full_backlog_has_the_client_put_it_again(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door.service, "backlog", lambda: {"shop": door.settings.max_app_backlog})

    with pytest.raises(ClientError, match="SlowDown"):
        put(door, "new/later.txt", b"later")

    assert items_of(door, "new/later.txt") == []


@pytest.mark.parametrize(
    "given",
    [
        rules("x/", arn="arn:aws:sqs:us-east-1:123456789012:theirs"),
        rules("x/", event="s3:ObjectRemoved:*"),
        {
            "TopicConfigurations": [
                {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Events": ["s3:ObjectCreated:*"]}
            ]
        },
        {"EventBridgeConfiguration": {}},
    ],
)
def test_nobody_else_is_told_and_the_refusal_says_who_is(door: Door, given: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="InvalidArgument"):
        door.s3.put_bucket_notification_configuration(Bucket="incoming-items", NotificationConfiguration=given)

    assert door.s3.get_bucket_notification_configuration(Bucket="incoming-items")["QueueConfigurations"]


def test_buckets_of_others_and_of_operators_are_not_set(door: Door) -> None:
    operator = door.client("s3", door.operator)
    operator.create_bucket(Bucket="operators-incoming")
    given = {"NotificationConfiguration": rules("x/")}

    with pytest.raises(ClientError, match="operator's"):
        operator.put_bucket_notification_configuration(Bucket="operators-incoming", **given)
    with pytest.raises(ClientError, match="AccessDenied"):
        door.client("s3", door.other).put_bucket_notification_configuration(Bucket="incoming-items", **given)
