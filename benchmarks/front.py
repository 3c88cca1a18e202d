"""What idle and slow connections cost a healthy client, by HTTP server, and what an idempotency key costs a post.

Each server answers two bytes in a process of its own, with 16 threads. A healthy client asks on one connection, before
and while so many others are held open that send nothing, half a header, or chunks without end. Servers other than ours
are measured where they can be imported.

    python benchmarks/front.py [--connections 10000] [--rounds 3000]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from ground.web.front import Front, Limits, raise_open_files
from moderation.serving.server import Server
from moderation.settings import Settings

BEGUN = (b"", b"GET / HTT", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
THREADS = 16
PATIENCE_SECONDS = 20.0
TEXT = json.dumps({"parts": [{"type": "text", "text": "the market was good today and we sold three chairs"}]})


def application(environ: Any, start_response: Any) -> Iterable[bytes]:
    """Two bytes, so that the server's own work is what is measured."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


def serve_ours(port: int) -> None:
    """The front of `moderation serve`."""
    Front(application, ("127.0.0.1", port), Limits(THREADS, 20_000, 600, 600, 10**6)).run()


def serve_waitress(port: int) -> None:
    """Waitress's own loop, with its limit of connections raised."""
    from waitress.server import create_server

    raise_open_files()
    given = {"threads": THREADS, "connection_limit": 20_000, "asyncore_use_poll": True, "channel_timeout": 600}
    create_server(application, host="127.0.0.1", port=port, **given).run()


def serve_gunicorn(port: int) -> None:
    """One process of gunicorn's threads."""
    raise_open_files()
    given = [
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        str(THREADS),
        "--worker-connections",
        "20000",
        "--timeout",
        "0",
    ]
    os.execv(
        sys.executable, [sys.executable, "-m", "gunicorn", "-k", "gthread", *given, "benchmarks.front:application"]
    )


def serve_granian(port: int) -> None:
    """One worker of granian."""
    raise_open_files()
    given = ["--interface", "wsgi", "--port", str(port), "--blocking-threads", str(THREADS), "--no-ws"]
    os.execv(sys.executable, [sys.executable, "-m", "granian", *given, "benchmarks.front:application"])


SERVERS: dict[str, Callable[[int], None]] = {
    "moderation": serve_ours,
    "waitress": serve_waitress,
    "gunicorn": serve_gunicorn,
    "granian": serve_granian,
}


@dataclass(frozen=True)
class Figures:
    """Of a healthy client, in milliseconds; None where it got no answer in time."""

    p50: float | None
    p99: float | None


def ask(port: int, times: int) -> Figures:
    """Ask so often on one connection."""
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, timeout=PATIENCE_SECONDS, retries=False)
    took = []
    try:
        for _ in range(times):
            began = time.perf_counter()
            pool.request("GET", "/")
            took.append((time.perf_counter() - began) * 1000)
    except urllib3.exceptions.HTTPError:
        return Figures(None, None)
    finally:
        pool.close()
    took.sort()
    return Figures(took[times // 2], took[int(times * 0.99)])


def memory_of(pid: int) -> int:
    """Resident bytes of a process and those that it has started."""
    found = [each for listed in Path(f"/proc/{pid}/task").glob("*/children") for each in listed.read_text().split()]
    status = Path(f"/proc/{pid}/status").read_text()
    own = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024
    return own + sum(memory_of(int(child)) for child in found)


def measure(name: str, connections: int, rounds: int) -> None:
    """One server, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = multiprocessing.get_context("fork").Process(target=SERVERS[name], args=(port,))
    process.start()
    assert process.pid is not None
    while socket.socket().connect_ex(("127.0.0.1", port)):
        time.sleep(0.05)
    ask(port, rounds // 10)
    before, small = ask(port, rounds), memory_of(process.pid)
    held = []
    for number in range(connections):
        try:
            held.append(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS / 4))
        except TimeoutError:  # it takes in no more
            break
        held[-1].sendall(BEGUN[number % len(BEGUN)])
    time.sleep(1)
    large = memory_of(process.pid)
    after = ask(port, rounds)
    for connection in held:
        connection.close()
    process.terminate()
    process.join(5)
    process.kill()
    each = f"{(large - small) / len(held) / 1000:.1f} kB each of {len(held):,}"
    ratio = f"{after.p99 / before.p99:.1f}x" if after.p99 and before.p99 else "-"
    print(
        f"{name:11} p50 {said(before.p50)} -> {said(after.p50)}  p99 {said(before.p99)} -> {said(after.p99)}", end=" "
    )
    print(f"{ratio:>5}  {each}", flush=True)


def said(milliseconds: float | None) -> str:
    """A time in a column."""
    return "no answer" if milliseconds is None else f"{milliseconds:6.2f} ms"


def posts_a_second(port: int, key: str, is_keyed: bool, seconds: float, number: int) -> float:
    """What eight clients post, with an idempotency key each time or without."""
    done = [0] * 8
    ends_at = time.perf_counter() + seconds

    def post(client: int) -> None:
        pool = urllib3.HTTPConnectionPool("127.0.0.1", port, timeout=PATIENCE_SECONDS, retries=False)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        while time.perf_counter() < ends_at:
            name = {"Idempotency-Key": f"{number}-{client}-{done[client]}"} if is_keyed else {}
            if pool.request("POST", "/v1/items", body=TEXT, headers=headers | name).status == 202:
                done[client] += 1
        pool.close()

    clients = [threading.Thread(target=post, args=(client,)) for client in range(len(done))]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sum(done) / seconds


def measure_keys(rounds: int, seconds: float) -> None:
    """Posts with keys and without, in turns, at a service that moderates nothing meanwhile; the best of each counts."""
    folder = Path(tempfile.mkdtemp(prefix="moderation-bench-"))
    given = {"workers": 0, "detector_processes": 0, "calls_per_second": 0.0, "max_backlog": 10**7}
    settings = Settings(data=folder, port=0, max_app_backlog=10**7, **given)
    with Server(settings) as server:
        key = server.service.accounts.add_key("shop", server.service.pipeline.now()).key
        server.start()
        port = int(server.url.rpartition(":")[2])
        posts_a_second(port, key, False, 1.0, -1)
        best = {False: 0.0, True: 0.0}
        for number in range(2 * rounds):
            is_keyed = number % 2 == 1
            best[is_keyed] = max(best[is_keyed], posts_a_second(port, key, is_keyed, seconds, number))
    print(
        f"posts       {best[False]:,.0f}/s without a key, {best[True]:,.0f}/s with one: {best[True] / best[False]:.2f}"
    )


def main() -> None:
    """Print a line for each server, and one for posts."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--connections", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=3000)
    given = options.parse_args()
    connections = min(given.connections, raise_open_files() - 500)
    for name in SERVERS:
        if name == "moderation" or importlib.util.find_spec(name):
            measure(name, connections, given.rounds)
    measure_keys(3, 4.0)


if __name__ == "__main__":
    main()
