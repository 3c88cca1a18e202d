"""Deliveries as apps see them: what was sent, what came of it, and sending it again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.houses.api import Api
from tests.receiver import Receiver, status


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    opened.start()
    yield opened
    opened.stop()


def posted(api: Api, receiver: Receiver, path: str = "/hook") -> str:
    """An item that is decided, and told of once."""
    item_id: str = api.post_text("have a nice day", callback_url=receiver.url + path)["id"]
    api.service.deliveries.run_due()
    return item_id


def test_an_item_shows_what_was_sent_and_each_attempt(api: Api, receiver: Receiver) -> None:
    receiver.answers["/hook"] = status(503)
    item_id = posted(api, receiver)

    (sent,) = api.get(f"/v1/items/{item_id}/deliveries").json["deliveries"]

    assert sent["id"] == receiver.got("/hook")[0].headers["webhook-id"]
    assert (sent["item"], sent["number"], sent["url"]) == (item_id, 1, f"{receiver.url}/hook")
    assert (sent["state"], sent["attempts"], sent["last_result"]) == ("due", 1, "HTTP 503")
    assert sent["next_attempt_at"] > sent["created_at"]
    assert [(each["status_code"], each["reason"]) for each in sent["made"]] == [(503, "HTTP 503")]


def test_what_was_given_up_is_listed_and_sent_again_when_asked(api: Api, receiver: Receiver) -> None:
    receiver.answers["/hook"] = status(410)
    item_id = posted(api, receiver)
    (given_up,) = [
        each for each in api.get("/v1/deliveries?state=given_up").json["deliveries"] if each["item"] == item_id
    ]
    receiver.answers["/hook"] = status(200)

    answer = api.post(f"/v1/items/{item_id}/deliveries/{given_up['id']}/resend")
    api.service.deliveries.run_due()

    assert (answer.status_code, answer.json["state"]) == (202, "due")
    first, again = receiver.got("/hook")
    assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
    (sent,) = api.get(f"/v1/items/{item_id}/deliveries").json["deliveries"]
    assert (sent["state"], sent["next_attempt_at"], len(sent["made"])) == ("delivered", None, 2)


def test_pages_of_deliveries_hold_each_once_and_no_others(api: Api, receiver: Receiver) -> None:
    mine = {posted(api, receiver) for _ in range(3)}
    first = api.service.outbox.of_app("shop", "delivered", None, 2)
    rest = api.service.outbox.of_app("shop", "delivered", first[-1].id, 200)

    items = [each.item for each in (*first, *rest)]

    assert len(items) == len(set(items))
    assert mine <= set(items)
    assert api.get("/v1/deliveries", app="forum").json == {"deliveries": [], "next_cursor": None}


@pytest.mark.parametrize("path", ["/deliveries/evt_x/resend", "/deliveries/%00/resend"])
def test_a_delivery_that_there_is_not_is_404(api: Api, path: str) -> None:
    item_id = api.post_text("have a nice day")["id"]

    assert api.post(f"/v1/items/{item_id}{path}").status_code == 404


def test_a_state_that_there_is_not_is_refused(empty_api: Api) -> None:
    answer = empty_api.get("/v1/deliveries?state=lost")

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "state"
