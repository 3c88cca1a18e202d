"""The whole service with a reviewer at its end: an app posts, a person decides with the keyboard, the app hears of it."""

from __future__ import annotations

import base64
import json
import threading
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from moderation.serving.server import Server
from review_ui.people.people import People
from tests.houses.desk import PASSWORD
from tests.paths import EXAMPLES
from tests.waiting import PATIENCE_SECONDS, wait_for

pytestmark = pytest.mark.browser


class Receiver(BaseHTTPRequestHandler):
    got: list[tuple[dict[str, str], bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def post(server: Server, parts: list[dict[str, Any]], **more: Any) -> str:
    """Post through HTTP as an app does; the item's id."""
    key = server.service.accounts.add_key("shop", datetime.now(UTC)).key
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps({"parts": parts, **more}).encode()
    with urllib.request.urlopen(
        urllib.request.Request(f"{server.url}/v1/items", body, headers), timeout=PATIENCE_SECONDS
    ) as answer:
        return str(json.load(answer)["id"])


def is_open(server: Server, item_id: str) -> bool:
    loops = server.service.store.get_item(item_id).loops
    return bool(loops) and loops[-1].state == "open"


def test_a_task_is_decided_with_the_keyboard_and_the_app_hears_of_it(
    server: Server, open_page: Callable[..., Any]
) -> None:
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    face = base64.b64encode((EXAMPLES / "face.jpg").read_bytes()).decode()
    text = "\U0001f600\U0001f468\u200d\U0001f469 write ada@example.com or call 415-555-0102"
    item_id = post(
        server,
        [{"type": "text", "text": text}, {"type": "image", "base64": face}],
        callback_url=f"http://127.0.0.1:{receiver.server_port}/hook",
    )
    wait_for(lambda: is_open(server, item_id))
    People(server.review.database).add("rita", "reviewer", PASSWORD)
    page = open_page()
    page.goto(f"{server.url}/review/")
    page.fill("[name=username]", "rita")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.click("#start")
    page.wait_for_selector("#answer")
    page.wait_for_load_state()
    masked = page.eval_on_selector_all("mark", "all => all.map(m => m.textContent)")
    page.keyboard.press("u")
    page.get_by_text("Personal data is shown.").wait_for()
    page.wait_for_load_state()
    marks = page.eval_on_selector_all("mark", "all => all.map(m => m.textContent)")
    veil = page.eval_on_selector(".picture img", "e => getComputedStyle(e).filter")
    boxes = page.locator(".boxes .line").count()
    for key in ("r", "1", "n"):
        page.keyboard.press(key)
    page.keyboard.type("not without consent")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**/done*")
    wait_for(lambda: server.service.store.get_item(item_id).status == "decided", 10)
    wait_for(lambda: Receiver.got != [], 10)
    record = server.service.store.get_item(item_id)
    receiver.shutdown()
    receiver.server_close()
    headers, body = Receiver.got[0]
    secret = server.service.accounts.webhook_secret("shop")

    assert masked == ["••••••", "••••••"]
    assert marks == ["ada@example.com", "415-555-0102"]
    assert (veil, boxes) == ("blur(24px) grayscale(1)", 1)
    assert record.decision is not None
    assert (record.decision.outcome, record.decision.decided_by) == ("reject", "people")
    assert record.decision.labels == ("Face",)
    assert "not without consent" in record.decision.reason
    assert Webhook(secret).verify(body, headers)["data"]["id"] == item_id
    assert page.locator("h1").inner_text() == "All done"
    assert page.complaints == []
