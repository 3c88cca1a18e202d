"""Derivatives at work: copies and thumbnails are written where policies say, rejected originals deleted.

Each may be done twice and has one effect. What fails is tried again for as long as it takes, and shown meanwhile:
``moderation doctor``, ``/metrics``, logs. Only places that the settings name are written to, only objects in buckets
that they name for the item's app are deleted.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from ground.aws import client
from ground.blobs import Blobs, split_uri
from ground.errors import ModerationError, NotFound
from ground.media.limits import Limits
from ground.media.pictures import opened_picture
from ground.media.rendering import on_backgrounds, shown_frames
from ground.media_store import places_of
from ground.rounds import Rounds
from ground.s3_calls import Encryption, ask
from moderation.core.errors import SettingsError
from moderation.delivery.export_targets import Folder
from moderation.settings import Settings
from moderation.storage.derivatives import WRITTEN, Derivatives, Task

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
BATCH = 50
PAUSES = (5, 30, 300, 1800, 3600)
"""Seconds before something is tried again; the last one for as long as it takes."""
WAITS = timedelta(hours=1)
"""Before it is asked again whether an original may be deleted."""
SIDE = 320
"""Longest side of a thumbnail, in pixels."""


def copy_places(settings: Settings) -> tuple[str, ...]:
    """Where policies may have copies written.

    Raises:
        SettingsError: an entry is neither ``s3://bucket/``, with a prefix or without, nor a folder from its root on.
    """
    found = tuple(settings.copies_to.split())
    for place in found:
        if not place.endswith("/") or not place.startswith(("s3://", "/")) or ".." in place.split("/"):
            raise SettingsError(f"MODERATION_COPIES_TO: {place[:100]!r} is not s3://bucket/prefix/ or /folder/")
    return found


def thumbnail(data: bytes, limits: Limits) -> bytes:
    """A small still copy as JPEG, without what the picture says about itself.

    Raises:
        MediaRefused: it cannot be decoded, or is beyond the limits.
    """
    with opened_picture(data, limits) as (picture, claims):
        still, _seconds, _is_shown = next(iter(shown_frames(picture, claims, data, SIDE)))
        small = on_backgrounds(still)[0].convert("RGB")
        small.thumbnail((SIDE, SIDE))
        out = io.BytesIO()
        small.save(out, "JPEG", quality=85)
        return out.getvalue()


class DerivativeWork:
    """Works off what `Derivatives` has.

    Args:
        clock: the wall time.

    Attributes:
        rounds: do it in the background.
    """

    def __init__(
        self, derivatives: Derivatives, settings: Settings, blobs: Blobs, clock: Callable[[], datetime]
    ) -> None:
        self._derivatives, self._settings, self._blobs, self._clock = derivatives, settings, blobs, clock
        self._places, self._limits = copy_places(settings), Limits.of(settings)
        self.rounds = Rounds("derivatives", self.look, pause_seconds=LOOK_SECONDS)

    def look(self) -> float | None:
        """Do what is due; says 0 when more may wait."""
        now = self._clock()
        tasks = self._derivatives.take(now, BATCH)
        for task in tasks:
            self._do(task)
        return 0 if len(tasks) == BATCH else None

    def _do(self, task: Task) -> None:
        now = self._clock()
        try:
            if task.kind == "delete" and (why := self._derivatives.must_wait(task, now)):
                self._derivatives.put_off(task, now + WAITS, why, is_failure=False)
                return
            result = self._delete(task) if task.kind == "delete" else self._copy(task)
        except (ModerationError, OSError) as error:
            logger.warning("item=%s %s is tried again: %s", task.item_id, task.kind, type(error).__name__)
            pause = PAUSES[min(task.attempts, len(PAUSES) - 1)]
            why = f"{task.kind}: {error}"
            self._derivatives.put_off(task, now + timedelta(seconds=pause), why, is_failure=True)
            return
        if not self._derivatives.done(task, result) and task.kind in WRITTEN:
            self._take_back(task)  # it was called off meanwhile
            return
        logger.info("item=%s %s: %s", task.item_id, task.kind, result)

    def _copy(self, task: Task) -> str:
        if not any(task.place.startswith(place) for place in self._places):
            raise SettingsError("its place is not among those of MODERATION_COPIES_TO")
        if ".." in task.place.split("/"):
            raise SettingsError("its place has .. in it")
        if task.kind == "take_back":
            self._take_back(task)
            return "taken back"
        data, content_type = self._blobs.get(task.source), task.content_type
        if hashlib.sha256(data).hexdigest() != task.sha256:
            raise NotFound("its source has changed since it was looked at")
        if task.kind == "thumbnail":
            data, content_type = thumbnail(data, self._limits), "image/jpeg"
        self._put(task.place, data, content_type)
        return "written"

    def _put(self, place: str, data: bytes, content_type: str) -> None:
        if not place.startswith("s3://"):
            Folder(Path("/")).put_bytes(place, data)
            return
        bucket, key = split_uri(place)
        how = Encryption(self._settings.media_encryption).arguments
        given = {"Bucket": bucket, "Key": key, "Body": data, "ContentType": content_type, **how}
        ask(place, "stored", lambda: self._s3.put_object(**given))

    def _take_back(self, task: Task) -> None:
        """Remove a copy, unless another item has one in the same place."""
        place = task.place
        if self._derivatives.is_wanted(place):
            return
        if not place.startswith("s3://"):
            Path(place).unlink(missing_ok=True)
            return
        bucket, key = split_uri(place)
        ask(place, "deleted", lambda: self._s3.delete_object(Bucket=bucket, Key=key))

    def _delete(self, task: Task) -> str:
        """Delete an original, where it is an object of the app, and still that which was rejected."""
        mine = [place for app, place in places_of(self._settings) if app == task.app]
        if not any(task.source.startswith(place) for place in mine):
            return "left: it is in no bucket of its app (MODERATION_MEDIA_IN_PLACE)"
        bucket, key = split_uri(task.source)
        named: dict[str, Any] = {"Bucket": bucket, "Key": key}
        try:
            answer = ask(task.source, "read", lambda: self._s3.get_object(**named))
            with answer["Body"] as body:
                digest = hashlib.sha256()
                while chunk := ask(task.source, "read", lambda: body.read(2**20)):
                    digest.update(chunk)
        except NotFound:
            return "left: it is gone"
        if digest.hexdigest() != task.sha256:
            return "left: it was written over since it was rejected"
        # Only that which was read: whoever writes over it meanwhile keeps what is new.
        ask(task.source, "deleted", lambda: self._s3.delete_object(**named, IfMatch=answer["ETag"]))
        return "deleted"

    @cached_property
    def _s3(self) -> Any:
        return client("s3", self._settings.a2i_region)
