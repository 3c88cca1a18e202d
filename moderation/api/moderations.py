"""``/v1/moderations``: OpenAI's moderation contract, so that its clients work unmodified. Nothing is stored.

``flagged`` is what the policies say: true unless they approve. A category that no detector looked for is null, has no
score, is absent from ``category_applied_input_types``, and is named in ``not_looked_for``: silence is never false.
"""

from __future__ import annotations

import base64
import binascii
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Blueprint, Response, g, request

from ground.blobs import Blobs
from ground.fetch import FetchFailed, fetch
from moderation import __version__
from moderation.api.auth import Gate
from moderation.api.bodies import read_model
from moderation.api.openapi import Operation
from moderation.api.posting import json_response
from moderation.api.problems import Refused, invalid
from moderation.api.schemas.moderations import ModerationRequest, ModerationResult, Moderations, PictureInput, TextInput
from moderation.api.strict_json import check_text
from moderation.core.errors import MediaRefused, UrlRefused
from moderation.core.items import Part
from moderation.core.taxonomy import Taxonomy
from moderation.detection.judgement import Judgement
from moderation.detection.trying import try_item
from moderation.hookspecs import Detector, Unavailable, Unreadable
from moderation.media.inspecting import inspect, store_media
from moderation.service import Service

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "harassment": ("Toxicity/HARASSMENT_OR_ABUSE", "Toxicity/INSULT"),
    "harassment/threatening": ("Toxicity/VIOLENCE_OR_THREAT",),
    "hate": ("Toxicity/HATE_SPEECH", "Hate Symbols"),
    "hate/threatening": (),
    "illicit": (),
    "illicit/violent": (),
    "self-harm": ("Wellbeing/SELF_HARM", "Self-Harm"),
    "self-harm/instructions": (),
    "self-harm/intent": (),
    "sexual": ("Toxicity/SEXUAL", "Explicit"),
    "sexual/minors": (),
    "violence": ("Toxicity/VIOLENCE_OR_THREAT", "Violence"),
    "violence/graphic": ("Toxicity/GRAPHIC", "Graphic Violence", "Visually Disturbing"),
}
"""OpenAI's categories, with the labels of our taxonomy that they stand for; none where we have no such label."""
FETCHES = 4
"""Pictures by address that a process fetches at once for these calls: each of them waits for somebody else's server."""


