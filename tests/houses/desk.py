"""A real Chromium, the portal on a free port, and a desk: tasks of every kind without the rest of the service."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from ground.blobs import Blobs
from ground.media_store import open_blobs
from moderation.settings import Settings, load_settings
from moderation.storage.attention import Attention
from moderation.storage.holds import Holds
from moderation.storage.lists import RunTimeLists
from moderation.storage.opening import open_database
from review_ui.a2i import flows, loops, resources, workforces
from review_ui.a2i.outputs import sweep
from review_ui.a2i.tables import tasks
from review_ui.desk.answers import submit_answer
from review_ui.desk.tasks import Task, next_task
from review_ui.opening import open_review
from review_ui.people.people import People
from review_ui.portal import blueprint
from tests.content import item, text

PASSWORD = "a long enough password"


class _Kept:
    """The service's lists or holds, whose database is made by who first looks at them: few tests do."""

    def __init__(self, settings: Settings, keeper: type[RunTimeLists | Holds]) -> None:
        self._settings, self._keeper = settings, keeper

    @cached_property
    def _kept(self) -> RunTimeLists | Holds:
        return self._keeper(open_database(self._settings))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)


class Desk:
    """The portal over the real A2I endpoint's state, with loops started as a client of that endpoint would."""

    def __init__(self, folder: Path, undo_seconds: float = 0, **settings: Any) -> None:
        self.settings = load_settings(data=folder, undo_seconds=undo_seconds, **settings)
        self.blobs: Blobs = open_blobs(self.settings)
        self.review = open_review(self.settings, blobs=self.blobs)
        self.people = People(self.review.database)
        self.app = Flask("desk")
        self.stuck: list[Attention] = []
        lists: Any = _Kept(self.settings, RunTimeLists)
        holds: Any = _Kept(self.settings, Holds)
        portal = blueprint(self.review, self.blobs, self.settings, None, lambda: self.stuck, lists, holds)
        self.app.register_blueprint(portal, url_prefix="/review")
        resources.create_human_task_ui(self.review, {"HumanTaskUiName": "ui", "UiTemplate": {"Content": "<p></p>"}})
        workforces.create_workteam(self.review, {"WorkteamName": "team", "Description": "d", "MemberDefinitions": []})
        self.add_flow("general")

    def add_flow(self, name: str, title: str = "Moderation: general", answers: int = 1, team: str = "team") -> None:
        config = {
            "WorkteamArn": self.review.arn("workteam/private-crowd", team),
            "HumanTaskUiArn": self.review.arn("human-task-ui", "ui"),
            "TaskTitle": title,
            "TaskDescription": "Look",
            "TaskCount": answers,
        }
        output = {"S3OutputPath": f"s3://{self.settings.media_bucket}/loops"}
        role = "arn:aws:iam::000000000000:role/x"
        given = {"FlowDefinitionName": name, "HumanLoopConfig": config, "OutputConfig": output, "RoleArn": role}
        flows.create_flow_definition(self.review, given)

    def start(self, content: Mapping[str, Any], flow: str = "general") -> str:
        """Start a loop over any input; its name."""
        name = f"loop-{uuid.uuid4().hex[:12]}"
        arn = self.review.arn("flow-definition", flow)
        body = {"InputContent": json.dumps(content)}
        loops.start(self.review, {"FlowDefinitionArn": arn, "HumanLoopName": name, "HumanLoopInput": body})
        return name

    def start_item(self, *parts: Mapping[str, Any], flow: str = "general", **more: Any) -> str:
        """Start a loop over an item of ours."""
        return self.start(item(*parts, **more), flow)

    def status(self, loop: str) -> str:
        return str(loops.describe(self.review, {"HumanLoopName": loop})["HumanLoopStatus"])

    def answers(self, loop: str) -> list[dict[str, Any]]:
        """What reviewers answered, as ``output.json`` has it."""
        uri = loops.describe(self.review, {"HumanLoopName": loop})["HumanLoopOutput"]["OutputS3Uri"]
        return [answer["answerContent"] for answer in json.loads(self.blobs.get(uri))["humanAnswers"]]

    def held(self) -> list[str]:
        """The tasks that are in somebody's hands."""
        query = sa.select(tasks.c.id).where(tasks.c.state == "claimed")
        return self.review.database.read(lambda c: list(c.execute(query).scalars()))

    def pass_time(self, **of: float) -> None:
        """Let the portal's clock go ahead."""
        later = datetime.now(UTC) + timedelta(**of)
        self.review.clock = lambda: later

    def client(self, role: str = "reviewer", name: str = "") -> Any:
        """A Flask client that a new person with this role is signed in with; `client.user_name` says who."""
        name = name or f"{role.replace('_', '-')}-{uuid.uuid4().hex[:6]}"
        self.people.add(name, role, PASSWORD)
        client = self.app.test_client()
        assert sign_in(client, name).status_code == 303
        client.user_name = name
        return client


def form_token(client: Any, path: str = "/review/") -> str:
    """The token in the first form of a page."""
    match = re.search(r'name="csrf" value="([^"]+)"', client.get(path).get_data(as_text=True))
    return match.group(1) if match else ""


def sign_in(client: Any, name: str, password: str = PASSWORD) -> Any:
    """Send the sign-in form as a browser does."""
    token = form_token(client, "/review/sign-in")
    return client.post("/review/sign-in", data={"username": name, "password": password, "csrf": token})


def post(client: Any, path: str, **form: Any) -> Any:
    return client.post(f"/review{path}", data={"csrf": form_token(client), **form})


def words_of(client: Any, path: str) -> str:
    page = client.get(f"/review{path}").get_data(as_text=True)
    page = re.sub(r"</?time[^>]*>", "", page)  # stands within sentences
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def person(desk: Desk, name: str) -> str:
    return desk.people.add(name, "reviewer", PASSWORD).id


def answer(desk: Desk, user: str, outcome: str, flow: str | None = None, **labels: bool) -> Task:
    """Take the next task and answer it."""
    task = next_task(desk.review, user, flow)
    assert task is not None
    decision = {name: name == outcome for name in ("approve", "reject")}
    submit_answer(desk.review, task.id, user, {"decision": decision, "labels": labels}, 1)
    return task


def disagree(desk: Desk, words: str = "torn", note: str = "", flow: str = "two") -> str:
    """A loop over these words that two people judged differently, in a queue of its own; its name."""
    desk.add_flow(flow, f"Moderation: {flow}", answers=2)
    loop = desk.start_item(text(words), flow=flow)
    for name, outcome in (("anna", "approve"), ("bert", "reject")):
        user = person(desk, f"{name}-{flow}")
        task = next_task(desk.review, user, flow)
        assert task is not None
        decision = {each: each == outcome for each in ("approve", "reject")}
        labels = {words[:40]: outcome == "reject"}
        submit_answer(desk.review, task.id, user, {"decision": decision, "labels": labels, "note": note}, 1)
    sweep(desk.review)
    return loop
