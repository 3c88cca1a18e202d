"""``moderation-client``: what its README says, against the service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from moderation_client import AsyncClient, Client, NotSigned, Refused, Unreachable, text, verify
from moderation_client.calls import ATTEMPTS, pause_of
from standardwebhooks import Webhook

from moderation.settings import Settings
from tests.houses.api import NOBODY, Api
from tests.paths import EXAMPLES

NUMBER = "My social security number is 536-90-4399, card 4539 1488 0343 6467"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    opened = Api.open(Settings(data=tmp_path_factory.mktemp("client"), a2i_endpoint_url=NOBODY, workers=1))
    yield opened
    opened.close()


@pytest.fixture
def client(api: Api) -> Iterator[Client]:
    transport = httpx.WSGITransport(app=api.client.application)
    with Client("http://service", key=api.keys["shop"], transport=transport) as opened:
        yield opened


class Awaited(httpx.AsyncBaseTransport):
    """An application of WSGI for the client that is awaited."""

    def __init__(self, api: Api) -> None:
        self._wsgi = httpx.WSGITransport(app=api.client.application)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = httpx.Request(request.method, request.url, headers=request.headers, content=await request.aread())
        answer = self._wsgi.handle_request(asked)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.read())


def test_an_item_is_posted_waited_for_explained_and_withdrawn(api: Api, client: Client) -> None:
    posted = client.post([text(NUMBER)], content_id="post-7", metadata={"place": "gate-1"})
    assert (posted["status"], posted["content_id"]) == ("pending", "post-7")
    assert client.wait(posted["id"], seconds=0)["status"] == "pending"

    api.service.work_once()
    item = client.wait(posted["id"], seconds=30)

    assert item["status"] == "decided"
    assert item["decision"]
    assert item["decision"]["outcome"] == "reject"
    assert client.explanation(posted["id"])["words"]
    assert client.withdraw(posted["id"])["status"] == "withdrawn"


def test_a_decision_is_appealed(api: Api, client: Client) -> None:
    posted = client.post([text(NUMBER)])
    api.service.work_once()

    assert client.appeal(posted["id"], "It is a made-up number.")["status"] == "in_review"
    with pytest.raises(Refused) as refused:
        client.appeal(posted["id"], "again")
    assert (refused.value.status, refused.value.kind) == (409, "appeal-refused")


def test_the_same_post_is_made_once(client: Client) -> None:
    first = client.post([text("Have a nice day")], idempotency_key="k-1")

    assert client.post([text("Have a nice day")], idempotency_key="k-1")["id"] == first["id"]
    assert client.post([text("Have a nice day")])["id"] != first["id"]


def test_media_is_uploaded_ahead_of_its_post(api: Api, client: Client) -> None:
    data = (EXAMPLES / "tiny.png").read_bytes()

    posted = client.post([client.upload(data, "image/png")])

    part = client.get(posted["id"])["parts"][0]
    assert (part["type"], part["size_bytes"]) == ("image", len(data))
    with pytest.raises(Refused) as refused:
        client.upload(b"", "image/png")
    assert refused.value.errors[0]["field"] == "size_bytes"


def test_what_is_refused_says_why(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        client.post([text(" ")])

    assert (refused.value.status, refused.value.kind) == (422, "invalid")
    assert refused.value.errors[0]["field"] == "parts[0].text"


def test_the_client_that_is_awaited_does_the_same(api: Api) -> None:
    async def walk() -> Any:
        async with AsyncClient("http://service", key=api.keys["shop"], transport=Awaited(api)) as client:
            await client.post([await client.upload((EXAMPLES / "tiny.png").read_bytes(), "image/png")])
            posted = await client.post([text(NUMBER)])
            await asyncio.to_thread(api.service.work_once)
            item = await client.wait(posted["id"], seconds=30)
            await client.explanation(item["id"])
            await client.appeal(item["id"], "look again")
            return item, await client.withdraw(item["id"])

    item, withdrawn = asyncio.run(walk())
    assert (item["status"], withdrawn["status"]) == ("decided", "withdrawn")


# When the service is busy, or away


def answering(*answers: Callable[[], httpx.Response]) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    left, asked = list(answers), []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return left.pop(0)()

    return httpx.MockTransport(handle), asked


def lost() -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr("moderation_client.clients.time.sleep", pauses.append)
    return pauses


def test_a_post_that_was_lost_is_made_again_under_the_same_key(slept: list[float]) -> None:
    busy = httpx.Response(429, headers={"Retry-After": "7"}, json={})
    transport, asked = answering(lost, lambda: busy, lambda: httpx.Response(202, json={"id": "1"}))

    with Client("http://service", key="k", transport=transport) as client:
        assert client.post([text("hi")])["id"] == "1"

    assert len({request.headers["Idempotency-Key"] for request in asked}) == 1
    assert slept == [0.5, 7.0]


def test_it_is_not_asked_for_ever(slept: list[float]) -> None:
    transport, asked = answering(*[lost] * ATTEMPTS)

    with Client("http://service", key="k", transport=transport) as client, pytest.raises(Unreachable):
        client.get("1")

    assert len(asked) == ATTEMPTS


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [(500, {}, None), (422, {}, None), (409, {}, None), (409, {"retry-after": "1"}, 1.0), (503, {}, 0.5),
     (503, {"retry-after": "9999"}, 60.0), (0, {}, 0.5)],
)  # fmt: skip
def test_only_what_may_go_better_is_tried_again(status: int, headers: dict[str, str], pause: float | None) -> None:
    assert pause_of(status, headers, 1) == pause


# Webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps({"id": "evt_1", "type": "item.decided", "number": 1, "supersedes": None, "data": {}}).encode()


def signed(at: datetime, body: bytes = BODY) -> dict[str, str]:
    signature = Webhook(SECRET).sign("evt_1", at, body.decode())
    return {"Webhook-Id": "evt_1", "Webhook-Timestamp": str(int(at.timestamp())), "Webhook-Signature": signature}


def test_an_event_with_its_signature_is_believed() -> None:
    assert verify(BODY, signed(datetime.now(UTC)), secret=SECRET)["number"] == 1


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (BODY + b" ", signed(datetime.now(UTC))),
        (BODY, signed(datetime.now(UTC) - timedelta(minutes=6))),
        (BODY, {}),
        (b"{", signed(datetime.now(UTC), b"{")),
    ],
)
def test_what_was_changed_is_old_or_unsigned_is_not(body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(NotSigned):
        verify(body, headers, secret=SECRET)


def test_the_readme_names_what_there_is() -> None:
    readme = (Path("clients") / "python" / "README.md").read_text(encoding="utf-8")
    block = readme.split("```python\n")[1].split("```")[0]

    compile(block, "README.md", "exec")


def test_lists_reports_and_redaction_have_methods(api: Api, client: Client) -> None:
    item = client.post([text("Have a nice day")])
    api.service.work_once()
    redacted = client.redact("Call me at 206-555-0100")
    flag = client.flag("it is rude", "user-9", item=item["id"])
    key = api.service.accounts.add_key("ops", datetime.now(UTC), is_operator=True).key
    with Client("http://service", key=key, transport=client._transport) as operator:
        entry = operator.add_to_list("banned-authors", "user-42", "spam")
        listed = operator.get_list("banned-authors")["listed"]
        removed = operator.remove_from_list("banned-authors", str(entry["id"]), "a mistake")
        look = operator.remoderate("a change", dry_run=True)

    assert "206" not in redacted["text"]
    assert client.get_flag(flag["id"])["reason"] == "it is rude"
    assert [each["value"] for each in listed] == ["user-42"]
    assert removed["id"] == entry["id"]
    assert look["examples"] == []
    assert [each["id"] for each in client.items(limit=1)["items"]] == [item["id"]]


def test_a_name_that_leads_elsewhere_is_refused_before_it_is_sent(client: Client) -> None:
    for name in ("", ".", ".."):
        with pytest.raises(ValueError, match="missing"):
            client.get_list(name)


def test_what_may_be_done_only_once_is_not_sent_again_when_it_is_lost() -> None:
    asked: list[str] = []

    def lost(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        raise httpx.ReadError("gone")

    with Client("http://service", key="k", transport=httpx.MockTransport(lost)) as client, pytest.raises(Unreachable):
        client.undo_remoderation("r1")

    assert asked == ["/v1/remoderations/r1/undo"]
