"""Sealing the audit chain while the service runs, and writing signed heads of it to where nobody can change them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from ground.audit_chain import SEALED_AT_ONCE, Head
from ground.blobs import Blobs
from ground.chain_heads import Signer
from ground.database import Database
from ground.failpoints import failpoint
from ground.private_files import private_file, private_folder
from ground.rounds import Rounds
from moderation.settings import Settings
from moderation.storage.audit import NAME, open_chain

logger = logging.getLogger(__name__)

SEAL_SECONDS = 2.0
HEAD_EVERY = timedelta(hours=1)
KEY_FILE = "audit.key"
"""In the data folder: what heads are signed with."""


def signer_of(settings: Settings) -> Signer:
    """The installation's key. Raises `InputError` when its file holds none."""
    return Signer(settings.data / KEY_FILE)


class Auditing:
    """Seals now and then; see `ground.audit_chain`.

    Args:
        clock: the wall time.

    Attributes:
        rounds: seal what waits, and write a head once an hour.
    """

    def __init__(self, settings: Settings, database: Database, blobs: Blobs, clock: Callable[[], datetime]) -> None:
        self._settings, self._blobs, self._clock = settings, blobs, clock
        self._chain = open_chain(database)
        self._told_at: datetime | None = None
        self._told: Head | None = None
        self.rounds = Rounds("audit chain", self.look, pause_seconds=SEAL_SECONDS)

    def look(self) -> float | None:
        """Seal; says 0 when more waits."""
        if self._chain.seal() == SEALED_AT_ONCE:
            return 0
        if self._settings.audit_heads is not None:
            self._tell(self._settings.audit_heads)
        return None

    def _tell(self, where: str) -> None:
        now = self._clock()
        if self._told_at is not None and now < self._told_at + HEAD_EVERY:
            return
        head = self._chain.head()
        if head is not None and head != self._told:
            write_head(where, signer_of(self._settings).signed(NAME, head), head, self._blobs)
            self._told = head
        self._told_at = now


def write_head(where: str, line: str, head: Head, blobs: Blobs) -> None:
    """Write a signed head: a line more in a file, or an object of its own under an ``s3://`` prefix."""
    if where.startswith("s3://"):
        uri = f"{where.rstrip('/')}/{NAME}-{head.position:012}.json"
        blobs.put_uri(uri, f"{line}\n".encode(), "application/json")
        return
    path = Path(where)
    private_folder(path.parent)
    with failpoint("audit.write_head"), private_file(path).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())
