"""``sagemaker.<name>``: models of one's own behind SageMaker endpoints, by configuration alone.

Where a model's answer has labels and confidences is said with JSONPath, as `jsonpath-ng` reads it, so that a model
served by TorchServe, say, needs no code here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from moderation.core.detections import Detection
from moderation.core.items import Box, Part, Span
from moderation.core.looks import merge_looks
from moderation.hookspecs import Context, Unavailable
from moderation_aws import pictures
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, CallRefused
from moderation_aws.cards import ENDPOINT
from moderation_aws.image_labels import known_labels
from moderation_aws.jobs import in_s3
from moderation_aws.languages import units

MOST_BYTES = 6_291_456
"""Of a request (InvokeEndpoint)."""
PICTURE = pictures.PictureLimits(max_bytes=5_242_880, max_s3_bytes=0, min_side=1, max_side=10_000)


SENT: Mapping[str, frozenset[str]] = {
    "text": frozenset({"text"}),
    "json": frozenset({"text"}),
    "picture": frozenset({"image"}),
    "uri": frozenset({"image", "video", "audio"}),
}
"""What part types each way of sending is for."""


@lru_cache(maxsize=256)
def _parsed(path: str) -> Any:
    from jsonpath_ng.parser import JsonPathParser

    return JsonPathParser().parse(path)


def _path(value: str) -> str:
    try:
        _parsed(value)
    except Exception as error:  # the parser's errors have no common base
        raise ValueError(f"{value!r} is no JSONPath: {error}") from error
    return value


class AnswerOptions(BaseModel):
    """How to read an answer: JSON in which findings are listed, or each label has its place.

    Attributes:
        findings: JSONPath of the findings: ``$.predictions[*]``. Then `label`, `confidence` and, if any, `box` and
            `span` are JSONPaths within one.
        confidences: instead of findings: our label to the JSONPath of its confidence: ``{Weapons: $.scores.weapon}``.
        scale: of confidences: ``0-1`` or ``0-100``.
        box: four numbers, left, top, width, height, as ratios of the picture.
        span: two numbers, start and end in code points of the text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    findings: str | None = None
    label: str = "label"
    confidence: str = "score"
    box: str | None = None
    span: str | None = None
    confidences: dict[str, str] = {}
    scale: Literal["0-1", "0-100"] = "0-1"

    @field_validator("findings", "label", "confidence", "box", "span")
    @classmethod
    def _is_path(cls, value: str | None) -> str | None:
        return None if value is None else _path(value)

    @model_validator(mode="after")
    def _is_one_kind(self) -> AnswerOptions:
        if (self.findings is None) == (not self.confidences):
            raise ValueError("say either findings or confidences")
        known_labels({label: label for label in self.confidences})
        for path in self.confidences.values():
            _path(path)
        return self


