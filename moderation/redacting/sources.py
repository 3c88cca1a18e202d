"""Where files to be redacted come from and where their copies go: folders and S3. Names are relative, with slashes."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ground.media.sniffing import sniff
from ground.private_files import private_folder
from moderation.core.errors import InputError, StoreUnavailable

RANGE_BYTES = 8 << 20
"""Bytes of an S3 object that are asked for at once; what a lost connection costs."""
OUT = ".out"
"""Behind the name of a file for its copy, as Amazon Comprehend has it."""
INDEX = ".entities.jsonl"
"""Behind the name of a file for the index of what was found in it."""
REPORT = ".redaction.json"
"""Behind the name of a copy of a picture or film for what was covered in it; the copy is done when it is there."""


@dataclass(frozen=True)
class Listed:
    """A file of a source.

    Attributes:
        name: relative to the source; also where the copy goes, relative to the target.
        stamp: another one when the content is another.
    """

    name: str
    size_bytes: int
    stamp: str


class Source(Protocol):
    """Files that can be listed and read from any byte on."""

    def files(self) -> Iterator[Listed]:
        """All files, each once."""
        ...

    def open(self, file: Listed, at: int) -> BinaryIO:
        """The bytes of a file from `at` on. Raises `InputError` when it is not what was listed."""
        ...


class Destination(Protocol):
    """A place for copies, which appear whole or not at all."""

    def stamp(self, name: str) -> str:
        """Another one when what lies under the name is another; empty when there is nothing."""
        ...

    def read(self, name: str) -> bytes:
        """What lies under the name; empty when there is nothing."""
        ...

    def draft(self, name: str, job: str) -> Path:
        """A local path where a job may write what will be published; stays the same over runs.

        Raises:
            InputError: there can be no such copy.
        """
        ...

    def publish(self, name: str, draft: Path) -> None:
        """Make the draft the file of that name, and take it away."""
        ...


def checked_name(name: str) -> str:
    """The name. Raises `InputError` when it could climb out of a folder; names of objects are anybody's choice."""
    pieces = name.split("/")
    if any(piece in ("", ".", "..") or any(ord(c) < 32 or c == "\\" for c in piece) for piece in pieces):
        why = "it has control characters, backslashes or what is not UTF-8, or climbs out of its folder"
        raise InputError(f"{name[:200]!r} cannot be the name of a copy: {why}")
    return name


