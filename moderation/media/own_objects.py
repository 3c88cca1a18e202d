"""Which objects an app's access key reaches: those of its own buckets, and the pictures that its requests brought."""

from __future__ import annotations

from datetime import UTC, datetime

from ground.blobs import split_uri
from moderation.core.errors import InputError, NotFound
from moderation.media.in_place import InPlace
from moderation.storage.buckets import Buckets, BucketTaken, KeyRefused, TooManyBuckets
from review_ui.a2i.pictures import pictures_of_app


class OwnObjects:
    """What apps may have read and shown to people, and where their outputs may be written.

    Where the media store is S3, apps' objects are those of ``MODERATION_MEDIA_IN_PLACE``; see also
    `review_ui.a2i.owners.Objects`.

    Args:
        bucket: the media store's own.
    """

    def __init__(self, buckets: Buckets, in_place: InPlace, bucket: str) -> None:
        self._buckets, self._in_place, self._bucket = buckets, in_place, bucket

    def may_read(self, app: str | None, bucket: str, key: str) -> bool:
        """True of all that lies here for operators; for apps see the module, and ``MODERATION_MEDIA_IN_PLACE``."""
        if app is None:
            return True
        try:
            split_uri(f"s3://{bucket}/{key}")
        except NotFound:  # such as one that could climb out of its bucket
            return False
        if self._buckets.may_read(app, bucket):
            return True
        is_picture = bucket == self._bucket and key.startswith(pictures_of_app(app))
        return is_picture or self.is_in_place(app, f"s3://{bucket}/{key}")

    def take_bucket(self, app: str | None, bucket: str) -> bool:
        """True of an app's own bucket; one that nobody has is made, as CreateBucket makes it."""
        if app is None:
            return True
        if not self._buckets.are_here:
            return self.is_in_place(app, f"s3://{bucket}/x")
        try:
            self._buckets.create(app, bucket, datetime.now(UTC))
        except (BucketTaken, TooManyBuckets, KeyRefused):
            return False
        return True

    def is_in_place(self, app: str, uri: str) -> bool:
        """True of an object in S3 that the settings let this app name."""
        try:
            self._in_place.check(app, uri)
        except (InputError, NotFound):
            return False
        return True
