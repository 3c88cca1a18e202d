"""Human loops while the endpoint is killed: each ends once, with every answer and the right output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ground.media_store import open_blobs
from moderation.settings import load_settings
from review_ui.opening import open_review
from review_ui.people.people import People
from tests.reviewers import Reviewer
from tests.waiting import PATIENCE_SECONDS, free_port, wait_for

pytestmark = pytest.mark.slow

LOOPS = int(os.environ.get("LOOPS", "20"))
"""How many loops are worked; a thousand by hand now and then."""
KILLS = int(os.environ.get("KILLS", "1"))
PASSWORD = "a long enough password"
NAMES = ("ann", "bob", "cyd")


class Endpoint:
    """`moderation a2i serve` in a process of its own, which is killed and started again on the same port."""

    def __init__(self, folder: Path, events: str) -> None:
        self.folder, self.port, self.events = folder, free_port(), events
        self.url = f"http://127.0.0.1:{self.port}"
        review = open_review(load_settings(data=folder), blobs=open_blobs(load_settings(data=folder)))
        self.key = review.add_access_key()
        for name in NAMES:
            People(review.database).add(name, "reviewer", PASSWORD)
        review.close()
        self.start()

    def start(self) -> None:
        settings = {"MODERATION_A2I_EVENTS": self.events, "MODERATION_UNDO_SECONDS": "0.2"}
        command = [sys.executable, "-m", "moderation", "a2i", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **settings, "MODERATION_DATA": str(self.folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self.is_up)

    def is_up(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.url}/healthz", retries=False, timeout=PATIENCE_SECONDS).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def client(self, service: str) -> Any:
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 1},
            connect_timeout=PATIENCE_SECONDS,
            read_timeout=PATIENCE_SECONDS,
        )
        return boto3.session.Session().client(
            service,  # type: ignore[call-overload]
            region_name="us-east-1",
            endpoint_url=f"{self.url}/a2i",
            aws_access_key_id=self.key.id,
            aws_secret_access_key=self.key.secret,
            config=config,
        )


@pytest.fixture
def told() -> Any:
    """The events that an HTTP target got; `told.url` is its address."""
    got: list[dict[str, Any]] = []

    class Target(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield got, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def make_flow(endpoint: Endpoint) -> str:
    control = endpoint.client("sagemaker")
    members = [{"OidcMemberDefinition": {"Groups": ["reviewers"]}}]
    config = {
        "WorkteamArn": control.create_workteam(WorkteamName="t", Description="d", MemberDefinitions=members)[
            "WorkteamArn"
        ],
        "HumanTaskUiArn": control.create_human_task_ui(HumanTaskUiName="u", UiTemplate={"Content": "<p></p>"})[
            "HumanTaskUiArn"
        ],
        "TaskTitle": "t",
        "TaskDescription": "d",
        "TaskCount": 3,
    }
    made = control.create_flow_definition(
        FlowDefinitionName="flow",
        HumanLoopConfig=config,
        OutputConfig={"S3OutputPath": "s3://moderation/out"},
        RoleArn="arn:aws:iam::000000000000:role/x",
    )
    return str(made["FlowDefinitionArn"])


def test_loops_end_once_with_all_answers_though_the_endpoint_is_killed(tmp_path: Path, told: Any) -> None:
    got, address = told
    endpoint, stop = Endpoint(tmp_path / "data", address), threading.Event()
    flow, runtime = make_flow(endpoint), endpoint.client("sagemaker-a2i-runtime")
    people = [Reviewer(lambda: endpoint.url, name, PASSWORD, stop, "approve") for name in NAMES]
    for person in people:
        person.start()
    started = 0

    def start_all() -> None:
        nonlocal started
        while started < LOOPS:
            body = {"InputContent": json.dumps({"number": started})}
            try:
                runtime.start_human_loop(HumanLoopName=f"loop-{started}", FlowDefinitionArn=flow, HumanLoopInput=body)
                started += 1
            except (BotoCoreError, ClientError):
                time.sleep(0.1)  # the same name with the same input again is the same loop

    starter = threading.Thread(target=start_all, daemon=True)
    starter.start()
    for number in range(1, KILLS + 1):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while started < LOOPS * number // (KILLS + 1) and time.monotonic() < deadline:
            time.sleep(0.02)
        endpoint.kill()
        endpoint.start()
    starter.join(timeout=PATIENCE_SECONDS + LOOPS)
    deadline = time.monotonic() + PATIENCE_SECONDS + LOOPS
    while len({event["detail"]["humanLoopName"] for event in got}) < LOOPS and time.monotonic() < deadline:
        time.sleep(0.2)
    stop.set()
    for person in people:
        person.join(timeout=PATIENCE_SECONDS)
    ends = {}
    for number in range(LOOPS):
        described = runtime.describe_human_loop(HumanLoopName=f"loop-{number}")
        ends[number] = (described["HumanLoopStatus"], described["HumanLoopOutput"]["OutputS3Uri"])
    endpoint.kill()
    blobs = open_blobs(load_settings(data=tmp_path / "data"))

    assert Counter(status for status, _ in ends.values()) == {"Completed": LOOPS}
    for number, (_, uri) in ends.items():
        output = json.loads(blobs.get(uri))
        assert output["inputContent"] == {"number": number}
        assert sorted(answer["answerContent"]["note"] for answer in output["humanAnswers"]) == sorted(NAMES)
        assert len({answer["workerId"] for answer in output["humanAnswers"]}) == 3
    assert {event["detail"]["humanLoopName"] for event in got} == {f"loop-{number}" for number in range(LOOPS)}
    assert {event["detail"]["humanLoopStatus"] for event in got} == {"Completed"}
    assert len({event["id"] for event in got}) == LOOPS, "told twice, an event has the same id"
    assert [code for person in people for code in person.surprises] == []
