"""What the tests of clients share: programs of other languages, and a service with an app of it."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from moderation.serving.server import Server
from tests.houses.desk import PASSWORD
from tests.paths import ROOT
from tests.reviewers import Reviewer
from tests.waiting import wait_for

TYPESCRIPT = ROOT / "clients" / "typescript"


def run(*command: str | Path, folder: Path = ROOT, **environment: str) -> str:
    """What a program says; fails with it when the program does."""
    kept = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1", "npm_config_update_notifier": "false", **environment}
    done = subprocess.run(command, cwd=folder, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}"
    return done.stdout


@dataclass
class House:
    """The service, listening, and what an app of it has."""

    server: Server
    key: str
    secret: str

    @property
    def url(self) -> str:
        return self.server.url

    def approves(self) -> None:
        """A reviewer approves what waits."""
        rita = Reviewer(lambda: self.url, "rita", PASSWORD, threading.Event(), says="approve")
        wait_for(lambda: (rita.work(), rita.answered)[1])
        assert rita.surprises == []
