"""Rekognition on the wire: JSON 1.1, checked by botocore's model; headers say which detectors looked."""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Response, request

from ground.awswire.admission import admit
from ground.awswire.errors import ApiError
from ground.awswire.protocol import answer_with, read_document, refuse
from ground.awswire.shapes import check, check_storable, operation_names
from ground.errors import StoreUnavailable
from moderation.aws.recorder.forwarding import Forwarder
from moderation.aws.rekognition import equipment, faces, films, labels, moderating, texts
from moderation.aws.rekognition.caller import Caller
from moderation.aws.rekognition.faults import MODEL, fault
from moderation.aws.rekognition.looking import Answer
from moderation.aws.rekognition.pictures import NO_OBJECT, Bounds, read_picture
from moderation.hookspecs import Detector
from moderation.service import Service
from review_ui.service import ReviewService

logger = logging.getLogger(__name__)

PREFIX = "RekognitionService"
MOST_BODY_BYTES = 8 * 2**20
"""5 MiB of picture are 7 MB of base64."""
LOOKED, NOT_LOOKED_FOR = "x-moderation-looked", "x-moderation-not-looked-for"
FORWARDED = "forwarded"
"""In the place of detectors' names, where another endpoint answered."""
OPERATIONS: Mapping[str, Callable[[Caller, Mapping[str, Any]], Answer]] = {
    "DetectModerationLabels": moderating.detect,
    "DetectProtectiveEquipment": equipment.detect,
    "DetectFaces": faces.detect,
    "DetectText": texts.detect,
    "DetectLabels": labels.detect,
    "DetectCustomLabels": labels.detect_custom,
    **films.OPERATIONS,
}
"""What is offered, by the name in ``X-Amz-Target``."""


def respond(
    service: Service, review: ReviewService, models: Mapping[str, Detector], forwarder: Forwarder | None = None
) -> Response:
    """The answer to the request at hand, errors too.

    Args:
        models: see `moderation.aws.models`.
        forwarder: where requests go to Amazon, too; None where they do not.
    """
    request_id = str(uuid.uuid4())
    try:
        admitted = admit(review, MODEL, MOST_BODY_BYTES)
        caller = Caller(service, review, models, review.app_of(admitted.key_id))
        answer = _answer(caller, request.headers.get("X-Amz-Target", ""), admitted.body, forwarder)
        response = answer_with(answer.document, 200, request_id)
        looked = ", ".join(f"{each.name}/{each.version}" for each in answer.looked)
        response.headers[LOOKED] = FORWARDED if answer.is_forwarded else looked
        if answer.not_looked_for:
            response.headers[NOT_LOOKED_FOR] = ", ".join(answer.not_looked_for)
        return response
    except ApiError as error:
        return refuse(error, request_id)
    except StoreUnavailable as error:
        return refuse(fault("InternalServerError", str(error)), request_id)
    except Exception:
        logger.exception("request=%s failed", request_id)
        return refuse(fault("InternalServerError", "An internal failure occurred"), request_id)


def _answer(caller: Caller, target: str, body: bytes, forwarder: Forwarder | None) -> Answer:
    prefix, _, operation = target.partition(".")
    if prefix != PREFIX or operation not in OPERATIONS:
        known = prefix == PREFIX and operation in operation_names(MODEL)
        message = _not_offered(operation) if known else f"There is no operation {target[:200]}"
        raise ApiError("UnknownOperationException", message)
    parameters = read_document(body)
    check(MODEL, operation, parameters)
    check_storable(parameters)
    if forwarder is None or operation in films.OPERATIONS:
        # Amazon's jobs have ids of Amazon's, and last for minutes: there is nothing to lay beside them.
        return OPERATIONS[operation](caller, parameters)
    if _is_kept(caller, parameters):
        return OPERATIONS[operation](caller, parameters)
    sent = _as_sent(caller, parameters)
    local = partial(_document, caller, operation, parameters)
    return Answer(forwarder.answer(caller.app, MODEL, operation, parameters, local, sent), is_forwarded=True)


def _is_kept(caller: Caller, parameters: Mapping[str, Any]) -> bool:
    """Whether a list keeps the picture on this machine. Raises `ApiError` where it cannot be read to be compared."""
    runner = caller.service.judge.runner
    if not runner.may_keep:
        return False
    picture = read_picture(caller.service, caller.app, parameters["Image"], Bounds(least_side=1))
    return runner.kept(caller.name, [picture.part]) is not None


def _document(caller: Caller, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    return OPERATIONS[operation](caller, parameters).document


def _as_sent(caller: Caller, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parameters as the other side is asked: of own buckets it knows nothing, so it gets their pictures as bytes.

    Raises:
        ApiError: the picture is not this caller's. The other side would read it with this machine's rights.
    """
    place = parameters["Image"].get("S3Object")
    if not place or not place.get("Bucket") or not place.get("Name"):
        return parameters
    if not caller.service.own_objects.may_read(caller.app, place["Bucket"], place["Name"]):
        raise fault("InvalidS3ObjectException", NO_OBJECT)
    if not caller.service.buckets.may_read(caller.app, place["Bucket"]):
        return parameters
    data = read_picture(caller.service, caller.app, parameters["Image"]).data
    return {**parameters, "Image": {"Bytes": base64.b64encode(data).decode()}}


def _not_offered(operation: str) -> str:
    return f"{operation} is not offered here; {', '.join(OPERATIONS)} are"
