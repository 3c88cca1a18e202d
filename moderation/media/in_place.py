"""Objects that apps hold in S3, taken as parts where they lie: read once to see what they are, never copied."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ground.blobs import Blobs, split_uri
from ground.media.limits import Limits
from ground.media_store import places_of, s3_of
from ground.s3 import S3Blobs
from moderation.core.errors import InputError, MediaRefused
from moderation.core.items import Media, Part, PartType
from moderation.media.inspecting import inspect, inspect_file
from moderation.settings import Settings

_OURS = re.compile(r"uploads/|a2i/|moderation-work/|readiness$|media/[0-9a-f]{2}/[0-9a-f]{64}\.")
"""Keys of the media bucket that this service writes: other apps' content, and people's answers."""


@dataclass(frozen=True)
class Taken:
    """An object as a part.

    Attributes:
        metadata: what the uploader said about it: camera, place, time and the like.
        etag: of the bytes that were looked at.
    """

    part: Part
    metadata: Mapping[str, str]
    etag: str


class InPlace:
    """Reads objects of apps, each only where the settings let that app (`MODERATION_MEDIA_IN_PLACE`)."""

    def __init__(self, settings: Settings, blobs: Blobs) -> None:
        self._s3: S3Blobs | None = s3_of(blobs)
        self._limits = Limits.of(settings)
        self._places = places_of(settings)
        self._media_bucket = settings.media_bucket if settings.media_s3 else None

    def check(self, app: str, uri: str) -> S3Blobs:
        """Refuse what is not this app's to name. What else the service may read in S3 is not the app's to see.

        Raises:
            InputError: with where the app may have objects read.
            NotFound: not the name of an object.
        """
        bucket, key = split_uri(uri)
        places = [place for owner, place in self._places if owner == app]
        if self._s3 is not None:
            if any(uri.startswith(place) for place in places):
                return self._s3
            if bucket == self._media_bucket and not _OURS.match(key):
                return self._s3
        places += [f"s3://{self._media_bucket}/"] if self._media_bucket else []
        if not places:
            raise InputError("objects in S3 are not read here (MODERATION_MEDIA_IN_PLACE); send base64, url or a file")
        raise InputError(f"objects of app '{app}' are read from {', '.join(sorted(places))} only")

    def take(
        self, app: str, uri: str, part_id: str, version: str | None = None, declared: PartType | None = None
    ) -> Taken:
        """The object as a part: text as it stands, other media by reference with the digest of its bytes.

        Args:
            version: of a bucket that keeps versions; None for the newest.
            declared: what the app says it is; None for what its content type in S3 says.

        Raises:
            InputError: not this app's to name.
            MediaRefused: too large, nothing that we accept, or not what it was declared as.
            NotFound: there is no such object.
            StoreUnavailable: S3 did not answer, or does not let us read it.
        """
        found = self.check(app, uri).read(uri, self._limits.max_media_bytes, version=version)
        if declared is not None:
            facts = inspect(found.data, self._limits, declared)
        else:
            facts = inspect_file(found.data, self._limits, found.content_type)
        if facts.type == "text":
            text = found.data.decode("utf-8-sig")
            if not text.strip():
                raise MediaRefused("damaged", "the text is empty")
            return Taken(Part(id=part_id, type="text", text=text, is_document=True), found.metadata, found.etag)
        media = Media(
            uri=uri,
            sha256=hashlib.sha256(found.data).hexdigest(),
            content_type=facts.content_type,
            size_bytes=len(found.data),
            width=facts.width,
            height=facts.height,
            frames=facts.frames,
            seconds=facts.seconds,
            name=uri.rpartition("/")[2][:200],
        )
        return Taken(Part(id=part_id, type=facts.type, media=media), found.metadata, found.etag)
