"""Signed webhooks against real local receivers: good ones, slow ones, broken ones and hostile ones."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from moderation.core.decisions import Decision, PolicyRef
from moderation.core.items import Item, Part
from moderation.delivery.outbox import Outbox
from moderation.delivery.webhooks import JITTER, SCHEDULE_SECONDS, SENDERS, Deliveries
from moderation.settings import Settings
from moderation.storage.accounts import BOTH_SIGN, Accounts
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from tests.receiver import Receiver, status
from tests.waiting import PATIENCE_SECONDS

SECRET_TEXT = "Ein Satz, den kein Empfänger sehen soll"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    server.start()
    yield server
    server.stop()


@dataclass
class World:
    """A database, one app, a clock that the test sets, and the sender."""

    folder: Path
    allow_private_urls: bool = True
    timeout_seconds: float = PATIENCE_SECONDS
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        settings = Settings(data=self.folder, allow_private_urls=self.allow_private_urls).model_copy(
            update={"webhook_timeout_seconds": self.timeout_seconds}
        )
        self.database = open_database(settings)
        self.store, self.outbox, self.accounts = Store(self.database), Outbox(self.database), Accounts(self.database)
        self.secret = self.accounts.add_key("shop", self.now).webhook_secret
        self.deliveries = Deliveries(self.outbox, self.accounts, settings, clock=lambda: self.now)

    def decide(self, url: str, app: str = "shop") -> str:
        """An item of `app` that is decided now; returns its id."""
        item = Item(
            id=new_item_id(self.now),
            app=app,
            content_id="post-1",
            parts=(Part(id="p0", type="text", text=SECRET_TEXT),),
            callback_url=url,
            created_at=self.now,
        )
        self.store.add_items([item])
        decision = Decision(
            outcome="reject",
            decided_by="rules",
            labels=("Toxicity/INSULT",),
            reason="An insult",
            policy=PolicyRef(name="text", version="0" * 64),
            decided_at=self.now,
        )
        assert self.store.decide(item.id, decision, None, None) is not None
        return item.id

    def close(self) -> None:
        self.deliveries.close()
        self.database.close()


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A world with patience, or with as much as the test says."""
    opened = World(tmp_path, timeout_seconds=getattr(request, "param", PATIENCE_SECONDS))
    yield opened
    opened.close()


def test_an_app_learns_of_the_decision_with_a_signature_that_the_standard_library_verifies(
    world: World, receiver: Receiver
) -> None:
    item_id = world.decide(f"{receiver.url}/hook?shop=1")

    assert world.deliveries.run_due() == 1

    (request,) = receiver.requests
    event = Webhook(world.secret).verify(request.body, request.headers)
    assert event["type"] == "item.decided"
    assert event["data"]["id"] == item_id
    assert event["data"]["app"] == "shop"
    assert event["data"]["content_id"] == "post-1"
    assert event["data"]["decision"]["outcome"] == "reject"
    assert request.path == "/hook?shop=1"
    assert request.headers["content-type"] == "application/json"
    assert SECRET_TEXT not in request.body.decode()
    assert world.outbox.counts() == {"delivered": 1}


def test_another_secret_does_not_verify(world: World, receiver: Receiver) -> None:
    world.decide(f"{receiver.url}/hook")
    other = world.accounts.add_key("other", world.now).webhook_secret

    world.deliveries.run_due()

    (request,) = receiver.requests
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(other).verify(request.body, request.headers)


def test_while_an_app_changes_over_the_secret_before_signs_too_and_then_no_more(
    world: World, receiver: Receiver
) -> None:
    old, new = world.secret, world.accounts.rotate_secret("shop", world.now)
    world.decide(f"{receiver.url}/hook")
    world.deliveries.run_due()
    (request,) = receiver.requests
    for secret in (old, new):
        assert Webhook(secret).verify(request.body, request.headers)

    assert world.accounts.signing_secrets("shop", world.now + BOTH_SIGN + timedelta(seconds=1)) == (new,)


def test_the_secret_of_the_settings_signs_for_every_app(tmp_path: Path, receiver: Receiver) -> None:
    world = World(tmp_path)
    shared = world.accounts.add_key("other", world.now).webhook_secret
    settings = Settings(data=tmp_path, allow_private_urls=True, webhook_secret=shared)
    deliveries = Deliveries(world.outbox, world.accounts, settings, clock=lambda: world.now)
    world.decide(f"{receiver.url}/hook")

    deliveries.run_due()

    (request,) = receiver.requests
    assert Webhook(shared).verify(request.body, request.headers)
    deliveries.close()
    world.close()


