"""What breaks, and what must hold all the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from moderation.core.items import Part
from moderation.pipeline.intake import Submission
from moderation.service import Service
from moderation.settings import Settings
from tests.children import children, descendants
from tests.leases import end_leases
from tests.waiting import PATIENCE_SECONDS, free_port, wait_for

pytestmark = pytest.mark.slow

PLUGIN = """
import os, time
from moderation import hookimpl
class Bad:
    name, version, reads, labels, min_confidence, time_limit_seconds = "bad.one", "1", ("text",), ("Weapons",), 0, {limit}
    def detect(self, part, context):
        if "MODE" not in part.text: return []
        {action}
@hookimpl
def register_detectors(settings): return [Bad()]
"""


def moderate(service: Service, text: str) -> Any:
    item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text=text),)))
    service.pipeline.intake([item])
    wait_for(lambda: service.store.get_item(item.id).status != "pending")
    return service.store.get_item(item.id)


@pytest.mark.parametrize(
    ("action", "kind"),
    [("raise RuntimeError('x')", "raised"), ("time.sleep(60)", "timed_out"), ("os._exit(1)", "crashed")],
)
def test_a_detector_that_breaks_sends_its_item_to_people_and_the_service_lives(
    tmp_path: Path, settings: Settings, action: str, kind: str
) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "bad.py").write_text(PLUGIN.format(action=action, limit=4 if kind == "timed_out" else PATIENCE_SECONDS))
    service = Service.open(
        settings.model_copy(update={"plugins_dir": plugins, "a2i_endpoint_url": "http://127.0.0.1:9"})
    )
    service.doorbell.start(service.work_once)
    try:
        broken, fine = moderate(service, "hello MODE"), moderate(service, "hello friend")
    finally:
        service.close()

    assert broken.status == "in_review"
    assert [(f.detector.name, f.kind) for f in broken.failures] == [("bad.one", kind)]
    assert (fine.status, fine.decision.outcome) == ("decided", "approve")


def test_an_item_that_breaks_its_worker_again_and_again_goes_to_people(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(service.judge, "judge", broken)
    monkeypatch.setattr(service.judge, "judge_texts", broken)
    item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text="poison"),)))
    service.store.add_items([item])
    for _ in range(service.settings.max_attempts + 1):
        end_leases(service, item.id)
        service.work_once()
        time.sleep(0.05)
    record = service.store.get_item(item.id)

    assert record.status == "in_review"
    assert {f.kind for f in record.failures} == {"not_run"}


def start_server(data: Path, port: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "MODERATION_LEASE_SECONDS": "2", "MODERATION_SWEEP_SECONDS": "0.5"}
    command = [sys.executable, "-m", "tests.patience", "serve", "--data", str(data), "--port", str(port)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    wait_for(lambda: is_up(port))
    return process


def is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_SECONDS):
            return True
    except OSError:
        return False


def call(port: int, key: str, path: str, body: Any = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)


def test_killed_between_accept_and_decision_each_item_is_decided_once(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    process = start_server(data, port)
    command = [sys.executable, "-m", "moderation", "keys", "add", "--app", "shop", "--json", "--data", str(data)]
    key = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["key"]
    items = {"items": [{"parts": [{"type": "text", "text": f"hello number {n}"}]} for n in range(60)]}
    accepted: list[str] = []
    for _ in range(3):
        accepted += [entry["id"] for entry in call(port, key, "/v1/items/batch", items)["items"]]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process = start_server(data, port)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        waiting = set(accepted)
        while waiting and time.monotonic() < deadline:
            waiting = {item_id for item_id in waiting if call(port, key, f"/v1/items/{item_id}")["status"] == "pending"}
        explained = [call(port, key, f"/v1/items/{item_id}/explanation") for item_id in accepted]
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)

    assert waiting == set()
    assert [len(e["decisions"]) for e in explained] == [1] * len(accepted)
    assert {e["outcome"] for e in explained} == {"approve"}


def test_detectors_processes_end_with_the_service_that_was_killed(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    process = start_server(data, port)
    command = [sys.executable, "-m", "moderation", "keys", "add", "--app", "shop", "--json", "--data", str(data)]
    key = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["key"]
    try:
        call(port, key, "/v1/items?wait=30", {"parts": [{"type": "text", "text": "hello"}]})
        server, started = children(process.pid), descendants(process.pid)
        assert len(started) > len(server) > 0
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(Path(f"/proc/{pid}").exists() for pid in started) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []
