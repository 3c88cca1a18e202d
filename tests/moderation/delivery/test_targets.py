"""Targets: who is told of events of all items beside callbacks: what a file may say, and what each kind of target hears."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from jsonschema import Draft202012Validator

from moderation.api.openapi import openapi
from moderation.core.detections import Failure
from moderation.core.egress import kept_failure
from moderation.core.errors import SettingsError, StoreUnavailable
from moderation.core.events import EVENT_TYPES, Listener
from moderation.delivery.mqtt import MqttTarget, publish
from moderation.delivery.notifiers import Notifiers
from moderation.delivery.targets import addressed
from moderation.delivery.web_push import MOST_BYTES, PushTarget, public_key, push, read_key
from moderation.settings import Settings
from moderation.storage.event_log import may_hear
from tests.brokers import USER, Broker
from tests.houses.api import Api
from tests.houses.aws import Aws
from tests.houses.service import NUMBER, REVIEWS, House, appealed
from tests.paths import EXAMPLES
from tests.receiver import Receiver, status
from tests.waiting import wait_for

TOPIC = "arn:aws:sns:us-east-1:123456789012:decisions"


# What the file says


@pytest.fixture(scope="module")
def vapid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key as the docs say that it is made."""
    path = tmp_path_factory.mktemp("vapid") / "vapid.pem"
    made = ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path]
    subprocess.run(made, check=True, capture_output=True)
    return path


def written(tmp_path: Path, text: str, **more: Any) -> Settings:
    path = tmp_path / "targets.yml"
    path.write_text(text)
    return Settings(targets=path, **more)


def test_a_file_says_who_is_told_what(tmp_path: Path) -> None:
    settings = written(
        tmp_path,
        "targets:\n"
        f"  - to: {TOPIC}\n"
        "    events: [item.in_review, item.decided]\n"
        "    apps: [shop]\n"
        "    outcomes: [reject]\n"
        "    metadata: true\n"
        "  - {to: 'mqtts://broker.example/moderation/{app}/{type}', user: me, password_file: /run/secrets/mqtt}\n",
        notify="https://sqs.us-east-1.amazonaws.com/123456789012/all",
    )
    queue, topic, broker = addressed(settings)

    assert (queue.listener.events, queue.listener.apps) == (frozenset({"item.decided"}), None)
    assert topic.listener == Listener(
        TOPIC, frozenset({"item.decided", "item.in_review"}), frozenset({"shop"}), frozenset({"reject"}), True
    )
    assert isinstance(broker.target, MqttTarget)
    assert broker.target.topic({"app": "shop", "type": "item.decided", "item": "1"}) == "moderation/shop/item.decided"


def test_a_listener_wants_what_was_said_and_nothing_else() -> None:
    listener = Listener("x", frozenset({"item.decided", "item.in_review"}), frozenset({"shop"}), frozenset({"reject"}))

    assert listener.wants("shop", "item.decided", "reject")
    assert listener.wants("shop", "item.in_review")
    assert not listener.wants("shop", "item.decided", "approve")
    assert not listener.wants("forum", "item.decided", "reject")
    assert not listener.wants("shop", "item.withdrawn")


