"""CORS of a bucket: PutBucketCors, GetBucketCors, DeleteBucketCors, and what browsers are told by it.

The portal reads objects from its own origin and needs none of it; programs that were written for A2I set it up, because
Amazon's portal does, and pages of others may read what a bucket's owner lets them.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from flask import Response, request

from ground.awswire.errors import ApiError
from moderation.aws.s3.documents import document, element, read_document
from moderation.service import Service

METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")
MOST_RULES, LONGEST = 100, 255
_ID, _ORIGIN, _METHOD, _HEADER, _EXPOSED, _SECONDS = (
    "ID",
    "AllowedOrigin",
    "AllowedMethod",
    "AllowedHeader",
    "ExposeHeader",
    "MaxAgeSeconds",
)
_VALUE = re.compile(r"[\x21-\x7e]{1,255}")


def answer(service: Service, bucket: str, body: bytes) -> Response:
    """A request about the CORS of a bucket that is the caller's."""
    if request.method == "PUT":
        service.buckets.set_cors(bucket, read_rules(body))
        return Response("", 200)
    if request.method == "DELETE":
        service.buckets.set_cors(bucket, None)
        return Response("", 204)
    if request.method != "GET":
        raise ApiError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    rules = service.buckets.cors(bucket)
    if rules is None:
        raise ApiError("NoSuchCORSConfiguration", "The CORS configuration does not exist", 404)
    inner = "".join(
        "<CORSRule>" + "".join(element(name, value) for name in rule for value in rule[name]) + "</CORSRule>"
        for rule in rules
    )
    return document("CORSConfiguration", inner)


def read_rules(body: bytes) -> list[dict[str, list[str]]]:
    """The rules of a CORSConfiguration: by each element's name, its values.

    Raises:
        ApiError: it is none, or a rule lacks an origin or method.
    """
    root = read_document(body, "CORSConfiguration")
    rules = [_rule(child) for child in root if _name(child) == "CORSRule"]
    if not 1 <= len(rules) <= MOST_RULES or len(rules) != len(root):
        raise ApiError("MalformedXML", f"A CORSConfiguration has 1 to {MOST_RULES} of CORSRule and nothing else", 400)
    return rules


def allowed(rules: Sequence[Mapping[str, Sequence[str]]] | None, origin: str, method: str) -> dict[str, str]:
    """The headers that let a page of this origin read an answer; none where no rule does."""
    for rule in rules or ():
        if method in rule[_METHOD] and any(_fits(origin, each) for each in rule[_ORIGIN]):
            headers = {"Access-Control-Allow-Origin": "*" if "*" in rule[_ORIGIN] else origin, "Vary": "Origin"}
            headers["Access-Control-Allow-Methods"] = ", ".join(rule[_METHOD])
            if rule.get(_EXPOSED):
                headers["Access-Control-Expose-Headers"] = ", ".join(rule[_EXPOSED])
            if rule.get(_SECONDS):
                headers["Access-Control-Max-Age"] = rule[_SECONDS][0]
            return headers
    return {}


def preflight(rules: Sequence[Mapping[str, Sequence[str]]] | None) -> Response:
    """What a browser is told that asks before it sends (OPTIONS). Nobody signs such a request.

    Raises:
        ApiError: no rule lets the page in.
    """
    origin, method = (request.headers.get(name, "") for name in ("Origin", "Access-Control-Request-Method"))
    wanted = request.headers.get("Access-Control-Request-Headers", "")
    names = [name.strip().lower() for name in wanted.split(",") if name.strip()]
    for rule in rules or ():
        offered = [each.lower() for each in rule.get(_HEADER, ())]
        headers = allowed([rule], origin, method)
        if headers and all(any(_fits(name, each) for each in offered) for name in names):
            return Response("", 200, headers | ({"Access-Control-Allow-Headers": ", ".join(names)} if names else {}))
    raise ApiError("AccessForbidden", "CORSResponse: This CORS request is not allowed.", 403)


def _rule(given: ElementTree.Element) -> dict[str, list[str]]:
    rule: dict[str, list[str]] = {}
    for child in given:
        name, value = _name(child), (child.text or "").strip()
        is_known = name in (_ID, _ORIGIN, _METHOD, _HEADER, _EXPOSED, _SECONDS) and _VALUE.fullmatch(value)
        if not is_known or (name in (_ORIGIN, _HEADER) and value.count("*") > 1):
            raise ApiError("MalformedXML", f"{name[:60]} of a CORSRule is not what it can be", 400)
        if (name == _METHOD and value not in METHODS) or (name == _SECONDS and not value.isdecimal()):
            raise ApiError("InvalidRequest", f"Found unsupported {name} in CORS config: {value[:60]}", 400)
        rule.setdefault(name, []).append(value)
    if not rule.get(_ORIGIN) or not rule.get(_METHOD):
        raise ApiError("MalformedXML", "A CORSRule needs AllowedOrigin and AllowedMethod", 400)
    return rule


def _name(child: ElementTree.Element) -> str:
    return child.tag.rpartition("}")[2]


def _fits(value: str, pattern: str) -> bool:
    """True where a pattern with one ``*`` at most fits."""
    before, star, after = pattern.partition("*")
    if not star:
        return value == pattern
    return len(value) >= len(before) + len(after) and value.startswith(before) and value.endswith(after)
