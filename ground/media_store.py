"""The media store that the settings name: a folder, S3, or one of them with objects of apps read where they lie."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from ground.aws import client
from ground.blobs import MAX_OBJECT_BYTES, Blobs, FolderBlobs, split_uri
from ground.errors import NotFound, SettingsError
from ground.s3 import S3Blobs
from ground.settings import GroundSettings


class MixedBlobs:
    """Own media in one store, and objects of apps read where they lie in S3.

    Args:
        own: where everything is written, and read unless it is in `buckets`.
        elsewhere: reads the others.
        buckets: of apps.
    """

    def __init__(self, own: Blobs, elsewhere: S3Blobs, buckets: Collection[str]) -> None:
        self.bucket = own.bucket
        self.own, self.elsewhere, self._buckets = own, elsewhere, frozenset(buckets)

    def put(self, key: str, data: bytes, content_type: str) -> str:
        """See `Blobs.put`."""
        return self.own.put(key, data, content_type)

    def put_uri(self, uri: str, data: bytes, content_type: str) -> None:
        """See `Blobs.put_uri`."""
        self.own.put_uri(uri, data, content_type)

    def get(self, uri: str, max_bytes: int = MAX_OBJECT_BYTES) -> bytes:
        """See `Blobs.get`."""
        return self._of(uri).get(uri, max_bytes)

    def local_path(self, uri: str, sha256: str | None = None) -> Path:
        """See `Blobs.local_path`."""
        return self._of(uri).local_path(uri, sha256)

    def delete(self, uri: str) -> None:
        """See `Blobs.delete`. What is an app's is the app's to delete: nothing happens."""
        if self._of(uri) is self.own:
            self.own.delete(uri)

    def stored_at(self, uri: str) -> datetime | None:
        """See `Blobs.stored_at`."""
        return self._of(uri).stored_at(uri)

    def _of(self, uri: str) -> Blobs:
        return self.elsewhere if split_uri(uri)[0] in self._buckets else self.own


def open_blobs(settings: GroundSettings) -> Blobs:
    """The media store that the settings name."""
    own_buckets = {settings.media_bucket}
    in_place = {split_uri(f"{place}x")[0] for _, place in places_of(settings)} - own_buckets
    if not settings.media_s3 and not in_place:
        return FolderBlobs(settings.data / "media", settings.media_bucket)
    s3 = S3Blobs(
        settings.media_bucket,
        client("s3", settings.a2i_region),
        settings.data / "media-cache",
        settings.media_encryption,
        max(settings.max_media_bytes, MAX_OBJECT_BYTES),
    )
    own = s3 if settings.media_s3 else FolderBlobs(settings.data / "media", settings.media_bucket)
    return MixedBlobs(own, s3, in_place) if in_place else own


def places_of(settings: GroundSettings) -> list[tuple[str, str]]:
    """Where apps may have objects read in place, as (app, ``s3://bucket/prefix/``).

    Raises:
        SettingsError: an entry is not ``APP=s3://bucket/`` or ``APP=s3://bucket/prefix/``.
    """
    found = []
    for entry in settings.media_in_place.split():
        app, _, place = entry.partition("=")
        try:
            split_uri(f"{place}x")
        except NotFound:
            place = ""
        if not app or not place.endswith("/"):
            raise SettingsError(
                f"MODERATION_MEDIA_IN_PLACE: {entry[:100]!r} is not APP=s3://bucket/ or APP=s3://bucket/prefix/"
            )
        found.append((app, place))
    return found


def own_of(blobs: Blobs) -> Blobs:
    """Where the service keeps what it stores itself."""
    return blobs.own if isinstance(blobs, MixedBlobs) else blobs


def s3_of(blobs: Blobs) -> S3Blobs | None:
    """What reads S3 for a media store; None when it is a folder alone."""
    if isinstance(blobs, MixedBlobs):
        return blobs.elsewhere
    return blobs if isinstance(blobs, S3Blobs) else None
