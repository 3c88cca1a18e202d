"""A2I on the wire: the runtime's REST, the control plane's JSON 1.1, S3 reads of outputs, and their errors."""

from __future__ import annotations

import hashlib
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from flask import Blueprint, Response, request

from ground.awswire.admission import admit
from ground.awswire.errors import ApiError, invalid
from ground.awswire.protocol import MAX_BODY_BYTES, answer_with, raw_target, read_document, refuse, s3_error
from ground.awswire.shapes import check, check_storable, operation_names
from ground.errors import NotFound, StoreUnavailable
from ground.web.hygiene import SANDBOX
from review_ui.a2i import flows, loops, resources, tags, workforces
from review_ui.a2i.labelling import jobs
from review_ui.a2i.owners import Caller
from review_ui.a2i.service import A2IService, Links

logger = logging.getLogger(__name__)

RUNTIME = "sagemaker-a2i-runtime"
Operation = Callable[[A2IService, Mapping[str, Any], Caller], dict[str, Any]]


def _with_links(operation: Callable[[A2IService, Mapping[str, Any], Caller, Links], dict[str, Any]]) -> Operation:
    """An operation whose answer has addresses in it: they lead to where the request came to."""

    def call(review: A2IService, parameters: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        reached_at = f"{request.scheme}://{request.headers.get('Host', '')}/a2i"
        return operation(review, parameters, caller, review.links(reached_at))

    return call


def _of_all(operation: Callable[[A2IService, Mapping[str, Any]], dict[str, Any]]) -> Operation:
    """An operation on what there is one of for all: the workforce."""

    def call(review: A2IService, parameters: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        return operation(review, parameters)

    return call


def _of_operators(operation: Callable[[A2IService, Mapping[str, Any]], dict[str, Any]]) -> Operation:
    """An operation that changes it: not for apps."""

    def call(review: A2IService, parameters: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        if caller.app is not None:
            raise ApiError("AccessDeniedException", "The workforce is for all apps: an operator's key changes it", 403)
        return operation(review, parameters)

    return call


CONTROL: Mapping[str, Operation] = {
    "CreateWorkteam": workforces.create_workteam,
    "DescribeWorkteam": _with_links(workforces.describe_workteam),
    "ListWorkteams": _with_links(workforces.list_workteams),
    "UpdateWorkteam": _with_links(workforces.update_workteam),
    "DeleteWorkteam": workforces.delete_workteam,
    "CreateWorkforce": _of_operators(workforces.create_workforce),
    "DescribeWorkforce": _of_all(workforces.describe_workforce),
    "ListWorkforces": _of_all(workforces.list_workforces),
    "UpdateWorkforce": _of_operators(workforces.update_workforce),
    "DeleteWorkforce": _of_operators(workforces.delete_workforce),
    "CreateHumanTaskUi": resources.create_human_task_ui,
    "DescribeHumanTaskUi": _with_links(resources.describe_human_task_ui),
    "ListHumanTaskUis": resources.list_human_task_uis,
    "DeleteHumanTaskUi": resources.delete_human_task_ui,
    "RenderUiTemplate": _with_links(resources.render_ui_template),
    "CreateFlowDefinition": flows.create_flow_definition,
    "DescribeFlowDefinition": flows.describe_flow_definition,
    "ListFlowDefinitions": flows.list_flow_definitions,
    "DeleteFlowDefinition": flows.delete_flow_definition,
    "CreateLabelingJob": jobs.create_labeling_job,
    "DescribeLabelingJob": jobs.describe_labeling_job,
    "ListLabelingJobs": jobs.list_labeling_jobs,
    "StopLabelingJob": jobs.stop_labeling_job,
    "AddTags": tags.add_tags,
    "ListTags": tags.list_tags,
    "DeleteTags": tags.delete_tags,
}
"""The control plane's operations that are offered, by the name in ``X-Amz-Target``."""
_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]


def blueprint(review: A2IService) -> Blueprint:
    """The endpoint; mount it at ``/a2i``. Every answer, errors too, is in the form that AWS's clients read."""
    a2i = Blueprint("a2i", __name__)

    @a2i.route("/", defaults={"path": ""}, methods=_METHODS, strict_slashes=False)
    @a2i.route("/<path:path>", methods=_METHODS)
    def answer(path: str) -> Response:
        return respond(review, raw_target()[0].partition("/a2i")[2].lstrip("/"))

    return a2i


def respond(review: A2IService, inner: str) -> Response:
    """The answer to the request at hand, errors too.

    Args:
        inner: its path behind the endpoint's own, still encoded, without a slash before it.
    """
    request_id = str(uuid.uuid4())
    is_object = inner.startswith("s3/")
    # Flask's own limit is for the rest of the service; `read_body` has one for this endpoint.
    request.max_content_length = MAX_BODY_BYTES
    try:
        admitted = admit(review, "s3" if is_object else "sagemaker")
        caller = review.caller(admitted.key_id)
        if is_object:
            _need_operator(caller)
            return _read_object(review, unquote(inner.removeprefix("s3/")), request_id)
        if "X-Amz-Target" in request.headers:
            document = _control(review, caller, request.headers["X-Amz-Target"], admitted.body)
        else:
            document = _runtime(review, caller, request.method, inner, raw_target()[1], admitted.body)
        return answer_with(document, 200, request_id)
    except ApiError as error:
        failure = error
    except StoreUnavailable as error:
        failure = ApiError(_internal(), str(error), 500)
    except Exception:
        logger.exception("request=%s failed", request_id)
        failure = ApiError(_internal(), "An internal failure occurred", 500)
    if is_object:
        return s3_error(failure, request_id)
    return refuse(failure, request_id)


def _need_operator(caller: Caller) -> None:
    """Refuse keys of apps: objects of all buckets are read here, whosever they are."""
    if caller.app is not None:
        raise ApiError(
            "AccessDeniedException", "An app's key reads its own buckets, at /aws; this is for operators", 403
        )


def _internal() -> str:
    """What an internal failure is called: each of the APIs has a name of its own."""
    return "InternalFailure" if "X-Amz-Target" in request.headers else "InternalServerException"


def _runtime(review: A2IService, caller: Caller, method: str, path: str, query: str, body: bytes) -> dict[str, Any]:
    """The runtime's five operations, by verb and path."""
    if method == "POST" and path == "human-loops":
        parameters = read_document(body)
        _check(RUNTIME, "StartHumanLoop", parameters)
        return loops.start(review, parameters, caller)
    if method == "POST" and path == "human-loops/stop":
        parameters = read_document(body)
        _check(RUNTIME, "StopHumanLoop", parameters)
        return loops.stop(review, parameters, caller)
    if method == "GET" and path == "human-loops":
        parameters = _query(query)
        _check(RUNTIME, "ListHumanLoops", parameters)
        return loops.list_loops(review, parameters, caller)
    match = re.fullmatch(r"human-loops/([^/]+)", path)
    if match and method in ("GET", "DELETE"):
        parameters = {"HumanLoopName": unquote(match.group(1))}
        operation = "DescribeHumanLoop" if method == "GET" else "DeleteHumanLoop"
        _check(RUNTIME, operation, parameters)
        return (loops.describe if method == "GET" else loops.delete)(review, parameters, caller)
    raise ApiError("UnknownOperationException", f"There is no operation {method} /{path[:200]}", 404)


def _control(review: A2IService, caller: Caller, target: str, body: bytes) -> dict[str, Any]:
    """An operation of SageMaker's control plane."""
    prefix, _, operation = target.partition(".")
    if prefix != "SageMaker" or operation not in CONTROL:
        known = prefix == "SageMaker" and operation in operation_names("sagemaker")
        message = f"{operation} is not offered here" if known else f"There is no operation {target[:200]}"
        raise ApiError("UnknownOperationException", message, 400)
    parameters = read_document(body)
    _check("sagemaker", operation, parameters)
    return CONTROL[operation](review, parameters, caller)


def _check(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    check(service, operation, parameters)
    check_storable(parameters)


def _read_object(review: A2IService, path: str, request_id: str) -> Response:
    """S3's GetObject and HeadObject, so that the client that asked for a review can read its output."""
    if request.method not in ("GET", "HEAD"):
        raise ApiError("MethodNotAllowed", "Only GetObject and HeadObject are offered", 405)
    try:
        data = review.blobs.get(f"s3://{path}")
    except NotFound as error:
        raise ApiError("NoSuchKey", "The specified key does not exist.", 404) from error
    kind = shown_type(data)
    response = Response(data, 200, content_type=kind or "application/octet-stream")
    response.set_etag(hashlib.sha256(data).hexdigest())  # S3 gives one with every object
    # Pictures, films and sounds may stand in a template's page; nothing else of what apps post is ever shown as a page.
    response.headers["Content-Disposition"] = "inline" if kind else "attachment"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    # Whoever has the address may read it: a template's page, which has no origin, paints on what was painted before.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["x-amz-request-id"] = request_id
    return response


def shown_type(data: bytes) -> str:
    """The content type of a picture, film or sound, by its bytes; empty for anything else."""
    from ground.media.sniffing import sniff

    kind = sniff(data) or ""
    return kind if kind.startswith(("image/", "video/", "audio/")) else ""


def _query(query: str) -> dict[str, Any]:
    """Query parameters under their names in the model; numbers as numbers."""
    parameters: dict[str, Any] = {name: values[-1] for name, values in parse_qs(query).items()}
    if "MaxResults" in parameters:
        if not re.fullmatch(r"-?\d{1,9}", parameters["MaxResults"]):
            raise invalid("MaxResults is not a number")
        parameters["MaxResults"] = int(parameters["MaxResults"])
    return parameters
