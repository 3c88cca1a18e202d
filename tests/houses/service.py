"""A service over one policy file, and people who answer what the test tells them to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moderation.core.items import Part
from moderation.core.loops import Answer
from moderation.pipeline.intake import Submission
from moderation.review.client import LoopState
from moderation.service import Service
from moderation.settings import Settings
from moderation.storage.records import ItemRecord
from tests.waiting import wait_for

HEAD = """\
policy: words
format: 1
applies_to: {content_type: [text]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
  - {name: quality, a2i_flow: quality}
"""


REJECTS = HEAD + "bands:\n  numbers: {label: PII/SSN, reject_from: 50}\n"


REVIEWS = HEAD + "bands:\n  numbers: {label: PII/SSN, review_from: 50, queue: people}\n"


NUMBER = "my social security number is 123-45-6780"


class People:
    """Stands in for A2I: loops that the test answers."""

    def __init__(self) -> None:
        self.started: dict[str, Any] = {}
        self.said: dict[str, str] = {}
        self.ended: dict[str, str] = {}

    def provision(self, queues: Any) -> list[str]:
        return []

    def start(self, name: str, flow: str, content: Any) -> str:
        self.started[name] = content
        return f"arn:{name}"

    def at(self, arn: str | None) -> People:
        return self

    def describe(self, name: str) -> LoopState:
        if name in self.ended:
            return LoopState(self.ended[name])
        return LoopState("Completed" if name in self.said else "InProgress", "", f"s3://b/{name}")

    def erase(self, name: str) -> str | None:
        self.started.pop(name, None)
        return ""

    def answers(self, name: str, uri: str) -> list[Answer]:
        return [Answer(reviewer="ann", outcome=self.said[name], submitted_at=datetime.now(UTC))]  # type: ignore[arg-type]


class House:
    """A service over a folder of one policy file."""

    def __init__(self, settings: Settings, folder: Path, text: str, people: People | None = None) -> None:
        folder.mkdir()
        self.file, self.people = folder / "words.yml", people or People()
        self.file.write_text(text)
        self.settings = settings.model_copy(update={"rules": folder, "rules_seconds": 0.1, "poll_seconds": 0.1})
        self.service = Service.open(self.settings, human_loops=self.people)  # type: ignore[arg-type]
        self.service.start()

    def submission(self, text: str) -> Submission:
        return Submission("shop", (Part(id="p0", type="text", text=text),))

    def post(self, text: str) -> ItemRecord:
        """Post a text and wait until it is judged."""
        pipeline = self.service.pipeline
        item = pipeline.prepare(self.submission(text))
        pipeline.intake([item])
        return self.wait(item.id, lambda record: record.status != "pending")

    def wait(self, item_id: str, until: Callable[[ItemRecord], bool]) -> ItemRecord:
        wait_for(lambda: until(self.service.store.get_item(item_id)))
        return self.service.store.get_item(item_id)

    @property
    def version(self) -> str:
        return self.service.policies.get("words").version


def appealed(house: House, item_id: str, said: str, number: int = 1) -> Any:
    """Appeal, answer, and give the item when it is decided again."""
    house.service.pipeline.appeal(house.service.store.get_item(item_id), "it was a test number")
    name = f"{item_id}-a{number}"
    wait_for(lambda: name in house.people.started)
    house.people.said[name] = said
    return house.wait(item_id, lambda record: record.status == "decided")
