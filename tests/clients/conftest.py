"""A service with an app and a reviewer, and the packages of other languages, made once for all clients."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderation.serving.server import Server
from moderation.settings import load_settings
from review_ui.people.people import People
from tests.houses.clients import TYPESCRIPT, House, run
from tests.houses.desk import PASSWORD


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
