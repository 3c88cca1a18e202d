"""Who hears of ended loops, when, and how often."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from moderation.core.errors import SettingsError, StoreUnavailable
from moderation.settings import load_settings
from review_ui.a2i.events import Event, Targets, open_targets
from review_ui.a2i.outputs import sweep
from tests.houses.endpoint import Endpoint, start

EVENT = {
    "id": "0f0f0f0f-0000-4000-8000-000000000000",
    "time": "2026-11-20T10:11:12Z",
    "source": "aws.sagemaker",
    "detail-type": "SageMaker A2I HumanLoop Status Change",
    "resources": ["arn:x"],
    "detail": {"humanLoopName": "a"},
}


class Target:
    """An HTTP target that fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.got: list[dict[str, Any]] = []
        self.failures = failures
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if target.failures:
                    target.failures -= 1
                    self.send_response(503)
                else:
                    target.got.append(json.loads(body))
                    self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/events?token=very-secret"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def target() -> Iterator[Target]:
    opened = Target(failures=2)
    yield opened
    opened.http.shutdown()
    opened.http.server_close()


def later(endpoint: Endpoint, seconds: int) -> None:
    endpoint.offset += timedelta(seconds=seconds)
    sweep(endpoint.review)


def test_a_target_that_was_down_hears_of_the_end_of_a_loop_later_and_the_others_only_once(
    endpoint: Endpoint, target: Target, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    [down] = open_targets(load_settings(data=tmp_path, a2i_events=target.url).a2i_events)._targets
    targets = Targets(
        [("here", endpoint.events.append), (down.shown, down.tell)], lambda: endpoint.offset.total_seconds()
    )
    endpoint.review.on_status_change = targets
    for name in ("one", "two"):
        start(endpoint, flow, name)
        runtime.stop_human_loop(HumanLoopName=name)
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            later(endpoint, 70)

    assert sorted(event["detail"]["humanLoopName"] for event in target.got) == ["one", "two"]
    assert sorted(event["detail"]["humanLoopName"] for event in endpoint.events) == ["one", "two"]
    assert target.got[0]["detail"]["humanLoopStatus"] == "Stopped"
    assert "answered 503" in caplog.text
    assert "very-secret" not in caplog.text


def test_a_target_that_is_down_is_left_alone_longer_and_longer_whatever_waits() -> None:
    now, tried, heard = [0.0], [], []

    def fail(event: Event) -> None:
        tried.append(event["id"])
        raise StoreUnavailable("down")

    targets = Targets([("down", fail), ("up", lambda event: heard.append(event["id"]))], lambda: now[0])
    for second in range(30):
        now[0] = float(second)
        for number in range(3):
            with pytest.raises(StoreUnavailable):
                targets({**EVENT, "id": str(number)})

    assert len(tried) == 5, "at 0, 1, 3, 7 and 15 seconds"
    assert heard == ["0", "1", "2"]


def test_a_target_that_is_back_gets_what_it_missed() -> None:
    now, is_down, heard = [0.0], [True], []

    def tell(event: Event) -> None:
        if is_down[0]:
            raise StoreUnavailable("down")
        heard.append(event["id"])

    targets = Targets([("target", tell)], lambda: now[0])
    with pytest.raises(StoreUnavailable):
        targets(EVENT)
    is_down[0], now[0] = False, 2.0
    targets(EVENT)
    targets({**EVENT, "id": "another"})

    assert heard == [EVENT["id"], "another"]


@mock_aws
def test_sqs_and_eventbridge_get_the_event_in_the_region_of_their_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    session = boto3.session.Session(region_name="eu-central-1")
    sqs, events = session.client("sqs"), session.client("events")
    direct = sqs.create_queue(QueueName="direct")["QueueUrl"]
    ordered = sqs.create_queue(QueueName="ordered.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    behind = sqs.create_queue(QueueName="behind-the-bus")["QueueUrl"]
    behind_arn = sqs.get_queue_attributes(QueueUrl=behind, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus = events.create_event_bus(Name="reviews")["EventBusArn"]
    pattern = json.dumps({"detail-type": ["SageMaker A2I HumanLoop Status Change"]})
    events.put_rule(Name="all", EventBusName="reviews", EventPattern=pattern)
    events.put_targets(Rule="all", EventBusName="reviews", Targets=[{"Id": "1", "Arn": behind_arn}])

    by_arn_url = sqs.create_queue(QueueName="by-arn")["QueueUrl"]
    by_arn = sqs.get_queue_attributes(QueueUrl=by_arn_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    open_targets(load_settings(data=tmp_path, a2i_events=f"{direct} {bus} {ordered} {by_arn}").a2i_events)(EVENT)

    assert direct.startswith("https://sqs.eu-central-1.")
    assert json.loads(sqs.receive_message(QueueUrl=direct)["Messages"][0]["Body"]) == EVENT
    assert json.loads(sqs.receive_message(QueueUrl=by_arn_url)["Messages"][0]["Body"]) == EVENT
    assert json.loads(sqs.receive_message(QueueUrl=ordered)["Messages"][0]["Body"]) == EVENT
    over_bus = json.loads(sqs.receive_message(QueueUrl=behind)["Messages"][0]["Body"])
    assert (over_bus["detail-type"], over_bus["detail"]) == (EVENT["detail-type"], EVENT["detail"])


@mock_aws
def test_a_queue_that_is_not_there_leaves_the_event_to_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    address = "https://sqs.us-east-1.amazonaws.com/123456789012/none"
    targets = open_targets(load_settings(data=tmp_path, a2i_events=address).a2i_events)

    with pytest.raises(StoreUnavailable, match="queue none did not take an event"):
        targets(EVENT)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://x/very-secret", "http://", "http:///very-secret", "https://host:99999/very-secret", "http://[::1/very-secret",
        "https://me:very-secret@host/", "https://host/#very-secret", "arn:aws:events:us-east-1:123:event-bus/very-secret",
        "arn:aws:sns:us-east-1:123456789012:very-secret", "very-secret", "https://sqs.eu-west-1.amazonaws.com/very-secret",
    ],
)  # fmt: skip
def test_a_target_of_no_known_kind_stops_the_start_and_is_not_shown(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="MODERATION_A2I_EVENTS") as caught:
        open_targets(load_settings(data=tmp_path, a2i_events=address).a2i_events)
    assert "very-secret" not in str(caught.value)


def test_a_target_that_nobody_answers_at_is_named_without_its_secret(tmp_path: Path) -> None:
    targets = open_targets(
        load_settings(data=tmp_path, a2i_events="http://127.0.0.1:9/very-secret?and=more").a2i_events
    )
    with pytest.raises(StoreUnavailable, match=r"http://127.0.0.1 did not take an event") as caught:
        targets(EVENT)
    assert "very-secret" not in str(caught.value)
