"""Buckets that AWS's clients make here: whose each is, and what lies in it. Objects are files of the media store.

An object lies where the media store has ``s3://bucket/key``, so that the portal's pages, Comprehend's jobs and outputs
of human loops read and write the same. Where the media store is S3, buckets are S3's own, and there are none here.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.blobs import Blobs, FolderBlobs, split_uri
from ground.database import Database, insert_or_nothing
from ground.media_store import own_of
from moderation.core.errors import InputError, NotFound
from moderation.storage.tables import bucket_objects, buckets

_BEING_WRITTEN = re.compile(r"\..{1,100}\.[0-9a-f]{12}")
"""Names of files that are not whole yet (`FolderBlobs`)."""
PLAIN = "application/octet-stream"


class BucketTaken(InputError):
    """A bucket of that name is somebody's."""


class TooManyBuckets(InputError):
    """An app has as many buckets as it may have."""


class KeyRefused(InputError):
    """A key that cannot be kept here: it could climb out of its bucket, or is another one's folder."""


@dataclass(frozen=True)
class StoredObject:
    """An object.

    Attributes:
        md5: hex digest of its bytes.
        content_type: as its owner said it; `PLAIN` where nobody did.
        facts: what its owner said about it, by lower-case name.
    """

    key: str
    size: int
    md5: str
    stored_at: datetime
    content_type: str = PLAIN
    facts: Mapping[str, str] | None = None


