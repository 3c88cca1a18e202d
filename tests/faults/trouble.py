"""A2I's endpoint with trouble between it and those who call it: throttled, failing, and answers that are lost."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler

import urllib3

from tests.loopback import Loopback, Silent
from tests.waiting import PATIENCE_SECONDS

KINDS = {
    "throttled": (429, "ThrottlingException"),
    "failing": (500, "InternalServerException"),
    "quota": (402, "ServiceQuotaExceededException"),
}


class Troubled(Loopback):
    """Hands requests on, and gives some share of those about human loops another answer, or none.

    Attributes:
        target: port of the endpoint.
        injected: how often each kind of trouble was made; ``lost``: it was done, and no answer came.
        starts: how often each human loop was asked for, by name.
    """

    def __init__(self, share: float, chance: random.Random) -> None:
        super().__init__(_Handler)
        self.share, self.target = share, 0
        self.injected: Counter[str] = Counter()
        self.starts: Counter[str] = Counter()
        self._chance, self._lock = chance, threading.Lock()
        self.http = urllib3.PoolManager(maxsize=16, retries=False, timeout=PATIENCE_SECONDS)
        self.address = f"http://127.0.0.1:{self.server_port}/a2i"

    def draw(self) -> str:
        """The trouble of a request; empty for none."""
        with self._lock:
            kind = self._chance.choice([*KINDS, "lost"]) if self._chance.random() < self.share else ""
            self.injected[kind] += 1
            return kind


class _Handler(Silent, BaseHTTPRequestHandler):
    server: Troubled

    def do_POST(self) -> None:
        body = self.body()
        is_of_loops = "human-loops" in self.path
        if is_of_loops and self.command == "POST" and b"HumanLoopName" in body:
            self.server.starts[json.loads(body)["HumanLoopName"]] += 1
        kind = self.server.draw() if is_of_loops else ""
        if kind in KINDS:
            status, name = KINDS[kind]
            return self.answer(status, {"x-amzn-errortype": name}, json.dumps({"Message": "injected"}).encode())
        url = f"http://127.0.0.1:{self.server.target}{self.path}"
        answer = self.server.http.request(self.command, url, body=body or None, headers=dict(self.headers))
        if kind == "lost":
            self.close_connection = True
            self.connection.close()
            return None
        kept = {n: v for n, v in answer.headers.items() if n.lower() not in ("content-length", "transfer-encoding")}
        return self.answer(answer.status, kept, answer.data)

    do_GET = do_DELETE = do_POST  # noqa: N815 - the standard library's names
