"""``rekognition.video``: unsafe scenes, things and faces in stored films, with the times they are seen."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from moderation.core.detections import Detection
from moderation.core.items import Part, TimeRange
from moderation.hookspecs import Context, Unavailable, Unreadable
from moderation_aws.calls import Account, Caller, CallRefused, needed
from moderation_aws.cards import FILMS
from moderation_aws.image_labels import known_labels
from moderation_aws.jobs import MARGIN_SECONDS, in_s3, wait_for
from moderation_aws.pictures import s3_object
from moderation_aws.taxonomy_map import MODERATION_LABELS, moderation_label

CONTENT_TYPES = ("video/mp4", "video/quicktime")
"""Rekognition reads H.264 in these."""
PAGE = 1000
OPERATIONS: Mapping[str, str] = {
    "moderation": "ContentModeration",
    "labels": "LabelDetection",
    "faces": "FaceDetection",
}
SAME_FACE_SECONDS = 1.5
"""Faces that are seen with shorter gaps are one appearance: Rekognition looks about twice a second."""

Look = Literal["moderation", "labels", "faces"]


class FilmOptions(BaseModel):
    """``video:`` in the configuration.

    Attributes:
        look_for: each is a job of its own, and billed by the minute.
        names: for ``labels``: Rekognition's label to ours.
        min_confidence: percent.
        topic_arn: SNS topic that is told when a job ends, with `role_arn`, which lets Rekognition write there.
        queue_url: SQS queue that is subscribed to the topic; waiting is by it then. Without, the job is asked.
        wait_seconds: how long a look waits for its jobs. Set MODERATION_LEASE_SECONDS higher than that.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    look_for: Annotated[tuple[Look, ...], Field(min_length=1)] = ("moderation",)
    names: dict[str, str] = {}
    min_confidence: Annotated[float, Field(ge=0, le=100)] = 50.0
    topic_arn: str | None = None
    role_arn: str | None = None
    queue_url: str | None = None
    wait_seconds: Annotated[float, Field(gt=0, le=3500)] = 600.0

    _known = field_validator("names")(known_labels)

    @model_validator(mode="after")
    def _fit(self) -> FilmOptions:
        if ("labels" in self.look_for) != bool(self.names):
            raise ValueError("look_for: [labels] and names belong together")
        if (self.topic_arn is None) != (self.role_arn is None) or (self.queue_url and not self.topic_arn):
            raise ValueError("queue_url needs topic_arn, and topic_arn needs role_arn")
        return self


class Films:
    """Scenes with Rekognition's moderation labels, chosen things, and appearances of faces; each with its seconds."""

    name = "rekognition.video"
    version = "1.0"
    card = FILMS
    reads = ("video",)
    on_demand = True

    def __init__(self, account: Account, options: FilmOptions) -> None:
        self._account, self._options = account, options
        self.min_confidence = options.min_confidence
        self.time_limit_seconds = options.wait_seconds + MARGIN_SECONDS
        labels: set[str] = set(options.names.values())
        labels |= set(MODERATION_LABELS) if "moderation" in options.look_for else set()
        labels |= {"Face"} if "faces" in options.look_for else set()
        self.labels = tuple(sorted(labels))

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """Findings by job, in the order of time. Raises `Unreadable` and `Unavailable`."""
        assert part.media is not None
        if part.media.content_type not in CONTENT_TYPES:
            raise Unreadable(f"Rekognition reads MP4 and QuickTime films, not {part.media.content_type}")
        caller = Caller(context.app, self.name)
        with (
            in_s3(part, context, self._account, caller) as uri,
            ThreadPoolExecutor(max_workers=len(self._options.look_for)) as threads,
        ):
            digest = part.media.sha256
            found = list(threads.map(lambda look: self._job(caller, look, uri, digest), self._options.look_for))
        return [detection for each in found for detection in each if detection.confidence >= self.min_confidence]

    def _job(self, caller: Caller, look: Look, uri: str, digest: str) -> list[Detection]:
        deadline = time.monotonic() + self._options.wait_seconds
        operation = OPERATIONS[look]
        job = wait_for(
            lambda: self._start(caller, look, uri, digest), self._options.wait_seconds, f"room for a job of {operation}"
        )
        # A pause by the queue ends early when the job has ended; the job itself is asked either way.
        first = wait_for(
            lambda: self._page(caller, look, job, {}),
            max(deadline - time.monotonic(), 1.0),
            f"{operation} job {job}",
            self._bell(caller, job),
        )
        minutes = first.get("VideoMetadata", {}).get("DurationMillis", 0) / 60_000
        self._account.count(caller, f"rekognition.Start{operation}", minutes)
        pages = list(self._pages(caller, look, job, first))
        if look == "moderation":
            return [detection for page in pages for detection in _moderation(page)]
        if look == "labels":
            return [detection for page in pages for detection in _things(page, self._options.names)]
        return _appearances([face for page in pages for face in needed(page, "Faces")])

    def _start(self, caller: Caller, look: Look, uri: str, digest: str) -> str | None:
        """The job's id: a new one's, or that of the same look at the same film; None while too many jobs run."""
        given: dict[str, Any] = {
            "Video": {"S3Object": s3_object(uri)},
            "JobTag": f"moderation-{look}",
        }
        if look != "faces":
            given["MinConfidence"] = self.min_confidence
        if self._options.topic_arn is not None:
            given["NotificationChannel"] = {"SNSTopicArn": self._options.topic_arn, "RoleArn": self._options.role_arn}
        if look == "labels":
            given["Settings"] = {"GeneralLabels": {"LabelInclusionFilters": sorted(self._options.names)}}
            given["Features"] = ["GENERAL_LABELS"]
        given["ClientRequestToken"] = hashlib.sha256(json.dumps([digest, given], sort_keys=True).encode()).hexdigest()
        try:
            answer = self._account.call(caller, "rekognition", f"Start{OPERATIONS[look]}", 0, **given)
        except CallRefused as error:
            if error.code == "LimitExceededException":
                return None
            raise
        job: str = needed(answer, "JobId")
        return job

    def _page(self, caller: Caller, look: Look, job: str, token: Mapping[str, str]) -> dict[str, Any] | None:
        """A page of results; None while the job runs."""
        given: dict[str, Any] = {"JobId": job, "MaxResults": PAGE, **token}
        if look != "faces":
            given |= {"SortBy": "TIMESTAMP", "AggregateBy": "SEGMENTS"}
        answer = self._account.call(caller, "rekognition", f"Get{OPERATIONS[look]}", 0, **given)
        if answer["JobStatus"] == "FAILED":
            raise Unreadable(f"Rekognition: {answer.get('StatusMessage', 'the job failed')[:200]}")
        return answer if answer["JobStatus"] == "SUCCEEDED" else None

    def _pages(self, caller: Caller, look: Look, job: str, first: dict[str, Any]) -> Iterator[dict[str, Any]]:
        page = first
        yield page
        while page.get("NextToken"):
            following = self._page(caller, look, job, {"NextToken": page["NextToken"]})
            if following is None:
                raise Unavailable(f"job {job} runs again in the middle of its results")
            page = following
            yield page

    def _bell(self, caller: Caller, job: str) -> Callable[[float], None]:
        """Passes the time until something is said about the job, or the time is over."""
        url = self._options.queue_url
        if url is None:
            return time.sleep

        def listen(seconds: float) -> None:
            wait = {"WaitTimeSeconds": max(min(int(seconds), 20), 1), "MaxNumberOfMessages": 10}
            answer = self._account.call(caller, "sqs", "ReceiveMessage", 0, QueueUrl=url, **wait)
            is_ours = False
            for message in answer.get("Messages", ()):
                handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
                if job_of(message["Body"]) == job:
                    is_ours = True
                    self._account.call(caller, "sqs", "DeleteMessage", 0, **handle)
                else:
                    # Another worker waits for it.
                    self._account.call(caller, "sqs", "ChangeMessageVisibility", 0, VisibilityTimeout=0, **handle)
            if not is_ours and answer.get("Messages"):
                time.sleep(min(seconds, 1.0))

        return listen


