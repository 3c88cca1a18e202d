"""SQLite connections whose transactions leave nothing open behind them."""

from __future__ import annotations

import sqlite3
import weakref
from typing import Any


class EndsWhole(sqlite3.Connection):
    """A connection whose transactions end with all that is still being read in them.

    A cursor that was not read to its end keeps the state of the database open that it reads, after a rollback too
    (https://sqlite.org/lang_transaction.html). Where an error holds on to one, the connection goes back to the pool
    with it: whoever gets it next would read what was, and could not write at all ("database is locked").
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()

    def cursor(self, *given: Any) -> Any:
        """See `sqlite3.Connection.cursor`."""
        made = super().cursor(*given)
        self._cursors.add(made)
        return made

    def rollback(self) -> None:
        """See `sqlite3.Connection.rollback`; the pool calls it when it gets the connection back."""
        for each in list(self._cursors):
            each.close()
        self._cursors.clear()
        super().rollback()
