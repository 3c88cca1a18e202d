"""Human loops at the own endpoint are kept as long as items are, and pictures for people as long as media is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from ground.errors import StoreUnavailable
from moderation.loop_cleaning import LoopCleaning
from moderation.storage.tables import item_loops, items
from review_ui.a2i import flows, loops, resources, workforces
from review_ui.a2i.pictures import picture_key
from review_ui.a2i.tables import human_loops, tasks
from tests.houses.api import Api

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)
ITEM_DAYS, MEDIA_DAYS = 30, 7


class Kept:
    """A service whose items are kept for 30 days and media for 7, and loops that ended a while ago."""

    def __init__(self, api: Api) -> None:
        self.service, self.review = api.service, api.review
        self.review.clock = lambda: NOW
        resources.create_human_task_ui(self.review, {"HumanTaskUiName": "ui", "UiTemplate": {"Content": "<p></p>"}})
        workforces.create_workteam(self.review, {"WorkteamName": "team", "Description": "d", "MemberDefinitions": []})
        config = {
            "WorkteamArn": self.review.arn("workteam/private-crowd", "team"),
            "HumanTaskUiArn": self.review.arn("human-task-ui", "ui"),
            "TaskTitle": "t",
            "TaskDescription": "d",
            "TaskCount": 1,
        }
        given = {"FlowDefinitionName": "flow", "HumanLoopConfig": config, "RoleArn": "r"}
        flows.create_flow_definition(self.review, {**given, "OutputConfig": {"S3OutputPath": "s3://answers"}})

    def loop(self, name: str, days_ago: float | None, *, is_told: bool = True, picture: bool = False) -> str:
        """A loop that ended so long ago, with its output; None for one in progress. The name of its picture."""
        key = picture_key(None, name, "0" * 64)
        content: dict[str, Any] = {"x": "secret"}
        if picture:
            self.service.blobs.put(key, b"picture", "image/png")
            place = {"bucket": self.service.blobs.bucket, "name": key}
            content = {"aiServiceRequest": {"image": {"s3Object": place}}}
        arn, body = self.review.arn("flow-definition", "flow"), {"InputContent": json.dumps(content)}
        loops.start(self.review, {"FlowDefinitionArn": arn, "HumanLoopName": name, "HumanLoopInput": body})
        if days_ago is not None:
            uri = loops.describe(self.review, {"HumanLoopName": name})["HumanLoopOutput"]["OutputS3Uri"]
            self.service.blobs.put_uri(uri, b"{}", "application/json")
            values = {"status": "Completed", "ended_at": NOW - timedelta(days=days_ago), "is_written": True}
            update = sa.update(human_loops).where(human_loops.c.name == name)
            self.review.database.write(
                lambda c: c.execute(update.values(**values, event_pending=not is_told)), step="x"
            )
        return f"s3://{self.service.blobs.bucket}/{key}"

    def of_item(self, name: str) -> None:
        """Have an item that has a loop of this name."""
        row = {
            "id": f"i-{name}",
            "app": "shop",
            "status": "decided",
            "lane": "texts",
            "created_at": NOW,
            "document": {},
        }
        loop = {"name": name, "item_id": row["id"], "round": 1, "policy": "p", "policy_version": "v", "queue": "q"}
        loop |= {"flow": "flow", "state": "ended", "created_at": NOW}
        self.service.database.write(lambda c: c.execute(sa.insert(items).values(row)), step="x")
        self.service.database.write(lambda c: c.execute(sa.insert(item_loops).values(loop)), step="x")

    def clean(self) -> dict[str, int]:
        return LoopCleaning(self.service, self.review).clean(NOW)

    def left(self, column: sa.Column[Any] = human_loops.c.name) -> list[str]:
        return self.review.database.read(lambda c: sorted(c.execute(sa.select(column)).scalars()))

    def is_stored(self, uri: str) -> bool:
        return self.service.blobs.stored_at(uri) is not None


@pytest.fixture
def kept(open_api: Any) -> Kept:
    return Kept(open_api(item_keep_days=ITEM_DAYS, media_keep_days=MEDIA_DAYS))


def test_loops_that_ended_long_ago_go_with_answers_and_outputs(kept: Kept) -> None:
    for name, days in (("old", 31), ("young", 29), ("open", None)):
        kept.loop(name, days)
    outputs = {name: loops.describe(kept.review, {"HumanLoopName": name})["HumanLoopOutput"]["OutputS3Uri"] for name in ("old", "young")}  # fmt: skip

    assert kept.clean()["human loops"] == 1

    assert kept.left() == ["open", "young"]
    assert kept.left(tasks.c.loop_name) == ["open", "young"]
    assert {name: kept.is_stored(uri) for name, uri in outputs.items()} == {"old": False, "young": True}
    assert kept.clean()["human loops"] == 0


def test_a_loop_stays_while_its_item_is_there_or_its_end_is_not_told(kept: Kept) -> None:
    kept.loop("of-an-item", 400)
    kept.of_item("of-an-item")
    kept.loop("untold", 400, is_told=False)

    kept.clean()

    assert kept.left() == ["of-an-item", "untold"]


def test_pictures_go_as_media_does(kept: Kept) -> None:
    stored = {name: kept.loop(name, days, picture=True) for name, days in (("old", 8), ("young", 6), ("open", None))}

    assert kept.clean() == {"human loops": 0, "pictures of human loops": 1}

    assert [name for name, uri in stored.items() if kept.is_stored(uri)] == ["young", "open"]


def test_a_picture_whose_loop_never_started_goes_after_a_day(kept: Kept) -> None:
    uri = kept.service.blobs.put(picture_key("shop", "never", "0" * 64), b"picture", "image/png")

    LoopCleaning(kept.service, kept.review).clean(datetime.now(UTC) + timedelta(hours=23))
    assert kept.is_stored(uri)
    LoopCleaning(kept.service, kept.review).clean(datetime.now(UTC) + timedelta(hours=25))
    assert not kept.is_stored(uri)


def test_an_input_that_names_anothers_picture_takes_nothing_with_it(kept: Kept) -> None:
    theirs = kept.loop("theirs", None, picture=True)
    place = {"bucket": kept.service.blobs.bucket, "name": theirs.partition("//")[2].partition("/")[2]}
    arn = kept.review.arn("flow-definition", "flow")
    body = {"InputContent": json.dumps({"aiServiceRequest": {"image": {"s3Object": place}}})}
    loops.start(kept.review, {"FlowDefinitionArn": arn, "HumanLoopName": "mine", "HumanLoopInput": body})
    over = {"status": "Stopped", "ended_at": NOW - timedelta(days=90), "event_pending": False}
    update = sa.update(human_loops).where(human_loops.c.name == "mine").values(over)
    kept.review.database.write(lambda c: c.execute(update), step="x")

    assert kept.clean()["human loops"] == 1

    assert kept.is_stored(theirs)


def test_without_the_setting_everything_stays(open_api: Any) -> None:
    kept = Kept(open_api())
    stored = kept.loop("old", 4000, picture=True)

    assert kept.clean() == {"human loops": 0, "pictures of human loops": 0}
    assert kept.is_stored(stored)


def test_where_the_store_does_not_answer_the_loop_stays_for_the_next_pass(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.loop("old", 31)

    def away(uri: str) -> None:
        raise StoreUnavailable("the disk is away")

    with monkeypatch.context() as broken:
        broken.setattr(kept.review.blobs, "delete", away)
        assert "human loops" not in kept.clean()
    assert kept.left() == ["old"]

    assert kept.clean()["human loops"] == 1
