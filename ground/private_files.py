"""Files and folders for their owner's eyes alone: they hold content, keys and secrets, whatever the umask says."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def private_folder(path: Path) -> Path:
    """The folder; it, and each above it that is not there yet, is made for the owner alone."""
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            with contextlib.suppress(FileExistsError):  # another process was faster
                folder.mkdir(mode=0o700)
    return path


def private_file(path: Path) -> Path:
    """The file, made empty where there is none; for the owner alone from its first byte on.

    One of ours that others may read, from before they were kept from it, is closed to them.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        status = path.stat()
        if status.st_uid == os.geteuid() and status.st_mode & 0o077:
            path.chmod(0o600)
    return path
