"""The key of a run's new UIDs: a run that is taken up again goes on with it, so that a study does not fall apart."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from ground.private_files import private_file, private_folder
from moderation.core.errors import StoreUnavailable

KEY_BYTES = 32


def key_of_run(folder: Path, run: str, before: datetime) -> bytes:
    """The run's key, a new random one where there is none; keys that were made before a time are forgotten.

    Args:
        folder: where keys lie, for their owner alone.
        run: its id.

    Raises:
        StoreUnavailable: it cannot be read or kept.
    """
    path = folder / f"{run}.key"
    try:
        private_folder(folder)
        forget_keys(folder, before)
        key = path.read_bytes() if path.is_file() else b""
        if len(key) != KEY_BYTES:  # none yet, or a run was killed while it wrote
            key = os.urandom(KEY_BYTES)
            private_file(path).write_bytes(key)
    except OSError as error:
        raise StoreUnavailable(f"{path}: the key of new UIDs cannot be kept: {error.strerror}") from error
    return key


def forget_keys(folder: Path, before: datetime) -> int:
    """Remove the keys that were made before a time, and say how many.

    Who has one can tell whose a copy is; how long that may be kept PS3.15 leaves to whoever de-identifies.
    """
    count = 0
    for old in folder.glob("*.key"):
        if old.stat().st_mtime < before.timestamp():
            old.unlink(missing_ok=True)
            count += 1
    return count
