"""Connectors against a real service: what people still look at is held, and nothing is let through without a decision."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from moderation.serving.server import Server
from moderation.settings import Settings
from tests.houses.api import NOBODY
from tests.paths import EXAMPLES
from tests.pictures import picture
from tests.waiting import wait_for

sys.path.insert(0, str(EXAMPLES / "connectors"))

import asking
import coral
import discord_bot
import discourse
import mastodon
import matrix_policy
import pictrs
import slack_bot

SECRET = "s3cret"
HOOKS = "whsec_" + base64.b64encode(b"x" * 24).decode()
GOOD, BAD, DOUBTFUL = "What a lovely evening that was", "Just kill yourself", "You are all idiots"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The whole service, listening; nobody reviews."""
    settings = Settings(data=tmp_path_factory.mktemp("served"), port=0, a2i_endpoint_url=NOBODY, workers=2)
    with Server(settings) as opened:
        opened.start()
        yield opened


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return server.service.accounts.add_key("forum", datetime.now(UTC)).key


@pytest.fixture
def service(server: Server, key: str) -> asking.Service:
    """Waits until there is a decision, however busy the machine is."""
    return asking.Service(server.url, key, wait_seconds=30)


@pytest.fixture
def slow(server: Server, key: str) -> asking.Service:
    """Waits for nothing, so that every review is slow."""
    return asking.Service(server.url, key, wait_seconds=0)


@pytest.fixture(params=["slow", "gone", "refusing"])
def not_approving(request: pytest.FixtureRequest, server: Server, key: str) -> asking.Service:
    """A service whose review is slow, one that does not answer, and one that does not know the key."""
    return {
        "slow": asking.Service(server.url, key, wait_seconds=0),
        "gone": asking.Service(NOBODY, key, wait_seconds=0),
        "refusing": asking.Service(server.url, "wrong", wait_seconds=0),
    }[request.param]


@dataclass
class Done:
    """What a connector did at the other program."""

    calls: list[tuple[str, str, Any]] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: Any = None) -> None:
        self.calls.append((method, path, body))


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(app: Flask, path: str, document: Any, header: str, **headers: str) -> TestResponse:
    body = json.dumps(document).encode()
    given = {"Content-Type": "application/json", **headers}
    given.setdefault(header, signed(body))
    return app.test_client().post(path, data=body, headers=given)


class TestAsking:
    def test_the_same_content_is_the_same_item_whose_decision_is_told_once_there_is_one(
        self, slow: asking.Service, service: asking.Service
    ) -> None:
        part = [{"type": "text", "text": f"{GOOD}, again"}]
        first = slow.ask("a", part)

        wait_for(lambda: slow.ask("a", part).outcome == "approve")
        assert slow.ask("a", part).item == first.item
        assert service.ask("a", part).item == first.item

    def test_what_the_service_refuses_is_held_with_its_words(self, service: asking.Service) -> None:
        answer = service.ask("b", [{"type": "image", "base64": base64.b64encode(b"no picture").decode()}])

        assert answer.outcome == "hold"
        assert "422" in answer.reason


class TestCoral:
    def send(self, service: asking.Service, text: str, **headers: str) -> TestResponse:
        posted = {
            "action": "NEW",
            "comment": {"body": text, "parentID": None},
            "author": {"id": "author-1", "role": "COMMENTER"},
            "story": {"id": "story-1", "url": "https://news.example/1"},
            "site": {"id": "site-1"},
            "tenantID": "tenant-1",
            "tenantDomain": "coral.example",
        }
        return post(coral.create_app(service, SECRET), "/coral", posted, "X-Coral-Signature", **headers)

    def test_decisions_become_statuses(self, service: asking.Service) -> None:
        assert self.send(service, GOOD).status_code == 204
        assert self.send(service, BAD).json["status"] == "REJECTED"

    def test_what_is_not_decided_is_withheld(self, not_approving: asking.Service) -> None:
        assert self.send(not_approving, DOUBTFUL).json["status"] == "SYSTEM_WITHHELD"
        assert self.send(not_approving, "  ").json["status"] == "SYSTEM_WITHHELD"

    def test_a_wrong_signature_is_refused_and_of_two_one_right_one_does(self, service: asking.Service) -> None:
        wrong = {"X-Coral-Signature": "sha256=00"}
        assert self.send(service, GOOD, **wrong).status_code == 401
        body = b"{}"
        assert asking.is_signed(SECRET, body, f"sha256=00,{signed(body)}")
        assert not asking.is_signed(SECRET, body, "sha256=\xe9,")


