"""Cleaning: what nobody needs any more goes, a little at a time, while the service works.

Each kind is cleaned by itself, so that a fault with one leaves no other lying. May run in several processes at once.
What is not touched: counts of rules, given-up messages of queues, what people did; and items with their decisions and
evidence, unless the settings say how long they are kept.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.blobs import Blobs, FolderBlobs
from ground.database import Database
from ground.failpoints import failpoint
from ground.media_store import own_of
from ground.rounds import Rounds
from moderation.core.counting import longest_seconds
from moderation.core.policy.policies import PolicySet
from moderation.redacting.dicom.keys import forget_keys
from moderation.redacting.journal import forget_ended
from moderation.settings import Settings
from moderation.storage.counters import prune_marks
from moderation.storage.film_jobs import delete_ended
from moderation.storage.pruning import prune
from moderation.storage.public_notices import forget_old
from moderation.storage.tables import (
    deliveries,
    delivery_attempts,
    idempotency_keys,
    item_media,
    items,
    processes,
    redaction_jobs,
    s3_objects,
    score_suggestions,
)
from moderation.text_keeping import TextKeeping

logger = logging.getLogger(__name__)

BATCH = 500
"""Rows of one transaction, so that no post waits long for it."""
ORPHAN_AFTER = timedelta(days=1)
"""Media that no item names is left alone for so long: its post may not be committed yet."""
PROCESS_AFTER = timedelta(days=1)
"""Without a sign of life; it is told as dead for an hour."""
MARKS_AFTER = timedelta(days=2)
"""Items that wait are judged by what came before them when they were posted."""
_MEDIA = re.compile(r"[0-9a-f]{64}\.[a-z0-9]+")
_BESIDE = re.compile(r"\..+\.[0-9a-f]{12}")
"""A file that a process was writing when it was killed."""


@dataclass(frozen=True)
class Cleaned:
    """What one pass removed of one kind."""

    what: str
    count: int


class Cleaning:
    """Removes what the settings say is kept long enough.

    Args:
        blobs: where own media is.
        is_stopped: True when a pass is to end early; the rest is for the next.
        counted_seconds: how far back the counters of the policies look.
        texts: knows how long texts are kept; None where there are no policies.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        blobs: Blobs,
        is_stopped: Callable[[], bool] = lambda: False,
        counted_seconds: int = 0,
        texts: TextKeeping | None = None,
    ) -> None:
        self._settings, self._db, self._blobs, self._is_stopped = settings, database, own_of(blobs), is_stopped
        self._counted_seconds = counted_seconds
        self._texts = texts or TextKeeping(database, PolicySet, settings.text_keep_days)

    def clean(self, now: datetime) -> list[Cleaned]:
        """One pass; says what was removed, by kind. A fault with one kind is logged and leaves the others."""
        kinds: Sequence[tuple[str, Callable[[datetime], int]]] = (
            ("idempotency keys", self.idempotency_keys),
            ("deliveries", self.deliveries),
            ("items", self.items),
            ("texts of items", self.texts),
            ("states of objects", self.object_states),
            ("marks of counters", self.counter_marks),
            ("verdicts on comments", self.suggestions),
            ("public notices' words", self.public_notices),
            ("redaction jobs", self.redaction_jobs),
            ("jobs over films", self.film_jobs),
            ("folders of redaction jobs", self.job_folders),
            ("processes", self.processes),
            ("orphaned media", self.orphaned_media),
            ("unfinished files", self.unfinished_files),
        )
        done = []
        for what, remove in kinds:
            if self._is_stopped():
                break
            try:
                count = remove(now)
            except Exception:
                logger.exception("cleaning: %s are left for the next pass", what)
                continue
            if count:
                logger.info("cleaning: %d %s removed", count, what)
                done.append(Cleaned(what, count))
        return done

    # Rows

    def idempotency_keys(self, now: datetime) -> int:
        """Keys that were used too long ago for a post to be repeated under them."""
        old = idempotency_keys.c.created_at < now - timedelta(days=self._settings.idempotency_keep_days)
        return self._in_batches(
            lambda: self._db.write(lambda c: _delete(c, idempotency_keys, old), step="cleaning.idempotency_keys")
        )

    def deliveries(self, now: datetime) -> int:
        """Deliveries that were made or given up, with their attempts."""
        is_over = deliveries.c.state.in_(("delivered", "given_up"))
        old = is_over & (deliveries.c.created_at < now - timedelta(days=self._settings.delivery_keep_days))
        # Made lately after all, because somebody asked for it again.
        lately = sa.exists().where(
            delivery_attempts.c.delivery_id == deliveries.c.id,
            delivery_attempts.c.attempted_at >= now - timedelta(days=self._settings.delivery_keep_days),
        )

        def work(c: Connection) -> int:
            ids = list(c.execute(sa.select(deliveries.c.id).where(old, ~lately).limit(BATCH)).scalars())
            c.execute(sa.delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(ids)))
            return c.execute(sa.delete(deliveries).where(deliveries.c.id.in_(ids))).rowcount

        return self._in_batches(lambda: self._db.write(work, step="cleaning.deliveries"))

    def items(self, now: datetime) -> int:
        """Items that were decided long ago, where the settings say how long they are kept (`pruning.prune`)."""
        kept = self._settings.items_kept
        if kept is None:
            return 0
        before = now - kept
        return self._in_batches(lambda: self._db.write(lambda c: prune(c, before, BATCH, now), step="cleaning.items"))

    def texts(self, now: datetime) -> int:
        """Texts of items that were decided long ago, where policies or the settings say how long they are kept."""
        return self._texts.forget(now, self._is_stopped)

    def object_states(self, now: datetime) -> int:
        """States of objects in S3 whose items are old: their queues have forgotten the events long since."""
        since = now - timedelta(days=self._settings.intake_keep_days)
        old = s3_objects.c.item_id.in_(sa.select(items.c.id).where(items.c.created_at < since))
        return self._in_batches(
            lambda: self._db.write(lambda c: _delete(c, s3_objects, old), step="cleaning.object_states")
        )

    def counter_marks(self, now: datetime) -> int:
        """What items were counted by, from before any counter looks back; the first of everybody stays."""
        before = now - timedelta(seconds=self._counted_seconds) - MARKS_AFTER
        return self._in_batches(
            lambda: self._db.write(lambda c: prune_marks(c, before, BATCH), step="cleaning.counter_marks")
        )

    def suggestions(self, now: datetime) -> int:
        """Verdicts on comments that are no items, kept as long as items are."""
        kept = self._settings.items_kept
        if kept is None:
            return 0
        old = score_suggestions.c.at < now - kept
        return self._in_batches(
            lambda: self._db.write(lambda c: _delete(c, score_suggestions, old), step="cleaning.suggestions")
        )

    def public_notices(self, now: datetime) -> int:
        """What settled notices say and who gave them; that there were such, and what became of them, stays."""
        before = now - timedelta(days=self._settings.notice_keep_days)
        return self._in_batches(
            lambda: self._db.write(lambda c: forget_old(c, before, BATCH, now), step="cleaning.public_notices")
        )

    def redaction_jobs(self, now: datetime) -> int:
        """Redaction jobs that ended."""
        old = redaction_jobs.c.ended_at < now - timedelta(days=self._settings.redaction_keep_days)
        return self._in_batches(
            lambda: self._db.write(lambda c: _delete(c, redaction_jobs, old), step="cleaning.redaction_jobs")
        )

    def film_jobs(self, now: datetime) -> int:
        """Jobs over films that ended, with what they found, kept as long as items are."""
        kept = self._settings.items_kept
        if kept is None:
            return 0
        before = now - kept
        return self._in_batches(
            lambda: self._db.write(lambda c: delete_ended(c, before, BATCH), step="cleaning.film_jobs")
        )

    def processes(self, now: datetime) -> int:
        """Processes that were killed."""
        old = processes.c.seen_at < now - PROCESS_AFTER
        return self._in_batches(lambda: self._db.write(lambda c: _delete(c, processes, old), step="cleaning.processes"))

    # Files

    def job_folders(self, now: datetime) -> int:
        """Ledgers of redaction jobs that ended, also of the command line, and keys of DICOM's UIDs; output stays."""
        root = self._settings.data / "redactions"
        before = now - timedelta(days=self._settings.redaction_keep_days)
        ended = sum(forget_ended(folder, before) for folder in _entries(root) if folder.is_dir(follow_symlinks=False))
        return ended + forget_keys(root / "dicom", before)

    def orphaned_media(self, now: datetime) -> int:
        """Media of posts that were refused or never committed. Objects in S3 are a lifecycle rule's."""
        if not isinstance(self._blobs, FolderBlobs):
            return 0
        count, bucket = 0, self._blobs.bucket
        for folder in _entries(self._blobs.root / bucket / "media"):
            if self._is_stopped():
                break
            old = [
                Path(entry.path)
                for entry in _entries(Path(folder.path))
                if _MEDIA.fullmatch(entry.name) and _is_old(entry.stat().st_mtime, now)
            ]
            for first in range(0, len(old), BATCH):
                batch = {f"s3://{bucket}/media/{folder.name}/{path.name}": path for path in old[first : first + BATCH]}
                for uri in batch.keys() - self._named(batch):
                    count += self._remove_orphan(uri, batch[uri], now)
        return count

    def unfinished_files(self, now: datetime) -> int:
        """Files that processes were writing into the media folder when they were killed."""
        if not isinstance(self._blobs, FolderBlobs):
            return 0
        count = 0
        for folder, _, names in os.walk(self._blobs.root):
            for name in names:
                path = Path(folder) / name
                if _BESIDE.fullmatch(name) and _is_old(path.lstat().st_mtime, now):
                    path.unlink(missing_ok=True)
                    count += 1
        return count

    def _remove_orphan(self, uri: str, path: Path, now: datetime) -> bool:
        # Whoever posts the same bytes stores them anew and names them after. So it is put aside first: what was stored
        # anew before that is young and goes back, what is stored after that lies in the place again.
        aside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        with failpoint("cleaning.orphan"):
            path.rename(aside)
            if not _is_old(aside.stat().st_mtime, now) or self._named((uri,)):
                aside.rename(path)
                return False
            aside.unlink()
        return True

    def _named(self, uris: Any) -> set[str]:
        query = sa.select(item_media.c.uri).where(item_media.c.uri.in_(list(uris)))
        return set(self._db.read(lambda c: c.execute(query).scalars().all()))

    def _in_batches(self, delete: Callable[[], int]) -> int:
        count = 0
        while not self._is_stopped():
            deleted = delete()
            count += deleted
            if deleted < BATCH:
                break
        return count


