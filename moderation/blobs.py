"""Blobs: bytes under ``s3://bucket/key`` names, kept in a folder (embedded) or in S3. Same names, same functions."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from moderation.core.errors import NotFound, StoreUnavailable

if TYPE_CHECKING:
    from moderation.settings import Settings

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def split_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` as (bucket, key).

    Raises:
        NotFound: not such a name, or one that could climb out of its bucket.
    """
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise NotFound(f"not the name of a stored object: {uri[:200]!r}") from error
    key = parts.path.removeprefix("/")
    pieces = key.split("/")
    if (
        parts.scheme != "s3"
        or not _BUCKET.fullmatch(parts.netloc)
        or parts.query
        or parts.fragment
        or any(piece in ("", ".", "..") or len(piece.encode()) > 200 for piece in pieces)
        or any(ord(c) < 32 or c == "\\" for c in key)
    ):
        raise NotFound(f"not the name of a stored object: {uri[:200]!r}")
    return parts.netloc, key


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

    def get(self, uri: str) -> bytes:
        """The bytes. Raises `NotFound`."""
        ...

    def local_path(self, uri: str) -> Path:
        """A local file with the bytes, to be read only. Raises `NotFound`."""
        ...

    def delete(self, uri: str) -> None:
        """Remove the object; nothing happens when there is none."""
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

    def get(self, uri: str) -> bytes:
        """See `Blobs.get`."""
        return self.local_path(uri).read_bytes()

    def local_path(self, uri: str) -> Path:
        """The file itself."""
        path = self._path(uri)
        if not path.is_file():
            raise NotFound(f"no stored object {uri}")
        return path

    def delete(self, uri: str) -> None:
        """See `Blobs.delete`."""
        self._path(uri).unlink(missing_ok=True)

    def _path(self, uri: str) -> Path:
        bucket, key = split_uri(uri)
        return self.root / bucket / key


class S3Blobs:
    """Objects in Amazon S3.

    Args:
        bucket: where `put` writes.
        client: boto3 ``s3`` client.
        cache: folder for local copies that detectors read.
    """

    def __init__(self, bucket: str, client: Any, cache: Path) -> None:
        self.bucket = bucket
        self._client = client
        self._cache = cache

    def put(self, key: str, data: bytes, content_type: str) -> str:
        """See `Blobs.put`."""
        uri = f"s3://{self.bucket}/{key}"
        self.put_uri(uri, data, content_type)
        return uri

    def put_uri(self, uri: str, data: bytes, content_type: str) -> None:
        """See `Blobs.put_uri`. S3 answers after the object is durable."""
        from botocore.exceptions import BotoCoreError, ClientError

        bucket, key = split_uri(uri)
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=data, ContentType=content_type)
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable(f"media could not be stored in bucket {bucket}: {error}") from error

    def get(self, uri: str) -> bytes:
        """See `Blobs.get`."""
        from botocore.exceptions import BotoCoreError, ClientError

        bucket, key = split_uri(uri)
        try:
            data: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "404"):
                raise NotFound(f"no stored object {uri}") from error
            raise StoreUnavailable(f"media could not be read from bucket {bucket}: {error}") from error
        except BotoCoreError as error:
            raise StoreUnavailable(f"media could not be read from bucket {bucket}: {error}") from error
        return data

    def local_path(self, uri: str) -> Path:
        """A copy in the cache folder, fetched once."""
        path = self._cache / hashlib.sha256(uri.encode()).hexdigest()
        if not path.is_file():
            data = self.get(uri)
            self._cache.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix(f".{secrets.token_hex(6)}")
            beside.write_bytes(data)
            beside.replace(path)
        return path

    def delete(self, uri: str) -> None:
        """See `Blobs.delete`."""
        bucket, key = split_uri(uri)
        self._client.delete_object(Bucket=bucket, Key=key)


def open_blobs(settings: Settings) -> Blobs:
    """The media store that the settings name."""
    if not settings.media_s3:
        return FolderBlobs(settings.data / "media", settings.media_bucket)
    import boto3
    from botocore.config import Config

    config = Config(signature_version="s3v4", retries={"mode": "standard", "total_max_attempts": 4})
    client = boto3.client("s3", region_name=settings.a2i_region, config=config)
    return S3Blobs(settings.media_bucket, client, settings.data / "media-cache")
