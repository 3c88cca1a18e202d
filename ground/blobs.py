"""Blobs: bytes under ``s3://bucket/key`` names, kept in a folder (embedded) or in S3. Same names, same functions."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ground.aws import client
from ground.errors import MediaRefused, NotFound, SettingsError, StoreUnavailable
from ground.local_copies import LocalCopies
from ground.s3_calls import Encryption, ask, metadata_of

if TYPE_CHECKING:
    from ground.settings import GroundSettings

MAX_OBJECT_BYTES = 64 * 2**20
"""Largest object that is read into memory when nobody says less."""
_CHUNK = 2**20
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` as (bucket, key).

    Raises:
        NotFound: not such a name, or one that could climb out of its bucket.
    """
    # Not as a URL: '?' and '#' are letters of a key like any other.
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    pieces = key.split("/")
    if (
        scheme != "s3"
        or not _BUCKET.fullmatch(bucket)
        or any(ord(c) < 32 or c == "\\" or 0xD800 <= ord(c) <= 0xDFFF for c in key)
        or any(piece in ("", ".", "..") or len(piece.encode()) > 200 for piece in pieces)
    ):
        raise NotFound(f"not the name of a stored object: {uri[:200]!r}")
    return bucket, key


class Blobs(Protocol):
    """Where bytes are kept. Objects are written whole and never changed in place."""

    bucket: str
    """Where `put` writes."""

    def put(self, key: str, data: bytes, content_type: str) -> str:
        """Store `data` durably in the own bucket and return its ``s3://`` name. The same key again replaces it."""
        ...

    def put_uri(self, uri: str, data: bytes, content_type: str) -> None:
        """Store `data` durably under a full ``s3://`` name."""
        ...

    def get(self, uri: str, max_bytes: int = MAX_OBJECT_BYTES) -> bytes:
        """The bytes.

        Raises:
            NotFound: there is no such object.
            MediaRefused: it has more than `max_bytes`; no more than that is read.
        """
        ...

    def local_path(self, uri: str, sha256: str | None = None) -> Path:
        """A local file with the bytes, to be read only.

        Args:
            sha256: hex digest that the bytes must have; None for whatever lies there now.

        Raises:
            NotFound: there is no such object, or its bytes are others by now.
        """
        ...

    def delete(self, uri: str) -> None:
        """Remove the object; nothing happens when there is none."""
        ...

    def stored_at(self, uri: str) -> datetime | None:
        """When the object was last stored; None when there is none."""
        ...


