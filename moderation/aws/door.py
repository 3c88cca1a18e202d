"""The door at ``/aws``: which service a request is for, by the scope of its signature, and who answers for it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from ground.awswire.errors import ApiError
from ground.awswire.protocol import raw_target, refuse
from moderation.aws.models import read_models
from moderation.aws.recorder.forwarding import Local, open_forwarder
from moderation.aws.rekognition import wire as rekognition
from moderation.aws.s3 import wire as s3
from moderation.comprehend import wire as comprehend
from moderation.core.items import Part
from moderation.films.looking import OPERATOR
from moderation.service import Service
from moderation.settings import Settings
from review_ui.a2i import wire as a2i
from review_ui.service import ReviewService

PATH = "/aws"
_SCOPE = re.compile(r"Credential=[^/,\s]+/\d{8}/[^/,\s]+/([a-z0-9-]+)/aws4_request")
_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
_PREFIXES = {rekognition.PREFIX: "rekognition", comprehend.PREFIX: "comprehend", "SageMaker": "sagemaker"}


def blueprint(service: Service, review: ReviewService) -> Blueprint:
    """The door; mount it at `PATH`.

    Args:
        review: knows the access keys, whether signatures are checked, and the flows that people work on.

    Raises:
        SettingsError: ``aws_models`` names no detector that is loaded, or ``aws_forward`` no endpoint.
    """
    door = Blueprint("aws", __name__)
    hosts = _own_hosts(service.settings)
    models, forwarder = read_models(service), open_forwarder(service.settings)

    def beside(app: str | None, operation: str, parameters: Mapping[str, Any], local: Local) -> Mapping[str, Any]:
        if forwarder is None or _is_kept(service, app, parameters):
            return local()
        return forwarder.answer(app, "comprehend", operation, parameters, local)

    @door.route("/", defaults={"path": ""}, methods=_METHODS, strict_slashes=False, provide_automatic_options=False)
    @door.route("/<path:path>", methods=_METHODS, provide_automatic_options=False)
    def answer(path: str) -> Response:
        inner = raw_target()[0].partition(PATH)[2].lstrip("/")
        wanted = _service_of(inner)
        if wanted == "rekognition":
            return rekognition.respond(service, review, models, forwarder)
        if wanted == "comprehend":
            return comprehend.respond(service, review, beside)
        if wanted == "sagemaker":
            # Objects are S3's here; a path of that name is none of A2I's.
            return a2i.respond(review, "-" if inner.startswith("s3/") else inner)
        if wanted == "s3":
            # In virtual-host style the bucket is in the host's name.
            bucket = _bucket_of(request.headers.get("Host", ""), hosts)
            return s3.respond(service, review, PATH, f"{bucket}/{inner}" if bucket else inner)
        offered = "rekognition, sagemaker, sagemaker-a2i-runtime, comprehend and s3"
        message = f"'{wanted[:40]}' is not answered here; {offered} are"
        return refuse(ApiError("UnknownOperationException", message), str(uuid.uuid4()))

    return door


def _is_kept(service: Service, app: str | None, parameters: Mapping[str, Any]) -> bool:
    """Whether a list keeps the texts of a request to Comprehend on this machine."""
    texts = [parameters["Text"]] if "Text" in parameters else [each["Text"] for each in parameters["TextSegments"]]
    parts = [Part(id=f"p{number}", type="text", text=text) for number, text in enumerate(texts)]
    return service.judge.runner.kept(app or OPERATOR, parts) is not None


def _own_hosts(settings: Settings) -> list[str]:
    """The names that this service is reached by; addresses have no names below them."""
    public = urlsplit(settings.public_url or "").hostname or ""
    return [name for name in (public, settings.host.lower(), "localhost") if re.fullmatch(r"[a-z0-9.-]*[a-z]", name)]


def _bucket_of(host: str, own: Sequence[str]) -> str:
    """The bucket that a host's name begins with; empty where it is one of our own names, or another's."""
    name = host.partition(":")[0].lower()
    if name in own:
        return ""
    return next((name.removesuffix(f".{each}") for each in own if name.endswith(f".{each}")), "")


def _service_of(inner: str) -> str:
    """The service that a request is signed for; of an unsigned one, what its target or path says."""
    scope = _SCOPE.search(request.headers.get("Authorization", ""))
    if scope is not None:
        return scope.group(1)
    target = request.headers.get("X-Amz-Target")
    if target is not None:
        return _PREFIXES.get(target.partition(".")[0], target.partition(".")[0])
    is_link = "Signature=" in request.query_string.decode("latin-1")
    return "sagemaker" if inner.partition("/")[0] == "human-loops" and not is_link else "s3"
