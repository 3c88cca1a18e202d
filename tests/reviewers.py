"""Reviewers who work at the portal with plain forms, whatever happens to the service behind it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

import urllib3

from tests.waiting import PATIENCE_SECONDS


class Reviewer(threading.Thread):
    """Works task after task until told to stop; tries whatever was cut short again.

    Args:
        url: where the portal is, now.
        stop: set when it is to end.
        says: what is decided.

    Attributes:
        surprises: statuses of answers that no reviewer should see.
        answered: how many tasks were given an answer that was taken.
        pause_seconds: between looks for tasks when there are none.
    """

    def __init__(self, url: Callable[[], str], name: str, password: str, stop: threading.Event, says: str) -> None:
        super().__init__(daemon=True)
        self.url, self.name_, self.password, self.stop, self.says = url, name, password, stop, says
        self.http = urllib3.PoolManager(retries=False, timeout=PATIENCE_SECONDS)
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self.surprises: list[int] = []
        self.answered = 0
        self.pause_seconds = 0.02

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.work()
            except (urllib3.exceptions.HTTPError, TypeError):
                time.sleep(0.05)

    def work(self) -> None:
        """All tasks that there are now."""
        self.sign_in()
        where = self.fetch("GET", "/review/next").headers.get("Location", "")
        while "/tasks/" in where and not self.stop.is_set():
            where = self.look(where)
        time.sleep(self.pause_seconds)

    def look(self, task: str) -> str:
        """Answer a task; gives the address of the next page."""
        form = {"csrf": self.csrf, "decision": self.says, "note": self.name_}
        answer = self.fetch("POST", task, form)
        self.answered += answer.status == 303
        return answer.headers.get("Location", "")

    def sign_in(self) -> None:
        if self.csrf:
            return
        if "review_session" not in self.cookies:
            form = {"username": self.name_, "password": self.password}
            self.fetch("POST", "/review/sign-in", {**form, "csrf": self.token("/review/sign-in")})
        self.csrf = self.token("/review/")

    def fetch(self, method: str, path: str, form: dict[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        url = f"{self.url()}{path}"
        answer = (
            self.http.request_encode_body(
                method, url, fields=form, headers=headers, encode_multipart=False, redirect=False
            )
            if form
            else self.http.request(method, url, headers=headers, redirect=False)
        )
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status not in (200, 303, 409, 503):
            self.surprises.append(answer.status)
        return answer

    def token(self, path: str) -> str:
        match = re.search(rb'name="csrf" value="([^"]+)"', self.fetch("GET", path).data)
        return match[1].decode() if match else ""
