"""Decisions told to SNS topics, EventBridge buses and SQS queues, through the outbox."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from moderation import cli
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.errors import SettingsError
from moderation.core.events import DecidedEvent
from moderation.delivery.notifiers import Target
from moderation.delivery.outbox import Outbox
from moderation.delivery.targets import addressed
from moderation.settings import Settings
from tests.houses.api import Api
from tests.houses.aws import Aws
from tests.paths import EXAMPLES
from tests.pictures import PICTURE

Open = Callable[..., Api]
SCHEMA = Path("docs/item-decided.schema.json")
SECRET = "Write to me: jo@example.org"
REJECTED = (EXAMPLES / "ssn.txt").read_text(encoding="utf-8")


class World:
    """A queue that hears of everything, by every way that there is."""

    def __init__(self, aws: Aws) -> None:
        self.sqs, self.sns, self.events = aws.client("sqs"), aws.client("sns"), aws.client("events")
        self.direct, direct_arn = self.queue("direct")
        self.by_topic, topic_queue = self.queue("by-topic")
        self.by_bus, bus_queue = self.queue("by-bus")
        self.fifo, fifo_arn = self.queue("in-order.fifo", FifoQueue="true")
        self.topic = self.sns.create_topic(Name="decisions")["TopicArn"]
        self.sns.subscribe(
            TopicArn=self.topic,
            Protocol="sqs",
            Endpoint=topic_queue,
            Attributes={"FilterPolicy": json.dumps({"outcome": ["reject"]})},
        )
        self.bus = self.events.create_event_bus(Name="moderation")["EventBusArn"]
        pattern = {"source": ["moderation"], "detail-type": ["Item Decided"]}
        pattern["detail"] = {"data": {"decision": {"outcome": ["reject"]}}}  # type: ignore[assignment]
        self.events.put_rule(Name="all", EventBusName="moderation", EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule="all", EventBusName="moderation", Targets=[{"Id": "q", "Arn": bus_queue}])
        self.names = f"{self.topic} {self.bus} {self.direct} {fifo_arn} {self.topic}"
        self.direct_arn = direct_arn

    def queue(self, name: str, **attributes: str) -> tuple[str, str]:
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn

    def heard(self, url: str, most: int = 1) -> list[dict[str, Any]]:
        """What a queue has; waited for a second where it has fewer than `most` (moto shows nothing at once)."""
        found: list[dict[str, Any]] = []
        wanted = {"MessageAttributeNames": ["All"], "AttributeNames": ["All"], "WaitTimeSeconds": 1 if most else 0}
        while more := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **wanted).get("Messages"):
            found += more
            if len(found) >= most:
                break
        return found


def judge(api: Api, text: str) -> str:
    """An item of this text, judged by detectors and rules, and told of."""
    item: str = api.post("/v1/items", json={"parts": [{"type": "text", "text": text}]}).json["id"]
    api.service.work_once()
    api.service.deliveries.run_due()
    return item


def decide(api: Api, *parts: dict[str, str], **more: Any) -> str:
    """An item that is rejected without being looked at; nothing is told of it yet."""
    given = parts or ({"type": "text", "text": SECRET},)
    item: str = api.post("/v1/items", json={"parts": given, **more}).json["id"]
    policy = PolicyRef(name="p", version="1")
    now = api.service.pipeline.now()
    decision = Decision(outcome="reject", decided_by="rules", reason="fine", policy=policy, decided_at=now)
    assert api.service.store.decide(item, decision, None, None) is not None
    return item


def test_every_decision_reaches_topic_bus_and_queues_with_one_id(aws: Aws, open_api: Open) -> None:
    world = World(aws)
    api = open_api(notify=world.names)

    item = judge(api, REJECTED)

    [direct], [by_topic], [by_bus] = (world.heard(url) for url in (world.direct, world.by_topic, world.by_bus))
    [fifo] = world.heard(world.fifo)
    event = json.loads(by_bus["Body"])
    told = [json.loads(direct["Body"]), json.loads(json.loads(by_topic["Body"])["Message"]), event["detail"]]
    assert told[0] == told[1] == told[2] == json.loads(fifo["Body"])
    assert (event["source"], event["detail-type"]) == ("moderation", "Item Decided")
    notice = told[0]
    assert notice["id"] == f"evt_{item.replace('-', '')}_1"
    assert (notice["type"], notice["data"]["id"], notice["data"]["number"]) == ("item.decided", item, 1)
    assert notice["data"]["decision"]["outcome"] == "reject"
    attributes = {name: value["StringValue"] for name, value in direct["MessageAttributes"].items()}
    assert attributes == {
        "event_id": notice["id"],
        "item_id": item,
        "app": "shop",
        "outcome": "reject",
        "type": "item.decided",
    }
    assert fifo["Attributes"]["MessageDeduplicationId"] == notice["id"]
    assert fifo["Attributes"]["MessageGroupId"] == item


def test_notices_are_as_the_schema_in_the_docs_says_and_carry_no_content(aws: Aws, open_api: Open) -> None:
    world = World(aws)
    api = open_api(notify=world.direct_arn)
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)

    decide(api, metadata={"who": "secret"}, content_id="c-1")
    api.service.deliveries.run_due()

    heard = world.heard(world.direct)
    assert heard
    for message in heard:
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(json.loads(message["Body"]))
        assert "jo@" not in message["Body"]
        assert "secret" not in message["Body"]
    written = json.dumps(DecidedEvent.model_json_schema(mode="serialization"), indent=2) + "\n"
    assert SCHEMA.read_text() == written, "write it anew: it is DecidedEvent.model_json_schema(mode='serialization')"


def test_pictures_are_named_by_their_digest(aws: Aws, open_api: Open) -> None:
    world = World(aws)
    api = open_api(notify=world.direct)
    decide(api, {"type": "image", "base64": base64.b64encode(PICTURE).decode()})
    api.service.deliveries.run_due()

    [message] = world.heard(world.direct)
    digest = hashlib.sha256(PICTURE).hexdigest()
    media = json.loads(message["Body"])["data"]["media"]
    assert media == [{"part": "p0", "content_type": "image/jpeg", "sha256": digest}]


def test_a_target_that_is_down_gets_it_later_and_the_others_at_once(aws: Aws, open_api: Open) -> None:
    world = World(aws)
    late, _ = world.queue("late")
    world.sqs.delete_queue(QueueUrl=late)
    api = open_api(notify=f"{late} {world.direct} {world.bus}-gone")
    now = [api.service.pipeline.now() + timedelta(seconds=30)]
    api.service.deliveries._clock = lambda: now[0]  # the wall time, moved by hand

    item = decide(api)
    api.service.deliveries.run_due()
    outbox = Outbox(api.service.database)

    assert len(world.heard(world.direct)) == 1
    assert outbox.counts() == {"delivered": 1, "due": 2}
    reasons = " ".join(attempt.reason for attempt in outbox.attempts(item))
    assert "NonExistentQueue" in reasons

    world.queue("late")
    now[0] += timedelta(minutes=1)
    api.service.deliveries.run_due()
    assert outbox.counts() == {"delivered": 2, "due": 1}
    assert len(world.heard(late)) == 1


def test_what_was_taken_twice_has_one_id(aws: Aws, open_api: Open) -> None:
    world = World(aws)
    api = open_api(notify=world.direct)
    item = decide(api)
    api.service.deliveries.run_due()

    api.service.deliveries.replay(item)
    api.service.deliveries.run_due()

    first, second = (json.loads(message["Body"]) for message in world.heard(world.direct, 2))
    assert first == second


def test_a_target_that_left_the_settings_is_told_nothing(aws: Aws, open_api: Open, tmp_path: Path) -> None:
    world = World(aws)
    api = open_api(notify=world.direct)
    decide(api)
    api.close()

    without = open_api(notify=world.by_bus)
    without.service.deliveries.run_due()

    assert world.heard(world.direct, 0) == []
    assert without.service.outbox.counts() == {"due": 1}


@pytest.mark.parametrize(
    "name",
    [
        "decisions",
        "arn:aws:sns:us-east-1:1234:decisions",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn:aws:events:us-east-1:123456789012:rule/x",
        "arn:aws:sqs:us-east-1:123456789012:event-bus/x",
        "https://example.com/hook",
        "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/q",
    ],
)
def test_what_cannot_be_told_stops_the_start(name: str) -> None:
    with pytest.raises(SettingsError, match="MODERATION_NOTIFY"):
        addressed(Settings(notify=name))


@pytest.mark.usefixtures("one_policy")
def test_doctor_says_who_is_told_and_what_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODERATION_NOTIFY", "arn:aws:sns:eu-west-1:123456789012:decisions nonsense")
    monkeypatch.setenv("MODERATION_MEDIA_IN_PLACE", "shop=s3://photos/new/")

    assert cli.run(["doctor", "--data", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "objects of app shop are read in s3://photos/new/" in said
    assert "MODERATION_NOTIFY: 'nonsense'" in said


def test_targets_know_their_service_and_region() -> None:
    names = (
        "arn:aws:sns:eu-west-1:123456789012:t.fifo arn:aws-cn:events:cn-north-1:123456789012:event-bus/b "
        "https://sqs.ap-south-1.amazonaws.com/123456789012/q http://localhost:4566/000000000000/q"
    )
    found = [each.target for each in addressed(Settings(notify=names, a2i_region="eu-north-1"))]

    assert [(t.service, t.region, t.is_fifo) for t in found if isinstance(t, Target)] == [
        ("sns", "eu-west-1", True),
        ("events", "cn-north-1", False),
        ("sqs", "ap-south-1", False),
        ("sqs", "eu-north-1", False),
    ]
