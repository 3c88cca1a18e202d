"""Processes beside each other; what a killed one and a killed first lead to is in tests/whole/test_workers_survive.py."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.waiting import PATIENCE_SECONDS, wait_for

# A process of its own: forking from one with threads, as pytest's may have, is not what is tested.
SCRIPT = """
import logging, pathlib, sys, threading
from ground.errors import StoreUnavailable
from ground.processes import Processes

logging.basicConfig(format="%(message)s")
lives = pathlib.Path(sys.argv[1])

def work(ready):
    with lives.open("a") as file:
        file.write("x")
    if lives.stat().st_size < 3:
        raise StoreUnavailable("the database is away")

Processes("worker", work, 1, threading.Event(), until_done=True).run()
"""


def test_one_that_cannot_go_on_says_why_and_is_started_again_until_it_is_done(tmp_path: Path) -> None:
    lives = tmp_path / "lives"
    command = [sys.executable, "-c", SCRIPT, str(lives)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)

    assert done.returncode == 0, done.stderr
    assert lives.read_text() == "xxx"
    assert done.stderr.splitlines() == [
        "worker-0: the database is away",
        "worker-0 ended (exit code 2); another is started in 1.0 s",
        "worker-0: the database is away",
        "worker-0 ended (exit code 2); another is started in 2.0 s",
    ]


RESTARTED = """
import os, pathlib, signal, sys, threading
from ground.processes import Processes

lives, broken = map(pathlib.Path, sys.argv[1:])
stop, restart = threading.Event(), threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
signal.signal(signal.SIGHUP, lambda *_: restart.set())

def work(ready):
    if broken.exists():
        sys.exit(1)
    ready()
    (lives / str(os.getpid())).touch()
    stop.wait()
    (lives / str(os.getpid())).unlink()

Processes("serve", work, 2, stop, restart=restart).run()
"""


def test_others_take_the_places_of_all_unless_they_do_not_get_ready(tmp_path: Path) -> None:
    lives, broken = tmp_path / "lives", tmp_path / "broken"
    lives.mkdir()

    def alive() -> set[str]:
        return {path.name for path in lives.iterdir()}

    first = subprocess.Popen(
        [sys.executable, "-c", RESTARTED, str(lives), str(broken)], stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: len(alive()) == 2)
    before = alive()
    first.send_signal(signal.SIGHUP)
    wait_for(lambda: len(alive()) == 2 and alive().isdisjoint(before))

    after = alive()
    broken.touch()
    first.send_signal(signal.SIGHUP)
    assert first.stderr is not None
    assert "what runs goes on as it was" in first.stderr.readline()
    assert alive() == after
    first.terminate()
    assert first.wait(PATIENCE_SECONDS) == 0
    assert alive() == set()
    first.stderr.close()


def test_one_that_does_not_get_ready_at_the_start_ends_it_all(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    command = [sys.executable, "-c", RESTARTED, str(tmp_path), str(broken)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)

    assert done.returncode != 0
    assert "a process could not start" in done.stderr
