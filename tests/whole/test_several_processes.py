"""`moderation serve --processes 2`: one address, and nobody who asks notices that a process dies or makes place for a new one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from moderation.service import Service
from moderation.settings import Settings, load_settings
from tests.children import children
from tests.waiting import PATIENCE_SECONDS, free_port, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.redis, pytest.mark.postgres]

Ask = Callable[[], int]


@pytest.fixture
def settings(tmp_path: Path, postgres_url: str, redis_url: str) -> Settings:
    return load_settings(data=tmp_path / "data", database_url=postgres_url, redis_url=redis_url)


@pytest.fixture
def served(tmp_path: Path, settings: Settings) -> Iterator[tuple[subprocess.Popen[bytes], Ask]]:
    """The first process, and a post on a connection of its own: its status, 0 for nobody who listens."""
    service = Service.open(settings)
    key = service.accounts.add_key("shop", service.pipeline.now()).key
    service.close()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")}
    for name in ("data", "database_url", "redis_url"):
        environment[f"MODERATION_{name.upper()}"] = str(getattr(settings, name))
    environment["MODERATION_DETECTOR_PROCESSES"] = "0"  # those that the items need, and when they do
    port = free_port()
    command = [sys.executable, "-m", "tests.patience", "serve", "--processes", "2", "--port", str(port)]
    with (tmp_path / "log").open("ab") as log:
        first = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def ask() -> int:
        try:
            return urllib3.request(
                "POST",
                f"http://127.0.0.1:{port}/v1/items",
                json={"parts": [{"type": "text", "text": "hello"}]},
                headers={"Authorization": f"Bearer {key}"},
                timeout=PATIENCE_SECONDS,
                retries=False,
            ).status
        except urllib3.exceptions.HTTPError:
            return 0

    yield first, ask
    if first.poll() is None:
        first.kill()
        first.wait(timeout=PATIENCE_SECONDS)


def test_several_processes_answer_at_one_address_and_are_replaced_one_after_the_other(
    served: tuple[subprocess.Popen[bytes], Ask],
) -> None:
    first, ask = served
    wait_for(lambda: ask() == 202)
    wait_for(lambda: len(children(first.pid)) == 2)

    killed, spared = children(first.pid)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: killed not in children(first.pid) and len(children(first.pid)) == 2)
    assert ask() == 202
    assert spared in children(first.pid)

    before = set(children(first.pid))
    first.send_signal(signal.SIGHUP)
    answers = []
    while before & set(children(first.pid)) or len(children(first.pid)) != 2:
        answers.append(ask())
    assert set(answers) == {202}

    first.terminate()
    assert first.wait(timeout=PATIENCE_SECONDS) == 0