def _short(name: str) -> str:
    """Stands for a name that may be too long for more to be put to it."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]


class FolderSource:
    """Files of a folder and all below it, or one file.

    Args:
        path: a folder, or a file, which is then the only one.
        leave_out: folders that are no input, such as the one for copies.
        beginning: only files whose names, relative to the folder, begin so.

    Attributes:
        passed_over: links and special files that were listed last; they are not followed and not read.
    """

    def __init__(self, path: Path, leave_out: Sequence[Path] = (), beginning: str = "") -> None:
        self._is_file = path.is_file()
        self._root = path.parent if self._is_file else path
        self._only = path.name
        self._beginning = beginning
        self._leave_out = {each.resolve() for each in leave_out}
        self.passed_over = 0

    def files(self) -> Iterator[Listed]:
        """See `Source.files`; in the order of names.

        Raises:
            InputError: a folder cannot be listed.
        """
        self.passed_over = 0
        if self._is_file:
            path = self._root / self._only
            yield self._listed(path, path.stat())
            return
        for folder, below, names in os.walk(self._root, onerror=_cannot_list):
            links = {name for name in below if (Path(folder) / name).is_symlink()}
            self.passed_over += len(links)
            inside = (name for name in below if name not in links)
            below[:] = sorted(name for name in inside if (Path(folder) / name).resolve() not in self._leave_out)
            for name in sorted(names):
                try:
                    state = (Path(folder) / name).lstat()
                except OSError as error:
                    _cannot_list(error)
                    continue
                if not stat.S_ISREG(state.st_mode):
                    self.passed_over += 1
                    continue
                listed = self._listed(Path(folder) / name, state)
                if listed.name.startswith(self._beginning):
                    yield listed

    def open(self, file: Listed, at: int) -> BinaryIO:
        """See `Source.open`."""
        path = self._root / file.name
        try:
            if self._listed(path, path.stat()) != file:
                raise InputError("it was changed meanwhile; run the same again")
            stream = path.open("rb")
        except OSError as error:
            raise InputError(f"it cannot be read: {error.strerror}") from error
        stream.seek(at)
        return stream

    def folder_of(self, file: Listed) -> Path:
        """Where a file lies."""
        return (self._root / file.name).parent

    def _listed(self, path: Path, state: os.stat_result) -> Listed:
        # A name that is not UTF-8 gets a backslash, and with it no copy: nothing could keep a note of it.
        name = path.relative_to(self._root).as_posix().encode("utf-8", "backslashreplace").decode()
        return Listed(name, state.st_size, f"{state.st_mtime_ns}-{state.st_ino}")


def _cannot_list(error: OSError) -> None:
    # Left out in silence, files would seem to be done.
    if not isinstance(error, FileNotFoundError):
        raise InputError(f"{error.filename} cannot be listed: {error.strerror}") from error


class SomeOf:
    """Those files of a source whose names are wanted."""

    def __init__(self, source: Source, is_wanted: Callable[[str], bool]) -> None:
        self._source, self._is_wanted = source, is_wanted

    def files(self) -> Iterator[Listed]:
        """See `Source.files`."""
        return (file for file in self._source.files() if self._is_wanted(file.name))

    def open(self, file: Listed, at: int) -> BinaryIO:
        """See `Source.open`."""
        return self._source.open(file, at)


class FolderDestination:
    """A folder for copies, or one file.

    Args:
        path: the folder, or the one file.
        is_file: True for one file: a copy goes there, its index beside it.
        protected: files and folders of sources, where nothing is written.
    """

    def __init__(self, path: Path, *, is_file: bool = False, protected: Sequence[Path] = ()) -> None:
        self._path, self._is_file = path, is_file
        self._protected = {each.resolve() for each in protected}

    def stamp(self, name: str) -> str:
        """See `Destination.stamp`."""
        try:
            state = self.path(name).stat()
        except OSError:
            # Whoever may not look may not write there either, and will be told then.
            return ""
        return f"{state.st_size}-{state.st_mtime_ns}"

    def path(self, name: str) -> Path:
        """Where the file of a name is or will be."""
        if not self._is_file:
            return self._path / checked_name(name)
        if name.endswith(REPORT):
            return self._path.with_name(self._path.name + REPORT)
        return self._path.with_name(self._path.name.removesuffix(OUT) + INDEX) if name.endswith(INDEX) else self._path

    def read(self, name: str) -> bytes:
        """See `Destination.read`."""
        try:
            return self.path(name).read_bytes()
        except OSError:
            return b""

    def draft(self, name: str, job: str) -> Path:
        """See `Destination.draft`; beside the file, so that publishing is one rename.

        Raises:
            InputError: it would be among the files that are read, or in place of what is no file.
        """
        path = self.path(name)
        resolved = path.resolve()
        if not self._protected.isdisjoint((resolved, *resolved.parents)):
            raise InputError(f"{path} is among the files that are read; choose another place for the copy")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is there and is no file; choose another place for the copy")
        private_folder(path.parent)
        return path.with_name(f".{path.name[:40]}.{_short(path.name)}.{job[:12]}.part")

    def publish(self, name: str, draft: Path) -> None:
        """See `Destination.publish`. A new copy is for its owner's eyes; one that was there keeps its mode."""
        path = self.path(name)
        draft.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o600)
        draft.replace(path)


class S3Source:
    """Objects whose keys begin with a prefix.

    Args:
        client: boto3 ``s3`` client.
        leave_out: beginnings of keys that are no input, such as those of copies.
    """

    def __init__(self, client: Any, bucket: str, prefix: str, leave_out: Sequence[str] = ()) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._base = prefix[: prefix.rfind("/") + 1]
        self._leave_out = tuple(leave_out)

    def files(self) -> Iterator[Listed]:
        """See `Source.files`; in the order of keys. What consoles make of empty folders is left out."""
        with _errors(self._bucket):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            for page in pages:
                for found in page.get("Contents", ()):
                    key = found["Key"]
                    if not key.endswith("/") and not key.startswith(self._leave_out):
                        yield Listed(key[len(self._base) :], found["Size"], found["ETag"])

    def open(self, file: Listed, at: int) -> BinaryIO:
        """See `Source.open`."""
        raw = _Ranges(self._client, self._bucket, self._base + file.name, file, at)
        return io.BufferedReader(raw, buffer_size=1 << 20)


