"""Start… and Get… over stored films: moderation labels, labels, faces and texts, as jobs of `moderation.films`."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from moderation.aws.rekognition import faces, labels, moderating, texts
from moderation.aws.rekognition.caller import Caller
from moderation.aws.rekognition.faults import fault, not_ready
from moderation.aws.rekognition.looking import Answer
from moderation.aws.rekognition.pictures import NO_OBJECT
from moderation.aws.rekognition.segments import by_pictures, by_segments
from moderation.core.detections import Detection
from moderation.core.errors import MediaRefused, NotFound
from moderation.core.items import Part, Tool
from moderation.films.looking import sampler_of
from moderation.films.opening import topics_of
from moderation.hookspecs import Detector, Extractor
from moderation.storage.film_jobs import FilmJob, ShownPicture, TokenUsed, TooManyJobs

LEAST = 50.0
"""Confidence of labels where a request names none."""
PAGE = 1000
"""Results of a page, where a request names none, and the most."""
Looked = tuple[Sequence[Detector | Extractor], Sequence[str]]
"""Who looks, and what nobody looks for."""


@dataclass(frozen=True)
class Kind:
    """What the operations over films differ in.

    Attributes:
        prepare: checks a request to start, and says who looks.
        entries: what a picture showed, as the answer has it.
        listed: the name of the list in the answer.
        entry: the name of what was found in an entry of that list.
        version: the name and value of the model's version; None for a kind that has none.
        has_segments: whether answers are sorted and aggregated as they are asked for.
    """

    prepare: Callable[[Caller, Mapping[str, Any]], Looked]
    entries: Callable[[Caller, FilmJob, ShownPicture], list[dict[str, Any]]]
    listed: str
    entry: str
    version: tuple[str, Callable[[FilmJob], str]] | None = None
    has_segments: bool = False


def start(operation: str, caller: Caller, p: Mapping[str, Any]) -> Answer:
    """Take a job on. The same request with the same token is the same job.

    Raises:
        ApiError: nobody here looks for it, or takes films apart; there is no such film; too many jobs are under way.
    """
    kind, service = KINDS[operation], caller.service
    looking, unseen = kind.prepare(caller, p)
    sampler = sampler_of(service.judge.plugins)
    if sampler is None:
        raise not_ready("Nobody takes pictures out of films here; film.frames does (pip install 'moderation[film]')")
    place = p["Video"].get("S3Object") or {}
    if not place.get("Bucket") or not place.get("Name"):
        raise fault("InvalidParameterException", "Request has invalid parameters: Video.S3Object has Bucket and Name")
    channel = p.get("NotificationChannel")
    if channel is not None:
        _check_topic(caller, channel["SNSTopicArn"])
    try:
        service.films.looking.film(caller.app, place)
    except NotFound as error:
        raise fault("InvalidS3ObjectException", NO_OBJECT) from error
    except MediaRefused as error:
        if error.kind == "too_large":
            raise fault("VideoTooLargeException", f"Video size is too large: {error}") from error
        # What cannot be read is the job's to say, as on AWS.
    tools = [Tool(name=each.name, version=each.version) for each in looking]
    token = p.get("ClientRequestToken")
    asked = {name: value for name, value in p.items() if name != "ClientRequestToken" and value is not None}
    try:
        job = service.films.rows.add(
            caller.app, operation, asked, tools=tools, unseen=unseen, token=token, is_told=channel is None
        )
    except TokenUsed as error:
        raise fault("IdempotentParameterMismatchException", str(error)) from error
    except TooManyJobs as error:
        raise fault("LimitExceededException", str(error)) from error
    service.films.ring()
    return Answer({"JobId": job.id}, [sampler, *looking], unseen)


def get(operation: str, caller: Caller, p: Mapping[str, Any]) -> Answer:
    """How a job is, and a page of what it found. Only one that saw all of its film has a list.

    Raises:
        ApiError: there is no such job of this app's, or the page is none.
    """
    kind = KINDS[operation]
    try:
        job = caller.service.films.rows.get(p["JobId"], caller.app)
    except NotFound as error:
        raise _no_job() from error
    if job.operation != operation:
        raise _no_job()
    document: dict[str, Any] = {
        "JobId": job.id,
        "JobStatus": job.state,
        "Video": job.request["Video"],
    }
    if job.message:
        document["StatusMessage"] = job.message
    if "JobTag" in job.request:
        document["JobTag"] = job.request["JobTag"]
    order = {"SortBy": p.get("SortBy") or "TIMESTAMP", "AggregateBy": p.get("AggregateBy") or "TIMESTAMPS"}
    if kind.has_segments:
        document["GetRequestMetadata"] = order
    if job.state != "SUCCEEDED" or job.film is None:
        return Answer(document, (), job.unseen)
    document["VideoMetadata"] = {name: value for name, value in job.film.items() if name != "sha256"}
    if kind.version is not None:
        document[kind.version[0]] = kind.version[1](job)
    shown = [(each, kind.entries(caller, job, each)) for each in caller.service.films.rows.pictures(job.id)]
    gather = by_segments if kind.has_segments and order["AggregateBy"] == "SEGMENTS" else by_pictures
    found = gather(shown, kind.entry)
    if kind.has_segments and order["SortBy"] == "NAME":
        found.sort(key=lambda each: (each[kind.entry]["Name"], -each[kind.entry]["Confidence"], each["Timestamp"]))
    first = _position(p.get("NextToken"), job, order, len(found))
    last = first + min(int(p.get("MaxResults") or PAGE), PAGE)
    document[kind.listed] = found[first:last]
    if last < len(found):
        document["NextToken"] = _token(job, order, last)
    return Answer(document, job.tools, job.unseen)


def _check_topic(caller: Caller, topic: str) -> None:
    """Refuse topics that the settings do not name: they are told with this machine's own rights."""
    known = {target.name for app, target in topics_of(caller.service.settings) if caller.app in (None, app)}
    if topic not in known:
        message = "The topic is not one that jobs of this access key may tell (MODERATION_AWS_TOPICS)"
        raise fault("InvalidParameterException", message)


