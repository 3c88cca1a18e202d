"""What S3 writes and reads in XML, and bodies in chunks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from flask import Response

from ground.awswire.errors import ApiError
from ground.awswire.times import iso
from moderation.storage.buckets import StoredObject

MOST_DOCUMENT_BYTES = 65_536
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def document(name: str, inner: str) -> Response:
    """An XML document as an answer; `inner` is XML already."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{_NAMESPACE}">{inner}</{name}>'
    return Response(text, 200, content_type="application/xml")


def element(name: str, text: object) -> str:
    """An element with a text."""
    return f"<{name}>{escape(str(text))}</{name}>"


def encoded(key: str, is_encoded: bool) -> str:
    """A key in a listing: XML cannot hold all that a key can, so clients ask for it as it stands in addresses."""
    return quote(key, safe="/") if is_encoded else key


def contents(objects: Sequence[StoredObject], is_encoded: bool) -> str:
    """Objects as ListObjectsV2 has them."""
    return "".join(
        "<Contents>"
        + element("Key", encoded(each.key, is_encoded))
        + element("LastModified", moment(each.stored_at))
        + element("ETag", f'"{each.md5}"')
        + element("Size", each.size)
        + element("StorageClass", "STANDARD")
        + "</Contents>"
        for each in objects
    )


def moment(time: datetime) -> str:
    """A time as S3 writes it."""
    return iso(time)


def check_configuration(body: bytes) -> None:
    """Refuse a CreateBucketConfiguration that is none. What it says, a Region, matters nowhere here.

    Raises:
        ApiError: as `read_document` does.
    """
    if body:
        read_document(body, "CreateBucketConfiguration")


def read_document(body: bytes, name: str) -> ElementTree.Element:
    """The root of a document in a request.

    Raises:
        ApiError: too long, no XML, with a declaration, by which small documents become large ones, or another one.
    """
    fault = ApiError("MalformedXML", "The XML you provided was not well-formed or did not validate", 400)
    if len(body) > MOST_DOCUMENT_BYTES or b"<!" in body or b"\x00" in body:
        raise fault
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - declarations, which attacks need, were refused above
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise fault from error
    if root.tag.rpartition("}")[2] != name:
        raise fault
    return root


def joined_chunks(body: bytes) -> bytes:
    """The object in a body of ``aws-chunked`` encoding, whose chunks are not signed.

    Raises:
        ApiError: it is not in that form.
    """
    fault = ApiError("IncompleteBody", "The body is not in chunks as its headers say", 400)
    made, at = bytearray(), 0
    while True:
        end = body.find(b"\r\n", at, at + 100)
        size = body[at:end].partition(b";")[0] if end >= 0 else b""
        if not size or len(size) > 8 or size.strip(b"0123456789abcdefABCDEF"):
            raise fault
        length, at = int(size, 16), end + 2
        if length == 0:
            return bytes(made)
        if body[at + length : at + length + 2] != b"\r\n":
            raise fault
        made += body[at : at + length]
        at += length + 2
