"""F-30: the n-th thing that is asked of the database fails, once or from then on, for every n; SQLite's own method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from moderation.core.errors import StoreUnavailable
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
    """Makes the n-th operation of a database fail.

    Args:
        at: from 1; 0 for none.
        lasts: True when all after it fail, too, until `is_over`.
    """

    def __init__(self, world: World, at: int, *, lasts: bool) -> None:
        self.count, self.is_over, self._at, self._lasts = 0, False, at, lasts
        sa.event.listen(world.database.engine, "before_cursor_execute", self._execute)
        sa.event.listen(world.database.engine, "commit", self._commit)

    def _execute(self, c: Any, cursor: Any, statement: str, *given: Any) -> None:
        self._next(statement)

    def _commit(self, c: Any) -> None:
        self._next("COMMIT")

    def _next(self, statement: str) -> None:
        if self.is_over:
            return
        self.count += 1
        if self.count == self._at or (self._lasts and 0 < self._at < self.count):
            raise sa.exc.OperationalError(statement, None, Exception("injected"))


def walked(opener: Opener, at: int, *, lasts: bool) -> int:
    """Walk the path with trouble, then to its end without; gives how many operations there were."""

    class Machine(ItemMachine):
        open_world = staticmethod(opener)

    machine = Machine()
    machine.begin(["hello", "REVIEW", "REFUSE", "BREAK"])
    trouble = Trouble(machine.world, at, lasts=lasts)
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


def swept(opener: Opener, every: int, record_property: Any) -> None:
    """Each n, or one in so many, once and lasting."""
    count = walked(opener, 0, lasts=False)
    assert count > 60
    injected = 0
    for at in range(1, count + 1, every):
        for lasts in (False, True):
            walked(opener, at, lasts=lasts)
            injected += 1
    keep(record_property, Row("F-30 nth operation", injected, note=f"of {count} operations"))


def test_now_and_then_an_operation_fails_and_nothing_is_lost(open_on_sqlite: Opener, record_property: Any) -> None:
    swept(open_on_sqlite, 23, record_property)


@pytest.mark.faults
def test_each_operation_fails_in_its_turn_and_nothing_is_lost(open_world: Opener, record_property: Any) -> None:
    swept(open_world, 1, record_property)
