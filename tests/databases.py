"""Throw-away servers of Redis and Postgres: fixtures for all tests, those of the plugins too."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_SECONDS, free_port, listens, wait_for


class RedisServer:
    """A Redis that can be stopped and started again; what was in it is gone then."""

    def __init__(self, binary: str, folder: Path) -> None:
        self._port = free_port()
        self._command = [binary, "--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_for(lambda: listens(self._port))

    def hang(self) -> None:
        """Connections are made, and nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.go_on()
        self._process.terminate()
        self._process.wait(timeout=PATIENCE_SECONDS)


class PostgresServer:
    """A Postgres cluster that can be stopped and started again."""

    def __init__(self, binaries: Path) -> None:
        # Not in pytest's own folder: Postgres does not run as root, and each pytest that starts closes that folder to others.
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._folder.chmod(0o777)
        data, port = self._folder / "data", free_port()
        as_other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        subprocess.run(
            [*as_other, binaries / "initdb", "-D", data, "-U", "test", "-A", "trust"], check=True, capture_output=True
        )
        sockets = ["-k", str(self._folder)]
        self._command = [*as_other, binaries / "postgres", "-D", data, "-p", str(port), *sockets, "-c", "fsync=off"]
        self._ready = [*as_other, binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "test"]
        self.url = f"postgresql+psycopg://test@127.0.0.1:{port}/postgres"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: subprocess.run(self._ready, check=False).returncode == 0)

    def stop(self, *, at_once: bool = False) -> None:
        """As an operator's restart does: those who are connected are thrown out (Postgres's fast shutdown).

        Args:
            at_once: as when it is killed (immediate shutdown): what it was doing is mended at its next start.
        """
        self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
        self._process.wait(timeout=PATIENCE_SECONDS)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of our own, to be broken."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("redis-server is not installed; `make test` installs it")
    server = RedisServer(binary, tmp_path)
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """A Redis of our own."""
    return redis_server.url


def _postgres() -> PostgresServer:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.skip("Postgres is not installed; `make test` installs it")
    return PostgresServer(found[-1])


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A Postgres cluster of our own."""
    server = _postgres()
    yield server.url
    server.remove()


@pytest.fixture
def postgres_server() -> Iterator[PostgresServer]:
    """A Postgres cluster of one test, to be broken."""
    server = _postgres()
    yield server
    server.remove()
