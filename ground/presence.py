"""Presence: the processes that work on a folder, by a lock that the system takes from one at the moment it dies.

Where all of them are on one machine, whoever comes and finds nobody else knows that what is held is held by the dead.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from ground.private_files import private_file


class Presence:
    """This process among those that work on a folder.

    Args:
        path: of the lock's file, which is made where there is none, and stays.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def enter(self, if_alone: Callable[[], object]) -> None:
        """Be present until `close`, or the process's end; others that enter wait meanwhile.

        Args:
            if_alone: called when no other process is present.
        """
        self._file = file = os.open(private_file(self._path), os.O_RDWR)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            if_alone()
        fcntl.flock(file, fcntl.LOCK_SH)

    def close(self) -> None:
        """Be present no longer. May be called twice, and before `enter`."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
