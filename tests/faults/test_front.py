"""F-22, F-26 and what waits for others: restarts under load, clients and servers that are slow, kills while it fetches."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import urllib3
from PIL import Image

from ground.web.front import raise_open_files
from tests.faults.installation import SETTINGS, Installation, furnish, settings_of
from tests.faults.report import Row, keep
from tests.faults.steps import FETCHED, WAITED
from tests.receiver import Receiver, status
from tests.waiting import PATIENCE_SECONDS, free_port, wait_for

pytestmark = pytest.mark.faults

RESTARTS, EVERY_SECONDS = 5, 10.0
TEXT = {"parts": [{"type": "text", "text": "Have a nice day"}]}


class Client:
    """A client of one key, on a connection of its own; says what did not come back as it should."""

    def __init__(self, port: int, key: str) -> None:
        self._pool = urllib3.HTTPConnectionPool("127.0.0.1", port, timeout=PATIENCE_SECONDS, retries=False)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def call(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body)
        method = "GET" if body is None else "POST"
        answer = self._pool.request(method, path, body=data, headers=self._headers | headers)
        return answer.status, json.loads(answer.data) if answer.data.startswith(b"{") else None


class Load:
    """Clients that post texts all the time."""

    def __init__(self, port: int, key: str, clients: int = 4) -> None:
        self._port, self._key = port, key
        self.accepted: list[str] = []
        self.refused, self.faults = 0, Counter[str]()
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._post) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _post(self) -> None:
        client = Client(self._port, self._key)
        while not self._is_over.wait(0.01):
            try:
                code, document = client.call("/v1/items", TEXT)
            except urllib3.exceptions.NewConnectionError:
                self.refused += 1
            except urllib3.exceptions.HTTPError as error:
                self.faults[type(error).__name__ + " " + str(error)[:100]] += 1
            else:
                if code == 202:
                    self.accepted.append(document["id"])
                else:
                    self.faults[str(code)] += 1


def lost(port: int, key: str, accepted: list[str]) -> list[str]:
    """Of the items that were accepted, those that are not decided in the end."""
    client, left = Client(port, key), set(accepted)

    def none_left() -> bool:
        for item_id in list(left)[:50]:
            if client.call(f"/v1/items/{item_id}")[1]["status"] == "decided":
                left.discard(item_id)
        return not left

    with contextlib.suppress(AssertionError):
        wait_for(none_left)
    return sorted(left)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []
    log = (tmp_path / "log").open("ab")

    def start(*arguments: str, **given: Any) -> subprocess.Popen[bytes]:
        places = {"DATA": tmp_path / "data", "RULES": tmp_path / "rules", "PLUGINS_DIR": tmp_path / "plugins"}
        own = {f"MODERATION_{name}": str(value) for name, value in {**SETTINGS, **places, **given}.items()}
        command = [sys.executable, "-m", "moderation", *arguments]
        running.append(subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log))
        return running[-1]

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(PATIENCE_SECONDS)
    log.close()


def is_up(port: int) -> bool:
    with contextlib.suppress(OSError, urllib3.exceptions.HTTPError):
        return Client(port, "").call("/healthz")[0] == 200
    return False


@pytest.mark.postgres
@pytest.mark.redis
def test_processes_that_are_restarted_under_load_fail_no_request_and_lose_no_item(
    tmp_path: Path, postgres_server: Any, redis_url: str, program: Any, record_property: Any
) -> None:
    given = {"DATABASE_URL": postgres_server.url, "REVIEW_DATABASE_URL": postgres_server.url, "REDIS_URL": redis_url}
    key, _ = furnish(settings_of(tmp_path, **{name.lower(): value for name, value in given.items()}))
    port = free_port()
    serve = program("serve", "--processes", "2", "--port", str(port), **given)
    program("worker", **given)
    wait_for(lambda: is_up(port))
    load = Load(port, key)
    for _ in range(RESTARTS):
        time.sleep(EVERY_SECONDS)
        serve.send_signal(signal.SIGHUP)
    time.sleep(EVERY_SECONDS)
    load.stop()
    missing = lost(port, key, load.accepted)

    note = f"{len(load.accepted)} posts, {load.refused} refused connects"
    row = Row("F-22 two processes", RESTARTS, lost=len(missing), unexpected_5xx=load.faults.total(), note=note)
    keep(record_property, row)
    assert (load.faults, load.refused, missing) == ({}, 0, []), (tmp_path / "log").read_text()[-3000:]
    assert len(load.accepted) > 100


def test_one_process_that_is_restarted_under_load_resets_no_connection(
    tmp_path: Path, program: Any, record_property: Any
) -> None:
    key, _ = furnish(settings_of(tmp_path))
    port = free_port()
    serve = program("serve", "--port", str(port))
    wait_for(lambda: is_up(port))
    load = Load(port, key)
    for _ in range(RESTARTS):
        time.sleep(EVERY_SECONDS)
        serve.terminate()
        assert serve.wait(PATIENCE_SECONDS) == 0
        serve = program("serve", "--port", str(port))
        wait_for(lambda: is_up(port))
    load.stop()
    missing = lost(port, key, load.accepted)

    note = f"{len(load.accepted)} posts, {load.refused} refused connects"
    row = Row("F-22 one process", RESTARTS, lost=len(missing), unexpected_5xx=load.faults.total(), note=note)
    keep(record_property, row)
    assert (load.faults, missing) == ({}, []), (tmp_path / "log").read_text()[-3000:]


def p99_of(ask: Callable[[], Any], times: int) -> float:
    """Milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return sorted(took)[int(times * 0.99)] * 1000