class FolderBlobs:
    """Objects as files: ``s3://bucket/key`` lies at ``root/bucket/key``.

    Args:
        root: the folder; made when needed.
        bucket: where `put` writes; other buckets are reached by full names.
    """

    def __init__(self, root: Path, bucket: str) -> None:
        self.root = root
        self.bucket = bucket

    def put(self, key: str, data: bytes, content_type: str) -> str:
        """See `Blobs.put`."""
        uri = f"s3://{self.bucket}/{key}"
        self.put_uri(uri, data, content_type)
        return uri

    def put_uri(self, uri: str, data: bytes, content_type: str) -> None:
        """Write beside, flush to disk, then rename: a reader sees all of it or nothing."""
        path = self._path(uri)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}")
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise StoreUnavailable(f"media could not be stored: {error.strerror}") from error

    def get(self, uri: str, max_bytes: int = MAX_OBJECT_BYTES) -> bytes:
        """See `Blobs.get`."""
        with self.local_path(uri).open("rb") as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise _too_large(f"more than {max_bytes:,}", max_bytes)
        return data

    def local_path(self, uri: str, sha256: str | None = None) -> Path:
        """The file itself. Nobody but this program writes there, so a digest is not worked out again."""
        path = self._path(uri)
        if not path.is_file():
            raise NotFound(f"no stored object {uri}")
        return path

    def delete(self, uri: str) -> None:
        """See `Blobs.delete`."""
        try:
            self._path(uri).unlink(missing_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"media could not be deleted: {error.strerror}") from error

    def stored_at(self, uri: str) -> datetime | None:
        """See `Blobs.stored_at`."""
        path = self._path(uri)
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.is_file() else None

    def remove_older(self, prefix: str, than: datetime) -> int:
        """Remove objects of the own bucket under a prefix that were stored before `than`; says how many."""
        old = [
            path
            for path in (self.root / self.bucket / prefix).rglob("*")
            if path.is_file() and path.stat().st_mtime < than.timestamp()
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _path(self, uri: str) -> Path:
        bucket, key = split_uri(uri)
        return self.root / bucket / key


@dataclass(frozen=True)
class S3Object:
    """An object as it was read from S3.

    Attributes:
        etag: without its quotes.
        metadata: what the uploader said about it (``x-amz-meta-*``), names in lower case.
    """

    data: bytes
    etag: str
    metadata: Mapping[str, str]


class S3Blobs:
    """Objects in Amazon S3.

    Args:
        bucket: where `put` writes.
        client: boto3 ``s3`` client.
        cache: folder for local copies that detectors read.
        encryption: how `put` has objects encrypted: None as the bucket does, ``AES256``, ``aws:kms``, or a key's ARN.
        max_bytes: of an object that is copied into `cache`.
    """

    def __init__(
        self,
        bucket: str,
        client: Any,
        cache: Path,
        encryption: str | None = None,
        max_bytes: int = MAX_OBJECT_BYTES,
    ) -> None:
        self.bucket = bucket
        self._client = client
        self._copies, self._max_bytes = LocalCopies(cache), max_bytes
        self._encryption = Encryption(encryption)

    def put(self, key: str, data: bytes, content_type: str) -> str:
        """See `Blobs.put`."""
        uri = f"s3://{self.bucket}/{key}"
        self.put_uri(uri, data, content_type)
        return uri

    def put_uri(self, uri: str, data: bytes, content_type: str) -> None:
        """See `Blobs.put_uri`. S3 answers after the object is durable."""
        bucket, key = split_uri(uri)
        given = {"Bucket": bucket, "Key": key, "Body": data, "ContentType": content_type, **self._encryption.arguments}
        ask(uri, "stored", lambda: self._client.put_object(**given))

    def get(self, uri: str, max_bytes: int = MAX_OBJECT_BYTES) -> bytes:
        """See `Blobs.get`."""
        return self.read(uri, max_bytes).data

    def read(self, uri: str, max_bytes: int, *, version: str | None = None) -> S3Object:
        """The object with what S3 knows of it.

        Args:
            version: of a bucket that keeps versions; None for the newest.

        Raises:
            NotFound: there is no such object.
            MediaRefused: it has more than `max_bytes`.
            StoreUnavailable: S3 did not answer, or does not let us read it.
        """
        answer = self._open(uri, version)
        with answer["Body"] as body:
            if answer["ContentLength"] > max_bytes:
                raise _too_large(f"{answer['ContentLength']:,}", max_bytes)
            data: bytes = ask(uri, "read", lambda: body.read(max_bytes + 1))
        return S3Object(data, answer["ETag"].strip('"'), metadata_of(answer))

    def local_path(self, uri: str, sha256: str | None = None) -> Path:
        """A copy in the cache folder, fetched once for each digest; without one, for each state of the object."""
        name = sha256
        if name is None:
            bucket, key = split_uri(uri)
            head = ask(uri, "read", lambda: self._client.head_object(Bucket=bucket, Key=key))
            name = hashlib.sha256(f"{uri} {head['ETag']}".encode()).hexdigest()

        def fetch(to: Path) -> None:
            digest = self._download(uri, to)
            if sha256 not in (None, digest):
                raise NotFound(f"{uri} has changed since it was taken in")

        return self._copies.get(name, fetch)

    def delete(self, uri: str) -> None:
        """See `Blobs.delete`."""
        bucket, key = split_uri(uri)
        ask(uri, "deleted", lambda: self._client.delete_object(Bucket=bucket, Key=key))
        # The copy for detectors is named by the digest, as are the objects that this service stores.
        self._copies.forget(key.rpartition("/")[2].partition(".")[0])

    def stored_at(self, uri: str) -> datetime | None:
        """See `Blobs.stored_at`."""
        bucket, key = split_uri(uri)
        try:
            head = ask(uri, "read", lambda: self._client.head_object(Bucket=bucket, Key=key))
        except NotFound:
            return None
        at: datetime = head["LastModified"]
        return at

    def tag(self, uri: str, tags: Mapping[str, str]) -> None:
        """Set these tags of an object, in place of those it has; nothing happens when there is none."""
        bucket, key = split_uri(uri)
        tagging = {"TagSet": [{"Key": name, "Value": value} for name, value in sorted(tags.items())]}
        with contextlib.suppress(NotFound):
            given = {"Bucket": bucket, "Key": key, "Tagging": tagging}
            ask(uri, "tagged", lambda: self._client.put_object_tagging(**given))

    def presigned_post(self, key: str, content_type: str, max_bytes: int, seconds: int) -> tuple[str, dict[str, str]]:
        """An address and form fields with which anybody may store one object under `key` of the own bucket.

        S3 itself refuses other types and more bytes.
        """
        fields = {"Content-Type": content_type, **self._encryption.form_fields}
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        conditions.append(["content-length-range", 1, max_bytes])
        made = ask(
            f"s3://{self.bucket}/{key}",
            "signed",
            lambda: self._client.generate_presigned_post(
                self.bucket, key, Fields=fields, Conditions=conditions, ExpiresIn=seconds
            ),
        )
        return made["url"], made["fields"]

    def _open(self, uri: str, version: str | None = None) -> Any:
        bucket, key = split_uri(uri)
        given = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
        return ask(uri, "read", lambda: self._client.get_object(**given))

    def _download(self, uri: str, to: Path) -> str:
        """Write the object to a file, a piece at a time; says its digest."""
        digest = hashlib.sha256()
        answer = self._open(uri)
        with answer["Body"] as body, to.open("wb") as file:
            if answer["ContentLength"] > self._max_bytes:
                raise _too_large(f"{answer['ContentLength']:,}", self._max_bytes)
            while chunk := ask(uri, "read", lambda: body.read(_CHUNK)):
                digest.update(chunk)
                file.write(chunk)
        return digest.hexdigest()


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


def _too_large(size: str, most: int) -> MediaRefused:
    return MediaRefused("too_large", f"{size} bytes; at most {most:,} are accepted")