class _Ranges(io.RawIOBase):
    """An object as a stream, asked for range by range, so that no connection has to last and none is left open."""

    def __init__(self, client: Any, bucket: str, key: str, file: Listed, at: int) -> None:
        self._client, self._bucket, self._key, self._file, self._at = client, bucket, key, file, at
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As `io.RawIOBase.readinto`."""
        if not self._held and self._at < self._file.size_bytes:
            span = f"bytes={self._at}-{min(self._at + RANGE_BYTES, self._file.size_bytes) - 1}"
            with _errors(self._bucket):
                # IfMatch: an object that was replaced meanwhile would be redacted half and half.
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=self._key, Range=span, IfMatch=self._file.stamp
                )
                self._held = memoryview(answer["Body"].read())
            self._at += len(self._held)
        size = min(len(buffer), len(self._held))
        buffer[:size] = self._held[:size]
        self._held = self._held[size:]
        return size


class S3Destination:
    """Copies as objects under a prefix, encrypted as the bucket says, or with a KMS key.

    Args:
        drafts: local folder for what is not uploaded yet.
        kms_key: id of the key; empty for the bucket's own way.
    """

    def __init__(self, client: Any, bucket: str, prefix: str, drafts: Path, kms_key: str = "") -> None:
        self._client, self._bucket, self._drafts = client, bucket, drafts
        self._prefix = f"{prefix.rstrip('/')}/" if prefix else ""
        self._extra: Mapping[str, str] = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}

    def stamp(self, name: str) -> str:
        """See `Destination.stamp`."""
        from botocore.exceptions import ClientError

        with _errors(self._bucket):
            try:
                return str(self._client.head_object(Bucket=self._bucket, Key=self._prefix + name)["ETag"])
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                    raise
                return ""

    def read(self, name: str) -> bytes:
        """See `Destination.read`."""
        from botocore.exceptions import ClientError

        with _errors(self._bucket):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
                return bytes(answer["Body"].read())
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                    raise
                return b""

    def draft(self, name: str, job: str) -> Path:
        """See `Destination.draft`."""
        private_folder(self._drafts)
        return self._drafts / f"{_short(name)}.part"

    def publish(self, name: str, draft: Path) -> None:
        """See `Destination.publish`. Uploaded in parts; the object appears with the last."""
        with draft.open("rb") as file:
            kind = "application/json" if name.endswith(REPORT) else sniff(file.read(600))
        extra = {"ContentType": kind or "text/plain; charset=utf-8", **self._extra}
        with _errors(self._bucket):
            self._client.upload_file(str(draft), self._bucket, self._prefix + name, ExtraArgs=extra)
        draft.unlink()


def s3_client(region: str) -> Any:
    """A client with the credentials that boto3 finds."""
    import boto3
    from botocore.config import Config

    config = Config(signature_version="s3v4", retries={"mode": "standard", "total_max_attempts": 5})
    return boto3.client("s3", region_name=region, config=config)


@contextlib.contextmanager
def _errors(bucket: str) -> Iterator[None]:
    """S3's errors as ours: what the caller can mend, and what may pass by itself."""
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("PreconditionFailed", "412"):
            raise InputError("it was changed meanwhile; run the same again") from error
        if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500 and code not in ("SlowDown", "RequestTimeout"):
            raise InputError(f"bucket {bucket}: {code}: {error.response['Error'].get('Message', '')}") from error
        raise StoreUnavailable(f"bucket {bucket}: {code}") from error
    except NoCredentialsError as error:
        raise InputError(f"bucket {bucket}: no AWS credentials are set") from error
    except (BotoCoreError, HTTPClientError, S3UploadFailedError) as error:
        raise StoreUnavailable(f"bucket {bucket}: {error}") from error
