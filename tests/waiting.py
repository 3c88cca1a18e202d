"""Waiting for what other threads and processes do: long on a busy machine, and over at once when it is so."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

PATIENCE_SECONDS = 240.0
"""How long anything may take that a quiet machine does in a moment. Under the time limit of a test, which says less."""

SHORT_SECONDS = 5.0
"""Time limits under this are those of tests about limits."""


def patient(limit_seconds: float) -> float:
    """A time limit of the service as tests have it: one that no busy machine reaches, unless the limit is what is tested."""
    return PATIENCE_SECONDS if limit_seconds >= SHORT_SECONDS else limit_seconds


def wait_for(holds: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Until it holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether something listens on this port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
