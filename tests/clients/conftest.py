"""A service with an app and a reviewer, and the packages of other languages, made once for all clients."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderation.serving.server import Server
from moderation.settings import load_settings
from review_ui.people.people import People
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


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = load_settings(
        data=tmp_path_factory.mktemp("house"), allow_private_urls=True, port=0, workers=2, detector_processes=0,
        poll_seconds=0.3, sweep_seconds=0.5, undo_seconds=0.3,
    )  # fmt: skip
    with Server(settings) as server:
        server.start()
        key = server.service.accounts.add_key("shop", datetime.now(UTC)).key
        secret = server.service.accounts.webhook_secret("shop")
        assert secret
        People(server.review.database).add("rita", "reviewer", PASSWORD)
        yield House(server, key, secret)


@pytest.fixture(scope="session")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TypeScript client, built in a folder of its own; recipes find it beside their own copies."""
    copy = tmp_path_factory.mktemp("clients") / "typescript"
    shutil.copytree(TYPESCRIPT, copy, ignore=shutil.ignore_patterns("node_modules", "dist", "build"))
    run("npm", "ci", "--no-audit", "--no-fund", folder=copy)
    run("npm", "run", "build", folder=copy)
    return copy
