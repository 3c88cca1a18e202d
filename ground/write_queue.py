"""Writes that wait for one writer, and which of them share the next commit.

All that share a commit wait for the longest of them, so small writes go before large ones, and without them: whoever
has one row to store does not wait for another's hundreds. A large one lets them pass a few times only. Where nobody has
small ones, as many as wait share a commit, which is what stores the most.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_GROUP = 200
"""Writes that share one commit; bounds how long the first one waits."""
SMALL = 10
"""Rows of a write that goes before larger ones."""
PASSES = 2
"""Commits of small writes that a large one lets pass."""
ROWS_BESIDE_SMALL = 100
"""Of large writes that share a commit while there are small ones now and then."""
REMEMBERED = 50
"""Commits for which it is remembered that there was a small write."""


@dataclass
class _Large(Generic[T]):
    write: T
    rows: int
    passed: int = 0
    """Commits that went before it since it waits."""


class WriteQueue(Generic[T]):
    """Writes in the order of their commits; of small ones and of large ones, the first come first. For one thread."""

    def __init__(self) -> None:
        self._small: deque[T] = deque()
        self._large: deque[_Large[T]] = deque()
        self._since_small = REMEMBERED

    def __len__(self) -> int:
        return len(self._small) + len(self._large)

    def put(self, write: T, rows: int) -> None:
        """Let a write wait.

        Args:
            rows: about as many as it reads or writes.
        """
        if rows <= SMALL:
            self._small.append(write)
        else:
            self._large.append(_Large(write, rows))

    def take(self) -> list[T]:
        """Those that share the next commit; none where none wait."""
        group: list[T] = []
        if not len(self):
            return group
        self._since_small = 0 if self._small else self._since_small + 1
        if not self._small:
            group += self._take_large()
        elif self._large and self._large[0].passed >= PASSES:
            group.append(self._large.popleft().write)
        while self._small and len(group) < MAX_GROUP:
            group.append(self._small.popleft())
        for each in self._large:
            each.passed += 1
        return group

    def _take_large(self) -> list[T]:
        """As many as wait; or one, and what is not too many rows together with it, where there were small ones."""
        most = ROWS_BESIDE_SMALL if self._since_small < REMEMBERED else None
        taken: list[T] = []
        rows = 0
        while self._large and len(taken) < MAX_GROUP:
            rows += self._large[0].rows
            if taken and most is not None and rows > most:
                break
            taken.append(self._large.popleft().write)
        return taken
