"""The journal of a redaction job: which files there are, how far each is, and the numbers of an unfinished document.

One SQLite file in a folder of the job's own. It is written after the copies that it speaks of are on disk, so that a
run that was killed goes on from what is certain. It holds names of files, counts and digests under a key, no content.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ground.failpoints import failpoint
from ground.private_files import private_file, private_folder
from moderation.core.errors import InputError, NotFound, StoreUnavailable
from moderation.redacting.numbering import StoredNumbers
from moderation.redacting.progress import JobStatus, Progress
from moderation.redacting.sources import Listed

FILE = "ledger.db"
"""Named so since the first version: jobs that were begun then go on."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (
    name TEXT PRIMARY KEY, source INTEGER NOT NULL, size INTEGER NOT NULL, stamp TEXT NOT NULL, run INTEGER NOT NULL,
    state TEXT NOT NULL, progress TEXT, message TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS files_by_state ON files (state, name);
CREATE TABLE IF NOT EXISTS numbers (
    document TEXT, kind TEXT, value BLOB, number INTEGER NOT NULL, PRIMARY KEY (document, kind, value)) WITHOUT ROWID;
"""
_COMMIT_SECONDS = 1.0
"""How long finished files wait for each other, so that each small one does not cost a commit."""


class AlreadyRuns(InputError):
    """Another process, or another thread of this one, does the job now."""


class Journal:
    """An open journal; only one process has it open for work at a time.

    Args:
        folder: the job's own; its name is the job's id.

    Raises:
        AlreadyRuns: it is open elsewhere.
        StoreUnavailable: it cannot be written, here or within its context.
    """

    def __init__(self, folder: Path) -> None:
        self.id, self._folder = folder.name, folder
        try:
            private_folder(folder)
            self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _not_kept(folder, error) from error
        if not _is_locked(self._lock):
            os.close(self._lock)
            raise AlreadyRuns(f"job {self.id} runs already")
        try:
            self._db = sqlite3.connect(private_file(folder / FILE), isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            with failpoint("journal.open"):
                self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        except sqlite3.Error as error:
            os.close(self._lock)
            raise _not_kept(folder, error) from error
        self._committed_at = time.monotonic()

    def begin(self, listed: Iterable[tuple[int, Listed]]) -> None:
        """Take up a run over these files. Done ones stay done while they are the same; what is gone is forgotten.

        Args:
            listed: number of the source, and file.

        Raises:
            InputError: two files of one name.
        """
        with failpoint("journal.begin"):
            self._db.execute("BEGIN IMMEDIATE")
            self._take_up(listed)
            self._db.execute("COMMIT")

    def _take_up(self, listed: Iterable[tuple[int, Listed]]) -> None:
        run = int(self._get("run", "0")) + 1
        try:
            for source, file in listed:
                before = self._db.execute("SELECT run, size, stamp FROM files WHERE name = ?", (file.name,)).fetchone()
                if before is not None and before[0] == run:
                    raise InputError(f"two of the files have one name ({file.name}); redact them apart")
                same = before is not None and before[1:] == (file.size_bytes, file.stamp)
                if same:
                    self._db.execute("UPDATE files SET run = ?, source = ? WHERE name = ?", (run, source, file.name))
                else:
                    row = (file.name, source, file.size_bytes, file.stamp, run)
                    self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, 'waiting', NULL, '')", row)
            self._db.execute("DELETE FROM files WHERE run != ?", (run,))
            self._db.execute("UPDATE files SET state = 'waiting', message = '' WHERE state = 'failed'")
            self._set(run=str(run), state="running", started_at=str(time.time()), ended_at="")
            if not self._get("key", ""):
                self._set(key=secrets.token_hex(32))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def done(self, after: str) -> tuple[str, Progress] | None:
        """The first finished file behind a name."""
        query = "SELECT name, progress FROM files WHERE state = 'done' AND name > ? ORDER BY name LIMIT 1"
        row = self._db.execute(query, (after,)).fetchone()
        return None if row is None else (str(row[0]), Progress.load(row[1]))

    def wait_again(self, name: str) -> None:
        """A finished file has to be done anew."""
        with failpoint("journal.wait_again"):
            self._db.execute("UPDATE files SET state = 'waiting', progress = NULL WHERE name = ?", (name,))

    def waiting(self) -> tuple[int, Listed, Progress] | None:
        """The next file to work on, with its source; one that was begun comes first."""
        query = "SELECT source, name, size, stamp, progress FROM files WHERE state = ? ORDER BY name LIMIT 1"
        for state in ("begun", "waiting"):
            if (row := self._db.execute(query, (state,)).fetchone()) is not None:
                return row[0], Listed(row[1], row[2], row[3]), Progress.load(row[4])
        return None

    def numbers(self, name: str, progress: Progress) -> StoredNumbers:
        """The numbers of the document of a file that `progress` is in."""
        return StoredNumbers(self._db, bytes.fromhex(self._get("key", "")), name, progress)

    def save(self, name: str, progress: Progress, numbers: StoredNumbers) -> None:
        """Note how far a file is; all that `progress` speaks of is on disk."""
        self._note(name, progress, numbers, "begun")
        self._commit()

    def finish(self, name: str, progress: Progress, numbers: StoredNumbers, *, at_once: bool) -> None:
        """Note that a file is done.

        Args:
            at_once: False for a small one, which a kill before the next commit may forget, so that it is done again.
        """
        self._note(name, progress, numbers, "done")
        if at_once or time.monotonic() - self._committed_at > _COMMIT_SECONDS:
            self._commit()

    def _note(self, name: str, progress: Progress, numbers: StoredNumbers, state: str) -> None:
        with failpoint("journal.note"):
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
            numbers.write()
            self._db.execute("UPDATE files SET state = ?, progress = ? WHERE name = ?", (state, progress.dump(), name))

    def _commit(self) -> None:
        if self._db.in_transaction:
            with failpoint("journal.commit"):
                self._db.execute("COMMIT")
        self._committed_at = time.monotonic()

    def fail(self, name: str, message: str) -> None:
        """A file gets no copy in this run; the next one tries again."""
        with failpoint("journal.fail"):
            self._db.execute("UPDATE files SET state = 'failed', message = ? WHERE name = ?", (message[:500], name))

    def end(self, state: str | None) -> None:
        """The run is over.

        Args:
            state: see `JobStatus`; None for what the files say.
        """
        failed = self._db.execute("SELECT count(*) FROM files WHERE state = 'failed'").fetchone()[0]
        self._commit()
        with failpoint("journal.end"):
            self._set(state=state or ("failed" if failed else "completed"), ended_at=str(time.time()))

    def status(self) -> JobStatus:
        """How far the job is."""
        return _status(self._db, self.id, is_running=True)

    def close(self) -> None:
        """Let another process have it."""
        try:
            self._commit()
        finally:
            self._db.close()
            os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except sqlite3.Error as also:
            error = error or also
        if isinstance(error, sqlite3.Error):
            raise _not_kept(self._folder, error) from error

    def _get(self, name: str, default: str) -> str:
        return _fact(self._db, name, default)

    def _set(self, **values: str) -> None:
        self._db.executemany("INSERT OR REPLACE INTO job VALUES (?, ?)", list(values.items()))


def read_status(folder: Path) -> JobStatus:
    """The status of a job, whoever runs it.

    Raises:
        NotFound: there is no such job.
    """
    missing = NotFound(f"there is no redaction job {folder.name} in {folder.parent.parent}; say --data DIR")
    if not (folder / FILE).is_file():
        raise missing
    lock = os.open(folder / "lock", os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        is_running = False
    except OSError:
        is_running = True
    finally:
        os.close(lock)
    db = sqlite3.connect(folder / FILE)
    try:
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'files'").fetchone() is None:
            raise missing
        return _status(db, folder.name, is_running=is_running)
    finally:
        db.close()


def forget_ended(folder: str | os.PathLike[str], before: datetime) -> bool:
    """Remove the folder of a job that ended before a time, unless somebody works on it; says whether it did."""
    path = Path(folder)
    try:
        ended_at = read_status(path).ended_at
        lock = os.open(path / "lock", os.O_RDWR)
    except (NotFound, OSError, sqlite3.Error):
        return False
    try:
        if ended_at is None or ended_at >= before.timestamp() or not _is_locked(lock):
            return False
        with failpoint("journal.forget"):
            shutil.rmtree(path)
        return True
    finally:
        os.close(lock)


def _not_kept(folder: Path, error: OSError | sqlite3.Error) -> StoreUnavailable:
    why = getattr(error, "strerror", None) or str(error)
    return StoreUnavailable(f"how far the job is cannot be noted in the data folder ({folder}): {why}")


def _is_locked(lock: int) -> bool:
    """Take a lock, unless it stays another's; somebody who reads the status has it for a moment."""
    for _ in range(20):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def _fact(db: sqlite3.Connection, name: str, default: str) -> str:
    row = db.execute("SELECT value FROM job WHERE name = ?", (name,)).fetchone()
    return default if row is None else str(row[0])