class TestPictrs:
    def send(self, service: asking.Service, data: bytes, kind: str = "image/png") -> TestResponse:
        return pictrs.create_app(service).test_client().post("/pictrs", data=data, headers={"Content-Type": kind})

    def test_a_picture_that_is_approved_is_taken(
        self, service: asking.Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # That the shipped policies approve some is shown elsewhere; here their nets would only take time.
        monkeypatch.setattr(service, "ask", lambda content_id, parts: asking.Answer("approve", content_id))

        assert self.send(service, picture()).status_code == 204

    def test_a_picture_that_is_not_decided_is_refused_for_now(self, not_approving: asking.Service) -> None:
        answer = self.send(not_approving, picture())

        assert answer.status_code == 403
        assert answer.text == "people look at it; send it again later"

    def test_what_is_no_picture_is_refused(self, service: asking.Service) -> None:
        assert self.send(service, b"hello", "text/plain").status_code == 415
        assert self.send(service, b"hello").status_code == 403


ROOM, SERVER = "!room:example.org", "policy.example.org"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)


def event(content: dict[str, Any], kind: str = "m.room.message", **more: Any) -> dict[str, Any]:
    made = {
        "type": kind,
        "room_id": ROOM,
        "sender": "@ann:example.org",
        "content": content,
        "depth": 12,
        "auth_events": [],
        "prev_events": [],
        "origin_server_ts": 1_800_000_000_000,
        **more,
    }
    digest = hashlib.sha256(
        json.dumps(made, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    ).digest()
    return {
        **made,
        "hashes": {"sha256": base64.b64encode(digest).decode().rstrip("=")},
        "signatures": {},
        "unsigned": {},
    }


def text_event(text: str) -> dict[str, Any]:
    return event({"msgtype": "m.text", "body": text})


class TestMatrix:
    def ask(self, service: asking.Service, pdu: Any, path: str = "/_matrix/policy/v1/sign") -> TestResponse:
        app = matrix_policy.create_app(service, SERVER, KEY, [ROOM])
        return app.test_client().post(path, json=pdu)

    def test_an_approved_event_is_signed_as_it_is_after_redaction(self, service: asking.Service) -> None:
        pdu = text_event(GOOD)

        signature = self.ask(service, pdu).json[SERVER]["ed25519:policy_server"]

        redacted = {name: value for name, value in pdu.items() if name not in ("signatures", "unsigned")} | {
            "content": {}
        }
        bare = json.dumps(redacted, separators=(",", ":"), sort_keys=True).encode()
        KEY.public_key().verify(base64.b64decode(signature + "=="), bare)

    def test_a_rejected_one_is_not(self, service: asking.Service) -> None:
        assert self.ask(service, text_event(BAD)).json == {}
        edited = event({"msgtype": "m.text", "body": GOOD, "m.new_content": {"body": BAD}})
        assert self.ask(service, edited).json == {}

    def test_what_is_not_decided_is_not_signed(self, not_approving: asking.Service) -> None:
        assert self.ask(not_approving, text_event(DOUBTFUL)).json == {}

    @pytest.mark.parametrize(
        "unreadable",
        [
            event({"ciphertext": "x"}, "m.room.encrypted"),
            event({"msgtype": "m.image", "body": GOOD, "url": "mxc://a/b"}),
            event({"msgtype": "m.text"}),
        ],
    )
    def test_what_nobody_here_can_read_is_not_signed(self, service: asking.Service, unreadable: Any) -> None:
        assert self.ask(service, unreadable).json == {}

    def test_events_that_show_nothing_are_signed(self, slow: asking.Service) -> None:
        member = event({"membership": "join"}, "m.room.member", state_key="@ann:example.org")

        assert SERVER in self.ask(slow, member).json

    def test_an_event_whose_hash_is_anothers_is_refused(self, service: asking.Service) -> None:
        forged = {**text_event(GOOD), "content": {"msgtype": "m.text", "body": BAD}}

        assert self.ask(service, forged).json["errcode"] == "M_BAD_JSON"
        assert self.ask(service, ["x"]).json["errcode"] == "M_BAD_JSON"

    def test_another_room_is_refused(self, service: asking.Service) -> None:
        other = event({"body": GOOD}, room_id="!other:example.org")

        assert self.ask(service, other).json["errcode"] == "M_NOT_FOUND"

    def test_older_servers_get_a_recommendation(self, service: asking.Service, slow: asking.Service) -> None:
        path = "/_matrix/policy/unstable/org.matrix.msc4284/event/$abc/check"

        assert self.ask(service, text_event(f"{GOOD}!"), path).json == {"recommendation": "ok"}
        assert self.ask(service, text_event(BAD), path).json == {"recommendation": "spam"}
        assert self.ask(slow, text_event(f"{DOUBTFUL}?"), path).json == {"recommendation": "spam"}


class TestDiscourse:
    def send(self, service: asking.Service, text: str, number: int = 17) -> Done:
        done = Done()
        app = discourse.create_app(service, SECRET, done, HOOKS)
        posted = {"post": {"id": number, "raw": text, "cooked": f"<p>{text}</p>", "username": "ann", "topic_id": 3}}
        answer = post(app, "/discourse", posted, "X-Discourse-Event-Signature", **{"X-Discourse-Event": "post_created"})
        assert answer.status_code == 204
        return done

    def test_a_rejected_post_is_deleted_and_an_approved_one_left(self, service: asking.Service) -> None:
        assert self.send(service, BAD).calls == [("DELETE", "/posts/17.json", None)]
        assert self.send(service, GOOD).calls == []

    def test_what_is_not_decided_is_hidden(self, not_approving: asking.Service) -> None:
        ((method, path, body),) = self.send(not_approving, DOUBTFUL).calls

        assert (method, path, body["id"], body["take_action"]) == ("POST", "/post_actions.json", 17, True)

    @pytest.mark.parametrize(
        ("outcome", "call"),
        [("approve", ("PUT", "/posts/17/unhide.json", None)), ("reject", ("DELETE", "/posts/17.json", None))],
    )
    def test_a_later_decision_is_carried_out(self, slow: asking.Service, outcome: str, call: Any) -> None:
        done = Done()
        app = discourse.create_app(slow, SECRET, done, HOOKS)
        data = {"id": "item-1", "content_id": "discourse:17", "decision": {"outcome": outcome}}
        body, now = json.dumps({"type": "item.decided", "data": data}), datetime.now(UTC)
        headers = {
            "webhook-id": "m1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(HOOKS).sign("m1", now, body),
        }

        assert app.test_client().post("/decided", data=body, headers=headers).status_code == 204
        assert done.calls == [call]
        assert app.test_client().post("/decided", data=body.replace("17", "18"), headers=headers).status_code == 401
        assert len(done.calls) == 1


class TestMastodon:
    def send(self, service: asking.Service, html: str, media: Any = ()) -> Done:
        done = Done()
        status = {
            "id": "1001",
            "account": {"id": "7", "acct": "ann@example.org"},
            "spoiler_text": "",
            "content": html,
            "media_attachments": list(media),
        }
        posted = {"event": "status.created", "created_at": "2026-12-01T00:00:00Z", "object": status}
        answer = post(mastodon.create_app(service, SECRET, done), "/mastodon", posted, "X-Hub-Signature")
        assert answer.status_code == 204
        return done

    def test_a_rejected_post_is_reported_and_an_approved_one_left(self, service: asking.Service) -> None:
        ((method, path, body),) = self.send(service, "<p>Just <b>kill</b> yourself</p>").calls

        assert (method, path, body["status_ids"]) == ("POST", "/api/v1/reports", ["1001"])
        assert body["comment"].startswith("It is against the rules")
        assert self.send(service, f"<p>{GOOD}</p>").calls == []

    def test_what_is_not_decided_is_reported(self, not_approving: asking.Service) -> None:
        ((_, _, body),) = self.send(not_approving, f"<p>{DOUBTFUL}</p>").calls

        assert body["comment"].startswith("People have to look at it")

    def test_media_of_a_kind_that_nobody_knows_is_not_passed_over(self, slow: asking.Service) -> None:
        ((_, _, body),) = self.send(slow, "", [{"type": "unknown", "url": "https://m.example/1"}]).calls

        assert body["comment"].startswith("People have to look at it")


class TestSlack:
    def send(self, service: asking.Service, event: Any, *, old: bool = False) -> tuple[TestResponse, Done]:
        done = Done()
        app = slack_bot.create_app(service, SECRET, done, "C-MODS", lambda work: work())
        body = json.dumps(event).encode()
        stamp = str(int(time.time()) - (600 if old else 0))
        right = "v0=" + hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": right}
        return app.test_client().post("/slack", data=body, headers=headers), done

    def message(self, text: str, **more: Any) -> dict[str, Any]:
        said = {"type": "message", "channel": "C1", "user": "U1", "text": text, "ts": "1800000000.000100", **more}
        return {"type": "event_callback", "event": said}

    def test_the_address_is_confirmed(self, slow: asking.Service) -> None:
        answer, _ = self.send(slow, {"type": "url_verification", "challenge": "c17"})

        assert answer.json == {"challenge": "c17"}

    def test_decisions_are_carried_out(self, service: asking.Service) -> None:
        _, bad = self.send(service, self.message(BAD))
        _, good = self.send(service, self.message(GOOD))

        assert bad.calls[0] == ("POST", "/api/chat.delete", {"channel": "C1", "ts": "1800000000.000100"})
        assert "was rejected" in bad.calls[1][2]["text"]
        assert good.calls == []

    def test_what_is_not_decided_is_taken_out_and_moderators_are_told(self, not_approving: asking.Service) -> None:
        changed = {"subtype": "message_changed", "message": {"user": "U1", "text": DOUBTFUL, "ts": "1"}}
        for said in (self.message(DOUBTFUL), self.message("", **changed), self.message(GOOD, files=[{"id": "F1"}])):
            _, done = self.send(not_approving, said)
            assert [path for _, path, _ in done.calls] == ["/api/chat.delete", "/api/chat.postMessage"]
            assert "waits for people" in done.calls[1][2]["text"]

    def test_copies_of_old_requests_and_bots_are_passed_over(self, slow: asking.Service) -> None:
        answer, done = self.send(slow, self.message(BAD), old=True)
        _, bot = self.send(slow, self.message(BAD, bot_id="B1"))

        assert answer.status_code == 401
        assert (done.calls, bot.calls) == ([], [])


class TestDiscord:
    def look(self, service: asking.Service, **message: Any) -> Done:
        done = Done()
        said = {"id": "5", "channel_id": "9", "author": {"id": "3"}, "content": "", "attachments": [], **message}
        discord_bot.look(service, done, "77", said)
        return done

    def test_decisions_are_carried_out(self, service: asking.Service) -> None:
        bad = self.look(service, content=BAD)

        assert bad.calls[0] == ("DELETE", "/channels/9/messages/5", None)
        assert bad.calls[1][2]["allowed_mentions"] == {"parse": []}
        assert self.look(service, content=GOOD).calls == []

    def test_what_is_not_decided_is_deleted_and_moderators_are_told(self, not_approving: asking.Service) -> None:
        strange = [{"content_type": "application/zip", "url": "https://cdn.example/x.zip"}]
        for done in (self.look(not_approving, content=DOUBTFUL), self.look(not_approving, attachments=strange)):
            assert "waits for people" in done.calls[1][2]["content"]

    def test_bots_are_passed_over(self, slow: asking.Service) -> None:
        assert self.look(slow, content=BAD, author={"id": "1", "bot": True}).calls == []


def test_every_connector_is_in_the_readme() -> None:
    page = (EXAMPLES / "connectors" / "README.md").read_text()

    names = {path.name for path in Path(EXAMPLES / "connectors").glob("*.py")}
    assert {name for name in names if name not in page} == set()


def test_another_programs_refusal_is_raised_so_that_it_asks_again(server: Server) -> None:
    with pytest.raises(RuntimeError, match="POST /nothing was answered 404"):
        asking.Calls(server.url, {})("POST", "/nothing", {})
