"""A job of Amazon Transcribe: one for each content and set of options, started once, read as often as wanted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from moderation.core.items import Part
from moderation.hookspecs import Context, Unreadable
from moderation_aws.calls import Account, Caller, CallRefused, needed
from moderation_aws.jobs import FOLDER, MARGIN_SECONDS, in_s3, read_object, wait_for

NOT_THERE = ("NotFoundException", "BadRequestException")
"""How Transcribe says that there is no job of a name; the second is what its reference gives."""
LEAST_SECONDS = 15.0
"""That a job is billed for."""


class TranscribeOptions(BaseModel):
    """``transcribe:`` in the configuration.

    Attributes:
        language: such as ``en-US``; None lets Transcribe tell.
        languages: what it may be when Transcribe tells; two or more, or none for all.
        speakers: tell apart up to so many; None does not.
        toxicity: find abuse in the voice and words too (``transcribe.toxicity``); US English only.
        redact: leave personal data out of the transcript. Text detectors cannot find it there then.
        wait_seconds: how long a look waits for the job. Set MODERATION_LEASE_SECONDS higher than that.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}-[A-Z]{2}$")] | None = None
    languages: tuple[str, ...] = ()
    speakers: Annotated[int, Field(ge=2, le=30)] | None = None
    toxicity: bool = False
    redact: bool = False
    wait_seconds: Annotated[float, Field(gt=0, le=3500)] = 600.0

    @model_validator(mode="after")
    def _fit(self) -> TranscribeOptions:
        if self.toxicity and self.language != "en-US":
            raise ValueError("toxicity is found in US English only: set language: en-US")
        if self.toxicity and self.speakers is not None:
            raise ValueError("toxicity goes with redact only, not with speakers (Transcribe's own limit)")
        if self.language is not None and self.languages:
            raise ValueError("say language or languages, not both")
        return self

    @property
    def time_limit_seconds(self) -> float:
        """Of a detector that waits for a job."""
        return self.wait_seconds + MARGIN_SECONDS


@dataclass(frozen=True)
class Transcript:
    """What a finished job found.

    Attributes:
        results: as Transcribe writes it: ``items``, ``toxicity_detection`` and more.
        is_new: this look started the job.
    """

    results: Mapping[str, Any]
    is_new: bool

    @property
    def seconds(self) -> float:
        """The end of the last word: about the length, and at least what is billed."""
        ends = [float(item["end_time"]) for item in self.results.get("items", ()) if "end_time" in item]
        return max([LEAST_SECONDS, *ends])


def transcript_of(
    part: Part, context: Context, account: Account, caller: Caller, options: TranscribeOptions
) -> Transcript:
    """Start the job unless there is one, wait, and read the transcript.

    Raises:
        Unreadable: Transcribe could not make anything of the sound.
        Unavailable: it did not end in time, or AWS said no.
    """
    assert part.media is not None
    name = job_name(part, options)
    found = _find(account, caller, name)
    if found is not None:
        try:
            return Transcript(_finished(account, caller, name, options), is_new=False)
        except CallRefused as error:
            # The job is remembered longer than its transcript is kept.
            if error.code != "NoSuchKey":
                raise
            account.call(caller, "transcribe", "DeleteTranscriptionJob", 0, TranscriptionJobName=name)
    with in_s3(part, context, account, caller) as uri:
        is_new = _start(account, caller, name, uri, options)
        return Transcript(_finished(account, caller, name, options), is_new)


def job_name(part: Part, options: TranscribeOptions) -> str:
    """The same for the same content and options, whoever asks and however often."""
    assert part.media is not None
    given = json.dumps([part.media.sha256, options.model_dump(exclude={"wait_seconds"})], sort_keys=True)
    return f"moderation-{hashlib.sha256(given.encode()).hexdigest()[:48]}"


def _find(account: Account, caller: Caller, name: str) -> Mapping[str, Any] | None:
    try:
        answer = account.call(caller, "transcribe", "GetTranscriptionJob", 0, TranscriptionJobName=name)
    except CallRefused as error:
        if error.code in NOT_THERE:
            return None
        raise
    job: Mapping[str, Any] = needed(answer, "TranscriptionJob")
    return job


def _start(account: Account, caller: Caller, name: str, uri: str, options: TranscribeOptions) -> bool:
    """Start the job; False when another worker was quicker."""
    bucket = account.bucket or uri.removeprefix("s3://").partition("/")[0]
    given: dict[str, Any] = {
        "TranscriptionJobName": name,
        "Media": {"MediaFileUri": uri},
        "OutputBucketName": bucket,
        "OutputKey": f"{FOLDER}/{name}.json",
    }
    if options.language is not None:
        given["LanguageCode"] = options.language
    else:
        given["IdentifyLanguage"] = True
        if options.languages:
            given["LanguageOptions"] = list(options.languages)
    if options.speakers is not None:
        given["Settings"] = {"ShowSpeakerLabels": True, "MaxSpeakerLabels": options.speakers}
    if options.toxicity:
        given["ToxicityDetection"] = [{"ToxicityCategories": ["ALL"]}]
    if options.redact:
        given["ContentRedaction"] = {"RedactionType": "PII", "RedactionOutput": "redacted"}
    try:
        account.call(caller, "transcribe", "StartTranscriptionJob", 0, **given)
    except CallRefused as error:
        if error.code == "ConflictException":
            return False
        raise
    return True


def _finished(account: Account, caller: Caller, name: str, options: TranscribeOptions) -> Mapping[str, Any]:
    """The ``results`` of the job once it has ended."""

    def look() -> Mapping[str, Any] | None:
        job = _find(account, caller, name)
        if job is None:
            raise CallRefused("NotFoundException", f"transcription job {name} is gone")
        status = job["TranscriptionJobStatus"]
        if status == "FAILED":
            # The reason speaks of the file's format; it quotes nothing that was said.
            raise Unreadable(f"Transcribe: {job.get('FailureReason', 'the job failed')[:200]}")
        return job if status == "COMPLETED" else None

    job = wait_for(look, options.wait_seconds, f"transcription job {name}")
    transcript = needed(job, "Transcript")
    uri = transcript.get("RedactedTranscriptFileUri" if options.redact else "TranscriptFileUri")
    if uri is None:
        raise CallRefused("IncompleteAnswer", f"transcription job {name} names no transcript")
    try:
        results: Mapping[str, Any] = json.loads(read_object(account, caller, *_place(uri)))["results"]
    except (ValueError, KeyError, TypeError) as error:
        raise CallRefused("IncompleteAnswer", f"the transcript of job {name} cannot be read") from error
    return results


def _place(uri: str) -> tuple[str, str]:
    """Bucket and key of ``https://s3.REGION.amazonaws.com/BUCKET/KEY`` or ``s3://BUCKET/KEY``."""
    parts = urlsplit(uri)
    if parts.scheme == "s3":
        return parts.netloc, parts.path.removeprefix("/")
    bucket, _, key = unquote(parts.path).removeprefix("/").partition("/")
    return bucket, key
