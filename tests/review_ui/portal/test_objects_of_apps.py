"""What a task shows of objects is what the app whose loop it is may read itself, whatever its input names."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from review_ui.a2i import loops, resources
from review_ui.a2i.owners import LENT, Caller
from review_ui.a2i.tags import put_tags
from tests.content import item
from tests.houses.aws_door import blank
from tests.houses.desk import Desk

FORUM = Caller("forum")


class OneObject:
    """Lets ``forum`` read one object, as the buckets of the service would."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def may_read(self, app: str | None, bucket: str, key: str) -> bool:
        return app is None or f"s3://{bucket}/{key}" == self._uri

    def take_bucket(self, app: str | None, bucket: str) -> bool:
        return False


@pytest.fixture
def uris(desk: Desk) -> dict[str, str]:
    """Two pictures in the store; ``forum`` may read its own."""
    made = {name: desk.blobs.put(f"media/{name}.png", blank(), "image/png") for name in ("own", "others")}
    desk.review.objects = OneObject(made["own"])
    put_tags(desk.review, desk.review.arn("flow-definition", "general"), [{"Key": LENT, "Value": "*"}])
    return made


def start(desk: Desk, content: Any, caller: Caller = FORUM) -> None:
    given = {"FlowDefinitionArn": desk.review.arn("flow-definition", "general"), "HumanLoopName": "one"}
    loops.start(desk.review, {**given, "HumanLoopInput": {"InputContent": json.dumps(content)}}, caller)


def picture_of(uri: str) -> dict[str, Any]:
    return item({"id": "p0", "type": "image", "uri": uri, "width": 200, "height": 100})


@pytest.mark.parametrize(
    ("name", "caller", "status"),
    [("own", FORUM, 200), ("others", FORUM, 404), ("others", Caller(None), 200)],
)
def test_a_picture_of_an_item_is_shown_when_its_app_may_read_it(
    desk: Desk, uris: dict[str, str], name: str, caller: Caller, status: int
) -> None:
    start(desk, picture_of(uris[name]), caller)
    client = desk.client()

    page = client.get("/review/next", follow_redirects=True).get_data(as_text=True)
    found = re.search(r"/review/media/[\w.-]+", page)

    assert found is not None
    assert client.get(found.group()).status_code == status


@pytest.mark.parametrize(("name", "status"), [("own", 200), ("others", 404)])
def test_so_is_its_veiled_copy_for_leads(desk: Desk, uris: dict[str, str], name: str, status: int) -> None:
    start(desk, picture_of(uris[name]))
    client = desk.client("lead")

    page = client.get("/review/lead/queues/general").get_data(as_text=True)
    found = re.search(r"/review/lead/tasks/[\w-]+/veiled", page)

    assert found is not None
    assert client.get(found.group()).status_code == status


def test_a_template_that_was_changed_since_grants_no_more(desk: Desk, uris: dict[str, str]) -> None:
    start(desk, {"picture": uris["others"]})
    content = '<crowd-form><img src="{{ task.input.picture | grant_read_access }}"></crowd-form>'
    resources.delete_human_task_ui(desk.review, {"HumanTaskUiName": "ui"})
    resources.create_human_task_ui(desk.review, {"HumanTaskUiName": "ui", "UiTemplate": {"Content": content}})
    client = desk.client()

    client.get("/review/next")
    page = client.get(f"/review/tasks/{desk.held()[0]}/template").get_data(as_text=True)

    assert f"its app may not read {uris['others']}" in page
    assert "Signature" not in page


def test_no_app_speaks_for_the_authors_of_another(desk: Desk, uris: dict[str, str]) -> None:
    """An author's history is by app and name: the app is the one whose key started the loop."""
    from review_ui.a2i.service import NewLoop
    from review_ui.opening import said_by_its_app

    content = item(metadata={"author": "ann"})
    content["item"]["app"] = "shop"

    assert said_by_its_app(NewLoop("one", content, "forum"))["item"]["app"] == "forum"
    assert said_by_its_app(NewLoop("one", content, None))["item"]["app"] == "shop"
