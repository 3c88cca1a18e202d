"""A day in the life of an installation: one of everything that an item's path has, in a few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.faults.installation import REVIEWERS, Installation
from tests.faults.invariants import Broken, Facts
from tests.faults.people import App, at_work, picture
from tests.receiver import Receiver, status
from tests.waiting import PATIENCE_SECONDS

Answer = Callable[[BaseHTTPRequestHandler], None]


class Day:
    """Traffic over an installation, and what came of it.

    Args:
        installation: whose processes are started after this.
        patience: how long everything may take to come to its end once all is posted.
    """

    def __init__(self, installation: Installation, patience: float = PATIENCE_SECONDS) -> None:
        self.installation, self._patience = installation, patience
        self.receiver = Receiver()
        self.receiver.answers["/slow"] = _slowly
        self.receiver.answers["/events"] = _refusing_once(status(200))
        self.receiver.answers["/picture"] = _refusing_once(_show_slowly)
        self.receiver.start()
        self.app = App(lambda: installation.url, installation.key, f"{self.receiver.url}/told")
        self._slow = App(lambda: installation.url, installation.key, f"{self.receiver.url}/slow")
        self.surprises: list[int] = []
        installation.set("A2I_EVENTS", f"{self.receiver.url}/events")

    def live(self, number: int = 0, *, with_people: bool = True) -> Broken:
        """Post everything, have people answer, wait until nothing is left to do, and see what does not hold.

        Args:
            with_people: False for a short day, of what rules decide at once.
        """
        stop = threading.Event()
        people = at_work(lambda: self.installation.url, REVIEWERS, stop) if with_people else []
        facts = None
        try:
            self.installation.wait_up()
            with ThreadPoolExecutor(6) as posting:
                work = [posting.submit(step) for step in self._steps(number, with_people)]
                for each in work:
                    each.result(self._patience)
            facts = Facts(self.installation.settings)
            self._wait(facts)
        finally:
            stop.set()
            for person in people:
                person.join(timeout=PATIENCE_SECONDS)
            self.installation.stop()
            self.receiver.stop()
        try:
            for person in people:
                self.surprises += person.surprises
            self.app.accepted |= self._slow.accepted
            self.app.unexpected += [*self._slow.unexpected, *self.installation.faults]
            got = [request for request in self.receiver.requests if request.path in ("/told", "/slow")]
            return facts.check(self.app, got, self.surprises)
        finally:
            facts.close()

    def _steps(self, number: int, with_people: bool) -> list[Callable[[], Any]]:
        app = self.app
        steps: list[Callable[[], Any]] = [
            lambda: app.text(*(f"hello {number}-{each}" for each in range(4)), key=f"batch-{number}"),
            lambda: app.text(*(f"no key {number}-{each}" for each in range(3))),
            lambda: app.text(f"with a key {number}", key=f"key-{number}"),
            lambda: app.text(f"with a key and a wait {number}", key=f"waits-{number}", wait=3),
            lambda: app.post("/v1/items", {"parts": []}, f"wrong-{number}"),
            lambda: app.picture(16, number, key=f"picture-{number}"),
        ]
        if with_people:
            steps += [
                lambda: app.text(f"SLOW, with a key and a wait {number}", key=f"waits-long-{number}", wait=10),
                lambda: app.address(f"{self.receiver.url}/picture", f"address-{number}"),
                lambda: [app.picture(24, number * 3 + each, key=f"slow-{number}-{each}") for each in range(3)],
                lambda: self._slow.text(f"told slowly {number}", key=f"told-slowly-{number}"),
                lambda: app.text(f"REVIEW {number}", key=f"review-{number}"),
                lambda: app.text(f"REVIEW and BREAK {number}", key=f"breaks-{number}"),
                lambda: app.text(f"REFUSE {number}", key=f"refuse-{number}"),
                lambda: self._appeal(number),
                lambda: self._stop_a_loop(number),
            ]
        return steps

    def _appeal(self, number: int) -> None:
        for item_id in self.app.text(f"appealed {number}", key=f"appealed-{number}"):
            self._until_decided(item_id)
            self.app.appeal(item_id)

    def _stop_a_loop(self, number: int) -> None:
        """As somebody does who looks after the endpoint; the item goes to people again."""
        for item_id in self.app.text(f"REVIEW, whose loop is stopped {number}", key=f"stopped-{number}"):
            deadline = time.monotonic() + self._patience
            while time.monotonic() < deadline:
                try:
                    self.installation.client("sagemaker-a2i-runtime").stop_human_loop(HumanLoopName=f"{item_id}-1")
                    return
                except (BotoCoreError, ClientError):
                    time.sleep(0.05)

    def _until_decided(self, item_id: str) -> None:
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            answer = self.app.call("GET", f"/v1/items/{item_id}", None, self.app.headers)
            if answer is not None and answer.status == 200 and answer.json()["status"] == "decided":
                return
            time.sleep(0.05)

    def _wait(self, facts: Facts) -> None:
        deadline = time.monotonic() + self._patience
        while (left := facts.waits_for(self.app)) and time.monotonic() < deadline:
            time.sleep(0.05)
        if left:
            said = self.installation.said()[-4000:]
            raise AssertionError(f"after {self._patience:.0f} s there are still {left}\n{said}")


def _refusing_once(answer: Answer) -> Answer:
    """503 for the first request."""
    refusals = [status(503)]
    return lambda handler: (refusals.pop() if refusals else answer)(handler)


def _show_slowly(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.3)
    data = picture(16, 9)
    handler.send_response(200)
    handler.send_header("Content-Type", "image/png")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def _slowly(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.3)  # longer than a beat of the lease
    status(200)(handler)
