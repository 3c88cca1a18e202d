"""Retention at work: media of decided items is deleted when its time is over; objects in S3 are tagged with that time.

The same bytes lie in the store once, however many items have them, so an object goes when the last item that needs it
does. Only what the service stored itself is deleted; objects that apps hold are theirs. What was found, decided and
said stays.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.blobs import Blobs
from ground.database import Database
from ground.media_store import own_of
from ground.rounds import Rounds
from ground.s3 import S3Blobs
from moderation.core.retention import EXPIRY_DAYS, expiry_days
from moderation.media.uploads import Uploads
from moderation.storage.derivatives import WRITTEN
from moderation.storage.holds import is_held
from moderation.storage.tables import derivatives, item_loops, item_media, items

logger = logging.getLogger(__name__)

BATCH = 200
LOOK_SECONDS = 60.0
"""Pause between looks for media whose time is over."""
SETTLING = timedelta(hours=1)
"""An object that was stored so lately may be that of a post which is not committed yet."""
EXPIRY_TAG, OUTCOME_TAG, DAY_TAG = "moderation-expire-days", "moderation-outcome", "moderation-delete-on"


@dataclass(frozen=True)
class Due:
    """A decided item whose media is not to be kept any longer.

    Attributes:
        uris: what goes with it: stored by us, and needed by no other item.
    """

    item_id: str
    until: datetime
    uris: tuple[str, ...]


class Retention:
    """Deletes and tags media in `blobs`, by what `database` says of items."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._db, self._blobs = database, own_of(blobs)
        self._ours = re.compile(rf"s3://{re.escape(blobs.bucket)}/media/[0-9a-f]{{2}}/[0-9a-f]{{64}}\.[a-z0-9]+")

    def all_due(self, now: datetime) -> Iterator[Due]:
        """Items whose media may go now, oldest first; those on hold, looked at, or to be copied, are left."""
        after = ""
        while batch := self._due(now, after):
            for item_id, until in batch:
                # Asked for each in its turn: the one before may have been the last other that needs an object.
                uris = self._db.read(lambda c, item_id=item_id: tuple(self._only_of(c, item_id)))  # type: ignore[misc]
                yield Due(item_id, until, uris)
            after = batch[-1][0]

    def _due(self, now: datetime, after: str) -> list[tuple[str, datetime]]:
        in_work = sa.select(item_loops.c.item_id).where(item_loops.c.state.in_(("starting", "open")))
        to_copy = sa.select(derivatives.c.item_id).where(derivatives.c.state == "due", derivatives.c.kind.in_(WRITTEN))
        query = (
            sa.select(items.c.id, items.c.media_until)
            .where(items.c.media_until <= now, items.c.media_deleted_at.is_(None), items.c.status == "decided")
            .where(
                items.c.id > after,
                items.c.id.not_in(in_work),
                items.c.id.not_in(to_copy),
                items.c.id.in_(self._with_media()),
                ~is_held(now),
            )
            .order_by(items.c.id)
            .limit(BATCH)
        )
        return self._db.read(lambda c: [(row.id, row.media_until) for row in c.execute(query)])

    def delete_due(self, now: datetime) -> Iterator[Due]:
        """Delete the media of all items that are due; says each as it is done. May run in several processes.

        Raises:
            StoreUnavailable: the database or the media store does not answer; the rest stays due.
        """
        for due in self.all_due(now):
            # Whoever posts the same bytes stores them anew first: then they are young, and wait for the next round.
            if any((at := self._blobs.stored_at(uri)) and at > now - SETTLING for uri in due.uris):
                continue
            for uri in due.uris:
                self._blobs.delete(uri)
            update = sa.update(items).where(items.c.id == due.item_id, items.c.media_until <= now)
            update = update.values(media_deleted_at=now)
            self._db.write(lambda c, update=update: c.execute(update), step="retention.note_deleted")  # type: ignore[misc]
            yield due

    def tag_decided(self, now: datetime) -> int:
        """Tag objects in S3 with when they go, so that a lifecycle rule of the bucket removes what we do not.

        An object that another item needs, and which is not decided, on hold or kept for good, gets no tags; those of
        items that came under a hold since lose theirs.

        Returns:
            How many items were dealt with.
        """
        self._untag_held(now)
        query = sa.select(items.c.id).where(
            items.c.status == "decided",
            items.c.media_until.is_not(None),
            items.c.media_tagged.is_(False),
            ~is_held(now),
        )
        count = 0
        while ids := self._db.read(lambda c: c.execute(query.order_by(items.c.id).limit(BATCH)).scalars().all()):
            for item_id in ids:
                for uri, tags in self._db.read(lambda c, item_id=item_id: self._tags(c, item_id, now)):  # type: ignore[misc]
                    self._tag(uri, tags)
                update = sa.update(items).where(items.c.id == item_id).values(media_tagged=True)
                self._db.write(lambda c, update=update: c.execute(update), step="retention.note_tagged")  # type: ignore[misc]
                count += 1
        return count

    def _untag_held(self, now: datetime) -> None:
        """Take the tags off what is on hold, so that no lifecycle rule deletes it; released, it is tagged anew."""
        query = sa.select(items.c.id).where(items.c.media_tagged.is_(True), items.c.media_deleted_at.is_(None))
        query = query.where(items.c.media_until.is_not(None), is_held(now)).order_by(items.c.id).limit(BATCH)
        while ids := self._db.read(lambda c: c.execute(query).scalars().all()):
            of_these = sa.select(item_media.c.uri).where(item_media.c.item_id.in_(ids))
            for uri in self._db.read(lambda c, of_these=of_these: c.execute(of_these).scalars().all()):  # type: ignore[misc]
                if isinstance(self._blobs, S3Blobs) and self._ours.fullmatch(uri):
                    self._blobs.tag(uri, {})
            update = sa.update(items).where(items.c.id.in_(ids)).values(media_tagged=False)
            self._db.write(lambda c, update=update: c.execute(update), step="retention.note_untagged")  # type: ignore[misc]

    def _tag(self, uri: str, tags: dict[str, Any]) -> None:
        if not isinstance(self._blobs, S3Blobs) or (stored_at := self._blobs.stored_at(uri)) is None:
            return
        days = expiry_days(stored_at, tags["until"])
        named = {OUTCOME_TAG: tags["outcome"], DAY_TAG: f"{tags['until']:%Y-%m-%d}"}
        self._blobs.tag(uri, named | ({EXPIRY_TAG: str(days)} if days else {}))

    def _with_media(self) -> Any:
        """Items of which something is stored by us; texts, and objects of apps, are nothing to delete."""
        return sa.select(item_media.c.item_id).where(item_media.c.uri.startswith(f"s3://{self._blobs.bucket}/media/"))

    def _only_of(self, c: Connection, item_id: str) -> list[str]:
        """What this item alone still needs."""
        other = item_media.alias()
        needed = (
            sa.select(other.c.uri)
            .join(items, items.c.id == other.c.item_id)
            .where(other.c.uri == item_media.c.uri, other.c.item_id != item_id, items.c.media_deleted_at.is_(None))
        )
        query = sa.select(item_media.c.uri).where(item_media.c.item_id == item_id, ~needed.exists())
        return sorted(uri for uri in c.execute(query).scalars() if self._ours.fullmatch(uri))

    def _tags(self, c: Connection, item_id: str, now: datetime) -> list[tuple[str, dict[str, Any]]]:
        found = []
        for uri in c.execute(sa.select(item_media.c.uri).where(item_media.c.item_id == item_id)).scalars().all():
            if not self._ours.fullmatch(uri):
                continue
            users = c.execute(
                sa.select(items.c.status, items.c.outcome, items.c.media_until, is_held(now).label("held"))
                .join(item_media, item_media.c.item_id == items.c.id)
                .where(item_media.c.uri == uri, items.c.media_deleted_at.is_(None))
            ).all()
            if users and all(
                user.status == "decided" and user.media_until is not None and not user.held for user in users
            ):
                last = max(users, key=lambda user: user.media_until)
                found.append((uri, {"outcome": last.outcome, "until": last.media_until}))
        return found