PUSH = "{to: 'webpush:desk', vapid_key_file: KEY, contact: 'mailto:ops@example.org', subscription: SUBSCRIPTION}"
KEYS = "{p256dh: " + "B" + "A" * 86 + ", auth: " + "A" * 22 + "}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("targets: []\nmore: 1", "targets.yml: write targets: and below it"),
        ("targets:\n  - {events: [item.decided]}", "targets.yml:2: to: Field required"),
        ("targets:\n  - {to: nonsense}", "targets.yml:2: to: 'nonsense' is no SNS topic"),
        (f"targets:\n  - {{to: '{TOPIC}', events: [item.lost]}}", "targets.yml:2: events.0: Input should be"),
        (f"targets:\n  - {{to: '{TOPIC}', event: [item.decided]}}", "targets.yml:2: event: Extra inputs"),
        (f"targets:\n  - {{to: '{TOPIC}', user: me}}", "targets.yml:2: user: it is for targets that begin with mqtt:"),
        (f"targets:\n  - {{to: '{TOPIC}'}}\n  - {{to: '{TOPIC}'}}", "is a target twice"),
        ("targets:\n  - {to: 'mqtt://u:p@broker/x'}", "targets.yml:2: 'mqtt://u:p@broker/x' is not mqtt://host/topic"),
        ("targets:\n  - {to: 'mqtt://broker/x/#'}", "without # and +"),
        ("targets:\n  - {to: 'mqtt://broker:99999/x'}", "Port out of range"),
        ("targets:\n  - {to: 'mqtt://broker/{who}'}", "{who} is none of {app}, {type}, {item}"),
        ("targets:\n  - {to: 'mqtt://broker/x', password_file: p}", "targets.yml:2: password_file: say user too"),
        ("targets:\n  - {to: 'webpush:desk'}", "targets.yml:2: subscription: missing"),
        ("targets:\n  - " + PUSH.replace("SUBSCRIPTION", "{endpoint: 'http://x.example/1', keys: " + KEYS + "}"), "endpoint: not https"),
        ("targets:\n  - " + PUSH.replace("SUBSCRIPTION", "{endpoint: 'https://x.example/1', keys: {p256dh: AA, auth: AA}}"), "p256dh has 65 bytes"),
        ("targets:\n  - " + PUSH.replace("SUBSCRIPTION", "{endpoint: 'https://10.0.0.1/1', keys: " + KEYS + "}"), "subscription.endpoint: the address is private"),
        ("targets:\n  - " + PUSH.replace("KEY,", "/nowhere.pem,").replace("SUBSCRIPTION", "{endpoint: 'https://x.example/1', keys: " + KEYS + "}"), "/nowhere.pem: No such file"),
        ("targets:\n  - {to: [x}", "targets.yml:2"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line_and_stops_the_start(
    tmp_path: Path, vapid: Path, text: str, said: str
) -> None:
    with pytest.raises(SettingsError) as found:
        addressed(written(tmp_path, text.replace("KEY,", f"{vapid},")))

    assert said in str(found.value)


def test_secrets_of_an_entry_are_in_no_message(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as found:
        addressed(written(tmp_path, "targets:\n  - {to: 'mqtt://b/x', password: 'geheim'}"))

    assert "geheim" not in str(found.value)


def test_without_their_extras_brokers_and_browsers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.delivery.targets.find_spec", lambda _name: None)

    with pytest.raises(SettingsError, match=r"moderation\[mqtt\]"):
        addressed(written(tmp_path, "targets:\n  - {to: 'mqtt://broker/x'}"))


# What they are told


def test_every_step_of_an_item_reaches_those_who_want_it(
    aws: Aws, settings: Settings, tmp_path: Path, empty_api: Api
) -> None:
    sqs, sns, events = aws.client("sqs"), aws.client("sns"), aws.client("events")

    def queue(name: str) -> tuple[str, str]:
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    every, every_arn = queue("every")
    by_topic, topic_queue = queue("by-topic")
    by_bus, bus_queue = queue("by-bus")
    of_others, others_arn = queue("of-others")
    topic = sns.create_topic(Name="reviews")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=topic_queue)
    bus = events.create_event_bus(Name="moderation")["EventBusArn"]
    pattern = {"source": ["moderation"], "detail-type": ["Item Appealed", "Item Withdrawn"]}
    events.put_rule(Name="all", EventBusName="moderation", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="all", EventBusName="moderation", Targets=[{"Id": "q", "Arn": bus_queue}])
    path = tmp_path / "targets.yml"
    kinds = "[item.decided, item.in_review, item.appealed, item.withdrawn]"
    path.write_text(
        f"targets:\n  - {{to: '{every_arn}', events: {kinds}, metadata: true}}\n"
        f"  - {{to: '{topic}', events: [item.in_review]}}\n  - {{to: '{bus}', events: {kinds}}}\n"
        f"  - {{to: '{others_arn}', events: {kinds}, apps: [forum]}}\n"
    )
    house = House(settings.model_copy(update={"targets": path}), tmp_path / "policy", REVIEWS)

    def heard(url: str, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def has() -> bool:
            got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
            found.extend(got.get("Messages", ()))
            return len(found) >= count

        wait_for(has)
        return found

    try:
        item = house.service.pipeline.prepare(
            replace(house.submission(NUMBER), content_id="post-7", metadata={"place": "gate-1"})
        )
        house.service.pipeline.intake([item])
        house.wait(item.id, lambda record: record.status == "in_review")
        wait_for(lambda: item.id + "-1" in house.people.started or bool(house.people.started))
        [name] = house.people.started
        house.people.said[name] = "reject"
        house.wait(item.id, lambda record: record.status == "decided")
        appealed(house, item.id, "approve")
        got = heard(every, 4)
        house.service.erasing.withdraw([item.id], "test")
        got += heard(every, 1)
        asked, on_bus = heard(by_topic, 1), heard(by_bus, 2)
        assert sqs.receive_message(QueueUrl=of_others).get("Messages", []) == []
    finally:
        house.service.close()

    told = sorted((json.loads(each["Body"]) for each in got), key=lambda event: event["number"])
    assert [(each["type"], each["number"], each["supersedes"]) for each in told] == [
        ("item.in_review", 1, None), ("item.decided", 2, 1), ("item.appealed", 3, 2), ("item.decided", 4, 3),
        ("item.withdrawn", 5, 4),
    ]  # fmt: skip
    assert [each["data"].get("metadata") for each in told] == [{"place": "gate-1"}] * 4 + [None]
    assert [each["data"].get("number") for each in told] == [None, 1, None, 2, None]
    document = openapi(empty_api.client.application)
    for event in told:
        content = document["webhooks"][event["type"]]["post"]["requestBody"]["content"]
        schema = content["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(event)
    [review] = [json.loads(json.loads(each["Body"])["Message"]) for each in asked]
    assert (review["type"], review["data"]["queue"], "metadata" in review["data"]) == (
        "item.in_review",
        "people",
        False,
    )
    assert [json.loads(each["Body"])["detail-type"] for each in on_bus] == ["Item Appealed", "Item Withdrawn"]
    attributes = [each["MessageAttributes"] for each in got if json.loads(each["Body"])["number"] in (1, 2)]
    assert sorted(each["type"]["StringValue"] for each in attributes) == ["item.decided", "item.in_review"]
    assert [each["outcome"]["StringValue"] for each in attributes if "outcome" in each] == ["reject"]
    assert NUMBER not in json.dumps(got)


def test_nobody_is_told_of_what_may_not_leave_this_machine() -> None:
    listeners = (Listener("x", frozenset(EVENT_TYPES)),)
    kept: Failure = kept_failure("p0", "it is on list 'x'", [])

    assert may_hear(listeners, None) == may_hear(listeners, {"failures": []}) == listeners
    assert may_hear(listeners, {"failures": [kept.model_dump(mode="json")]}) == ()


def test_an_event_from_before_an_upgrade_is_told_as_it_was_written(aws: Aws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="old")["QueueUrl"]
    name = f"sqs:{url}"
    data = {"id": "i", "app": "shop", "content_id": None, "number": 1, "decision": {"outcome": "reject"}, "media": []}
    old = {"id": "evt_i_1", "type": "item.decided", "timestamp": "2026-11-21T12:44:31.002620Z", "data": data}
    [target] = [each.target for each in addressed(Settings(notify=url))]

    assert Notifiers([target]).tell(name, json.dumps(old).encode())
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == old


# Brokers

FACTS = {"app": "shop", "type": "item.decided", "item": "1"}


def to_broker(broker: Broker, topic: str = "moderation/{app}/{type}", **more: Any) -> MqttTarget:
    given = {"user": USER, "password_file": broker.password_file, **more}
    return MqttTarget(f"mqtt://127.0.0.1:{broker.port}/{topic}", **given)


@pytest.mark.mqtt
def test_a_broker_has_the_event_under_the_topic_of_its_app(broker: Broker) -> None:
    target = to_broker(broker)
    event = {"id": "evt_1", "type": "item.decided", "data": {"app": "shop", "id": "1"}}

    assert Notifiers([target]).tell(target.name, json.dumps(event).encode())

    wait_for(lambda: "moderation/shop/item.decided" in broker.heard)
    assert [json.loads(text) for text in broker.heard["moderation/shop/item.decided"]] == [event]


@pytest.mark.mqtt
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user": "nobody"}, "mqtt answered Not authorized"),
        ({"password_file": None}, "mqtt answered Not authorized"),
        ({"topic": "elsewhere/x"}, "mqtt answered Not authorized"),
        ({"password_file": Path("/nowhere")}, "mqtt: FileNotFoundError"),
    ],
)
def test_a_broker_that_refuses_says_why_and_is_told_again_later(
    broker: Broker, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(StoreUnavailable, match=said):
        publish(to_broker(broker, **change), FACTS, "{}")

    assert "elsewhere/x" not in broker.heard


def test_a_broker_that_is_away_or_no_broker_is_unavailable(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.delivery.mqtt.SECONDS", 0.5)
    with pytest.raises(StoreUnavailable, match="mqtt: ConnectionRefusedError"):
        publish(MqttTarget("mqtt://127.0.0.1:9/x"), FACTS, "{}")
    with pytest.raises(StoreUnavailable, match="mqtt"):
        publish(MqttTarget(f"mqtt://127.0.0.1:{receiver.server_port}/x"), FACTS, "{}")


# Browsers


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    opened.start()
    yield opened
    opened.stop()


class Browser:
    """What a browser does: it has a key and a secret, and reads what it is sent."""

    def __init__(self, endpoint: str, key_file: Path) -> None:
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef"
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.target = PushTarget("webpush:desk", endpoint, point, self.secret, key_file, "mailto:ops@example.org")

    def read(self, body: bytes) -> Any:
        text = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        return json.loads(text)


@pytest.fixture
def browser(receiver: Receiver, vapid: Path) -> Browser:
    return Browser(f"{receiver.url}/push/1", vapid)


def told(browser: Browser, event: dict[str, Any], now: datetime | None = None) -> bool:
    at = now or datetime.now(UTC)
    return push(browser.target, json.dumps(event).encode(), at, timeout_seconds=10, allow_private=True)


EVENT = {"id": "evt_1", "type": "item.decided", "number": 1, "data": {"id": "1", "app": "shop", "content_id": None}}


def test_a_browser_reads_the_event_and_its_service_sees_whose_it_is(
    browser: Browser, receiver: Receiver, vapid: Path
) -> None:
    now = datetime.now(UTC)
    assert told(browser, EVENT, now)

    [request] = receiver.got("/push/1")
    assert browser.read(request.body) == EVENT
    assert (request.headers["content-encoding"], request.headers["ttl"]) == ("aes128gcm", "86400")
    token, key = request.headers["authorization"].removeprefix("vapid t=").split(", k=")
    assert key == public_key(read_key(vapid))
    claims = jwt.decode(token, ECKey.import_key(vapid.read_bytes())).claims
    assert claims["aud"] == receiver.url
    assert claims["sub"] == "mailto:ops@example.org"
    assert now < datetime.fromtimestamp(claims["exp"], UTC) <= now + timedelta(hours=24)


def test_an_event_that_is_too_large_comes_by_its_names_alone(browser: Browser, receiver: Receiver) -> None:
    large = {**EVENT, "data": {**EVENT["data"], "metadata": {"x": "y" * MOST_BYTES}}}  # type: ignore[dict-item]
    assert told(browser, large)

    [request] = receiver.got("/push/1")
    assert len(request.body) < 4096
    assert browser.read(request.body) == {**EVENT, "is_cut": True}


def test_the_largest_event_fits(browser: Browser, receiver: Receiver) -> None:
    room = MOST_BYTES - len(json.dumps({**EVENT, "x": ""}))
    assert told(browser, {**EVENT, "x": "y" * room})

    [request] = receiver.got("/push/1")
    assert len(request.body) == 4096
    assert "is_cut" not in browser.read(request.body)


@pytest.mark.parametrize("code", [404, 410])
def test_a_browser_that_is_gone_is_told_no_more(browser: Browser, receiver: Receiver, code: int) -> None:
    receiver.answers["/push/1"] = status(code)

    assert told(browser, EVENT) is False


@pytest.mark.parametrize("code", [429, 500, 301])
def test_a_push_service_that_does_not_take_it_is_asked_again_later(
    browser: Browser, receiver: Receiver, code: int
) -> None:
    receiver.answers["/push/1"] = status(code)

    with pytest.raises(StoreUnavailable, match=f"webpush: HTTP {code}"):
        told(browser, EVENT)


def test_a_push_service_at_a_private_address_is_not_called(browser: Browser, receiver: Receiver) -> None:
    with pytest.raises(StoreUnavailable, match="refused"):
        push(browser.target, b"{}", datetime.now(UTC), timeout_seconds=10, allow_private=False)

    assert receiver.requests == []
    assert receiver.url not in repr(browser.target)
    assert base64.b64encode(browser.secret).decode() not in repr(browser.target)


def test_a_gone_browser_ends_the_delivery(
    open_api: Callable[..., Api], receiver: Receiver, browser: Browser, vapid: Path, tmp_path: Path
) -> None:
    receiver.answers["/push/1"] = status(410)
    api = open_api(allow_private_urls=True)
    api.service.store._listeners = (Listener(browser.target.name),)
    api.service.deliveries._notifiers = Notifiers([browser.target], allow_private=True)

    rejected = (EXAMPLES / "ssn.txt").read_text(encoding="utf-8")
    api.post("/v1/items", json={"parts": [{"type": "text", "text": rejected}]})
    api.service.work_once()
    api.service.deliveries.run_due()

    assert api.service.outbox.counts() == {"given_up": 1}
    assert len(receiver.requests) == 1
