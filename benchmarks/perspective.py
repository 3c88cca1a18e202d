"""``comments:analyze`` over HTTP: seconds of 95 of 100 calls against the limit, and beside a call that scores nothing.

The service runs in this process with its detectors in theirs, as ``serve`` has it; calls are made one after the other
on one connection, texts drawn anew from the training's grammar. Calls of both kinds are interleaved.

    python benchmarks/perspective.py [--calls 400]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tools" / "text-training"))

import urllib3
from grammar import Grammar

from moderation.serving.server import Server
from moderation.settings import Settings

LIMIT_SECONDS = 0.05
ALL: dict[str, object] = {name: {} for name in ("TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")}


def main() -> int:
    """Measure and print; 1 beyond the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=400)
    calls = parser.parse_args().calls
    grammar, chance = Grammar(random.Random(1)), random.Random(1)
    names = list(grammar.sections)
    scored, empty = [], []
    with tempfile.TemporaryDirectory() as folder, Server(Settings(data=Path(folder), port=0)) as server:
        server.start()
        key = server.service.accounts.add_key("bench", datetime.now(UTC)).key
        http = urllib3.HTTPConnectionPool("127.0.0.1", int(server.url.rpartition(":")[2]))
        path = f"/perspective/v1alpha1/comments:analyze?key={key}"
        for number in range(calls + 20):
            text = " ".join(grammar.sentence(chance.choice(names)) for _ in range(3))
            for wanted, times, status in ((ALL, scored, 200), ({}, empty, 400)):
                body = json.dumps({"comment": {"text": text}, "requestedAttributes": wanted, "languages": ["en"]})
                began = time.perf_counter()
                answer = http.request("POST", path, body=body)
                if number >= 20:  # the first calls start the detectors
                    times.append(time.perf_counter() - began)
                if answer.status != status:
                    print(answer.status, answer.data[:300])
                    return 1
    p95, median = statistics.quantiles(scored, n=20)[-1], statistics.median(scored)
    beside = statistics.median(empty)
    limit = f"limit {LIMIT_SECONDS * 1e3:.0f}"
    print(f"{calls} calls: median {median * 1e3:.1f} ms, 95 of 100 within {p95 * 1e3:.1f} ms ({limit})")
    print(f"a call without attributes: median {beside * 1e3:.1f} ms; scoring costs {median / beside:.1f} times that")
    return int(p95 > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
