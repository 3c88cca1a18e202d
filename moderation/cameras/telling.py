"""Telling of cameras' events: the address of ``--alert-url`` and the targets of ``targets.yml`` that name them.

In a thread of its own, so that no camera waits for somebody else's server. Each is tried a few times; what nobody takes
is said, and not kept: the items that an event is about are there for people all the same.
"""

from __future__ import annotations

import json
import queue
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from ground.fetch import FetchFailed, post
from moderation.cameras.watching import Event
from moderation.core.errors import StoreUnavailable, UrlRefused
from moderation.delivery.notifiers import Notifiers
from moderation.delivery.targets import Addressed

PAUSES = (1.0, 5.0, 30.0)
"""Seconds before each further try."""
MOST_WAITING = 1000
"""Events that wait for a server; of more the newest are dropped, and said."""
SECONDS = 5.0
ADDRESS = ""
"""Stands for the address of ``--alert-url`` among the names of targets."""


def said(event: Event) -> dict[str, Any]:
    """An event as machines are told of it: the same envelope as items' events, with the camera's metadata."""
    metadata = {"place": event.place, "camera": event.state, "at": event.at.isoformat()}
    data = {
        "id": event.items[-1] if event.items else event.place,
        "app": event.app,
        "place": event.place,
        "state": event.state,
        "message": event.message,
        "items": list(event.items),
        "metadata": metadata,
    }
    identity = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([event.kind, data], sort_keys=True))
    return {"id": f"evt_{identity.hex}", "type": event.kind, "timestamp": event.at.isoformat(), "data": data}


class Telling:
    """Tells of events in the background, from when it is made until it is closed.

    Args:
        url: is told of all; None for none.
        targets: are told of those that they name, of their apps.
        complain: told what could not be told, without addresses.
    """

    def __init__(
        self, url: str | None, targets: Sequence[Addressed], complain: Callable[[str], None], *, allow_private: bool
    ) -> None:
        self._url, self._targets, self._complain, self._allow_private = url, targets, complain, allow_private
        self._notifiers = Notifiers([each.target for each in targets], allow_private=allow_private)
        self._waiting: queue.Queue[Event | None] = queue.Queue(MOST_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telling", daemon=True)
        self._thread.start()

    def tell(self, event: Event) -> None:
        """Tell of an event, soon."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._complain(f"{event.place}: too much waits to be told; one event was dropped")

    def close(self) -> None:
        """Try what waits once more, and end."""
        self._stop.set()
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (event := self._waiting.get()) is not None:
            payload = json.dumps(said(event)).encode()
            names = [each.target.name for each in self._targets if each.listener.wants(event.app, event.kind)]
            for name in ([ADDRESS] if self._url is not None else []) + names:
                if not self._told(name, payload):
                    self._complain(f"{event.place}: {name[:60] or 'the address of --alert-url'} did not take an event")

    def _told(self, name: str, payload: bytes) -> bool:
        for pause in (*PAUSES, 0.0):
            try:
                if name != ADDRESS:
                    self._notifiers.tell(name, payload)
                    return True
                assert self._url is not None
                answer = post(
                    self._url,
                    body=payload,
                    headers={"Content-Type": "application/json"},
                    timeout_seconds=SECONDS,
                    allow_private=self._allow_private,
                )
                if answer.status < 300:
                    return True
            except (StoreUnavailable, FetchFailed):
                pass
            except UrlRefused:
                return False
            if not pause or self._stop.wait(pause):
                return False
        return False
