"""The first posts to a service that has just become ready: by the clock, and in processor time of all its processes.

It starts `moderation serve` on a fresh folder, waits for /readyz, and posts with ?wait=: texts and pictures of the
examples, then the same once more. Processor time is what the processes of the service used between the post and its
answer, however busy the machine is; by the clock is what an app sees.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
TICK = os.sysconf("SC_CLK_TCK")


class Served:
    """A service in processes of its own."""

    def __init__(self, data: str) -> None:
        self.began = time.monotonic()
        command = [sys.executable, "-m", "moderation", "serve", "--data", data, "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        said = next(found for line in self.process.stdout if (found := re.search(r"127\.0\.0\.1:(\d+)", line)))
        self.port = int(said[1])
        keys = [sys.executable, "-m", "moderation", "keys", "add", "--app", "bench", "--json", "--data", data]
        self.key = json.loads(subprocess.run(keys, check=True, capture_output=True, text=True).stdout)["key"]

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and document."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def processor_seconds(self) -> float:
        """User and system time of the service and all that it started."""
        parents, times = {}, {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                parents[int(entry)], times[int(entry)] = int(fields[1]), (int(fields[11]) + int(fields[12])) / TICK
        ours = {self.process.pid}
        while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
            ours |= more
        return sum(times.get(pid, 0.0) for pid in ours)


def picture(name: str) -> dict[str, Any]:
    """A picture of the examples as a part."""
    return {"type": "image", "base64": base64.b64encode((EXAMPLES / name).read_bytes()).decode()}


def main() -> None:
    """Print one line for each post."""
    posts: list[tuple[str, dict[str, Any]]] = [
        ("first text", {"type": "text", "text": (EXAMPLES / "clean.txt").read_text()}),
        ("a text for people", {"type": "text", "text": "you are an idiot"}),
        ("second text", {"type": "text", "text": (EXAMPLES / "contact-details.txt").read_text()}),
        ("first picture, without text", picture("face.jpg")),
        ("picture with text", picture("address-in-picture.png")),
        ("landscape", picture("landscape.jpg")),
        ("the same picture again", picture("face.jpg")),
        ("the same landscape again", picture("landscape.jpg")),
    ]
    with tempfile.TemporaryDirectory() as data:
        served = Served(data)
        try:
            while served.call("GET", "/readyz")[0] != 200:
                time.sleep(0.1)
            ready = f"{time.monotonic() - served.began:.1f} s, {served.processor_seconds():.1f} s of processor time"
            print(f"ready after {ready}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            for name, part in posts:
                used, began = served.processor_seconds(), time.monotonic()
                status, answer = served.call("POST", "/v1/items?wait=30", {"parts": [part]})
                took = 1000 * (time.monotonic() - began)
                used = 1000 * (served.processor_seconds() - used)
                print(f"{name:28} {status} {answer['status']:10} {took:8,.0f} ms, {used:8,.0f} ms of processor time")
        finally:
            served.process.terminate()
            served.process.wait(60)


if __name__ == "__main__":
    main()
