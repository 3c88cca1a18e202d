"""Reviewers at work, in a real browser against the whole service."""

from __future__ import annotations

import base64
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from moderation.pipeline import Submission
from moderation.server import Server
from review_ui.people import People
from tests.conftest import EXAMPLES

pytestmark = pytest.mark.browser

PASSWORD = "a long enough password"
PAYLOADS = [
    "<script>document.title='HACKED'</script>",
    "<img src=x onerror=\"document.title='HACKED'\">",
    "\"><svg onload=document.title='HACKED'>",
    "'-document.title='HACKED'-'",
    "{{ 7*7 }}{% raw %}",
    "javascript:document.title='HACKED'",
    "</textarea></script><script>document.title='HACKED'</script>",
    "<iframe srcdoc=\"<script>top.document.title='HACKED'</script>\">",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    binary = next((b for b in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if b), None)
    if binary is None:
        pytest.skip("Chromium is not installed; `make test` installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=binary, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, server: Server) -> Iterator[Any]:
    """A signed-in reviewer's page; the console's complaints are kept in `page.complaints`."""
    People(server.review.database).add("rita", "reviewer", PASSWORD)
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.complaints = []
    opened.on("console", lambda m: opened.complaints.append(m.text) if m.type == "error" else None)
    opened.on("dialog", lambda dialog: dialog.dismiss())
    opened.goto(f"{server.url}/review/")
    opened.fill("[name=username]", "rita")
    opened.fill("[name=password]", PASSWORD)
    opened.keyboard.press("Enter")
    opened.wait_for_url("**/review/")
    yield opened
    context.close()


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
    import json
    import urllib.request
    from datetime import UTC, datetime

    key = server.service.accounts.add_key("shop", datetime.now(UTC)).key
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps({"parts": parts, **more}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{server.url}/v1/items", body, headers), timeout=20) as answer:
        return str(json.load(answer)["id"])


def wait_until(true: Any, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def is_open(server: Server, item_id: str) -> bool:
    loops = server.service.store.get_item(item_id).loops
    return bool(loops) and loops[-1].state == "open"


def test_a_task_is_decided_with_the_keyboard_and_the_app_hears_of_it(page: Any, server: Server) -> None:
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    face = base64.b64encode((EXAMPLES / "face.jpg").read_bytes()).decode()
    text = "\U0001f600\U0001f468\u200d\U0001f469 write ada@example.com or call 415-555-0102"
    item_id = post(
        server,
        [{"type": "text", "text": text}, {"type": "image", "base64": face}],
        callback_url=f"http://127.0.0.1:{receiver.server_port}/hook",
    )
    wait_until(lambda: is_open(server, item_id))
    page.reload()
    page.click("#start")
    page.wait_for_selector("#answer")
    marks = page.eval_on_selector_all("mark", "all => all.map(m => m.textContent)")
    veiled = page.locator("figure.picture.veiled.grey").count()
    boxes = page.locator("svg.boxes rect").count()
    page.keyboard.press("b")
    unveiled = page.locator("figure.picture.veiled").count()
    for key in ("r", "1", "n"):
        page.keyboard.press(key)
    page.keyboard.type("not without consent")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**/next*")
    wait_until(lambda: server.service.store.get_item(item_id).status == "decided", 10)
    wait_until(lambda: Receiver.got != [], 10)
    record = server.service.store.get_item(item_id)
    receiver.shutdown()
    receiver.server_close()
    headers, body = Receiver.got[0]
    secret = server.service.accounts.webhook_secret("shop")

    assert marks == ["ada@example.com", "415-555-0102"]
    assert (veiled, boxes, unveiled) == (1, 1, 0)
    assert record.decision is not None
    assert (record.decision.outcome, record.decision.decided_by) == ("reject", "people")
    assert record.decision.labels == ("Face",)
    assert "not without consent" in record.decision.reason
    assert Webhook(secret).verify(body, headers)["data"]["id"] == item_id
    assert page.locator("h1").inner_text() == "All done"
    assert page.complaints == []


def test_nothing_that_an_app_posts_runs_in_the_reviewers_browser(page: Any, server: Server) -> None:
    text = "ada@example.com 415-555-0102 " + " ".join(PAYLOADS)
    metadata = {payload: payload for payload in PAYLOADS}
    item_id = post(server, [{"type": "text", "text": text}], content_id=PAYLOADS[0], metadata=metadata)
    wait_until(lambda: is_open(server, item_id))
    page.goto(f"{server.url}/review/next")
    page.wait_for_selector("#answer")
    page.click("text=About the item")

    assert "HACKED" not in page.title()
    assert PAYLOADS[0] in page.locator(".text").first.inner_text()
    assert page.locator("table.facts").inner_text().count("HACKED") >= len(PAYLOADS)
    assert page.complaints == []


def test_a_task_left_by_one_is_the_next_ones(page: Any, server: Server) -> None:
    item_id = post(server, [{"type": "text", "text": "call 415-555-0102 or ada@example.com"}])
    wait_until(lambda: is_open(server, item_id))
    page.goto(f"{server.url}/review/next")
    page.wait_for_selector("#answer")
    page.keyboard.press("q")
    page.wait_for_url("**/review/")

    assert page.locator("td.number").first.is_visible()
    assert page.locator("#start").count() == 1


def client_of(server: Server, name: str, role: str) -> Any:
    from moderation.app import create_app

    People(server.review.database).add(name, role, PASSWORD)
    client = create_app(server.service, server.review).test_client()
    answer = client.post("/review/sign-in", data={"username": name, "password": PASSWORD})
    assert answer.status_code == 303
    return client


def csrf(client: Any) -> str:
    page = client.get("/review/").get_data(as_text=True)
    return str(page.partition('name="csrf" value="')[2].partition('"')[0])


def task_for(server: Server, client: Any) -> str:
    item = server.service.pipeline.prepare(Submission("shop", (_text("call 415-555-0102 or ada@example.com"),)))
    server.service.pipeline.intake([item])
    wait_until(lambda: is_open(server, item.id))
    return str(client.get("/review/next").headers["Location"]).partition("?")[0]


def _text(text: str) -> Any:
    from moderation.core.items import Part

    return Part(id="p0", type="text", text=text)


def test_forms_need_their_token_and_tasks_their_owner(server: Server) -> None:
    ann, bob = client_of(server, "ann", "reviewer"), client_of(server, "bob", "reviewer")
    task = task_for(server, ann)

    assert ann.post(task, data={"decision": "approve"}).status_code == 403, "no token"
    assert ann.post(task, data={"decision": "approve", "csrf": csrf(bob)}).status_code == 403, "another's token"
    assert bob.get(task).status_code == 409, "another's task"
    assert bob.post(task, data={"decision": "approve", "csrf": csrf(bob)}).status_code == 409
    assert ann.post(task, data={"decision": "maybe", "csrf": csrf(ann)}).status_code == 422
    assert ann.post(task, data={"decision": "approve", "csrf": csrf(ann)}).status_code == 303
    assert ann.post(task, data={"decision": "reject", "csrf": csrf(ann)}).status_code == 409, "answered once"


@pytest.mark.parametrize("role", [None, "reviewer", "lead", "policy_owner", "admin"])
def test_who_may_see_what(server: Server, role: str | None) -> None:
    from moderation.app import create_app

    client = client_of(server, "someone", role) if role else create_app(server.service, server.review).test_client()
    reviews, admins = role in ("reviewer", "lead", "admin"), role == "admin"
    signed_out = 303

    assert client.get("/review/").status_code == (200 if role else signed_out)
    assert client.get("/review/next").status_code == (200 if reviews else 403 if role else signed_out)
    assert client.get("/review/people").status_code == (200 if admins else 403 if role else signed_out)
    assert client.get("/review/media/forged").status_code == (404 if reviews else 403 if role else signed_out)
    assert client.post("/review/people", data={"csrf": csrf(client)}).status_code == (422 if admins else 403)


def test_a_user_who_is_shut_out_is_out_at_once(server: Server) -> None:
    client = client_of(server, "ann", "reviewer")
    People(server.review.database).disable("ann")

    assert client.get("/review/").status_code == 303
    answer = client.post("/review/sign-in", data={"username": "ann", "password": PASSWORD})
    assert answer.status_code == 401


def test_guessing_passwords_is_slowed_down(server: Server) -> None:
    client = client_of(server, "ann", "reviewer")
    codes = [client.post("/review/sign-in", data={"username": "ann", "password": "x"}).status_code for _ in range(10)]

    assert codes[0] == 401
    assert codes[-1] == 429


def test_pages_allow_no_inline_script(server: Server) -> None:
    client = client_of(server, "ann", "reviewer")
    policy = client.get("/review/").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for template in Path("review_ui/portal/templates").rglob("*.html"):
        text = template.read_text()
        assert "<script>" not in text
        assert " onclick" not in text
        assert " style=" not in text
