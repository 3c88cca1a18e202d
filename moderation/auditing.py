"""Sealing the audit chain while the service runs, and writing signed heads of it to where nobody can change them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from ground.audit_chain import SEALED_AT_ONCE, AuditChain, Head
from ground.chain_heads import Signer
from ground.database import Database
from ground.rounds import Rounds
from moderation.audit_heads import write_head
from moderation.core.errors import ModerationError
from moderation.settings import Settings
from moderation.storage.audit import NAME, open_chain

logger = logging.getLogger(__name__)

SEAL_SECONDS = 2.0
HEAD_EVERY = timedelta(hours=1)
HEAD_AGAIN = timedelta(minutes=1)
"""After which a head that could not be written is tried again."""
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
        chains: of which heads are written, by name; that of the portal is added where it is in the same process.
        rounds: seal what waits, and write heads once an hour.
    """

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        self._settings, self._clock = settings, clock
        self._chain = open_chain(database)
        self.chains: dict[str, AuditChain] = {NAME: self._chain}
        self._told_at: datetime | None = None
        self._told: dict[str, Head] = {}
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
        for name, chain in self.chains.items():
            head = chain.head()
            if head is None or head == self._told.get(name):
                continue
            try:
                write_head(where, signer_of(self._settings).signed(name, head), name, head, self._settings, now)
            except (ModerationError, OSError) as error:
                logger.error("the head of the audit chain %s cannot be written, and is tried again: %s", name, error)
                self._told_at = now - HEAD_EVERY + HEAD_AGAIN
                return
            self._told[name] = head
        self._told_at = now
