"""Blobs: bytes under ``s3://bucket/key`` names, kept in a folder (embedded) or in S3. Same names, same functions."""

from __future__ import annotations

import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ground.errors import MediaRefused, NotFound, StoreUnavailable
from ground.failpoints import failpoint
from ground.private_files import private_folder

MAX_OBJECT_BYTES = 64 * 2**20
"""Largest object that is read into memory when nobody says less."""
MOST_FLUSHED = 10_000
"""Folders that are remembered; then each is looked after once more."""
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
            StoreUnavailable: it could not be read now.
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
        self._flushed: set[Path] = set()
        """Folders whose own names are on the disk: none is looked after each time."""

    def put(self, key: str, data: bytes, content_type: str) -> str:
        """See `Blobs.put`."""
        uri = f"s3://{self.bucket}/{key}"
        self.put_uri(uri, data, content_type)
        return uri

    def put_uri(self, uri: str, data: bytes, content_type: str) -> None:
        """Write beside, flush to disk, then rename: a reader sees all of it or nothing."""
        path = self._path(uri)
        with failpoint("blobs.put"):
            self._write(path, data)

    def _write(self, path: Path, data: bytes) -> None:
        try:
            private_folder(path.parent)
            beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}")
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            with failpoint("blobs.rename"):
                beside.replace(path)
            _flush(path.parent)
            self._flush_names(path.parent)
        except OSError as error:
            raise StoreUnavailable(f"media could not be stored: {error.strerror}") from error

    def _flush_names(self, folder: Path) -> None:
        """A file in a folder that is gone after a loss of power is gone with it."""
        for each in (folder, *folder.parents):
            if each in self._flushed:
                return
            _flush(each.parent)
            if len(self._flushed) >= MOST_FLUSHED:
                self._flushed.clear()
            self._flushed.add(each)
            if each == self.root:
                return

    def get(self, uri: str, max_bytes: int = MAX_OBJECT_BYTES) -> bytes:
        """See `Blobs.get`."""
        try:
            with self.local_path(uri).open("rb") as file:
                data = file.read(max_bytes + 1)
        except FileNotFoundError as error:  # deleted since
            raise NotFound(f"no stored object {uri}") from error
        except OSError as error:
            raise StoreUnavailable(f"media could not be read: {error.strerror}") from error
        if len(data) > max_bytes:
            raise too_large(f"more than {max_bytes:,}", max_bytes)
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
            with failpoint("blobs.delete"):
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


def _flush(folder: Path) -> None:
    """The names in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def too_large(size: str, most: int) -> MediaRefused:
    """What to raise for an object of `size` bytes, in words."""
    return MediaRefused("too_large", f"{size} bytes; at most {most:,} are accepted")
