"""Once: what follows from an object, worked out once as long as it is the very same object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Of = TypeVar("Of")
Made = TypeVar("Made")


class Once(Generic[Of, Made]):
    """A function that remembers what it gave of each object, by which object it is, and not by what it is equal to.

    For the time of one group of many alike: it keeps all objects that it was asked about. For one thread.
    """

    def __init__(self, work: Callable[[Of], Made]) -> None:
        self._work = work
        # With the object itself, so that no other gets its id.
        self._made: dict[int, tuple[Of, Made]] = {}

    def __call__(self, of: Of) -> Made:
        """What it is of an object."""
        kept = self._made.get(id(of))
        if kept is None:
            kept = self._made[id(of)] = (of, self._work(of))
        return kept[1]
