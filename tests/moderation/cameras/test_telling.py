"""Events of cameras reach an address and the targets that name them, each tried again; what nobody takes is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Literal

import pytest

from moderation.cameras import telling
from moderation.cameras.telling import Telling
from moderation.cameras.watching import Event
from moderation.core.errors import SettingsError
from moderation.delivery.targets import addressed
from moderation.settings import Settings
from tests.houses.aws import Aws
from tests.receiver import Receiver
from tests.waiting import wait_for


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.start()
    yield made
    made.stop()


def event(kind: Literal["camera.alert", "camera.state"] = "camera.alert", app: str = "site") -> Event:
    at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    return Event(kind, app, "gate-1", at, "ok", "2 of 5 pictures at gate-1 were not approved: no helmet", ("i1", "i2"))


def test_an_alert_reaches_the_address_and_the_targets_that_name_it(
    receiver: Receiver, aws: Aws, tmp_path: Path
) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    (tmp_path / "targets.yml").write_text(f"targets: [{{to: '{arn}', events: [camera.alert], apps: [site]}}]")
    targets = addressed(Settings(data=tmp_path, targets=tmp_path / "targets.yml"))
    complaints: list[str] = []

    told = Telling(f"{receiver.url}/alerts", targets, complaints.append, allow_private=True)
    for each in (event(), event("camera.state"), event(app="other")):
        told.tell(each)
    told.close()

    assert complaints == []
    posted = [json.loads(request.body) for request in receiver.got("/alerts")]
    assert [each["type"] for each in posted] == ["camera.alert", "camera.state", "camera.alert"]
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10)["Messages"]
    assert json.loads(message["Body"]) == posted[0]
    assert posted[0]["data"]["message"] == "2 of 5 pictures at gate-1 were not approved: no helmet"
    assert posted[0]["data"]["metadata"] == {"place": "gate-1", "camera": "ok", "at": "2026-12-01T12:00:00+00:00"}
    assert message["MessageAttributes"]["type"]["StringValue"] == "camera.alert"


def test_who_does_not_answer_is_tried_again_and_then_it_is_said(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "PAUSES", (0.01, 0.01))
    receiver.answers["/alerts"] = lambda handler: answer(handler, 503)
    complaints: list[str] = []

    told = Telling(f"{receiver.url}/alerts", [], complaints.append, allow_private=True)
    told.tell(event())
    wait_for(lambda: bool(complaints))
    told.close()

    assert len(receiver.got("/alerts")) == 3
    assert "did not take" in complaints[0]
    assert receiver.url not in complaints[0]


def answer(handler: BaseHTTPRequestHandler, status: int) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def test_a_word_that_is_no_event_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "targets.yml").write_text("targets:\n  - {to: 'sqs:x', events: [camera.fire]}\n")

    with pytest.raises(SettingsError, match=r"targets.yml:2: events"):
        addressed(Settings(data=tmp_path, targets=tmp_path / "targets.yml"))
