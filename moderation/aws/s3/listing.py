"""ListObjectsV2: keys in the order of their bytes, by prefix and delimiter, a page at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

from flask import Response

from ground.awswire.errors import ApiError
from moderation.aws.s3.documents import contents, document, element, encoded
from moderation.service import Service

MOST = 1_000


def list_objects(service: Service, bucket: str, query: Mapping[str, Sequence[str]]) -> Response:
    """A page. A token names the last key that was seen, so that objects that come or go in between shift nothing.

    Raises:
        ApiError: a number is none, or a token none of ours.
    """

    def one(name: str) -> str:
        return query.get(name, [""])[-1]

    prefix, delimiter = one("prefix"), one("delimiter")
    behind = max(_position(one("continuation-token")), one("start-after"), key=str.encode)
    size, is_encoded = _size(one("max-keys")), one("encoding-type") == "url"
    keys: list[str] = []
    folders: list[str] = []
    last, is_cut = "", False
    for key in service.buckets.keys(bucket, prefix):
        rest = key[len(prefix) :]
        folder = prefix + rest[: rest.index(delimiter) + len(delimiter)] if delimiter and delimiter in rest else ""
        if (folder or key).encode() <= behind.encode() or (folder and folder in folders[-1:]):
            continue
        if len(keys) + len(folders) >= size:
            is_cut = size > 0
            break
        (folders if folder else keys).append(folder or key)
        last = folder or key
    inner = element("Name", bucket) + element("Prefix", encoded(prefix, is_encoded)) + element("MaxKeys", size)
    inner += element("Delimiter", encoded(delimiter, is_encoded)) if delimiter else ""
    inner += element("EncodingType", "url") if is_encoded else ""
    inner += element("KeyCount", len(keys) + len(folders)) + element("IsTruncated", str(is_cut).lower())
    inner += element("ContinuationToken", one("continuation-token")) if one("continuation-token") else ""
    inner += element("StartAfter", encoded(one("start-after"), is_encoded)) if one("start-after") else ""
    if is_cut:
        inner += element("NextContinuationToken", base64.urlsafe_b64encode(last.encode()).decode())
    inner += contents(service.buckets.describe_each(bucket, keys), is_encoded)
    for folder in folders:
        inner += f"<CommonPrefixes>{element('Prefix', encoded(folder, is_encoded))}</CommonPrefixes>"
    return document("ListBucketResult", inner)


def _size(text: str) -> int:
    if not text:
        return MOST
    if not text.isascii() or not text.isdecimal() or len(text) > 10:
        raise ApiError("InvalidArgument", "max-keys is not a number from 0 on", 400)
    return min(int(text), MOST)


def _position(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise ApiError("InvalidArgument", "The continuation token provided is incorrect", 400) from error