def _delete(c: Connection, table: sa.Table, old: sa.ColumnElement[bool]) -> int:
    keys = list(table.primary_key.columns)
    chosen = sa.select(*keys).where(old).limit(BATCH)
    return c.execute(sa.delete(table).where(sa.tuple_(*keys).in_(chosen))).rowcount


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What is in a folder; nothing where there is none."""
    try:
        with os.scandir(folder) as found:
            yield from sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return


def _is_old(stored_at: float, now: datetime) -> bool:
    return datetime.fromtimestamp(stored_at, UTC) < now - ORPHAN_AFTER


def clean_now_and_then(
    settings: Settings,
    database: Database,
    blobs: Blobs,
    clock: Callable[[], datetime],
    policies: Callable[[], PolicySet],
) -> Rounds:
    """Rounds of `Cleaning`, with the pause of the settings.

    Args:
        policies: says which are in force.
    """
    texts = TextKeeping(database, policies, settings.text_keep_days)

    def clean() -> None:
        counted_seconds = longest_seconds(policies().policies)
        Cleaning(settings, database, blobs, lambda: rounds.is_stopped, counted_seconds, texts).clean(clock())

    rounds = Rounds("cleaning", clean, pause_seconds=settings.clean_seconds, waits_first=True)
    return rounds
