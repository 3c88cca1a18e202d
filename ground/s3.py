"""Blobs in S3, on AWS or behind ``AWS_ENDPOINT_URL``."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ground.blobs import MAX_OBJECT_BYTES, split_uri, too_large
from ground.errors import NotFound
from ground.failpoints import failpoint
from ground.local_copies import LocalCopies
from ground.private_files import private_file
from ground.s3_calls import Encryption, ask, metadata_of

_CHUNK = 2**20


@dataclass(frozen=True)
class S3Object:
    """An object as it was read from S3.

    Attributes:
        etag: without its quotes.
        metadata: what the uploader said about it (``x-amz-meta-*``), names in lower case.
        content_type: as the uploader declared it.
    """

    data: bytes
    etag: str
    metadata: Mapping[str, str]
    content_type: str


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
        with failpoint("s3.put"):
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
                raise too_large(f"{answer['ContentLength']:,}", max_bytes)
            data: bytes = ask(uri, "read", lambda: body.read(max_bytes + 1))
        return S3Object(data, answer["ETag"].strip('"'), metadata_of(answer), answer.get("ContentType") or "")

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
        with failpoint("s3.delete"):
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
        """Set these tags of an object, in place of those it has; nothing happens when there is no object."""
        bucket, key = split_uri(uri)
        named, tagging = {"Bucket": bucket, "Key": key}, [{"Key": k, "Value": v} for k, v in sorted(tags.items())]
        with contextlib.suppress(NotFound):
            if not tagging:
                ask(uri, "tagged", lambda: self._client.delete_object_tagging(**named))
                return
            ask(uri, "tagged", lambda: self._client.put_object_tagging(**named, Tagging={"TagSet": tagging}))

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
        with answer["Body"] as body, private_file(to).open("wb") as file:
            if answer["ContentLength"] > self._max_bytes:
                raise too_large(f"{answer['ContentLength']:,}", self._max_bytes)
            while chunk := ask(uri, "read", lambda: body.read(_CHUNK)):
                digest.update(chunk)
                file.write(chunk)
        return digest.hexdigest()
