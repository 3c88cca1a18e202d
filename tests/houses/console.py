"""The whole application with people at its pages: what apps post is judged, and those whom the rules ask have tasks."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any

from moderation.settings import Settings
from review_ui.a2i import flows, loops, resources, workforces
from review_ui.people.people import People
from tests.houses.api import Api
from tests.houses.desk import PASSWORD, form_token, sign_in

FLOW = "people"


@dataclass
class Console:
    """An `Api` with workers, and people who sign in."""

    api: Api
    people: People
    signed_in: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, settings: Settings) -> Console:
        api = Api.open(settings)
        api.work()
        resources.create_human_task_ui(api.review, {"HumanTaskUiName": "ui", "UiTemplate": {"Content": "<p></p>"}})
        workforces.create_workteam(api.review, {"WorkteamName": "team", "Description": "d", "MemberDefinitions": []})
        return cls(api, People(api.review.database))

    def close(self) -> None:
        self.api.close()

    def client(self, name: str, role: str = "") -> Any:
        """A client that somebody is signed in with; a new person where a role is given for the first time."""
        if name not in self.signed_in:
            self.people.add(name, role, PASSWORD)
            client = self.api.client.application.test_client()
            assert sign_in(client, name).status_code == 303
            self.signed_in[name] = client
        return self.signed_in[name]

    def post(self, text: str, app: str = "shop", **more: Any) -> str:
        """Post a text, wait until it is judged and can be searched; its id."""
        answer = self.api.client.post(
            "/v1/items?wait=30",
            json={"parts": [{"type": "text", "text": text}], **more},
            headers={"Authorization": f"Bearer {self.api.keys[app]}"},
        )
        self.complete()
        return str(answer.json["id"])

    def complete(self) -> None:
        """Let the background do what it does now and then."""
        service = self.api.service
        while service.roll_up_history.count(service.pipeline.now()) | service.word_index.fill(service.pipeline.now()):
            pass

    def ask_people(self, item_id: str, flow: str = FLOW) -> str:
        """Start the loop of an item in review at the endpoint of this installation; the loop's name."""
        review, service = self.api.review, self.api.service
        record = service.store.get_item(item_id)
        loop = record.loops[-1]
        try:
            flows.describe_flow_definition(review, {"FlowDefinitionName": flow})
        except Exception:
            self._add_flow(flow)
        content = {"schema": "moderation-item/1", "item": {"app": record.item.app}, "parts": []}
        reasons = [{"name": "wave", "words": {"en": "One of a wave"}}]
        body = {"InputContent": json.dumps({**content, "reasons": reasons})}
        arn = review.arn("flow-definition", flow)
        loops.start(review, {"FlowDefinitionArn": arn, "HumanLoopName": loop.name, "HumanLoopInput": body})
        return loop.name

    def _add_flow(self, name: str) -> None:
        review = self.api.review
        config = {
            "WorkteamArn": review.arn("workteam/private-crowd", "team"),
            "HumanTaskUiArn": review.arn("human-task-ui", "ui"),
            "TaskTitle": f"Moderation: {name}",
            "TaskDescription": "Look",
            "TaskCount": 1,
        }
        output = {"S3OutputPath": f"s3://{self.api.service.settings.media_bucket}/loops"}
        role = "arn:aws:iam::000000000000:role/x"
        given = {"FlowDefinitionName": name, "HumanLoopConfig": config, "OutputConfig": output, "RoleArn": role}
        flows.create_flow_definition(review, given)


def send(client: Any, path: str, page: str = "/review/wellbeing", **form: Any) -> Any:
    """Send a form as its page would; `page` is one that has the session's token."""
    return client.post(f"/review{path}", data={"csrf": form_token(client, page), **form})


def words(answer: Any) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))
