"""Processes beside each other; what a killed one and a killed first lead to is in tests/whole/test_workers_survive.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.waiting import PATIENCE_SECONDS

# A process of its own: forking from one with threads, as pytest's may have, is not what is tested.
SCRIPT = """
import logging, pathlib, sys, threading
from ground.errors import StoreUnavailable
from ground.processes import Processes

logging.basicConfig(format="%(message)s")
lives = pathlib.Path(sys.argv[1])

def work():
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
