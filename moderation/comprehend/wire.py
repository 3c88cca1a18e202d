"""Comprehend on the wire: JSON 1.1, signed with access keys of the A2I endpoint, checked by botocore's model."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from ground.awswire.admission import admit
from ground.awswire.errors import ApiError
from ground.awswire.protocol import MAX_BODY_BYTES, answer_with, read_document, refuse
from ground.awswire.shapes import check, operation_names
from moderation.comprehend import jobs
from moderation.comprehend.detection import contains, detect
from moderation.comprehend.faults import MODEL, fault
from moderation.comprehend.toxicity import detect_toxic_content
from moderation.core.errors import StoreUnavailable
from moderation.redacting.texts import NotRedacted
from moderation.service import Service
from review_ui.service import ReviewService

logger = logging.getLogger(__name__)

PREFIX = "Comprehend_20171127"
OPERATIONS: Mapping[str, Callable[[Service, Mapping[str, Any], str | None], dict[str, Any]]] = {
    "DetectPiiEntities": detect,
    "ContainsPiiEntities": contains,
    "DetectToxicContent": detect_toxic_content,
    "StartPiiEntitiesDetectionJob": jobs.start,
    "DescribePiiEntitiesDetectionJob": jobs.describe,
    "ListPiiEntitiesDetectionJobs": jobs.find,
    "StopPiiEntitiesDetectionJob": jobs.stop,
}
"""What is offered, by the name in ``X-Amz-Target``; each is told whose access key asks, None for the operator's."""


AT_ONCE = frozenset({"DetectPiiEntities", "ContainsPiiEntities", "DetectToxicContent"})
"""Operations that answer about content in their request; jobs read what lies here."""
Beside = Callable[[str | None, str, Mapping[str, Any], Callable[[], Mapping[str, Any]]], Mapping[str, Any]]


def _here_alone(
    _app: str | None, _operation: str, _parameters: Mapping[str, Any], local: Callable[[], Mapping[str, Any]]
) -> Mapping[str, Any]:
    return local()


def blueprint(service: Service, review: ReviewService) -> Blueprint:
    """The endpoint; mount it at ``/comprehend``. Every answer, errors too, is in the form that AWS's clients read.

    Args:
        review: knows the access keys, and whether signatures are checked.
    """
    comprehend = Blueprint("comprehend", __name__)

    @comprehend.route("/", methods=["GET", "POST"], strict_slashes=False)
    def answer() -> Response:
        return respond(service, review)

    return comprehend


def respond(service: Service, review: ReviewService, beside: Beside = _here_alone) -> Response:
    """The answer to the request at hand, whichever address it came to.

    Args:
        beside: asks another endpoint, too, and says what is answered; told the app, the operation, its parameters and
            what gives our own answer.
    """
    request_id = str(uuid.uuid4())
    request.max_content_length = MAX_BODY_BYTES  # as `admit` has it, with AWS's form for saying so
    try:
        admitted = admit(review, MODEL)
        app, target = review.app_of(admitted.key_id), request.headers.get("X-Amz-Target", "")
        return answer_with(_answer(service, app, target, admitted.body, beside), 200, request_id)
    except ApiError as error:
        return refuse(error, request_id)
    except (NotRedacted, StoreUnavailable) as error:
        # What nobody has looked through must not come back as if it were clean; clients try again by themselves.
        return refuse(fault("InternalServerException", str(error)), request_id)
    except Exception:
        logger.exception("request=%s failed", request_id)
        return refuse(fault("InternalServerException", "An internal failure occurred"), request_id)


def _answer(service: Service, app: str | None, target: str, body: bytes, beside: Beside) -> Mapping[str, Any]:
    prefix, _, operation = target.partition(".")
    if prefix != PREFIX or operation not in OPERATIONS:
        known = prefix == PREFIX and operation in operation_names(MODEL)
        message = f"{operation} is not offered here" if known else f"There is no operation {target[:200]}"
        raise ApiError("UnknownOperationException", message)
    parameters = read_document(body)
    check(MODEL, operation, parameters)
    local = partial(OPERATIONS[operation], service, parameters, app)
    return beside(app, operation, parameters, local) if operation in AT_ONCE else local()
