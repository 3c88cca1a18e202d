"""Raw answers of the endpoint against botocore's output shapes; more strictly than botocore reads them.

Botocore takes what it knows and forgets the rest, reads a number where a text is due, and knows no patterns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

RUNTIME = "sagemaker-a2i-runtime"
COMMON_ERRORS = {
    "AccessDeniedException", "IncompleteSignatureException", "InternalFailure", "InvalidSignatureException",
    "MissingAuthenticationTokenException", "SerializationException", "ThrottlingException", "UnknownOperationException",
    "UnrecognizedClientException", "ValidationException",
}  # fmt: skip
"""Errors that every operation may answer with, though its model does not list them."""
NOBODY_LOOKS = {"rekognition": ["ResourceNotReadyException"], "comprehend": ["ResourceUnavailableException"]}
"""Errors of a service that are answered by all of its operations where nobody here looks for what was asked."""
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def check_answer(http_response: Any, model: Any, **_: Any) -> None:
    """Botocore's ``after-call`` event: fail when an answer is not what the operation's model says."""
    service, document = model.service_model.service_name, json.loads(http_response.content)
    headers = http_response.headers
    assert headers.get("x-amzn-requestid"), model.name
    kind = "application/json" if service == RUNTIME else "application/x-amz-json-1.1"
    assert headers["content-type"] == kind, model.name
    if http_response.status_code == 200:
        found = list(faults(model.output_shape, document, service)) if model.output_shape is not None else []
        assert found == [], f"{model.name}: {found}"
        return
    code = headers["x-amzn-errortype"]
    assert document["__type"] == code
    assert document["Message"]
    modelled = {shape.name: shape.metadata.get("error", {}).get("httpStatusCode") for shape in model.error_shapes}
    known = {*modelled, *COMMON_ERRORS, *NOBODY_LOOKS.get(service, ())}
    assert code in known, f"{model.name} answered {code}"
    if modelled.get(code):
        assert http_response.status_code == modelled[code], f"{model.name} answered {code}"


def faults(shape: Any, value: Any, service: str, path: str = "") -> Iterator[str]:
    """What is wrong with a value: unknown or missing members, types, enums, patterns, bounds."""
    kind = shape.type_name
    if kind == "structure":
        yield from (f"{path} lacks {name}" for name in shape.required_members if name not in value)
        for name, inner in value.items():
            if name in shape.members:
                yield from faults(shape.members[name], inner, service, f"{path}.{name}")
            else:
                yield f"{path} has {name}"
    elif kind == "list":
        yield from bounds(shape, len(value), path)
        for inner in value:
            yield from faults(shape.member, inner, service, f"{path}[]")
    elif kind == "timestamp":
        fits = isinstance(value, str) and _ISO.fullmatch(value) if service == RUNTIME else type(value) in (int, float)
        if not fits:
            yield f"{path} is no time: {value!r}"
    elif kind == "string":
        yield from text_faults(shape, value, path)
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield f"{path} is no boolean: {value!r}"
    elif kind in ("float", "double"):
        if type(value) not in (int, float):
            yield f"{path} is no number: {value!r}"
        else:
            yield from bounds(shape, value, path)
    elif kind in ("integer", "long"):
        if type(value) is not int:
            yield f"{path} is no whole number: {value!r}"
        else:
            yield from bounds(shape, value, path)
    else:
        yield f"{path} has a shape that this check does not know: {kind}"


def text_faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    """What is wrong with a text."""
    if not isinstance(value, str):
        yield f"{path} is no text: {value!r}"
        return
    yield from bounds(shape, len(value), path)
    if shape.enum and value not in shape.enum:
        yield f"{path} is none of {shape.enum}: {value!r}"
    # Java's classes of characters are not Python's; such patterns are about free text.
    pattern = shape.metadata.get("pattern")
    if pattern and "\\p{" not in pattern and not re.fullmatch(pattern, value):
        yield f"{path} does not fit {pattern}: {value!r}"


def bounds(shape: Any, size: float, path: str) -> Iterator[str]:
    """What is wrong with a size."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        yield f"{path} is not from {low} to {high}: {size}"
