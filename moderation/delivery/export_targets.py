"""Where exports go: a folder, or a prefix of a bucket."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ground.private_files import private_file, private_folder
from moderation.core.errors import StoreUnavailable


class ExportTarget(Protocol):
    """Where files go.

    Attributes:
        leaves_machine: True where they leave this machine, so that nothing of what has to stay here may be in them.
    """

    leaves_machine: bool

    def has(self, name: str) -> bool:
        """True when there is a file of that name."""
        ...

    def put(self, name: str, path: Path) -> None:
        """Store the file at `path` under `name`, as a whole."""
        ...


class Folder:
    """Files under a folder."""

    leaves_machine = False

    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, name: str) -> bool:
        """See `ExportTarget.has`."""
        return (self._root / name).is_file()

    def put(self, name: str, path: Path) -> None:
        """See `ExportTarget.put`."""
        self.put_bytes(name, path.read_bytes())

    def put_bytes(self, name: str, data: bytes) -> None:
        """Store these bytes under a name, as a whole; an absolute one is a file's own."""
        to = self._root / name
        beside = to.with_name(f".{to.name}.{secrets.token_hex(6)}")
        try:
            private_folder(to.parent)
            private_file(beside).write_bytes(data)
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            beside.replace(to)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise StoreUnavailable(f"{to} could not be written: {error.strerror}") from error


class Bucket:
    """Objects under a prefix of a bucket.

    Args:
        client: boto3 ``s3`` client.
        encryption: arguments of PutObject.
    """

    leaves_machine = True

    def __init__(self, bucket: str, prefix: str, client: Any, encryption: dict[str, str]) -> None:
        self._bucket, self._client, self._encryption = bucket, client, encryption
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def has(self, name: str) -> bool:
        """See `ExportTarget.has`."""
        key = self._prefix + name
        answer = self._call(lambda: self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1))
        return any(each["Key"] == key for each in answer.get("Contents", ()))

    def put(self, name: str, path: Path) -> None:
        """See `ExportTarget.put`."""
        given = {"Bucket": self._bucket, "Key": self._prefix + name, "ExtraArgs": self._encryption}
        self._call(lambda: self._client.upload_file(str(path), **given))

    def _call(self, call: Callable[[], Any]) -> Any:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call()
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise StoreUnavailable(f"bucket {self._bucket}: {error}") from error