def test_failed_deliveries_follow_the_schedule_with_one_id_and_the_same_bytes_until_given_up(
    world: World, receiver: Receiver
) -> None:
    receiver.answers["/down"] = status(500)
    item_id = world.decide(f"{receiver.url}/down")
    assert world.deliveries.run_due() == 1

    for pause in SCHEDULE_SECONDS[1:]:
        began = world.now
        world.now = began + timedelta(seconds=pause * JITTER[0] - 0.1)
        assert world.deliveries.run_due() == 0
        world.now = began + timedelta(seconds=pause * JITTER[1])
        assert world.deliveries.run_due() == 1
    world.now += timedelta(days=30)
    assert world.deliveries.run_due() == 0

    assert world.outbox.counts() == {"given_up": 1}
    requests = receiver.got("/down")
    assert len(requests) == len(SCHEDULE_SECONDS)
    assert len({request.headers["webhook-id"] for request in requests}) == 1
    assert len({request.body for request in requests}) == 1
    for request in requests:
        sent_at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
        expected = Webhook(world.secret).sign(request.headers["webhook-id"], sent_at, request.body.decode())
        assert request.headers["webhook-signature"] == expected
    attempts = world.outbox.attempts(item_id)
    assert [attempt.status_code for attempt in attempts] == [500] * len(SCHEDULE_SECONDS)
    assert [attempt.attempted_at for attempt in attempts] == sorted(attempt.attempted_at for attempt in attempts)


def test_a_receiver_that_comes_back_gets_the_event(world: World, receiver: Receiver) -> None:
    receiver.answers["/hook"] = status(503)
    item_id = world.decide(f"{receiver.url}/hook")
    world.deliveries.run_due()
    receiver.answers["/hook"] = status(204)
    world.now += timedelta(seconds=7)

    world.deliveries.run_due()

    assert world.outbox.counts() == {"delivered": 1}
    assert [attempt.status_code for attempt in world.outbox.attempts(item_id)] == [503, 204]


def test_410_stops_for_good_and_a_replay_asks_again(world: World, receiver: Receiver) -> None:
    receiver.answers["/hook"] = status(410)
    item_id = world.decide(f"{receiver.url}/hook")
    world.deliveries.run_due()
    world.now += timedelta(days=30)
    assert world.deliveries.run_due() == 0
    assert world.outbox.counts() == {"given_up": 1}
    receiver.answers["/hook"] = status(200)

    assert world.deliveries.replay(item_id) == 1
    assert world.deliveries.run_due() == 1

    first, second = receiver.got("/hook")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert [attempt.status_code for attempt in world.outbox.attempts(item_id)] == [410, 200]


def test_replaying_an_item_without_a_callback_does_nothing(world: World) -> None:
    assert world.deliveries.replay("01a1fb69-8c15-730f-b107-a0c881b9b117") == 0


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_failures_and_never_followed(world: World, receiver: Receiver, code: int) -> None:
    receiver.answers["/hook"] = status(code, Location=f"{receiver.url}/elsewhere")
    item_id = world.decide(f"{receiver.url}/hook")

    world.deliveries.run_due()

    assert receiver.got("/elsewhere") == []
    assert [attempt.status_code for attempt in world.outbox.attempts(item_id)] == [code]
    assert world.outbox.counts() == {"due": 1}


@pytest.mark.parametrize("as_date", [False, True])
def test_a_receiver_may_ask_for_time(world: World, receiver: Receiver, as_date: bool) -> None:
    asked = format_datetime(world.now + timedelta(seconds=600), usegmt=True) if as_date else "600"
    receiver.answers["/hook"] = status(429, Retry_After=asked)
    world.decide(f"{receiver.url}/hook")
    world.deliveries.run_due()

    world.now += timedelta(seconds=590)
    assert world.deliveries.run_due() == 0
    world.now += timedelta(seconds=11)
    assert world.deliveries.run_due() == 1


