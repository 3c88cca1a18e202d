"""F-30: the n-th thing that is asked of the database, of the files of media or of A2I fails, for every n.

Each fails once, and all from then on, as SQLite tests itself. A2I may also do what it is asked and lose its answer.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from moderation.core.errors import HumanLoopsUnavailable, StoreUnavailable
from tests.faults.machine import ACTIONS, ItemMachine, World
from tests.faults.report import Row, keep

Opener = Callable[[], World]
PATH: tuple[tuple[str, dict[str, Any]], ...] = (
    ("post", {"text": "hello again", "called_back": True, "key": "k1"}),
    ("post_picture", {"number": 1}),
    ("claim", {"lane": "texts", "limit": 5, "is_late": False}),
    ("finish", {"is_together": True}),
    ("claim", {"lane": "media", "limit": 5, "is_late": False}),
    ("finish", {"is_together": False}),
    ("follow", {}),
    ("review", {"which": 0, "outcome": "approve", "is_written": True}),
    ("pass_time", {"seconds": 30.0}),
    ("follow", {}),
    ("fail_loop", {"which": 0, "how": "Failed"}),
    ("pass_time", {"seconds": 30.0}),
    ("follow", {}),
    ("appeal", {"which": 0}),
    ("take_deliveries", {"limit": 3}),
    ("deliver", {"is_taken": True}),
    ("pass_time", {"seconds": 90_000.0}),
    ("retain", {}),
)
"""One of each step; what cannot happen, because an operation before it failed, is passed over."""


class Trouble:
    """Counts operations, and makes the n-th fail.

    Args:
        at: from 1; 0 for none.
        lasts: True when all after it fail, too, until `is_over`.
        failing: what to raise.
    """

    def __init__(self, at: int, *, lasts: bool, failing: Callable[[str], Exception]) -> None:
        self.count, self.is_over, self._at, self._lasts, self._failing = 0, False, at, lasts, failing

    def next(self, operation: str) -> None:
        """One more; raises when it is to fail."""
        if self.is_over:
            return
        self.count += 1
        if self.count == self._at or (self._lasts and 0 < self._at < self.count):
            raise self._failing(operation)


Place = Callable[[World, Trouble, pytest.MonkeyPatch], None]
"""Lets a `Trouble` count what a world does at one place."""


def in_database(world: World, trouble: Trouble, patch: pytest.MonkeyPatch) -> None:
    """Statements and commits."""

    def execute(c: Any, cursor: Any, statement: str, *given: Any) -> None:
        trouble.next(statement)

    sa.event.listen(world.database.engine, "before_cursor_execute", execute)
    sa.event.listen(world.database.engine, "commit", lambda c: trouble.next("COMMIT"))


def in_files(world: World, trouble: Trouble, patch: pytest.MonkeyPatch) -> None:
    """Calls about files of media."""
    root = str(world.blobs.root)

    def counted(module: Any, name: str) -> None:
        do = getattr(module, name)

        def call(what: Any, *given: Any, **more: Any) -> Any:
            path = os.readlink(f"/proc/self/fd/{what}") if isinstance(what, int) else os.fspath(what)
            if str(path).startswith(root):
                trouble.next(name)
            return do(what, *given, **more)

        patch.setattr(module, name, call)

    for name in ("open", "fsync", "replace", "unlink"):
        counted(os, name)
    counted(Path, "open")


def at_a2i(world: World, trouble: Trouble, patch: pytest.MonkeyPatch) -> None:
    """Calls, before anything is done."""
    call = world.a2i.trouble_of_call

    @contextmanager
    def counted() -> Iterator[None]:
        trouble.next("call")
        with call():
            yield

    patch.setattr(world.a2i, "trouble_of_call", counted)


def after_a2i(world: World, trouble: Trouble, patch: pytest.MonkeyPatch) -> None:
    """Calls, when all is done and the answer is on its way."""
    call = world.a2i.trouble_of_call

    @contextmanager
    def counted() -> Iterator[None]:
        with call():
            yield
        trouble.next("answer")

    patch.setattr(world.a2i, "trouble_of_call", counted)


PLACES: dict[str, tuple[Place, Callable[[str], Exception], int]] = {
    "database": (in_database, lambda said: sa.exc.OperationalError(said, None, Exception("injected")), 60),
    "files": (in_files, lambda said: OSError(errno.EIO, "injected"), 6),
    "A2I": (at_a2i, lambda said: HumanLoopsUnavailable("injected"), 6),
    "answers of A2I": (after_a2i, lambda said: HumanLoopsUnavailable("injected"), 6),
}
"""What fails, how, and at least how often there is something to fail."""


def walked(opener: Opener, place: str, at: int, *, lasts: bool) -> int:
    """Walk the path with trouble, then to its end without; gives how many operations there were."""
    listen, failing, _ = PLACES[place]

    class Machine(ItemMachine):
        open_world = staticmethod(opener)

    machine = Machine()
    machine.begin(["hello", "REVIEW", "REFUSE", "BREAK"])
    trouble = Trouble(at, lasts=lasts, failing=failing)
    with pytest.MonkeyPatch.context() as patch:
        listen(machine.world, trouble, patch)
        for name, given in PATH:
            action = ACTIONS[name]
            if not action.needs(machine):
                continue
            asked = {"who": 0, "death": None} | given
            try:
                action.do(machine, **{key: value for key, value in asked.items() if key in action.given})
            except StoreUnavailable:
                continue
        trouble.is_over = True
        machine.holds()
        machine.teardown()
    return trouble.count


def swept(opener: Opener, place: str, every: int, record_property: Any) -> None:
    """Each n, or one in so many, once and lasting."""
    count = walked(opener, place, 0, lasts=False)
    assert count >= PLACES[place][2]
    injected = 0
    for at in range(1, count + 1, every):
        for lasts in (False, True):
            walked(opener, place, at, lasts=lasts)
            injected += 1
    keep(record_property, Row(f"F-30 nth operation, {place}", injected, note=f"of {count} operations"))


@pytest.mark.parametrize(("place", "every"), [("database", 23), ("files", 3), ("A2I", 3), ("answers of A2I", 3)])
def test_now_and_then_an_operation_fails_and_nothing_is_lost(
    open_on_sqlite: Opener, record_property: Any, place: str, every: int
) -> None:
    swept(open_on_sqlite, place, every, record_property)


@pytest.mark.faults
@pytest.mark.parametrize("place", PLACES)
def test_each_operation_fails_in_its_turn_and_nothing_is_lost(
    open_world: Opener, record_property: Any, place: str
) -> None:
    swept(open_world, place, 1, record_property)