def _status(db: sqlite3.Connection, job: str, *, is_running: bool) -> JobStatus:
    found: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    totals: dict[str, Any] = {"size_bytes": 0, "bytes_done": 0, "documents": 0, "undecoded": 0}
    totals |= {"files_unread": 0, "files_remarked": 0}
    for state, size, text in db.execute("SELECT state, size, progress FROM files"):
        progress = Progress.load(text)
        counts[state] += 1
        totals["size_bytes"] += size
        totals["bytes_done"] += size if state == "done" else progress.at.byte
        totals["documents"] += progress.documents
        totals["undecoded"] += progress.undecoded
        totals["files_unread"] += bool(progress.unread)
        totals["files_remarked"] += bool(progress.remarks)
        found.update(progress.found)
    failures = db.execute("SELECT name, message FROM files WHERE state = 'failed' ORDER BY name LIMIT 100").fetchall()
    state = _fact(db, "state", "running")
    ended_at = _fact(db, "ended_at", "")
    return JobStatus(
        id=job,
        state="interrupted" if state == "running" and not is_running else state,
        files=sum(counts.values()),
        files_done=counts["done"],
        files_failed=counts["failed"],
        entities=dict(sorted(found.items())),
        failures=tuple((str(name), str(message)) for name, message in failures),
        started_at=float(_fact(db, "started_at", "0")),
        ended_at=float(ended_at) if ended_at else None,
        **totals,
    )
