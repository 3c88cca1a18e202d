"""The A2I endpoint and the portal alone, with task templates of one's own and a reviewer who signs in."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from moderation.settings import load_settings
from review_ui.a2i import flows, loops, resources, workforces
from review_ui.people.people import People
from review_ui.server import A2IServer

PASSWORD = "a long enough password"
SCRIPT = '<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>'


class Agency:
    """Each template has a flow of its own, with one loop."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.server = A2IServer(load_settings(data=folder, port=0, undo_seconds=0, **given))
        self.server.start()
        self.review = self.server.review
        self._cookies: Any = None
        People(self.review.database).add("ann", "reviewer", PASSWORD)
        workforces.create_workteam(self.review, {"WorkteamName": "team", "Description": "d", "MemberDefinitions": []})

    def start(self, template: str, content: Any, name: str = "one", tags: Sequence[dict[str, str]] = ()) -> None:
        """A flow with this template, and one loop."""
        review = self.review
        ui = {"HumanTaskUiName": name, "UiTemplate": {"Content": template}}
        resources.create_human_task_ui(review, {**ui, "Tags": list(tags)})
        config = {
            "WorkteamArn": review.arn("workteam/private-crowd", "team"),
            "HumanTaskUiArn": review.arn("human-task-ui", name),
            "TaskTitle": "A task",
            "TaskDescription": "d",
            "TaskCount": 1,
        }
        flows.create_flow_definition(
            review,
            {
                "FlowDefinitionName": name,
                "HumanLoopConfig": config,
                "OutputConfig": {"S3OutputPath": "s3://moderation/a2i"},
                "RoleArn": "arn:aws:iam::111122223333:role/x",
            },
        )
        arn = review.arn("flow-definition", name)
        body = {"InputContent": json.dumps(content)}
        loops.start(review, {"FlowDefinitionArn": arn, "HumanLoopName": name, "HumanLoopInput": body})

    def sign_in(self, page: Any) -> None:
        """As the reviewer."""
        page.goto(f"{self.server.url}/review/")
        page.fill("input[name=username]", "ann")
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/review/")

    def signed_in(self, open_page: Callable[..., Any]) -> Any:
        """A page of a browser of its own, in which the reviewer has signed in; they do it once."""
        if self._cookies is None:
            page = open_page()
            self.sign_in(page)
            self._cookies = page.context.storage_state()
            return page
        return open_page(storage_state=self._cookies)

    def next(self, page: Any, name: str = "one") -> Any:
        """Open the task of a template; gives the template's frame, once its elements are built."""
        page.goto(f"{self.server.url}/review/next?flow={name}")
        return page.frame_locator("#template")

    def open(self, page: Any) -> Any:
        """Sign in and open the task."""
        self.sign_in(page)
        return self.next(page)

    def describe(self, name: str = "one") -> dict[str, Any]:
        """DescribeHumanLoop."""
        return loops.describe(self.review, {"HumanLoopName": name})

    def status(self, name: str = "one") -> str:
        return str(self.describe(name)["HumanLoopStatus"])

    def answer(self, name: str = "one") -> Any:
        """What was answered, as ``output.json`` has it."""
        uri = self.describe(name)["HumanLoopOutput"]["OutputS3Uri"]
        return json.loads(self.review.blobs.get(uri))["humanAnswers"][0]["answerContent"]


def png(width: int = 400, height: int = 200) -> bytes:
    """A picture with something to see in it."""
    picture, out = Image.new("RGB", (width, height), "teal"), io.BytesIO()
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width * 0.2, height * 0.2, width * 0.45, height * 0.8), fill="orange")
    draw.ellipse((width * 0.55, height * 0.2, width * 0.85, height * 0.8), fill="white")
    picture.save(out, "PNG")
    return out.getvalue()


def picture(width: int = 400, height: int = 200) -> str:
    """The same as an address."""
    return "data:image/png;base64," + base64.b64encode(png(width, height)).decode()
