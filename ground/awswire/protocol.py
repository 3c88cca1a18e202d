"""What AWS's JSON protocols have in common, over Flask: targets as they were signed, documents, and errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from flask import Response, request

from ground.awswire.errors import ApiError, invalid
from ground.awswire.strict_json import read_object

MAX_BODY_BYTES = 12 * 3_145_728 + 65_536
"""Fits the longest InputContent, 3 MiB characters, also with each written as two ``\\uXXXX`` escapes, as AWS's clients
write what is beyond the basic plane."""


def read_body(most: int = MAX_BODY_BYTES) -> bytes:
    """The request's body, within bounds."""
    if (request.content_length or 0) > most:
        raise invalid(f"The body has more than {most:,} bytes")
    return request.get_data(cache=True)


def read_document(body: bytes) -> Mapping[str, Any]:
    """The JSON object in a body. Raises `ApiError` when there is none."""
    try:
        return read_object(body or b"{}")
    except ValueError as error:
        raise ApiError("SerializationException", "The body is not a JSON object", 400) from error


def raw_target() -> tuple[str, str]:
    """Path and query as they came, still encoded: signatures are computed over them."""
    raw = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI")
    if raw is None:
        path = quote(request.environ.get("SCRIPT_NAME", "") + request.environ.get("PATH_INFO", ""), safe="/~")
        return path, request.environ.get("QUERY_STRING", "")
    if "://" in raw:
        raw = "/" + raw.partition("://")[2].partition("/")[2]
    path, _, query = raw.partition("?")
    return path, query


def answer_with(document: Mapping[str, Any], status: int, request_id: str) -> Response:
    """A document as the answer, in the form that the request's protocol has."""
    target = request.headers.get("X-Amz-Target")
    response = Response(
        json.dumps(document), status, content_type="application/x-amz-json-1.1" if target else "application/json"
    )
    response.headers["x-amzn-requestid"] = request_id
    return response


def refuse(error: ApiError, request_id: str) -> Response:
    """Code in header and body both: clients differ in where they look."""
    response = answer_with(
        {"__type": error.code, "Message": error.message, "message": error.message}, error.status, request_id
    )
    response.headers["x-amzn-errortype"] = error.code
    return response


def s3_error(error: ApiError, request_id: str) -> Response:
    """An error as S3 writes it."""
    inner = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message><RequestId>{request_id}</RequestId>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    response = Response(text, error.status, content_type="application/xml")
    response.headers["x-amz-request-id"] = request_id
    return response
