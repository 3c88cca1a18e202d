"""Fixtures that open real parts: a data folder, a service, a listening server, throw-away Redis and Postgres."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.service import Service
from moderation.serving.server import Server
from moderation.settings import Settings, load_settings

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting or AWS credential of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith(("MODERATION_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings over a fresh data folder; private addresses are allowed, because the tests' receivers are local."""
    return load_settings(
        data=tmp_path / "data",
        allow_private_urls=True,
        poll_seconds=0.3,
        sweep_seconds=0.5,
        undo_seconds=0.3,
        port=0,
        workers=2,
    )


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """A service whose workers run, without HTTP; its human loops have no endpoint to reach."""
    opened = Service.open(settings.model_copy(update={"a2i_endpoint_url": "http://127.0.0.1:9"}))
    opened.doorbell.start(lambda: bool(opened.work_once()))
    yield opened
    opened.close()


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    """The whole service, listening."""
    with Server(settings) as opened:
        opened.start()
        yield opened


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of our own."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("redis-server is not installed; `make test` installs it")
    port = free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _wait_for_port(port)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Postgres cluster of our own."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.skip("Postgres is not installed; `make test` installs it")
    folder = tmp_path_factory.mktemp("postgres")
    folder.chmod(0o777)
    data, port = folder / "data", free_port()
    # Postgres refuses to run as root.
    as_other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    for parent in folder.parents[:3]:
        if parent != Path("/tmp"):
            parent.chmod(0o755)
    subprocess.run(
        [*as_other, found[-1] / "initdb", "-D", data, "-U", "test", "-A", "trust"], check=True, capture_output=True
    )
    command = [*as_other, found[-1] / "postgres", "-D", data, "-p", str(port), "-k", str(folder), "-c", "fsync=off"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _wait_for_port(port)
    time.sleep(0.5)
    yield f"postgresql+psycopg://test@127.0.0.1:{port}/postgres"
    process.terminate()
    process.wait(timeout=20)


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")