def retain(
    retention: Retention, uploads: Uploads, clock: Callable[[], datetime], forget_findings: Callable[[], None]
) -> Rounds:
    """Rounds that tag and delete media whose time is over, and forget uploads that nobody named.

    Args:
        forget_findings: called when media was deleted; what was found in it is not to outlive it.
    """

    def look() -> None:
        now = clock()
        retention.tag_decided(now)
        for due in retention.delete_due(now):
            forget_findings()
            logger.info("item=%s media of %d objects is deleted", due.item_id, len(due.uris))
        uploads.forget_old(now)

    return Rounds("retention", look, pause_seconds=LOOK_SECONDS, waits_first=True)


def lifecycle_rules() -> dict[str, Sequence[dict[str, Any]]]:
    """What a media bucket needs, as ``aws s3api put-bucket-lifecycle-configuration`` takes it."""
    rules: list[dict[str, Any]] = [
        {
            "ID": "uploads-that-became-nothing",
            "Status": "Enabled",
            "Filter": {"Prefix": "uploads/"},
            "Expiration": {"Days": 2},
        },
        {
            "ID": "leftovers-of-detectors",
            "Status": "Enabled",
            "Filter": {"Prefix": "moderation-work/"},
            "Expiration": {"Days": 7},
        },
        {
            "ID": "broken-uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
    ]
    rules += [
        {
            "ID": f"media-after-{days}-days",
            "Status": "Enabled",
            "Filter": {"Tag": {"Key": EXPIRY_TAG, "Value": str(days)}},
            "Expiration": {"Days": days},
        }
        for days in EXPIRY_DAYS
    ]
    return {"Rules": rules}
