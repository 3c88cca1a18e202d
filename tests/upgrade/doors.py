"""The doors that a program shows to the world: its command line, HTTP for apps, the portal's forms, boto3.

Nothing of the program is imported here, so that the same lines work with any version of it, wherever its parts are.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

SETTINGS = {
    "ALLOW_PRIVATE_URLS": "true",
    "GOLDEN_PERCENT": "0",  # a golden task among the others, now and then, would make a test fail now and then
    "LOG_LEVEL": "WARNING",
    "POLL_SECONDS": "0.3",
    "RULES_SECONDS": "0.2",
    "SWEEP_SECONDS": "0.5",
    "UNDO_SECONDS": "0.3",
}
"""What a program is run with, in the making and in the test."""


@dataclass(frozen=True)
class Program:
    """A program, and the folder in which it runs.

    Attributes:
        command: such as ``["/some/where/moderation"]``.
        folder: has ``data`` and ``rules``. The program knows them by these relative names, so that nothing stored
            depends on where the folder lies.
    """

    command: Sequence[str]
    folder: Path

    def run(self, *arguments: str, given: str = "", code: int = 0) -> str:
        """Run a command to its end; what it printed."""
        command = [*self.command, *arguments, "--data", "data"]
        done = subprocess.run(
            command, cwd=self.folder, env=environment(), input=given, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == code, f"{' '.join(arguments)}: {done.returncode}, {done.stdout}{done.stderr}"
        return done.stdout

    @contextlib.contextmanager
    def serve(self, **settings: str) -> Iterator[str]:
        """Run ``moderation serve`` on a free port; its address. It is asked to stop at the end, and stops cleanly."""
        command = [*self.command, "serve", "--data", "data", "--rules", "rules", "--port", "0"]
        log = self.folder / "serve.log"
        with log.open("ab") as errors:
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment(**settings), stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert process.stdout is not None
        try:
            greeting = ""
            for line in process.stdout:
                greeting += line
                if found := re.match(r"Moderation serves at (\S+)", line):
                    yield found[1]
                    break
            else:
                raise AssertionError(f"the service did not start: {greeting}{log.read_text()}")
        finally:
            process.terminate()
            with process.stdout:
                code = process.wait(timeout=60)
        assert code == 0, log.read_text()


def environment(**settings: str) -> dict[str, str]:
    """The variables of this process, without settings and AWS credentials but `SETTINGS` and those given."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MODERATION_", "AWS_"))}
    return plain | {f"MODERATION_{name}": value for name, value in (SETTINGS | settings).items()}


@dataclass(frozen=True)
class App:
    """An app with its API key."""

    url: str
    key: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and document of an answer."""
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **headers}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def get(self, path: str) -> Any:
        """The document at a path that is there."""
        status, document = self.call("GET", path)
        assert status == 200, document
        return document

    def get_bytes(self, path: str) -> bytes:
        """The bytes at a path that is there."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            data: bytes = answer.read()
        return data

    def post(self, *parts: Mapping[str, Any], **more: Any) -> str:
        """Post an item; its id."""
        status, document = self.call("POST", "/v1/items", {"parts": list(parts), **more})
        assert status == 202, document
        return str(document["id"])

    def wait(self, item_id: str, status: str) -> Any:
        """The item once it has this status, and its human loop, if it waits for people, can be answered."""

        def reached() -> Any:
            item = self.get(f"/v1/items/{item_id}")
            is_open = status != "in_review" or (item["human_loop"] or {}).get("state") == "open"
            return item if item["status"] == status and is_open else None

        return wait_until(reached)


def text(words: str) -> dict[str, str]:
    """A part of an item."""
    return {"type": "text", "text": words}


class Refused(Exception):
    """The portal does not let somebody do something.

    Attributes:
        status: of the answer.
    """

    def __init__(self, status: int, page: str) -> None:
        super().__init__(f"{status}: {page}")
        self.status = status


class Portal:
    """Somebody who is signed in to the portal, with a browser that runs no scripts.

    Attributes:
        at: the address of the page that is open.
        page: what is on it.
    """

    def __init__(self, url: str, name: str, password: str) -> None:
        self._url = f"{url}/review"
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._browser = urllib.request.build_opener(cookies)
        self.open("/sign-in")
        self.send("/sign-in", username=name, password=password)

    def open(self, path: str) -> None:
        """Go to a page."""
        self._go(path)

    def send(self, path: str, **form: str) -> None:
        """Send a form of the page that is open, and go where that leads. Raises `Refused`."""
        token = re.search(r'name="csrf" value="([^"]+)"', self.page)
        assert token, self.page
        self._go(path, urllib.parse.urlencode({**form, "csrf": token[1]}).encode())

    def load(self, path: str) -> tuple[str, bytes]:
        """Content type and bytes of a picture on a page."""
        with self._browser.open(f"{self._url}{path}", timeout=60) as answer:
            return answer.headers["Content-Type"], answer.read()

    def _go(self, path: str, form: bytes | None = None) -> None:
        try:
            with self._browser.open(f"{self._url}{path}", form, timeout=60) as answer:
                self.at, self.page = answer.url, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, error.read().decode()) from None

    def take(self, flow: str, words: str = "") -> str:
        """Take the next task of a queue, once there is one, with these words in its page; the task's id."""

        def taken() -> re.Match[str] | None:
            self.open(f"/next?flow={flow}")
            return re.search(r"/review/tasks/([0-9a-f-]{36})", self.at)

        task = wait_until(taken)
        assert words in self.page, self.page
        return str(task[1])

    def answer(self, task_id: str, decision: str, note: str = "") -> None:
        """Answer the task that is open, and take no other one."""
        self.send(f"/tasks/{task_id}?flow=no-such-queue", decision=decision, note=note)
        assert self.at.endswith("/done?flow=no-such-queue"), self.at

    def escalate(self, task_id: str, words: str) -> None:
        """Hand the task that is open to a lead."""
        self.send(f"/tasks/{task_id}/release", to="lead", then="queues", reason="policy", words=words)


def aws_client(service: str, url: str, key: Mapping[str, str]) -> Any:
    """An unmodified boto3 client of an endpoint that answers like AWS."""
    return boto3.session.Session().client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=key["access_key_id"],
        aws_secret_access_key=key["secret_access_key"],
    )


def wait_until(holds: Callable[[], Any], seconds: float = 60) -> Any:
    """What `holds` gives, once that is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found