def _no_job() -> Exception:
    return fault("ResourceNotFoundException", "Could not find JobId")


def _token(job: FilmJob, order: Mapping[str, str], at: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([job.id, *order.values(), at]).encode()).decode()


def _position(token: str | None, job: FilmJob, order: Mapping[str, str], count: int) -> int:
    """Where a page begins. Raises `ApiError` for a token of another job or order, or beyond the last of `count`."""
    if token is None:
        return 0
    try:
        *of, at = json.loads(base64.urlsafe_b64decode(token))
        if of == [job.id, *order.values()] and type(at) is int and 0 < at < count:
            return at
    except (binascii.Error, ValueError, TypeError):
        pass  # no token of ours, which is said below
    raise fault("InvalidPaginationTokenException", "NextToken is not one that this job gave for the same order")


def _detections(shown: ShownPicture) -> list[Detection]:
    found = [Detection.model_validate(each) for each in shown.detections]
    return sorted(found, key=lambda each: -each.confidence)


def _prepare_moderation(caller: Caller, p: Mapping[str, Any]) -> Looked:
    able = moderating.need_able(caller, float(p.get("MinConfidence", LEAST)))
    return able, moderating.not_looked_for(able, caller.service.taxonomy)


def _moderation(caller: Caller, job: FilmJob, shown: ShownPicture) -> list[dict[str, Any]]:
    least = float(job.request.get("MinConfidence", LEAST))
    return moderating.labels_of(_detections(shown), caller.service.taxonomy, least)


def _prepare_labels(caller: Caller, p: Mapping[str, Any]) -> Looked:
    return [labels.need_finder(caller, p, float(p.get("MinConfidence", LEAST)))], ()


def _labels(_: Caller, job: FilmJob, shown: ShownPicture) -> list[dict[str, Any]]:
    return labels.labels_of(_detections(shown), job.request, float(job.request.get("MinConfidence", LEAST)))


def _prepare_faces(caller: Caller, p: Mapping[str, Any]) -> Looked:
    return [faces.need_finder(caller, ["ALL"] if p.get("FaceAttributes") == "ALL" else [])], faces.NOT_MEASURED


def _prepare_texts(caller: Caller, p: Mapping[str, Any]) -> Looked:
    texts.wanted_of(p)
    return [texts.need_reader(caller)], ()


def _texts(_: Caller, job: FilmJob, shown: ShownPicture) -> list[dict[str, Any]]:
    return texts.texts_of([Part.model_validate(each) for each in shown.texts], texts.wanted_of(job.request))


KINDS: Mapping[str, Kind] = {
    "ContentModeration": Kind(
        _prepare_moderation,
        _moderation,
        "ModerationLabels",
        "ModerationLabel",
        ("ModerationModelVersion", lambda _: moderating.VERSION),
        has_segments=True,
    ),
    "LabelDetection": Kind(
        _prepare_labels,
        _labels,
        "Labels",
        "Label",
        ("LabelModelVersion", lambda job: job.tools[0].version),
        has_segments=True,
    ),
    "FaceDetection": Kind(_prepare_faces, lambda _, __, shown: faces.faces_of(_detections(shown)), "Faces", "Face"),
    "TextDetection": Kind(
        _prepare_texts, _texts, "TextDetections", "TextDetection", ("TextModelVersion", lambda _: texts.VERSION)
    ),
}
OPERATIONS: Mapping[str, Callable[[Caller, Mapping[str, Any]], Answer]] = {
    f"{verb}{name}": partial(answer, name) for name in KINDS for verb, answer in (("Start", start), ("Get", get))
}
"""What is offered, by name."""