def test_ten_thousand_idle_and_slow_connections_cost_a_healthy_client_nothing(
    tmp_path: Path, program: Any, record_property: Any
) -> None:
    count = min(10_000, raise_open_files() - 1000)
    furnish(settings_of(tmp_path))
    port = free_port()
    program("serve", "--port", str(port))
    wait_for(lambda: is_up(port))
    client = Client(port, "")
    begun = [b"", b"GET / HTT", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"]

    p99_of(lambda: client.call("/healthz"), 500)
    before = p99_of(lambda: client.call("/healthz"), 3000)
    held = []
    for number in range(count):
        held.append(socket.create_connection(("127.0.0.1", port)))
        held[-1].sendall(begun[number % 3])
        if number % 7 == 0:
            held[-1].shutdown(socket.SHUT_WR)
    meanwhile = p99_of(lambda: client.call("/healthz"), 3000)
    for connection in held:
        connection.close()

    keep(record_property, Row("F-26 connections", count, note=f"p99 {before:.1f} -> {meanwhile:.1f} ms"))
    assert meanwhile <= max(2 * before, 20)


@pytest.fixture
def slow_site() -> Iterator[Receiver]:
    """Slow for those that ask it first, and then a picture."""
    site = Receiver()
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "PNG")
    asked = Counter[str]()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked[handler.path] += 1
        if asked[handler.path] == 1:
            status(503)(handler)
            return
        site.closing.wait(2.5)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(out.getvalue())))
        handler.end_headers()
        handler.wfile.write(out.getvalue())

    site.answers["/x.png"] = answer
    site.answers["/never.png"] = lambda _: site.closing.wait()
    site.start()
    yield site
    site.stop()


def test_slow_servers_and_many_who_wait_hold_up_nobody(
    tmp_path: Path, program: Any, slow_site: Receiver, record_property: Any
) -> None:
    key, _ = furnish(settings_of(tmp_path))
    port = free_port()
    program("serve", "--port", str(port))
    wait_for(lambda: is_up(port))
    client = Client(port, key)
    never = {"parts": [{"type": "image", "url": f"{slow_site.url}/never.png"}]}
    assert {client.call("/v1/items", never)[0] for _ in range(32)} == {202}
    waits = [threading.Thread(target=lambda: Client(port, key).call("/v1/items?wait=20", never)) for _ in range(200)]
    for each in waits:
        each.start()
    time.sleep(3)

    healthz = p99_of(lambda: client.call("/healthz"), 1000)
    began = time.monotonic()
    code, document = client.call("/v1/items?wait=10", TEXT)
    took = time.monotonic() - began
    if code == 202:  # the app has its share of those that wait
        wait_for(lambda: client.call(f"/v1/items/{document['id']}")[1]["status"] == "decided")
        took = time.monotonic() - began
    for each in waits:
        each.join()

    keep(record_property, Row("slow servers, 200 waits", 232, note=f"/healthz p99 {healthz:.1f} ms, text {took:.1f} s"))
    assert healthz < 50
    assert took < 5


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", sorted(FETCHED))
def test_killed_while_it_fetches_nothing_is_lost_or_lies_there_twice(
    tmp_path: Path, record_property: Any, slow_site: Receiver, step: str, when: str
) -> None:
    installation = Installation(tmp_path)
    role = installation.serve([f"{step}:{when}"])
    installation.wait_up()
    client = Client(role.port or 0, installation.key)
    item = {"parts": [{"type": "image", "url": f"{slow_site.url}/x.png"}]}
    item_id = ""

    def is_posted() -> bool:
        nonlocal item_id
        with contextlib.suppress(OSError, urllib3.exceptions.HTTPError):  # it may be killed while it answers
            item_id = client.call("/v1/items", item, **{"Idempotency-Key": "k"})[1]["id"]
        return bool(item_id)

    wait_for(is_posted)

    def document() -> Any:
        with contextlib.suppress(OSError, urllib3.exceptions.HTTPError):
            return client.call(f"/v1/items/{item_id}")[1]
        return None

    wait_for(lambda: installation.deaths and (document() or {}).get("status") == "decided")
    found = document()
    installation.stop()

    keep(record_property, Row("F-03 fetches", len(installation.deaths)))
    assert [death.failpoint for death in installation.deaths] == [f"{step}:{when}"]
    assert found["parts"][0]["content_type"] == "image/png"
    assert found["decision"]["outcome"] == "approve"
    stored = [path for path in (tmp_path / "data" / "media").rglob("*.png") if path.is_file()]
    assert len(stored) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", sorted(WAITED | {"items.add", "items.make_final"}))
def test_a_kill_leaves_a_key_that_can_be_used_again_within_seconds(
    tmp_path: Path, record_property: Any, step: str, when: str
) -> None:
    installation = Installation(tmp_path)
    role = installation.serve([f"{step}:{when}"])
    installation.wait_up()
    client = Client(role.port or 0, installation.key)
    slow = {"parts": [{"type": "text", "text": "SLOW"}]}
    with contextlib.suppress(OSError, urllib3.exceptions.HTTPError):
        client.call("/v1/items?wait=20", slow, **{"Idempotency-Key": "k"})
    wait_for(lambda: installation.deaths)
    installation.wait_up()
    began = time.monotonic()
    codes: list[int] = []

    def is_answered() -> bool:
        codes.append(client.call("/v1/items?wait=20", slow, **{"Idempotency-Key": "k"})[0])
        return codes[-1] != 409

    wait_for(is_answered)
    took = time.monotonic() - began
    again = client.call("/v1/items?wait=20", slow, **{"Idempotency-Key": "k"})
    items = client.call("/v1/items")[1]["items"]
    installation.stop()

    keep(record_property, Row("F-21 keys after a kill", 1, slowest_recovery=took))
    assert codes[-1] in (200, 202)
    assert again[0] in (200, 202)
    assert len(items) == 1
    assert took < 15
