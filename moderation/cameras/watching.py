"""Watching one camera: its newest picture becomes an item, again and again; what is wrong with it becomes one, too.

An item of a camera has the metadata ``place``, ``taken_at`` and ``camera``, which is ``ok``, ``offline``, ``frozen`` or
``black``. While one of the last three goes on, no more items are made: the one that says so is there for people.
"""

from __future__ import annotations

import base64
import io
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from moderation.cameras.files import Camera
from moderation.cameras.reader import CameraGone, CameraProcess, Look
from moderation.cameras.states import LOOKS, Glance, Judged, State, alert, pause, state_of
from moderation.core.errors import InputError, StoreUnavailable
from moderation.core.events import CameraEventType

logger = logging.getLogger(__name__)

WATCHED = 5
"""Items whose outcomes are followed for alerts."""


class Posting(Protocol):
    """Where items go."""

    def post(self, app: str, item: dict[str, Any]) -> str:
        """Make an item; its id. Raises `InputError` for one that is refused, `StoreUnavailable` to try again."""
        ...

    def judged(self, item_id: str) -> Judged | None:
        """What became of it; None while that is not known."""
        ...


@dataclass(frozen=True)
class Event:
    """Something changed.

    Attributes:
        app: whose items the camera's pictures are.
        message: for people; no content, no address.
        items: ids of the items that it is about.
    """

    kind: CameraEventType
    app: str
    place: str
    at: datetime
    state: State
    message: str
    items: tuple[str, ...] = ()


@dataclass
class Watcher:
    """Watches one camera until it is told to stop.

    Attributes:
        tell: told of each change.
        alarm_after: seconds for which something is wrong before it is said.
        posted: items so far.
        connects: how often the camera was called.
    """

    camera: Camera
    posting: Posting
    tell: Callable[[Event], None]
    now: Callable[[], datetime]
    stop: threading.Event = field(default_factory=threading.Event)
    open: Callable[[Camera], CameraProcess] = CameraProcess
    alarm_after: float = 0.0
    posted: int = 0
    connects: int = 0
    _state: State = "ok"
    _alerted: str = ""
    _bad_since: datetime | None = None
    _last: bytes = b""

    def run(self) -> None:
        """Watch; returns once `stop` is set."""
        failures = 0
        glances: deque[Glance | None] = deque(maxlen=LOOKS)
        followed: deque[str] = deque(maxlen=WATCHED)
        process: CameraProcess | None = None
        try:
            while not self.stop.is_set():
                if self.camera.quiet is not None and self.camera.quiet.holds(self.now()):
                    _close(process)
                    process = None
                    self.stop.wait(min(60.0, self.camera.every))
                    continue
                try:
                    if process is None:
                        self.connects += 1
                        process = self.open(self.camera)
                    look = process.look()
                except (CameraGone, OSError, ValueError) as error:
                    _close(process)
                    process, failures = None, failures + 1
                    glances.append(None)
                    why = str(error) if isinstance(error, CameraGone) else "it does not answer"
                    self._note(state_of(tuple(glances)), why)
                    self.stop.wait(pause(failures))
                    continue
                failures = 0
                self._seen(look, glances, followed)
                self.stop.wait(self.camera.every)
        finally:
            _close(process)

    def _seen(self, look: Look, glances: deque[Glance | None], followed: deque[str]) -> None:
        glances.append(Glance(look.is_new, look.brightness, look.spread, look.changed))
        self._last = look.data
        state = state_of(tuple(glances))
        self._note(state, {"frozen": "it shows the same picture", "black": "it shows nothing"}.get(state, "it is back"))
        if state != "ok" or not look.is_new:
            return
        item = self._post(look.data, "ok")
        if item:
            followed.append(item)
        self._follow(followed)

    def _note(self, state: State, why: str) -> None:
        """Say a change, and make an item of what is wrong."""
        if state == self._state:
            return
        self._state = state
        item = self._post(self._last or _nothing(), state) if state != "ok" else ""
        self.tell(
            Event("camera.state", self.camera.app, self.camera.place, self.now(), state, why, (item,) if item else ())
        )

    def _post(self, data: bytes, state: State) -> str:
        metadata = {"place": self.camera.place, "taken_at": self.now().isoformat(), "camera": state}
        part = {"type": "image", "base64": base64.b64encode(data).decode()}
        item: dict[str, Any] = {"parts": [part], "metadata": metadata}
        if self.camera.callback_url is not None:
            item["callback_url"] = self.camera.callback_url
        try:
            made = self.posting.post(self.camera.app, item)
        except (InputError, StoreUnavailable) as error:
            logger.error("a picture of %s became no item: %s", self.camera.place, error)
            return ""
        self.posted += 1
        return made

    def _follow(self, followed: deque[str]) -> None:
        """Say when the outcomes of the last items change what there is to say."""
        known = [(item, judged) for item in followed if (judged := self.posting.judged(item)) is not None]
        said = self._lasting(alert([judged for _, judged in known], self.camera.place))
        if bool(said) != bool(self._alerted):
            bad = tuple(item for item, judged in known if judged.outcome != "approve")
            message = said or "the last pictures were approved"
            event = Event("camera.alert", self.camera.app, self.camera.place, self.now(), self._state, message, bad)
            self.tell(event)
            self._alerted = said

    def _lasting(self, said: str) -> str:
        """What is wrong, once it has been so for long enough; empty before."""
        if not said:
            self._bad_since = None
            return ""
        now = self.now()
        self._bad_since = self._bad_since or now
        return said if (now - self._bad_since).total_seconds() >= self.alarm_after else ""


def _close(process: CameraProcess | None) -> None:
    if process is not None:
        process.close()


def _nothing() -> bytes:
    """A grey card, for a camera that never showed anything."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (320, 180), (90, 90, 90)).save(out, "JPEG")
    return out.getvalue()