@dataclass(frozen=True)
class _Looked:
    """A category as one input shows it.

    Attributes:
        kinds: types of parts in which somebody looked for it, or in which it was found.
        score: highest confidence, 0-1; 0 where somebody looked and found nothing.
    """

    kinds: tuple[str, ...]
    score: float


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`."""
    moderations = Blueprint("moderations", __name__, url_prefix="/v1/moderations")
    moderations.before_request(gate.admit)
    fetching = threading.BoundedSemaphore(FETCHES)

    @moderations.post("")
    @Operation(
        "OpenAI's moderation contract: texts, or texts and pictures together, judged by the policies in force for your "
        "app. Nothing is stored, and nobody is asked. `flagged` is true unless the policies approve.",
        {200: Moderations},
        bodies=(ModerationRequest,),
        problems=(400, 401, 413, 415, 422, 503),
    )
    def post_moderations() -> Response:
        """Judge each text by itself, or the given parts as one item."""
        given = read_model(request, ModerationRequest)
        inputs = _inputs(given)
        results = [_result(service, parts) for parts in inputs]
        body = Moderations(id=f"modr-{uuid.uuid4().hex}", model=f"moderation-{__version__}", results=results)
        return json_response(body.model_dump(mode="json", by_alias=True))

    def _result(service: Service, inputs: Sequence[TextInput | PictureInput]) -> ModerationResult:
        pictures = [
            _bytes(number, each) if isinstance(each, PictureInput) else b"" for number, each in enumerate(inputs)
        ]

        def parts(blobs: Blobs) -> Iterator[Part]:
            for number, each in enumerate(inputs):
                if isinstance(each, TextInput):
                    yield Part(id=f"p{number}", type="text", text=each.text)
                else:
                    yield _picture(blobs, number, pictures[number], service)

        return result_of(try_item(service.judge, g.app_name, parts), service.judge.plugins.detectors, service.taxonomy)

    def _bytes(number: int, given: PictureInput) -> bytes:
        field, url = f"input[{number}].image_url.url", given.image_url.url
        if url.startswith("data:"):
            head, comma, text = url.partition(",")
            if not comma or not head.endswith(";base64"):
                raise invalid(field, "a data: URL must be in base64, such as data:image/png;base64,iVBOR...")
            try:
                return base64.b64decode(text, validate=True)
            except (binascii.Error, ValueError) as error:
                raise invalid(field, f"not base64: {error}") from error
        settings = service.settings
        with _one_of(fetching):
            try:
                return fetch(
                    url,
                    max_bytes=settings.max_media_bytes,
                    timeout_seconds=settings.fetch_timeout_seconds,
                    allow_private=settings.allow_private_urls,
                )
            except (FetchFailed, UrlRefused, MediaRefused) as error:
                raise invalid(field, f"it could not be fetched: {error}") from error

    return moderations


@contextmanager
def _one_of(places: threading.BoundedSemaphore) -> Iterator[None]:
    if not places.acquire(blocking=False):
        detail = f"{FETCHES} pictures are being fetched already; try again, or send them as data: URLs"
        raise Refused(429, "overloaded", detail, headers={"Retry-After": "1"})
    try:
        yield
    finally:
        places.release()


def _inputs(given: ModerationRequest) -> list[list[TextInput | PictureInput]]:
    """What is judged together: each string by itself, parts as one item."""
    if isinstance(given.input, str):
        texts: Sequence[TextInput | PictureInput | str] = [given.input]
    else:
        texts = given.input
    together: list[TextInput | PictureInput] = []
    apart: list[list[TextInput | PictureInput]] = []
    for number, each in enumerate(texts):
        text = each if isinstance(each, str) else each.text if isinstance(each, TextInput) else None
        if text is not None:
            check_text(f"input[{number}]", text)
            if not text.strip():
                raise invalid(f"input[{number}]", "the text is empty")
        if isinstance(each, str):
            apart.append([TextInput(type="text", text=each)])
        else:
            together.append(each)
    return apart or [together]


def _picture(blobs: Blobs, number: int, data: bytes, service: Service) -> Part:
    try:
        facts = inspect(data, service.judge.limits, "image")
        if service.settings.is_for_works_council:
            data = service.covering.cover(data)
            facts = inspect(data, service.judge.limits, "image")
    except (MediaRefused, Unavailable, Unreadable) as error:
        raise invalid(f"input[{number}].image_url.url", str(error)) from error
    return Part(id=f"p{number}", type="image", media=store_media(blobs, data, facts, None))


def result_of(judgement: Judgement, detectors: Sequence[Detector], taxonomy: Taxonomy) -> ModerationResult:
    """A judgement in OpenAI's words. Pure."""
    looked = {name: _looked(judgement, labels, detectors, taxonomy) for name, labels in CATEGORIES.items()}
    ruling = judgement.ruling
    is_flagged = ruling.outcome != "approve"

    def is_deciding(labels: tuple[str, ...]) -> bool:
        return any(taxonomy.covers(wanted, label) for wanted in labels for label in ruling.labels)

    return ModerationResult(
        flagged=is_flagged,
        categories={
            name: None if each is None else is_flagged and is_deciding(CATEGORIES[name])
            for name, each in looked.items()
        },
        category_scores={name: None if each is None else each.score for name, each in looked.items()},
        category_applied_input_types={name: list(each.kinds) for name, each in looked.items() if each is not None},
        not_looked_for=[name for name, each in looked.items() if each is None],
        outcome=ruling.outcome,
        reason=ruling.reason,
    )


def _looked(
    judgement: Judgement, labels: tuple[str, ...], detectors: Sequence[Detector], taxonomy: Taxonomy
) -> _Looked | None:
    covers: Callable[[str], bool] = lambda label: any(taxonomy.covers(wanted, label) for wanted in labels)  # noqa: E731
    types = {part.id: part.type for part in judgement.parts}
    able = {each.name for each in detectors if any(covers(label) for label in each.labels)}
    found = [each for each in judgement.detections if covers(each.label)]
    kinds = {types[each.part.partition(".")[0]] for each in found}
    kinds |= {types[each.part] for each in judgement.ruling.examined if able.intersection(each.detectors)}
    if not kinds:
        return None
    return _Looked(tuple(sorted(kinds)), max((round(each.confidence / 100, 6) for each in found), default=0.0))
