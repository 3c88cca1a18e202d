"""Failpoints: where tests end the process in the middle of its work, by name, to see that nothing is lost.

Each commit has one, and each effect that is outside of the database: an object stored, a request to A2I, a ring in
Redis, a webhook posted. ``MODERATION_FAILPOINT=items.decide:after:3`` ends the process just after its third commit of
that name, as a kill would: nothing is closed, flushed or rolled back. Without the setting a failpoint costs nothing.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import NoReturn

EXIT_CODE = 86
"""Of a process that a failpoint ended."""
PATTERN = r"^[a-z0-9_]+(\.[a-z0-9_]+)+(:(before|after))?(:[1-9][0-9]*)?$"
"""What the setting looks like: the name, ``before`` (when not said) or ``after``, and at which time it is reached."""
BEFORE, AFTER = "before", "after"

_NOTHING: AbstractContextManager[None] = nullcontext()


@dataclass
class Armed:
    """The failpoint at which the process ends.

    Attributes:
        at: at which time it is reached, from 1.
        end: what ends the process.
    """

    name: str
    when: str
    at: int
    end: Callable[[Armed], None]
    _reached: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, name: str, when: str) -> None:
        """End the process, when it is this one's turn."""
        if name != self.name or when != self.when:
            return
        with self._lock:
            self._reached += 1
            if self._reached == self.at:
                self.end(self)


class _Effect:
    def __init__(self, armed: Armed, name: str) -> None:
        self._armed, self._name = armed, name

    def __enter__(self) -> None:
        self._armed.reach(self._name, BEFORE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._armed.reach(self._name, AFTER)


_armed: Armed | None = None


def arm(text: str | None, end: Callable[[Armed], None] | None = None) -> None:
    """End this process at a failpoint; None for at none.

    Args:
        text: as `PATTERN` says.
        end: called instead of ending the process.
    """
    global _armed
    if text is None:
        _armed = None
        return
    name, *more = text.split(":")
    when = next((word for word in more if not word.isdigit()), BEFORE)
    at = next((int(word) for word in more if word.isdigit()), 1)
    _armed = Armed(name, when, at, end or _end)


def reach(name: str, when: str) -> None:
    """A process that is to end here does."""
    if _armed is not None:
        _armed.reach(name, when)


def failpoint(name: str) -> AbstractContextManager[None]:
    """The failpoint of an effect that the block has: just before it, and just after it succeeded.

    Args:
        name: written out where it stands, and used nowhere else.
    """
    return _NOTHING if _armed is None else _Effect(_armed, name)


def _end(armed: Armed) -> NoReturn:
    os.write(2, f"failpoint {armed.name}:{armed.when}\n".encode())  # standard error, past all buffers
    os._exit(EXIT_CODE)
