"""S3 on the wire: requests by verb, path and query; errors in XML, by S3's codes."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote_to_bytes

from flask import Response, request

from ground.awswire.admission import admit
from ground.awswire.errors import ApiError
from ground.awswire.protocol import raw_target, s3_error
from ground.errors import StoreUnavailable
from moderation.aws.s3 import cors, notifications, objects
from moderation.aws.s3.documents import check_configuration
from moderation.aws.s3.listing import list_objects
from moderation.core.errors import NotFound
from moderation.service import Service
from moderation.storage.buckets import BucketTaken, KeyRefused, TooManyBuckets
from review_ui.service import ReviewService

logger = logging.getLogger(__name__)

MOST_KEY_BYTES = 1_024
_BUCKET = re.compile(r"(?!\d+(\.\d+){3}$)(?=.{3,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""
_CHUNKED_MORE = 65_536
"""Bytes by which a body in chunks is longer than its object, at most."""
_NOT_OFFERED = (
    "acl", "accelerate", "analytics", "attributes", "delete", "encryption", "inventory", "legal-hold",
    "lifecycle", "location", "logging", "metrics", "object-lock", "ownershipControls",
    "partNumber", "policy", "policyStatus", "publicAccessBlock", "replication", "requestPayment", "restore",
    "retention", "select", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions",
    "website",
)  # fmt: skip
"""Words in a query that make a request another operation."""


def respond(service: Service, review: ReviewService, below: str, inner: str) -> Response:
    """The answer to the request at hand, errors too.

    Args:
        below: the path that the endpoint is at.
        inner: bucket and key, still encoded.
    """
    request_id = str(uuid.uuid4())
    most = service.settings.max_media_bytes + _CHUNKED_MORE
    request.max_content_length = most
    try:
        if request.method == "OPTIONS":
            return cors.preflight(service.buckets.cors(_decoded(inner.partition("/")[0])))
        if (request.content_length or 0) > most:
            raise ApiError("EntityTooLarge", f"The body has more than {most:,} bytes", 400)
        admitted = admit(review, "s3", most, below)
        response = _answer(service, review.app_of(admitted.key_id), inner, admitted.body)
        response.headers["x-amz-request-id"] = request_id
        if origin := request.headers.get("Origin"):
            rules = service.buckets.cors(_decoded(inner.partition("/")[0]))
            response.headers.extend(cors.allowed(rules, origin, request.method))
        return response
    except ApiError as error:
        return s3_error(error, request_id)
    except StoreUnavailable as error:
        return s3_error(ApiError("ServiceUnavailable", str(error), 503), request_id)
    except Exception:
        logger.exception("request=%s failed", request_id)
        return s3_error(ApiError("InternalError", "An internal failure occurred", 500), request_id)


def _answer(service: Service, app: str | None, inner: str, body: bytes) -> Response:
    if not service.buckets.are_here:
        message = "The media store of this service is S3: use its buckets there (AWS_ENDPOINT_URL_S3)"
        raise ApiError("NotImplemented", message, 501)
    query = parse_qs(raw_target()[1], keep_blank_values=True)
    other = next((name for name in _NOT_OFFERED if name in query), None)
    if other is not None:
        raise ApiError("NotImplemented", f"Requests with ?{other} are not answered here", 501)
    encoded_bucket, slash, encoded_key = inner.partition("/")
    bucket, key = _decoded(encoded_bucket), _decoded(encoded_key)
    try:
        if slash and key:
            return _object(service, app, bucket, key, body)
        return _bucket(service, app, bucket, query, body)
    except KeyRefused as error:
        raise ApiError("InvalidArgument", str(error), 400) from error
    except NotFound as error:
        raise ApiError("NoSuchKey", "The specified key does not exist.", 404) from error


def _bucket(service: Service, app: str | None, bucket: str, query: Mapping[str, list[str]], body: bytes) -> Response:
    if not bucket:
        raise ApiError("NotImplemented", "Buckets are not listed here", 501)
    if "cors" in query:
        _need_bucket(service, app, bucket, is_written=True)
        return cors.answer(service, bucket, body)
    if "notification" in query:
        _need_bucket(service, app, bucket, is_written=True)
        return notifications.answer(service, bucket, body)
    if request.method == "PUT":
        check_configuration(body)
        _create(service, app, bucket)
        return Response("", 200, {"Location": f"/{bucket}"})
    if request.method not in ("GET", "HEAD"):
        raise ApiError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    _need_bucket(service, app, bucket)
    if request.method == "HEAD":
        return Response("", 200)
    if query.get("list-type") != ["2"]:
        raise ApiError("NotImplemented", "Of the listings ListObjectsV2 is answered here", 501)
    return list_objects(service, bucket, query)


def _object(service: Service, app: str | None, bucket: str, key: str, body: bytes) -> Response:
    if len(key.encode()) > MOST_KEY_BYTES:
        raise ApiError("KeyTooLongError", "Your key is too long", 400)
    _need_bucket(service, app, bucket, is_written=request.method in ("PUT", "DELETE"))
    if request.method == "PUT":
        return objects.put(service, bucket, key, body)
    if request.method in ("GET", "HEAD"):
        return objects.get(service, bucket, key)
    if request.method == "DELETE":
        return objects.delete(service, bucket, key)
    raise ApiError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)


def _create(service: Service, app: str | None, bucket: str) -> None:
    if not _BUCKET.fullmatch(bucket):
        raise ApiError("InvalidBucketName", "The specified bucket is not valid.", 400)
    try:
        service.buckets.create(app, bucket, datetime.now(UTC))
    except KeyRefused as error:
        raise ApiError("InvalidBucketName", "The specified bucket is not valid.", 400) from error
    except TooManyBuckets as error:
        raise ApiError("TooManyBuckets", str(error), 400) from error
    except BucketTaken as error:
        raise ApiError("BucketAlreadyExists", "The requested bucket name is not available.", 409) from error


def _need_bucket(service: Service, app: str | None, bucket: str, *, is_written: bool = False) -> None:
    """Refuse buckets of others. What nobody made as a bucket may be read by operators, and written by none."""
    owner = service.buckets.owner(bucket)
    if service.buckets.may_read(app, bucket) and not (is_written and owner is None):
        return
    if owner is None and (app is not None or not service.buckets.may_read(app, bucket)):
        raise ApiError("NoSuchBucket", "The specified bucket does not exist", 404)
    raise ApiError("AccessDenied", "Access Denied", 403)


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise ApiError("InvalidURI", "Couldn't parse the specified URI.", 400) from error