class Buckets:
    """Buckets in `database`, their objects in the media store.

    Args:
        most: buckets of one app.
    """

    def __init__(self, database: Database, blobs: Blobs, most: int) -> None:
        own = own_of(blobs)
        self._db, self._most = database, most
        self._folder = own if isinstance(own, FolderBlobs) else None

    @property
    def are_here(self) -> bool:
        """False where the media store is S3, which has buckets of its own."""
        return self._folder is not None

    def create(self, app: str | None, name: str, now: datetime) -> None:
        """Make a bucket; once more by its owner changes nothing.

        Args:
            app: whose it is to be; None for the operator.

        Raises:
            BucketTaken: it is another's, or this service's own.
            TooManyBuckets: the app has no room for it.
            KeyRefused: no name of a bucket.
        """
        folder = self._path(name)
        if self._is_used(name, folder):
            raise BucketTaken(f"bucket {name} is another's")

        def work(c: Connection) -> bool:
            row = {"name": name, "app": app or "", "created_at": now}
            is_new = bool(c.execute(insert_or_nothing(c, buckets).values(row)).rowcount)
            count = sa.select(sa.func.count()).select_from(buckets).where(buckets.c.app == (app or ""))
            if is_new and c.execute(count).scalar_one() > self._most:
                raise TooManyBuckets(f"there are {self._most} buckets, which is all that an app may have")
            return is_new

        if not self._db.write(work, step="buckets.create") and self.owner(name) != (app or ""):
            raise BucketTaken(f"bucket {name} is another's")

    def owner(self, name: str) -> str | None:
        """The app whose a bucket is, empty for the operator; None when nobody made it."""
        query = sa.select(buckets.c.app).where(buckets.c.name == name)
        return self._db.read(lambda c: _first(c, query))

    def cors(self, name: str) -> list[dict[str, list[str]]] | None:
        """Which pages of other origins may read a bucket's objects, as it was set; None where nothing was."""
        query = sa.select(buckets.c.cors).where(buckets.c.name == name)
        found: list[dict[str, list[str]]] | None = self._db.read(lambda c: c.execute(query).scalar_one_or_none())
        return found

    def set_cors(self, name: str, rules: list[dict[str, list[str]]] | None) -> None:
        """Set that anew; None for nobody."""
        update = sa.update(buckets).where(buckets.c.name == name).values(cors=rules)
        self._db.write(lambda c: c.execute(update), step="buckets.set_cors")

    def notifications(self, name: str) -> list[dict[str, str]]:
        """Which new objects of a bucket become items; see `moderation.aws.s3.notifications`."""
        query = sa.select(buckets.c.notifications).where(buckets.c.name == name)
        return list(self._db.read(lambda c: c.execute(query).scalar_one_or_none()) or ())

    def set_notifications(self, name: str, rules: list[dict[str, str]]) -> None:
        """Set that anew."""
        update = sa.update(buckets).where(buckets.c.name == name).values(notifications=rules or None)
        self._db.write(lambda c: c.execute(update), step="buckets.set_notifications")

    def may_read(self, app: str | None, name: str) -> bool:
        """True of an app's own buckets; of the operator's keys, of all that lie here."""
        if self._folder is None:
            return False
        owner = self.owner(name)
        if app is not None:
            return owner == app
        return owner is not None or (_is_bucket(name) and (self._folder.root / name).is_dir())

    def put(self, bucket: str, key: str, data: bytes, content_type: str, facts: Mapping[str, str]) -> str:
        """Store an object; its digest (MD5). Raises `KeyRefused`."""
        path = self._path(bucket, key)
        root = self._need_folder().root / bucket
        above = next((each for each in path.parents if each != root and each.is_file()), None)
        if path.is_dir() or above is not None:
            raise KeyRefused("a key cannot be both an object and the folder of others here; choose another")
        md5 = _md5(data)
        self._need_folder().put_uri(f"s3://{bucket}/{key}", data, content_type)
        row = {"md5": md5, "content_type": content_type[:200], "facts": dict(facts)}
        this = (bucket_objects.c.bucket == bucket) & (bucket_objects.c.key == key)

        def work(c: Connection) -> None:
            if not c.execute(insert_or_nothing(c, bucket_objects).values(bucket=bucket, key=key, **row)).rowcount:
                c.execute(sa.update(bucket_objects).where(this).values(row))

        self._db.write(work, step="buckets.put")
        return md5

    def read(self, bucket: str, key: str, most_bytes: int) -> bytes:
        """The bytes. Raises `NotFound`, and `MediaRefused` when there are more."""
        return self._need_folder().get(f"s3://{bucket}/{key}", most_bytes)

    def describe(self, bucket: str, key: str) -> StoredObject:
        """What an object is. Raises `NotFound`."""
        try:
            path = self._path(bucket, key)
        except KeyRefused as error:
            raise NotFound(f"no stored object {key[:200]!r}") from error
        if not path.is_file():
            raise NotFound(f"no stored object {key[:200]!r}")
        query = sa.select(bucket_objects).where(bucket_objects.c.bucket == bucket, bucket_objects.c.key == key)
        return _described(path, key, self._db.read(lambda c: c.execute(query).first()))

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; nothing happens when there is none."""
        try:
            self._need_folder().delete(f"s3://{bucket}/{key}")
        except NotFound:
            return
        this = sa.delete(bucket_objects).where(bucket_objects.c.bucket == bucket, bucket_objects.c.key == key)
        self._db.write(lambda c: c.execute(this), step="buckets.delete")

    def keys(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys that begin so, in the order of their bytes."""
        root = self._path(bucket)
        begin = root / prefix.rpartition("/")[0] if _is_plain(prefix) else root
        found = (key for key in _walk(root, begin) if key.startswith(prefix))
        return sorted(found, key=lambda key: key.encode())

    def describe_each(self, bucket: str, keys: Sequence[str]) -> list[StoredObject]:
        """What these objects are, in the same order, without those that are gone by now."""
        query = sa.select(bucket_objects).where(bucket_objects.c.bucket == bucket, bucket_objects.c.key.in_(keys))
        rows = self._db.read(lambda c: {row.key: row for row in c.execute(query)})
        described = []
        for key in keys:
            path = self._path(bucket, key)
            if path.is_file():
                described.append(_described(path, key, rows.get(key)))
        return described

    def _is_used(self, name: str, folder: Path) -> bool:
        """True of a folder with something in it that nobody made as a bucket: outputs, media, other people's jobs."""
        is_own = name == self._need_folder().bucket
        return is_own or (self.owner(name) is None and folder.is_dir() and any(folder.iterdir()))

    def _need_folder(self) -> FolderBlobs:
        if self._folder is None:
            raise NotFound("the media store is S3, which has buckets of its own")
        return self._folder

    def _path(self, bucket: str, key: str | None = None) -> Path:
        try:
            split_uri(f"s3://{bucket}/{'x' if key is None else key}")
        except NotFound as error:
            what = "bucket" if key is None else "key"
            raise KeyRefused(f"not a name that a {what} can have here: no empty, '.' or '..' piece") from error
        root = self._need_folder().root / bucket
        return root if key is None else root / key


def _first(c: Connection, query: sa.Select[Any]) -> str | None:
    found: str | None = c.execute(query).scalar_one_or_none()
    return found


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _described(path: Path, key: str, row: Any) -> StoredObject:
    """Of the file, and of what its owner said when it is still about these bytes."""
    facts = path.stat()
    with path.open("rb") as file:
        md5 = hashlib.file_digest(file, _empty_md5).hexdigest()
    at = datetime.fromtimestamp(facts.st_mtime, UTC)
    if row is None or row.md5 != md5:
        return StoredObject(key, facts.st_size, md5, at)
    return StoredObject(key, facts.st_size, md5, at, row.content_type, row.facts)


def _empty_md5() -> Any:
    return hashlib.md5(usedforsecurity=False)


def _is_bucket(name: str) -> bool:
    try:
        split_uri(f"s3://{name}/x")
    except NotFound:
        return False
    return True


def _is_plain(prefix: str) -> bool:
    return all(piece not in ("", ".", "..") for piece in prefix.split("/")[:-1]) and "\x00" not in prefix


def _walk(root: Path, begin: Path) -> Iterator[str]:
    for folder, _, names in os.walk(begin):
        for name in names:
            if not _BEING_WRITTEN.fullmatch(name):
                yield (Path(folder) / name).relative_to(root).as_posix()
