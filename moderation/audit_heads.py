"""Where signed heads of audit chains are kept: a file, a bucket with object lock, or an address that takes them."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ground.audit_chain import Head
from ground.aws import client
from ground.blobs import split_uri
from ground.failpoints import failpoint
from ground.fetch import FetchFailed, post
from ground.private_files import private_file, private_folder
from ground.s3_calls import ask
from moderation.core.errors import InputError
from moderation.settings import Settings

MOST_HEADS = 100_000
"""Of a prefix in S3 that are read: one an hour for eleven years."""


def write_head(where: str, line: str, name: str, head: Head, settings: Settings, now: datetime) -> None:
    """Keep a signed head: a line more in a file, an object of its own under an ``s3://`` prefix, or a POST.

    In S3 it is locked for the days of the settings (``COMPLIANCE``: nobody can shorten that), else as the bucket says.

    Args:
        where: a path, ``s3://BUCKET/PREFIX``, or an http(s) address.
        name: of the chain.

    Raises:
        StoreUnavailable: the bucket does not answer, or does not take it.
        NotFound: there is no such bucket.
        UrlRefused: the address is none that this service calls.
        FetchFailed: nobody there took it: no answer, or none of 2xx.
        OSError: the file cannot be written.
    """
    if where.startswith("s3://"):
        _store(f"{where.rstrip('/')}/{name}-{head.position:012}.json", line, settings, now)
    elif where.startswith(("https://", "http://")):
        answer = post(
            where,
            line.encode(),
            {"Content-Type": "application/json", "User-Agent": "moderation"},
            timeout_seconds=settings.webhook_timeout_seconds,
            allow_private=settings.allow_private_urls,
        )
        if not 200 <= answer.status < 300:
            raise FetchFailed(f"who is to take heads answered {answer.status}")
    else:
        path = Path(where)
        private_folder(path.parent)
        with failpoint("audit.write_head"), private_file(path).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())


def _store(uri: str, line: str, settings: Settings, now: datetime) -> None:
    bucket, key = split_uri(uri)
    given: dict[str, Any] = {"Bucket": bucket, "Key": key, "Body": f"{line}\n".encode()}
    if settings.audit_lock_days is not None:
        until = now + timedelta(days=settings.audit_lock_days)
        given |= {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    s3 = client("s3", settings.a2i_region)
    with failpoint("audit.put_head"):
        ask(uri, "stored", lambda: s3.put_object(ContentType="application/json", **given))


def read_heads(where: str, settings: Settings) -> str:
    """The lines of signed heads in a file, or of all objects under an ``s3://`` prefix, each as it was first written.

    Raises:
        InputError: there is no such file, or nothing under the prefix.
        StoreUnavailable: the bucket does not answer.
    """
    if not where.startswith("s3://"):
        try:
            return Path(where).read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise InputError(f"{where} cannot be read: {error.strerror}") from error
    bucket, _, below = where.removeprefix("s3://").partition("/")
    prefix = f"{below.rstrip('/')}/".lstrip("/")
    s3, lines = client("s3", settings.a2i_region), []
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = ask(where, "read", lambda: [each["Key"] for page in pages for each in page.get("Contents", ())])
    for key in keys[:MOST_HEADS]:
        # Of a key that somebody wrote over, the lock keeps the version that was there first.
        found = ask(where, "read", lambda key=key: s3.list_object_versions(Bucket=bucket, Prefix=key))  # type: ignore[misc]
        first = min(found.get("Versions", ()), key=lambda each: each["LastModified"], default=None)
        version = {"VersionId": first["VersionId"]} if first and first["VersionId"] != "null" else {}
        body = ask(where, "read", lambda key=key, v=version: s3.get_object(Bucket=bucket, Key=key, **v)["Body"].read())  # type: ignore[misc]
        lines.append(body.decode("utf-8", "replace"))
    if not lines:
        raise InputError(f"there is nothing under {where}")
    return "\n".join(lines)
