"""Cleaning at the A2I endpoint: loops that are kept no longer, with inputs, answers, outputs and pictures.

A loop of an item stays as long as the item; one that a program started by itself, as long as an item would from its end
on (``MODERATION_ITEM_KEEP_DAYS``). A picture that came as bytes goes as media does (``MODERATION_MEDIA_KEEP_DAYS``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from ground.blobs import FolderBlobs
from ground.media_store import own_of
from ground.rounds import Rounds
from moderation.service import Service
from moderation.storage.tables import item_loops
from review_ui.a2i.pictures import FOLDER
from review_ui.a2i.pruning import ENDED, prune_loops
from review_ui.a2i.tables import human_loops
from review_ui.service import ReviewService

logger = logging.getLogger(__name__)

UNUSED_AFTER = timedelta(days=1)
"""A picture whose loop is not there is left alone for so long: the loop may be about to start."""


class LoopCleaning:
    """Removes what is kept long enough of human loops."""

    def __init__(self, service: Service, review: ReviewService, is_stopped: Callable[[], bool] = lambda: False) -> None:
        self._service, self._review, self._is_stopped = service, review, is_stopped

    def clean(self, now: datetime) -> dict[str, int]:
        """One pass; how many of each kind went. A fault with one kind is logged and leaves the other."""
        done = {}
        for what, remove in (("human loops", self.loops), ("pictures of human loops", self.pictures)):
            try:
                done[what] = remove(now)
            except Exception:
                logger.exception("cleaning: %s are left for the next pass", what)
                continue
            if done[what]:
                logger.info("cleaning: %d %s removed", done[what], what)
        return done

    def loops(self, now: datetime) -> int:
        """Loops that ended too long ago, unless an item that is still there has them."""
        kept = self._service.settings.items_kept
        if kept is None:
            return 0
        return prune_loops(self._review, now - kept, self._of_items, self._is_stopped)

    def pictures(self, now: datetime) -> int:
        """Pictures whose loop ended too long ago or is not there; in S3 they go with their loop alone."""
        store, days = own_of(self._service.blobs), self._service.settings.media_days
        if not isinstance(store, FolderBlobs):
            return 0
        count = 0
        for app in _folders(store.root / store.bucket / FOLDER):
            for loop in _folders(app):
                if self._is_stopped():
                    return count
                if self._is_over(loop, now, days):
                    for picture in sorted(loop.iterdir()):
                        picture.unlink(missing_ok=True)
                        count += 1
                    loop.rmdir()
        return count

    def _is_over(self, folder: Path, now: datetime, days: int | None) -> bool:
        query = sa.select(human_loops.c.status, human_loops.c.ended_at).where(human_loops.c.name == folder.name)
        row = self._review.database.read(lambda c: c.execute(query).first())
        if row is None:
            return datetime.fromtimestamp(folder.stat().st_mtime, UTC) < now - UNUSED_AFTER
        is_ended = row.status in ENDED and row.ended_at is not None
        return days is not None and is_ended and row.ended_at < now - timedelta(days=days)

    def _of_items(self, names: Collection[str]) -> Collection[str]:
        query = sa.select(item_loops.c.name).where(item_loops.c.name.in_(list(names)))
        return self._service.database.read(lambda c: list(c.execute(query).scalars()))


def clean_loops_now_and_then(service: Service, review: ReviewService) -> Rounds:
    """Rounds of `LoopCleaning`, with the pause of the settings."""

    def clean() -> None:
        LoopCleaning(service, review, lambda: rounds.is_stopped).clean(review.clock())

    rounds = Rounds("loop-cleaning", clean, pause_seconds=service.settings.clean_seconds, waits_first=True)
    return rounds


def _folders(folder: Path) -> Iterator[Path]:
    """The folders in a folder, by name; none where there is none."""
    if folder.is_dir():
        yield from sorted(each for each in folder.iterdir() if each.is_dir() and not each.is_symlink())
