"""Those outside of the installation: an app that posts, and reviewers who answer; both go on whatever is killed."""

from __future__ import annotations

import io
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import urllib3
from PIL import Image

from tests.reviewers import Reviewer
from tests.waiting import PATIENCE_SECONDS

PASSWORD = "a long enough password"


class App:
    """Posts items, tries again as apps should, and remembers what it was promised.

    Args:
        url: where the API is, now.
        callback: where decisions are told; None for nowhere.

    Attributes:
        accepted: ids that were answered 2xx, and when that was, by the wall clock.
        by_key: ids that an idempotency key was answered with.
        told: decisions that were part of an answer, by the item's id.
        appealed: items whose appeals were answered 2xx.
        unexpected: answers that no app should see: 5xx without a problem document, and any but 503.
        statuses: how often each was answered; 0 for a connection that broke.
    """

    def __init__(self, url: Callable[[], str], key: str, callback: str | None = None) -> None:
        self._url, self._callback = url, callback
        self.headers = {"Authorization": f"Bearer {key}"}
        self._http = urllib3.PoolManager(num_pools=4, maxsize=16, retries=False, timeout=PATIENCE_SECONDS)
        self.accepted: dict[str, float] = {}
        self.by_key: defaultdict[str, set[str]] = defaultdict(set)
        self.told: dict[str, Any] = {}
        self.appealed: list[str] = []
        self.unexpected: list[str] = []
        self.statuses: Counter[int] = Counter()

    def text(self, *texts: str, key: str | None = None, wait: float = 0) -> list[str]:
        """Post texts, several as one batch; gives the ids of those that were accepted."""
        items = [self._item(text) for text in texts]
        if len(items) > 1:
            return self.post("/v1/items/batch", {"items": items}, key)
        return self.post(f"/v1/items?wait={wait}" if wait else "/v1/items", items[0], key)

    def picture(self, width: int, number: int, key: str | None = None) -> list[str]:
        """Post a picture, which the detector reads by its width."""
        fields = {
            "file": ("p.png", picture(width, number), "image/png"),
            "item": json.dumps({"callback_url": self._callback} if self._callback else {}),
        }
        return self.post("/v1/items", None, key, fields)

    def address(self, url: str, key: str) -> list[str]:
        """Post a picture by its address."""
        return self.post("/v1/items", {"parts": [{"type": "image", "url": url}]}, key)

    def post(self, path: str, body: Any, key: str | None = None, fields: Any = None) -> list[str]:
        """Post until it is answered. Without a key an answer that is lost is not asked for again: it would be another item."""
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            answer = self.call("POST", path, body, headers, fields)
            if answer is None and key is None:
                return []
            if answer is None or answer.status in (429, 503):
                time.sleep(0.05)
                continue
            return self._taken(answer, key) if answer.status in (200, 202) else []
        raise AssertionError(f"{path} was not answered")

    def appeal(self, item_id: str) -> None:
        """Appeal; one whose answer was lost is known by its refusal to be open already."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            answer = self.call("POST", f"/v1/items/{item_id}/appeal", {"reason": "look again"}, self.headers)
            if answer is not None and answer.status in (202, 409):
                self.appealed.append(item_id)
                return
            time.sleep(0.05)
        raise AssertionError("the appeal was not answered")

    def call(
        self, method: str, path: str, body: Any, headers: dict[str, str], fields: Any = None
    ) -> urllib3.BaseHTTPResponse | None:
        """One request; None when the connection broke."""
        try:
            if fields is not None:
                answer = self._http.request(method, self._url() + path, fields=fields, headers=headers)
            else:
                answer = self._http.request(method, self._url() + path, json=body, headers=headers)
        except urllib3.exceptions.HTTPError:
            self.statuses[0] += 1
            return None
        self.statuses[answer.status] += 1
        is_problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
        if answer.status >= 500 and not (answer.status == 503 and is_problem):
            self.unexpected.append(f"{method} {path}: {answer.status} {answer.data[:300]!r}")
        return answer

    def _taken(self, answer: urllib3.BaseHTTPResponse, key: str | None) -> list[str]:
        said = answer.json()
        entries = said.get("items", [said])
        ids = [entry["id"] for entry in entries if "id" in entry]
        now = time.time()
        for entry in entries:
            if "id" in entry:
                self.accepted.setdefault(entry["id"], now)
                if entry.get("decision"):
                    self.told[entry["id"]] = entry["decision"]
        if key is not None:
            self.by_key[key].add(",".join(ids))
        return ids

    def _item(self, text: str) -> dict[str, Any]:
        item: dict[str, Any] = {"parts": [{"type": "text", "text": text}]}
        return item | ({"callback_url": self._callback} if self._callback else {})


def picture(width: int, number: int) -> bytes:
    """A small picture like no other; of 24 pixels' width it takes the detector its time."""
    out = io.BytesIO()
    Image.new("RGB", (width, 16), (number % 256, number // 256 % 256, 99)).save(out, "PNG")
    return out.getvalue()


class Odd(Reviewer):
    """A reviewer who leaves the first task to others, and takes the first answer back before giving it again."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._left = self._undone = False

    def look(self, task: str) -> str:
        if not self._left:
            self._left = True
            return self.fetch("POST", f"{bare(task)}/release", {"csrf": self.csrf, "reason": "unsure"}).headers.get(
                "Location", ""
            )
        where = super().look(task)
        if not self._undone:
            self._undone = True
            self.fetch("POST", f"{bare(task)}/undo", {"csrf": self.csrf})
        return where


def bare(address: str) -> str:
    """An address without its query."""
    return address.partition("?")[0]


def at_work(url: Callable[[], str], names: tuple[str, ...], stop: threading.Event) -> list[Reviewer]:
    """Reviewers who approve what they see, the first an odd one."""
    people: list[Reviewer] = [
        (Odd if number == 0 else Reviewer)(url, name, PASSWORD, stop, "approve") for number, name in enumerate(names)
    ]
    for person in people:
        person.pause_seconds = 0.1  # one machine does it all
        person.start()
    return people
