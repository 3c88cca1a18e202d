"""Processes of tools are forked from one that has imported what all need; each is as if it were new."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.core.items import Part
from moderation.detection.process import Call, NoAnswer, Process
from moderation.plugins import load_plugins
from moderation.settings import load_settings
from tests.waiting import wait_for

PLUGIN = """
import json, os, subprocess, sys
from pathlib import Path
from moderation import hookimpl

class Tells:
    name = "tells.all"
    version, reads, labels, min_confidence, time_limit_seconds = "1", ("text",), ("Weapons",), 0, 240.0
    def __init__(self): self.calls = 0
    def detect(self, part, context):
        self.calls += 1
        facts = {"pid": os.getpid(), "server": os.getppid(), "calls": self.calls, "folder": os.getcwd()}
        facts["colour"] = os.environ.get("COLOUR")
        facts["name"] = Path("/proc/self/comm").read_text().strip()
        facts["plugins"] = sorted(name for name in sys.modules if name.startswith("moderation_"))
        facts["open"] = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
        if part.text.endswith("!"):
            facts["started"] = subprocess.Popen(["sleep", "3600"], start_new_session=False).pid
        Path(part.text.rstrip("!")).write_text(json.dumps(facts))
        if part.text.endswith("!"):
            os._exit(7)
        return []

@hookimpl
def register_detectors(settings):
    return [Tells()]
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    (tmp_path / "tells.py").write_text(PLUGIN)
    plugins = load_plugins(load_settings(plugins_dir=tmp_path))
    tool = next(detector for detector in plugins.detectors if detector.name == "tells.all")
    started: list[Process] = []

    def start() -> Process:
        started.append(Process(tool, tmp_path))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What a process says of itself; with "!" before it leaves."""

    def told(process: Process, mark: str = "") -> dict[str, Any]:
        file = tmp_path / "told.json"
        file.unlink(missing_ok=True)
        call = Call("detect", "app", Part(id="p0", type="text", text=f"{file}{mark}"))
        if mark:
            with pytest.raises(NoAnswer, match=r"its process died \(exit code 7\)"):
                process.call(call)
        else:
            assert process.call(call)["found"] == []
        facts: dict[str, Any] = json.loads(file.read_text())
        return facts

    return told


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_each_is_as_if_it_were_new_but_has_the_same_origin(
    start: Callable[[], Process], told: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = told(start())
    monkeypatch.setenv("COLOUR", "green")
    monkeypatch.chdir(tmp_path)
    second = told(start())

    assert (first["calls"], second["calls"]) == (1, 1)
    assert first["server"] == second["server"] != os.getpid()
    assert (first["colour"], second["colour"]) == (None, "green"), "the environment is the service's of now"
    assert second["folder"] == str(tmp_path)
    assert second["name"] == "tells.all", "operators see whose process it is"
    others = [name for name in second["plugins"] if not name.startswith("moderation_loose")]
    assert others == [], "what a plugin imports is in its own process only"
    assert sum(name.startswith("socket:") for name in second["open"]) == 1, "its channel, and nothing of others"
    assert not any(name.startswith(("pipe:", "anon_inode:")) for name in second["open"])


def test_what_one_has_started_ends_with_it(start: Callable[[], Process], told: Callable[..., dict[str, Any]]) -> None:
    facts = told(start(), "!")

    wait_for(lambda: is_gone(facts["pid"]) and is_gone(facts["started"]))


def test_when_the_fork_server_is_killed_its_processes_end_and_the_next_call_has_a_new_one(
    start: Callable[[], Process], told: Callable[..., dict[str, Any]]
) -> None:
    process = start()
    before = told(process)
    os.kill(before["server"], signal.SIGKILL)
    wait_for(lambda: not process.is_alive)
    with pytest.raises(NoAnswer) as raised:
        told(process)
    after = told(start())

    assert raised.value.kind == "crashed"
    assert is_gone(before["pid"])
    assert after["server"] not in (before["server"], os.getpid())


def test_a_service_that_ends_while_this_gets_ready_leaves_no_traceback() -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    command = [sys.executable, "-m", "moderation.detection.fork_server", str(theirs.fileno())]

    ended = subprocess.run(command, pass_fds=[theirs.fileno()], capture_output=True, check=False)
    theirs.close()

    assert (ended.returncode, ended.stderr) == (0, b"")