class EndpointOptions(BaseModel):
    """One entry of ``endpoints:`` in the configuration.

    Attributes:
        name: the detector is called ``sagemaker.<name>``.
        endpoint: the endpoint's name in SageMaker.
        reads: the part types it is sent.
        send: ``text``: the text itself; ``json``: the text in `template`; ``picture``: the bytes of a picture;
            ``uri``: the ``s3://`` name of the media, in `template` where there is one.
        template: a JSON value in which the text ``$input`` stands for what is sent.
        content_type: of the request; None for the usual one of what is sent.
        target_model: of a multi-model endpoint.
        target_variant: of an endpoint with production variants.
        names: the model's label to ours, for `answer.findings`; others of its labels are ignored.
        min_confidence: percent.
        time_limit_seconds: of one look.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
    endpoint: Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", max_length=63)]
    reads: Annotated[tuple[Literal["text", "image", "video", "audio"], ...], Field(min_length=1)]
    send: Literal["text", "json", "picture", "uri"]
    template: Any = None
    content_type: str | None = None
    target_model: str | None = None
    target_variant: str | None = None
    names: dict[str, str] = {}
    answer: AnswerOptions
    min_confidence: Annotated[float, Field(ge=0, le=100)] = 50.0
    time_limit_seconds: Annotated[float, Field(gt=0, le=600)] = TIME_LIMIT_SECONDS

    _known = field_validator("names")(known_labels)

    @model_validator(mode="after")
    def _fit(self) -> EndpointOptions:
        if not SENT[self.send].issuperset(self.reads):
            raise ValueError(f"send: {self.send} goes with reads of {', '.join(sorted(SENT[self.send]))}")
        if (self.answer.findings is not None) != bool(self.names):
            raise ValueError("names and answer.findings belong together: the model's labels, and where they stand")
        if self.send == "json" and self.template is None:
            raise ValueError("send: json needs a template with $input in it")
        if self.template is not None and "$input" not in json.dumps(self.template):
            raise ValueError("the template has no $input in it")
        return self


class Endpoint:
    """A model behind an endpoint."""

    version = "1.1"
    card = ENDPOINT
    on_demand = True

    def __init__(self, account: Account, fitting: pictures.Fitting, options: EndpointOptions) -> None:
        self._account, self._fitting, self._options = account, fitting, options
        self.name = f"sagemaker.{options.name}"
        self.reads = options.reads
        self.labels = tuple(sorted({*options.names.values(), *options.answer.confidences}))
        self.min_confidence = options.min_confidence
        self.time_limit_seconds = options.time_limit_seconds

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """What the model found, in the order of its answer. Raises `Unreadable` and `Unavailable`."""
        caller = Caller(context.app, self.name)
        if part.type == "text" and not (part.text or "").strip():
            return []
        if self._options.send != "uri":
            bodies = self._bodies(part, context)
            return merge_looks([self._ask(caller, part, body, content_type) for body, content_type in bodies])
        with in_s3(part, context, self._account, caller) as uri:
            body = _filled(self._options.template, uri) if self._options.template is not None else uri.encode()
            usual = "application/json" if self._options.template is not None else "text/plain"
            return self._ask(caller, part, body, usual)

    def _bodies(self, part: Part, context: Context) -> list[tuple[bytes, str]]:
        """What is sent, with its type: one for a text, one or two for the looks of a picture."""
        if self._options.send == "picture":
            looks = pictures.fitted_bytes(part, context, PICTURE, self._fitting)
            return [(data, f"image/{kind}") for data, kind in looks]
        if self._options.send == "json":
            return [(_filled(self._options.template, part.text or ""), "application/json")]
        return [((part.text or "").encode(errors="replace"), "text/plain; charset=utf-8")]

    def _ask(self, caller: Caller, part: Part, body: bytes, usual_type: str) -> list[Detection]:
        if len(body) > MOST_BYTES:
            raise Unavailable(f"{len(body):,} bytes; an endpoint takes {MOST_BYTES:,}")
        given: dict[str, Any] = {
            "EndpointName": self._options.endpoint,
            "Body": body,
            "ContentType": self._options.content_type or usual_type,
            "Accept": "application/json",
        }
        if self._options.target_model is not None:
            given["TargetModel"] = self._options.target_model
        if self._options.target_variant is not None:
            given["TargetVariant"] = self._options.target_variant
        billed = units(part.text or "", 1) if part.type == "text" else 1
        answer = self._account.call(caller, "sagemaker-runtime", "InvokeEndpoint", billed, **given)
        return [d for d in self._findings(part, _json(answer["Body"])) if d.confidence >= self.min_confidence]

    def _findings(self, part: Part, answer: Any) -> list[Detection]:
        how = self._options.answer
        if how.findings is None:
            return [
                Detection(label=label, confidence=self._percent(_one(path, answer)))
                for label, path in how.confidences.items()
            ]
        found = []
        for finding in _all(how.findings, answer):
            label = self._options.names.get(str(_one(how.label, finding)))
            if label is None:
                continue
            box = _numbers(how.box, finding, 4) if how.box is not None and part.type == "image" else None
            span = _numbers(how.span, finding, 2) if how.span is not None and part.type == "text" else None
            found.append(
                Detection(
                    label=label,
                    confidence=self._percent(_one(how.confidence, finding)),
                    box=None if box is None else Box.model_validate(box),
                    span=None if span is None else Span(start=int(span[0]), end=int(span[1])),
                    attributes={"model_label": str(_one(how.label, finding))[:200]},
                )
            )
        return found

    def _percent(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CallRefused("UnexpectedAnswer", f"endpoint {self._options.endpoint}: a confidence is no number")
        return float(value) * (100.0 if self._options.answer.scale == "0-1" else 1.0)


def _filled(template: Any, value: str) -> bytes:
    """The template with `value` for ``$input``, as JSON. The value is put into texts, never into JSON as written."""

    def fill(node: Any) -> Any:
        if isinstance(node, str):
            return node.replace("$input", value)
        if isinstance(node, Mapping):
            return {key: fill(inner) for key, inner in node.items()}
        return [fill(inner) for inner in node] if isinstance(node, list) else node

    return json.dumps(fill(template)).encode()


def _json(body: Any) -> Any:
    from botocore.exceptions import BotoCoreError

    try:
        return json.loads(body.read())
    except (ValueError, BotoCoreError) as error:
        raise CallRefused("UnexpectedAnswer", "the endpoint's answer is no JSON") from error


def _all(path: str, value: Any) -> list[Any]:
    """What a JSONPath finds. A list that is not there is no empty list: then the answer is not as configured."""
    found = [match.value for match in _parsed(path).find(value)]
    if not found and not _is_empty_list(path, value):
        raise CallRefused("UnexpectedAnswer", f"the endpoint's answer has no {path}")
    return found


def _is_empty_list(path: str, value: Any) -> bool:
    """Whether what the path lists is there, and has nothing in it."""
    while path.endswith("[*]"):
        path = path.removesuffix("[*]")
        held = [match.value for match in _parsed(path or "$").find(value)]
        if held:
            return all(each == [] for each in held)
    return False


def _one(path: str, value: Any) -> Any:
    found = _parsed(path).find(value)
    if not found:
        raise CallRefused("UnexpectedAnswer", f"the endpoint's answer has no {path}")
    return found[0].value


def _numbers(path: str, value: Any, count: int) -> list[float]:
    found = _one(path, value)
    if not isinstance(found, list) or len(found) != count or not all(isinstance(n, int | float) for n in found):
        raise CallRefused("UnexpectedAnswer", f"{path} of the endpoint's answer is no list of {count} numbers")
    return found