def job_of(body: str) -> str | None:
    """The job that a message of the queue is about: Rekognition's JSON, as SNS wraps it, or bare."""
    try:
        message = json.loads(body)
        inner = json.loads(message["Message"]) if "Message" in message else message
        return str(inner["JobId"])
    except (ValueError, KeyError, TypeError):
        return None


def _moderation(page: Mapping[str, Any]) -> Iterator[Detection]:
    for scene in needed(page, "ModerationLabels"):
        label = scene["ModerationLabel"]
        name = moderation_label(label["Name"], label["ParentName"])
        attributes: dict[str, Any] = {"model": page.get("ModerationModelVersion", "")}
        if name != label["Name"]:
            attributes["rekognition_label"] = label["Name"]
        kinds = {kind["Name"].lower(): kind["Confidence"] for kind in scene.get("ContentTypes", ())}
        if kinds:
            attributes["content_types"] = kinds
        yield Detection(label=name, confidence=label["Confidence"], time_range=_times(scene), attributes=attributes)


def _things(page: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Detection]:
    for seen in needed(page, "Labels"):
        thing = seen["Label"]
        if thing["Name"] in names:
            attributes = {"rekognition_label": thing["Name"]}
            when = _times(seen)
            yield Detection(
                label=names[thing["Name"]], confidence=thing["Confidence"], time_range=when, attributes=attributes
            )


def _times(seen: Mapping[str, Any]) -> TimeRange:
    """Seconds of a segment; of a moment where the answer has no segment."""
    start = seen.get("StartTimestampMillis", seen.get("Timestamp", 0))
    end = seen.get("EndTimestampMillis", start)
    return TimeRange(start=start / 1000, end=max(start, end) / 1000)


def _appearances(faces: Sequence[Mapping[str, Any]]) -> list[Detection]:
    """Faces as stretches of time in which some are seen: the surest, and how many at once."""
    moments: dict[int, list[float]] = {}
    for face in faces:
        moments.setdefault(face["Timestamp"], []).append(face["Face"]["Confidence"])
    found: list[Detection] = []
    for at, sure in sorted(moments.items()):
        last = found[-1] if found else None
        if last is not None and last.time_range and at / 1000 - last.time_range.end <= SAME_FACE_SECONDS:
            most = max(len(sure), int(str(last.attributes["faces_at_once"])))
            found[-1] = last.model_copy(
                update={
                    "confidence": max(last.confidence, *sure),
                    "time_range": TimeRange(start=last.time_range.start, end=at / 1000),
                    "attributes": {"faces_at_once": most},
                }
            )
        else:
            when = TimeRange(start=at / 1000, end=at / 1000)
            found.append(
                Detection(label="Face", confidence=max(sure), time_range=when, attributes={"faces_at_once": len(sure)})
            )
    return found
