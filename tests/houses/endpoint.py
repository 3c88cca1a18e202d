"""The A2I endpoint, listening, and an unmodified boto3 as its client, whose every raw answer is checked."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from flask import Flask

from ground.blobs import FolderBlobs
from moderation.settings import load_settings
from review_ui.a2i.service import AccessKey
from review_ui.a2i.wire import blueprint
from review_ui.opening import open_review
from review_ui.people.people import People
from tests.raw_answers import check_answer
from tests.wsgi_server import WsgiServer

SESSION = boto3.session.Session()  # one for all, because it reads each service's model only once


ANSWER = {"decision": {"approve": True, "reject": False}}


@cache
def prepared() -> tuple[Path, AccessKey, list[str]]:
    """A data folder with a key and three reviewers, made once: migrating and hashing passwords take their time."""
    folder = Path(tempfile.mkdtemp(prefix="a2i-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    review = open_review(load_settings(data=folder), blobs=FolderBlobs(folder / "media", "bucket"))
    people = People(review.database)
    users = [people.add(name, "reviewer", "long enough password").id for name in ("ann", "bob", "cyd")]
    key = review.add_access_key()
    review.close()
    return folder, key, users


class Endpoint:
    """A listening endpoint with its clock in our hands.

    Args:
        given: settings beside the data folder.
    """

    def __init__(self, folder: Path, **given: Any) -> None:
        made, self.key, self.users = prepared()
        shutil.copytree(made, folder, dirs_exist_ok=True)
        self.offset = timedelta()
        self.events: list[dict[str, Any]] = []
        blobs = FolderBlobs(folder / "media", "bucket")
        settings = load_settings(data=folder, **{"undo_seconds": 0, **given})
        self.review = open_review(settings, blobs=blobs, on_status_change=self.events.append)
        if settings.review_database_url is not None:
            self.key = self.review.add_access_key()
            people = People(self.review.database)
            self.users = [people.add(name, "reviewer", "long enough password").id for name in ("ann", "bob", "cyd")]
        self.review.clock = lambda: datetime.now(UTC) + self.offset
        app = Flask("a2i")
        app.register_blueprint(blueprint(self.review), url_prefix="/a2i")
        self.http = WsgiServer(app, threads=8)
        self.url = f"{self.http.url}/a2i"

    def client(self, service: str, key: tuple[str, str] | None = None, url: str | None = None) -> Any:
        key_id, secret = key or (self.key.id, self.key.secret)
        client = SESSION.client(
            service,  # type: ignore[call-overload]
            region_name="us-east-1",
            endpoint_url=url or self.url,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )
        if service != "s3":
            client.meta.events.register("after-call", check_answer)
        return client

    def flow(self, name: str = "flow", task_count: int = 1, **config: Any) -> str:
        control = self.client("sagemaker")
        try:
            team = control.create_workteam(
                WorkteamName="team", Description="d", MemberDefinitions=[{"OidcMemberDefinition": {"Groups": ["g"]}}]
            )["WorkteamArn"]
            ui = control.create_human_task_ui(
                HumanTaskUiName="ui", UiTemplate={"Content": "<p>{{ task.input.x }}</p>"}
            )["HumanTaskUiArn"]
        except ClientError:
            team, ui = self.review.arn("workteam/private-crowd", "team"), self.review.arn("human-task-ui", "ui")
        arn = control.create_flow_definition(
            FlowDefinitionName=name,
            HumanLoopConfig={
                "WorkteamArn": team, "HumanTaskUiArn": ui, "TaskTitle": "Look", "TaskDescription": "Look well", "TaskCount": task_count, **config,
            },
            OutputConfig={"S3OutputPath": "s3://bucket/out"},
            RoleArn="arn:aws:iam::000000000000:role/x",
        )["FlowDefinitionArn"]  # fmt: skip
        return str(arn)

    def close(self) -> None:
        self.http.close()
        self.review.close()


def start(endpoint: Endpoint, flow: str, name: str = "loop-1", content: Any = None) -> Any:
    body = json.dumps(content if content is not None else {"x": "y"})
    runtime = endpoint.client("sagemaker-a2i-runtime")
    return runtime.start_human_loop(HumanLoopName=name, FlowDefinitionArn=flow, HumanLoopInput={"InputContent": body})


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


def answer_to(call: Callable[[], Any]) -> str:
    """The code of the error that a call is answered with; empty for none."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


on_either_database = pytest.mark.parametrize(
    "endpoint", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
"""For what must hold where calls do cross, too: SQLite has one writer, which hides much."""
