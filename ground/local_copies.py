"""Local copies of objects that lie elsewhere, for detectors that read files; dropped when nobody asks for them."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from ground.private_files import private_folder

KEPT_SECONDS = 86_400
"""How long a copy is kept after somebody asked for it."""
TIDY_SECONDS = 3600


class LocalCopies:
    """Copies in a folder, each whole or not there. Several processes may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tidied_at = 0.0

    def get(self, name: str, fetch: Callable[[Path], None]) -> Path:
        """The copy of this name.

        Args:
            fetch: writes it to the file it is given; what it raises is raised here, and no copy is left.
        """
        path = self._folder / name
        if path.is_file():
            path.touch()
            return path
        private_folder(self._folder)
        beside = path.with_suffix(f".{secrets.token_hex(6)}")
        try:
            fetch(beside)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        self._tidy()
        return path

    def forget(self, name: str) -> None:
        """Drop a copy, if there is one."""
        (self._folder / name).unlink(missing_ok=True)

    def _tidy(self) -> None:
        now = time.time()
        if now - self._tidied_at < TIDY_SECONDS:
            return
        self._tidied_at = now
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < now - KEPT_SECONDS:
                    path.unlink()