@pytest.mark.parametrize("asked", ["99999999999999999999", "-5", "soon", "²", "Sun, 99 Nov 1994", "9" * 5000])
def test_no_retry_after_stops_the_deliveries_for_longer_than_a_day(
    world: World, receiver: Receiver, asked: str
) -> None:
    receiver.answers["/hook"] = lambda handler: _raw(
        handler, f"HTTP/1.1 503 No\r\nRetry-After: {asked}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    world.decide(f"{receiver.url}/hook")
    world.deliveries.run_due()
    world.now += timedelta(days=1, seconds=1)

    assert world.deliveries.run_due() == 1


def _raw(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    handler.wfile.write(data)
    handler.close_connection = True


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    handler.wfile.flush()
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()


def _drip(start: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """Begin an answer and go on with a byte now and then, for ever."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        assert isinstance(handler.server, Receiver)
        handler.wfile.write(start)
        while not handler.server.closing.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    return answer


def _never(handler: BaseHTTPRequestHandler) -> None:
    assert isinstance(handler.server, Receiver)
    handler.server.closing.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_reset, id="resets in the body"),
        pytest.param(_never, id="never answers"),
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"), id="drips the body"),
        pytest.param(_drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), id="drips a header"),
        pytest.param(_drip(b"HT"), id="drips the status line"),
        pytest.param(lambda handler: _raw(handler, b"\x00\x01\x02 nonsense\r\n\r\n"), id="speaks no HTTP"),
        pytest.param(lambda handler: _raw(handler, b""), id="hangs up"),
        pytest.param(lambda handler: _raw(handler, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500), id="too many headers"),
    ],
)
@pytest.mark.parametrize("world", [0.6], indirect=True, ids=["hasty"])
def test_a_broken_receiver_costs_one_bounded_attempt_and_is_tried_again(
    world: World, receiver: Receiver, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    receiver.answers["/hook"] = answer
    item_id = world.decide(f"{receiver.url}/hook")

    assert world.deliveries.run_due() == 1

    (attempt,) = world.outbox.attempts(item_id)
    assert attempt.status_code is None
    assert attempt.reason
    assert world.outbox.counts() == {"due": 1}


def test_an_endless_answer_is_read_for_64_kilobytes_only(world: World, receiver: Receiver) -> None:
    sent = []

    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        try:
            while len(sent) < 10_000:
                handler.wfile.write(b"x" * 65_536)
                sent.append(1)
        except OSError:
            pass

    receiver.answers["/hook"] = flood
    world.decide(f"{receiver.url}/hook")

    world.deliveries.run_due()

    assert world.outbox.counts() == {"delivered": 1}
    assert len(sent) < 1000


def test_nobody_listening_and_no_tls_are_failures_like_others(world: World, receiver: Receiver) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        refused = world.decide(f"http://127.0.0.1:{port}/")
    plain = world.decide(f"https://127.0.0.1:{receiver.server_port}/hook")

    world.deliveries.run_due()

    for item_id in (refused, plain):
        (attempt,) = world.outbox.attempts(item_id)
        assert attempt.status_code is None
    assert receiver.requests == []


def test_private_addresses_are_never_called_unless_allowed(tmp_path: Path, receiver: Receiver) -> None:
    world = World(tmp_path, allow_private_urls=False)
    item_id = world.decide(f"http://127.0.0.1:{receiver.server_port}/hook")
    port_of_http = world.decide("http://127.0.0.1:80/hook")

    world.deliveries.run_due()

    assert receiver.requests == []
    assert [attempt.status_code for attempt in world.outbox.attempts(item_id)] == [None]
    assert "private" in world.outbox.attempts(port_of_http)[0].reason
    world.close()


def test_one_slow_endpoint_with_many_events_delays_no_other(tmp_path: Path, receiver: Receiver) -> None:
    world = World(tmp_path, timeout_seconds=2 * PATIENCE_SECONDS)
    fast_has_it = threading.Event()
    slow = Receiver()
    slow.start()

    def answer_late(handler: BaseHTTPRequestHandler) -> None:
        fast_has_it.wait(2 * PATIENCE_SECONDS)

    def answer_at_once(handler: BaseHTTPRequestHandler) -> None:
        fast_has_it.set()
        status(200)(handler)

    slow.answers["/slow"], receiver.answers["/fast"] = answer_late, answer_at_once
    for _ in range(3 * SENDERS):
        world.decide(f"{slow.url}/slow")
    world.now += timedelta(seconds=1)
    world.decide(f"{receiver.url}/fast")

    world.deliveries.start()
    delivered = fast_has_it.wait(PATIENCE_SECONDS)

    assert delivered
    world.close()
    slow.stop()


def test_what_a_stopped_sender_held_is_sent_by_the_next(world: World, receiver: Receiver) -> None:
    item_id = world.decide(f"{receiver.url}/hook")
    (waiting,) = world.outbox.waiting(world.now, 10)
    (held,) = world.outbox.take([waiting.id], world.now)
    assert held.item_id == item_id
    assert world.deliveries.run_due() == 0

    world.now += timedelta(seconds=121)

    assert world.deliveries.run_due() == 1
    assert len(receiver.requests) == 1


def test_two_senders_share_the_work_and_send_nothing_twice(world: World, receiver: Receiver) -> None:
    settings = Settings(data=world.folder, allow_private_urls=True)
    other = Deliveries(world.outbox, world.accounts, settings, clock=lambda: world.now)
    ids = {world.decide(f"{receiver.url}/hook") for _ in range(30)}

    threads = [threading.Thread(target=sender.run_due) for sender in (world.deliveries, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    got = [json.loads(request.body)["data"]["id"] for request in receiver.requests]
    assert sorted(got) == sorted(ids)
    other.close()
