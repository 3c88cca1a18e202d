"""Numbers for pseudonyms of a document of any size, kept in the journal of its job."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import OrderedDict

from moderation.redacting.progress import Progress

_REMEMBERED = 10_000
"""Numbers that are kept in memory besides those that are not written yet."""


class StoredNumbers:
    """Numbers of a document of any size: those that are not written yet in memory, the others on disk.

    Values are kept as digests under the job's key, because telephone numbers could be guessed from plain ones.
    """

    def __init__(self, db: sqlite3.Connection, key: bytes, file: str, progress: Progress) -> None:
        self._db, self._key, self._file, self._progress = db, key, file, progress
        self._fresh: dict[tuple[str, bytes], int] = {}
        self._recent: OrderedDict[tuple[str, bytes], int] = OrderedDict()
        self._is_stored = bool(progress.kinds)

    def number_of(self, name: str, value: str) -> int:
        """See `moderation.core.replacing.Numbers.number_of`."""
        digest = hashlib.blake2b(value.encode("utf-8", "surrogateescape"), key=self._key, digest_size=16).digest()
        known = self._fresh.get((name, digest)) or self._recent.get((name, digest)) or self._stored(name, digest)
        if known is None:
            known = self._progress.kinds[name] = self._progress.kinds.get(name, 0) + 1
            self._fresh[name, digest] = known
        return known

    def write(self) -> None:
        """Put what is new on disk, and what is of other documents away, within the caller's transaction."""
        if not self._is_stored:
            self._db.execute("DELETE FROM numbers")
        rows = [(self._document, name, digest, number) for (name, digest), number in self._fresh.items()]
        self._db.executemany("INSERT OR REPLACE INTO numbers VALUES (?, ?, ?, ?)", rows)
        self._is_stored = self._is_stored or bool(rows)
        self._fresh.clear()

    def end_document(self) -> None:
        """The next document has numbers of its own."""
        if self._progress.kinds:
            self._fresh.clear()
            self._recent.clear()
            self._progress.kinds.clear()
            self._is_stored = False

    @property
    def waiting(self) -> int:
        """How many are not written yet."""
        return len(self._fresh)

    @property
    def _document(self) -> str:
        return f"{self._progress.at.line} {self._file}"

    def _stored(self, name: str, digest: bytes) -> int | None:
        if not self._is_stored:
            return None
        query = "SELECT number FROM numbers WHERE document = ? AND kind = ? AND value = ?"
        row = self._db.execute(query, (self._document, name, digest)).fetchone()
        if row is None:
            return None
        self._recent[name, digest] = int(row[0])
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return int(row[0])
