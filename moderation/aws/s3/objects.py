"""PutObject, GetObject, HeadObject and DeleteObject. What somebody stored is never a page or a script to a browser."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from flask import Response, request
from werkzeug.http import http_date

from ground.awswire.errors import ApiError
from ground.awswire.protocol import raw_target
from ground.awswire.signing import UNSIGNED_CHUNKS
from ground.web.hygiene import SANDBOX
from moderation.aws.s3.documents import joined_chunks
from moderation.aws.s3.notifications import tell
from moderation.core.errors import MediaRefused
from moderation.service import Service
from moderation.storage.buckets import PLAIN, KeyRefused, StoredObject

MOST_FACTS_BYTES = 2_048
"""Of an object's metadata, as in S3."""
_HARMLESS = re.compile(
    r"(image/(png|jpeg|gif|webp|bmp|tiff|heic|heif|avif)|video/[a-z0-9.+-]+|audio/[a-z0-9.+-]+|text/plain|text/csv"
    r"|application/(json|pdf|zip|gzip|x-tar|octet-stream|x-ndjson|jsonlines))(; ?charset=[A-Za-z0-9-]+)?",
    re.IGNORECASE,
)
_TYPE = re.compile(r"[\x20-\x7e]{1,200}")
_CHECKS: Mapping[str, Callable[[bytes], bytes]] = {
    "content-md5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    "x-amz-checksum-crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "x-amz-checksum-sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda data: hashlib.sha256(data).digest(),
}


def put(service: Service, bucket: str, key: str, body: bytes) -> Response:
    """PutObject."""
    if "x-amz-copy-source" in request.headers:
        raise ApiError("NotImplemented", "Objects are not copied here; read one and put it", 501)
    claimed = request.headers.get("x-amz-content-sha256", "")
    if claimed.startswith("STREAMING-") and claimed != UNSIGNED_CHUNKS:
        raise ApiError("NotImplemented", f"{claimed[:60]} is not taken here; sign the body as a whole", 501)
    data = joined_chunks(body) if claimed == UNSIGNED_CHUNKS else body
    most = service.settings.max_media_bytes
    if len(data) > most:
        raise ApiError("EntityTooLarge", f"Objects have at most {most:,} bytes here", 400)
    _check_digests(data)
    facts = _facts()
    try:
        md5 = service.buckets.put(bucket, key, data, _declared_type(), facts)
    except KeyRefused as error:
        raise ApiError("InvalidArgument", str(error), 400) from error
    tell(service, bucket, key, data, md5)
    response = Response("", 200)
    response.headers["ETag"] = f'"{md5}"'
    return response


def get(service: Service, bucket: str, key: str) -> Response:
    """GetObject and HeadObject, a range of it where one is asked for."""
    found = service.buckets.describe(bucket, key)
    first, last = _range(found.size)
    is_head = request.method == "HEAD"
    try:
        data = b"" if is_head else service.buckets.read(bucket, key, max(found.size, 1))
    except MediaRefused as error:
        raise ApiError("OperationAborted", "The object was replaced while it was read; try again", 409) from error
    is_part = (first, last) != (0, found.size - 1)
    response = Response(data[first : last + 1], 206 if is_part else 200)
    response.headers["Content-Length"] = str(last - first + 1)
    if is_part:
        response.headers["Content-Range"] = f"bytes {first}-{last}/{found.size}"
    _describe(response, found)
    return response


def delete(service: Service, bucket: str, key: str) -> Response:
    """DeleteObject; of one that is not there, too."""
    service.buckets.delete(bucket, key)
    return Response("", 204)


def _describe(response: Response, found: StoredObject) -> None:
    """The headers of an object. Browsers save it, and neither show nor run it, whatever its owner says that it is."""
    headers = response.headers
    asked = parse_qs(raw_target()[1]).get("response-content-type", [""])[-1]
    content_type = asked or found.content_type
    headers["Content-Type"] = content_type if _HARMLESS.fullmatch(content_type) else PLAIN
    headers["ETag"] = f'"{found.md5}"'
    headers["Last-Modified"] = http_date(found.stored_at)
    headers["Accept-Ranges"] = "bytes"
    for name, value in (found.facts or {}).items():
        headers[f"x-amz-meta-{name}"] = value
    headers["Content-Disposition"] = "attachment"
    headers["Content-Security-Policy"] = SANDBOX
    headers["X-Content-Type-Options"] = "nosniff"


def _declared_type() -> str:
    given = request.headers.get("Content-Type", "")
    return given if _TYPE.fullmatch(given) else PLAIN


def _facts() -> dict[str, str]:
    facts = {
        name[len("x-amz-meta-") :].lower(): value
        for name, value in request.headers.items()
        if name.lower().startswith("x-amz-meta-")
    }
    if sum(len(name) + len(value.encode()) for name, value in facts.items()) > MOST_FACTS_BYTES:
        raise ApiError("MetadataTooLarge", f"Metadata has at most {MOST_FACTS_BYTES:,} bytes", 400)
    return facts


def _check_digests(data: bytes) -> None:
    for name, digest in _CHECKS.items():
        given = request.headers.get(name)
        if given is not None and base64.b64encode(digest(data)).decode() != given:
            raise ApiError("BadDigest", f"The {name} you specified did not match what we received.", 400)


def _range(size: int) -> tuple[int, int]:
    """The first and last byte that are asked for."""
    match = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", request.headers.get("Range", ""))
    if match is None or match.groups() == ("", ""):
        return 0, size - 1
    begin, end = match.groups()
    first = int(begin) if begin else max(0, size - int(end))
    last = min(int(end), size - 1) if begin and end else size - 1
    if first >= size or last < first:
        raise ApiError("InvalidRange", "The requested range is not satisfiable", 416)
    return first, last
