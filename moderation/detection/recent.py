"""Recent findings: what a tool found in bytes a moment ago it finds again, so nobody looks at them twice.

They are kept by a digest of all that an answer may depend on: the tool's name, version and set-up, the app, the
policies that it reads, and the part without its id and address. Failures are not kept: who gave no answer is asked
again.

NOTE: in memory, and not in the database, because findings tell of persons (where a name stands, what a picture says)
and must not outlive the item they are of. They are gone after `KEEP_SECONDS` at the latest, with the process, and at
once when media of any item is deleted in this process. The same bytes mostly come in waves (a retry, a repost),
which that is long enough for; a store that all processes share would save each of them a look a wave, and not more.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.core.items import Part
from moderation.core.policy.policies import PolicyWords

KEEP_SECONDS = 600.0
MOST_BYTES = 32_000_000
MOST_BYTES_OF_ONE = 1_000_000
"""What is larger (frames of a film) is not kept; what is found in it is."""


@dataclass(frozen=True)
class _Kept:
    found: bytes
    until: float


class RecentFindings:
    """A bounded memory of answers. For several threads.

    Args:
        clock: of `time.monotonic`; given for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._change = threading.Condition()
        self._kept: dict[str, _Kept] = {}
        self._bytes = 0
        self._asked: set[str] = set()
        self._forgotten = 0

    def find(self, key: str, look: Callable[[], Any]) -> Any:
        """What was found under this key, as JSON has it.

        `look` is called when that is not known, by one thread at a time for a key. What it raises is raised, and then
        nothing is kept.
        """
        with self._change:
            while key in self._asked:
                self._change.wait()
            self._drop_old()
            kept = self._kept.get(key)
            if kept is None:
                self._asked.add(key)
                before = self._forgotten
        if kept is not None:
            return json.loads(kept.found)
        try:
            found = look()
            self._keep(key, found, before)
            return found
        finally:
            with self._change:
                self._asked.discard(key)
                self._change.notify_all()

    def _keep(self, key: str, found: Any, before: int) -> None:
        body = json.dumps(found).encode()
        if len(body) > MOST_BYTES_OF_ONE:
            return
        with self._change:
            if self._forgotten != before:
                return  # it may be of an item that was deleted meanwhile
            self._kept[key] = _Kept(body, self._clock() + KEEP_SECONDS)
            self._bytes += len(body)
            while self._bytes > MOST_BYTES:
                self._drop_oldest()

    def drop_old(self) -> None:
        """Forget what has been kept long enough."""
        with self._change:
            self._drop_old()

    def drop_all(self) -> None:
        """Forget everything, because some of it may be of an item that is deleted."""
        with self._change:
            self._kept.clear()
            self._bytes = 0
            self._forgotten += 1

    def _drop_old(self) -> None:
        # In the order in which they were kept, because a finding that is used again is kept no longer for that.
        while self._kept and next(iter(self._kept.values())).until <= self._clock():
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._bytes -= len(self._kept.pop(next(iter(self._kept))).found)


def set_up(tool: Any) -> str:
    """A digest of a tool as it travels to its process: whatever settings it was made with."""
    return hashlib.sha256(pickle.dumps(tool)).hexdigest()


def key_of(
    operation: str, app: str, tool: Any, made_with: str, part: Part, policies: Sequence[PolicyWords] = ()
) -> str:
    """What findings are kept under: equal only where a tool that keeps its contract answers the same.

    Bytes count by their digest, which all media have.

    Args:
        made_with: see `set_up`.
        policies: what a tool that reads policies judges by.
    """
    seen = part.model_dump(mode="json", exclude={"id": True, "data": True, "media": {"uri"}, "extraction": {"part"}})
    said = [each.model_dump(mode="json") for each in policies]
    everything = [operation, app, tool.name, tool.version, made_with, seen, said]
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()
