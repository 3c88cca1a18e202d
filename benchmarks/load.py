"""The whole service under more than it can do, by HTTP: goodput, memory, a flood of one app, and the price of a disk.

- Texts decided a second while ten times as many are offered as can be, against what is decided when as many are offered
  as are taken.
- Resident memory of `serve` after every fifth of `--items` texts.
- The 99th percentile of a quiet app's ``?wait=`` for one text, alone and beside an app that posts without pause.
- Posts a second, durable, against the same server that stores nothing.

    python benchmarks/load.py [--items 100000] [--seconds 15]
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from service import make_texts

from moderation.commands.serve import settle_memory
from moderation.serving.server import Server
from moderation.settings import Settings

BATCH = 100
PLACES = [
    "garden",
    "street",
    "market",
    "library",
    "station",
    "harbour",
    "school",
    "kitchen",
    "office",
    "museum",
    "park",
    "church",
]
HOURS = ["morning", "evening", "afternoon", "night", "spring", "summer", "autumn", "winter"]
"""Of texts that the rules approve and that are not looked at twice."""


@dataclass
class Served:
    """A `serve` in a process of its own."""

    port: int
    keys: dict[str, str]
    database: str
    pid: int

    def client(self) -> urllib3.HTTPConnectionPool:
        """Connections of one thread."""
        return urllib3.HTTPConnectionPool("127.0.0.1", self.port, timeout=60, retries=False, maxsize=1)

    def post(self, client: urllib3.HTTPConnectionPool, app: str, path: str, body: Any) -> urllib3.BaseHTTPResponse:
        """Post JSON."""
        headers = {"Authorization": f"Bearer {self.keys[app]}", "Content-Type": "application/json"}
        return client.request("POST", path, body=json.dumps(body), headers=headers)

    def count(self, condition: str) -> int:
        """Items that are so, as the database says beside the service."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            found: int = connection.execute(f"SELECT count(*) FROM items WHERE {condition}").fetchone()[0]
            return found

    def memory(self) -> float:
        """Resident megabytes of the process itself, without the detectors'."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def serve(kind: str) -> None:
    """What the other process does; it says its port and keys, and ends with its standard input."""
    data = Path(tempfile.mkdtemp(prefix="moderation-bench-"))
    given: dict[str, Any] = {"max_backlog": 20_000, "max_app_backlog": 20_000}
    if kind in ("nothing", "durable"):
        given = {"workers": 0, "detector_processes": 0, "max_backlog": 10**7, "max_app_backlog": 10**7}
    with Server(Settings(data=data, port=0, calls_per_second=0.0, **given)) as server:
        accounts, now = server.service.accounts, server.service.pipeline.now()
        keys = {app: accounts.add_key(app, now).key for app in ("loud", "quiet")}
        if kind == "nothing":
            server.service.store.add_items = lambda *_, **__: None  # type: ignore[method-assign]
        server.start()
        while server.service.judge.runner.problems():
            time.sleep(0.1)
        settle_memory()
        print(
            json.dumps(
                {"port": int(server.url.rpartition(":")[2]), "keys": keys, "database": str(data / "moderation.db")}
            ),
            flush=True,
        )
        sys.stdin.read()


@contextmanager
def served(kind: str) -> Iterator[Served]:
    """A service until the end of the block."""
    command = [sys.executable, __file__, "--serve", kind]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    said = json.loads(process.stdout.readline())
    yield Served(**said, pid=process.pid)
    process.stdin.close()
    process.wait(60)


class Load:
    """Threads that post batches, at a rate or as fast as they are answered, until the end of the block."""

    def __init__(self, service: Served, app: str, rate: float | None, threads: int = 2) -> None:
        self.accepted, self.refused = 0, 0
        self._service, self._app, self._pause = service, app, None if rate is None else threads * BATCH / rate
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._post, args=(n,)) for n in range(threads)]

    def _post(self, number: int) -> None:
        client, texts, due = self._service.client(), make_texts(BATCH), time.perf_counter()
        for turn in iter(int, 1):
            if self._ended.is_set():
                return
            items = [{"parts": [{"type": "text", "text": f"{text} {number} {turn} {time.time()}"}]} for text in texts]
            answer = self._service.post(client, self._app, "/v1/items/batch", items)
            self.accepted += BATCH * (answer.status == 202)
            self.refused += BATCH * (answer.status in (429, 503))
            if self._pause is not None:
                due = max(due + self._pause, time.perf_counter() - self._pause)
                time.sleep(max(0.0, due - time.perf_counter()))

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


def goodput(seconds: float) -> None:
    """What is decided when all that can be is offered, and at ten times that."""
    with served("all") as service:
        rates = []
        capacity = None
        for factor in (1.0, 10.0):
            with Load(
                service, "loud", None if capacity is None else capacity * factor, 2 if factor == 1 else 4
            ) as load:
                time.sleep(seconds / 3)
                before, began = service.count("status <> 'pending'"), time.perf_counter()
                time.sleep(seconds)
                rates.append((service.count("status <> 'pending'") - before) / (time.perf_counter() - began))
            capacity = capacity or rates[0]
            of = f"{load.refused:,} of {load.accepted + load.refused:,} refused"
            print(f"offered x{factor:g}: {rates[-1]:,.0f} decided a second, {of}")
            while service.count("status = 'pending'"):
                time.sleep(0.1)
        print(f"goodput at ten times the load: {rates[1] / rates[0]:.0%}")


def memory(items: int) -> None:
    """Resident memory while texts go through."""
    with served("all") as service:
        found = []
        with Load(service, "loud", None) as load:
            while load.accepted < items:
                if load.accepted >= (len(found) + 1) * items / 5:
                    found.append(service.memory())
                time.sleep(0.1)
        found.append(service.memory())
        print(f"memory at each fifth of {load.accepted:,} items: {', '.join(f'{each:.0f}' for each in found)} MB")


def flood(seconds: float) -> None:
    """How long a quiet app waits, alone and beside a flood."""
    with served("all") as service:
        client, found = service.client(), []
        for rate in (0.0, None):
            took = []
            with Load(service, "loud", rate or None) if rate is None else _Nobody():
                time.sleep(1)
                ends_at = time.perf_counter() + seconds
                while time.perf_counter() < ends_at:
                    place, hour = PLACES[len(took) % len(PLACES)], HOURS[len(took) // len(PLACES) % len(HOURS)]
                    said = f"the {place} was quiet in the {hour}, and we had tea there"
                    body = {"parts": [{"type": "text", "text": said}]}
                    began = time.perf_counter()
                    answer = service.post(client, "quiet", "/v1/items?wait=30", body)
                    assert answer.status == 200, answer.data
                    took.append(1000 * (time.perf_counter() - began))
                    time.sleep(0.05)
            found.append(statistics.quantiles(took, n=100)[98])
        print(
            f"a quiet app's p99: {found[0]:.0f} ms alone, {found[1]:.0f} ms beside a flood: {found[1] / found[0]:.1f}x"
        )


class _Nobody:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def durable(seconds: float) -> None:
    """Posts that are stored against posts that are not, in turns."""
    with served("nothing") as nothing, served("durable") as stored:
        ratios, best = [], [0.0, 0.0]
        for _ in range(4):
            rates = []
            for service in (nothing, stored):
                rates.append(_posts_a_second(service, seconds / 5))
            best = [max(pair) for pair in zip(best, rates, strict=True)]
            ratios.append(rates[1] / rates[0])
        print(
            f"posts a second: {best[0]:,.0f} storing nothing, {best[1]:,.0f} durable: {statistics.median(ratios):.2f}"
        )


def _posts_a_second(service: Served, seconds: float) -> float:
    counts = [0] * 8
    ends_at = time.perf_counter() + seconds

    def post(number: int) -> None:
        client = service.client()
        while time.perf_counter() < ends_at:
            body = {"parts": [{"type": "text", "text": "the market was good today and we sold three chairs"}]}
            counts[number] += service.post(client, "loud", "/v1/items", body).status == 202

    threads = [threading.Thread(target=post, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def main() -> None:
    """Print the figures, a line each."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--items", type=int, default=100_000)
    options.add_argument("--seconds", type=float, default=15)
    options.add_argument("--serve", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        serve(given.serve)
        return
    durable(given.seconds)
    flood(given.seconds)
    goodput(given.seconds)
    memory(given.items)


if __name__ == "__main__":
    main()
