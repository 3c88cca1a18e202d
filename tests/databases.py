"""Throw-away servers of Redis and Postgres: fixtures for all tests, those of the plugins too."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_SECONDS, free_port, listens, wait_for


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of our own."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("redis-server is not installed; `make test` installs it")
    port = free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_for(lambda: listens(port))
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A Postgres cluster of our own."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.skip("Postgres is not installed; `make test` installs it")
    # Not in pytest's own folder: Postgres does not run as root, and each pytest that starts closes that folder to others.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    folder.chmod(0o777)
    data, port = folder / "data", free_port()
    as_other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    subprocess.run(
        [*as_other, found[-1] / "initdb", "-D", data, "-U", "test", "-A", "trust"], check=True, capture_output=True
    )
    command = [*as_other, found[-1] / "postgres", "-D", data, "-p", str(port), "-k", str(folder), "-c", "fsync=off"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ready = [*as_other, found[-1] / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "test"]
    wait_for(lambda: subprocess.run(ready, check=False).returncode == 0)
    yield f"postgresql+psycopg://test@127.0.0.1:{port}/postgres"
    process.terminate()
    process.wait(timeout=PATIENCE_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)
