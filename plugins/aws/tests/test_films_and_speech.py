"""Jobs over films and sounds against the double of AWS: started once, waited for, paged, placed in seconds."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from moderation_aws.calls import Account
from moderation_aws.films import FilmOptions, Films, job_of
from moderation_aws.speech import Speech, SpeechToxicity
from moderation_aws.transcription import TranscribeOptions
from pydantic import ValidationError

from moderation.core.items import Part
from moderation.hookspecs import Unavailable, Unreadable
from moderation.plugins import load_plugins
from moderation.settings import Settings
from moderation.testing import DetectorContract, ExtractorContract, FakeContext
from tests.aws_double import AwsDouble, AwsError, Fault
from tests.recordings import mp3, mp4

FILM, SOUND = mp4(b"vide", b"soun"), mp3()
START, GET = "transcribe.StartTranscriptionJob", "transcribe.GetTranscriptionJob"
TOPIC, ROLE = "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDone", "arn:aws:iam::111122223333:role/rekognition"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation_aws.jobs.FIRST_PAUSE_SECONDS", 0.005)


def word(content: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    alternatives = [{"confidence": "0.99", "content": content}]
    return {
        "type": "pronunciation",
        "start_time": str(start),
        "end_time": str(end),
        "alternatives": alternatives,
        **more,
    }


def mark(content: str) -> dict[str, Any]:
    return {"type": "punctuation", "alternatives": [{"confidence": "0.0", "content": content}]}


def by(speaker: int, *words: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**each, "speaker_label": f"spk_{speaker}"} for each in words]


RESULTS = {
    "transcripts": [{"transcript": "Call me at 206-555-0100. You idiot!"}],
    "items": [
        *by(0, word("Call", 0.04, 0.3), word("me", 0.3, 0.4), word("at", 0.4, 0.5), word("206-555-0100", 0.5, 21.75), mark(".")),
        *by(1, word("You", 22.0, 22.2), word("idiot", 22.2, 22.9), mark("!")),
    ],
    "toxicity_detection": [
        {
            "text": "You idiot!", "toxicity": 0.92, "start_time": 22.0, "end_time": 22.9,
            "categories": {"profanity": 0.1, "hate_speech": 0.02, "insult": 0.91, "sexual": 0.01, "graphic": 0.0, "violence_or_threat": 0.01, "harassment_or_abuse": 0.6},
        }
    ],
}  # fmt: skip


class Transcribe:
    """The double's Transcribe: a job is done after some looks at it."""

    def __init__(self, aws: AwsDouble, results: dict[str, Any] = RESULTS, looks: int = 2) -> None:
        self.aws, self.results, self.looks = aws, results, looks
        self.jobs: dict[str, dict[str, Any]] = {}
        aws.answer(START, self.start)
        aws.answer(GET, self.get)
        aws.answer("transcribe.DeleteTranscriptionJob", self.delete)

    def start(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["TranscriptionJobName"]
        if name in self.jobs:
            raise AwsError("ConflictException", status=409)
        self.jobs[name] = {"given": given, "left": self.looks}
        return {"TranscriptionJob": {"TranscriptionJobName": name, "TranscriptionJobStatus": "QUEUED"}}

    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["TranscriptionJobName"]
        job = self.jobs.get(name)
        if job is None:
            raise AwsError("BadRequestException", "The requested job couldn't be found.")
        if job["left"]:
            job["left"] -= 1
            status: dict[str, Any] = {"TranscriptionJobStatus": "IN_PROGRESS"}
        else:
            place = (job["given"]["OutputBucketName"], job["given"]["OutputKey"])
            if "written" not in job:
                self.aws.objects[place] = json.dumps({"jobName": name, "results": self.results}).encode()
                job["written"] = True
            uri = f"https://s3.us-east-1.amazonaws.com/{place[0]}/{place[1]}"
            status = {"TranscriptionJobStatus": "COMPLETED", "Transcript": {"TranscriptFileUri": uri}}
            if "ContentRedaction" in job["given"]:
                status["Transcript"] = {"RedactedTranscriptFileUri": uri}
        return {"TranscriptionJob": {"TranscriptionJobName": name, **status}}

    def delete(self, given: dict[str, Any]) -> dict[str, Any]:
        self.jobs.pop(given["TranscriptionJobName"], None)
        return {}


class TestSpeechContract(ExtractorContract):
    extracts = ((SOUND, "206-555-0100"), (FILM, "You idiot!"))
    time_limit_at_most = 900.0

    @pytest.fixture(autouse=True)
    def _answers(self, aws: AwsDouble, account: Account) -> Any:
        self.account = account
        Transcribe(aws)
        yield
        assert aws.refused == []

    def extractor(self) -> Speech:
        return Speech(self.account, TranscribeOptions())


class TestSpeechToxicityContract(DetectorContract):
    finds = ((SOUND, ("Toxicity/INSULT", "Toxicity/HARASSMENT_OR_ABUSE")),)
    time_limit_at_most = 900.0

    @pytest.fixture(autouse=True)
    def _answers(self, aws: AwsDouble, account: Account) -> Any:
        self.account = account
        Transcribe(aws)
        yield
        assert aws.refused == []

    def detector(self) -> SpeechToxicity:
        return SpeechToxicity(self.account, TranscribeOptions(language="en-US", toxicity=True))


def hear(account: Account, folder: Path, options: TranscribeOptions | None = None) -> list[Part]:
    context = FakeContext(folder, app="radio")
    return Speech(account, options or TranscribeOptions()).extract(context.media(SOUND), context)


def test_speakers_have_lines_and_words_have_seconds(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Transcribe(aws)
    [part] = hear(account, tmp_path, TranscribeOptions(speakers=2))

    assert part.text == "spk_0: Call me at 206-555-0100.\nspk_1: You idiot!"
    assert part.extraction is not None
    said = {part.text[p.span.start : p.span.end]: p.time_range for p in part.extraction.places}
    assert said["206-555-0100"] is not None
    assert (said["206-555-0100"].start, said["206-555-0100"].end) == (0.5, 21.75)
    sent = aws.last(START)
    assert sent["Settings"] == {"ShowSpeakerLabels": True, "MaxSpeakerLabels": 2}
    assert sent["IdentifyLanguage"] is True
    assert sent["OutputKey"] == f"moderation-work/{sent['TranscriptionJobName']}.json"
    assert aws.refused == []


def test_what_is_found_in_speech_is_redacted_by_its_seconds(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    from moderation.core.detections import Detection
    from moderation.core.redaction import places

    Transcribe(aws)
    [heard] = hear(account, tmp_path)
    heard = heard.model_copy(update={"id": "p0.0"})
    assert heard.text is not None
    start = heard.text.index("206")
    phone = Detection(label="PII/PHONE", confidence=90, part="p0.0", span=(start, start + 12))
    given = Part(id="p0", type="audio")
    assert heard.extraction is not None
    heard = heard.model_copy(update={"extraction": heard.extraction.model_copy(update={"part": "p0"})})
    [found] = places([given, heard], [phone])["p0"]

    assert found.time_range is not None
    assert (found.time_range.start, found.time_range.end, found.span) == (0.5, 21.75, None)


def test_one_content_is_transcribed_once_whoever_asks(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Transcribe(aws)
    options = TranscribeOptions(language="en-US", toxicity=True)
    hear(account, tmp_path, options)
    context = FakeContext(tmp_path)
    found = SpeechToxicity(account, options).detect(context.media(SOUND), context)

    assert aws.count(START) == 1
    assert [(d.label, d.confidence) for d in found] == [
        ("Toxicity/INSULT", 91.0),
        ("Toxicity/HARASSMENT_OR_ABUSE", 60.0),
    ]
    assert found[0].time_range is not None
    assert found[0].time_range.start == 22.0


def test_another_worker_that_was_quicker_is_no_fault(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    service = Transcribe(aws)

    def start(given: dict[str, Any]) -> dict[str, Any]:
        service.start(given)
        raise AwsError("ConflictException", status=409)

    aws.answer(START, start)

    assert hear(account, tmp_path)


def test_a_transcript_that_is_gone_is_made_anew(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Transcribe(aws)
    hear(account, tmp_path)
    aws.objects.clear()

    assert hear(account, tmp_path)
    assert aws.count(START) == 2


def test_the_copy_in_the_bucket_goes_when_the_job_is_done(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Transcribe(aws)
    hear(account, tmp_path)

    assert [key for _, key in aws.objects] == [f"moderation-work/{aws.last(START)['TranscriptionJobName']}.json"]


def test_a_job_that_does_not_end_is_found_again_by_the_next_try(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    service = Transcribe(aws, looks=10_000)
    with pytest.raises(Unavailable, match=r"still runs after 0.05 s"):
        hear(account, tmp_path, TranscribeOptions(wait_seconds=0.05))
    for job in service.jobs.values():
        job["left"] = 0

    assert hear(account, tmp_path)
    assert aws.count(START) == 1


def test_a_job_that_fails_is_unreadable_content(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    failed = {"TranscriptionJobStatus": "FAILED", "FailureReason": "The media format is not valid"}
    Transcribe(aws)
    aws.answer(GET, lambda given: {"TranscriptionJob": failed})

    with pytest.raises(Unreadable, match="media format is not valid"):
        hear(account, tmp_path)


def test_redaction_is_asked_for_and_its_transcript_read(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Transcribe(aws)

    assert hear(account, tmp_path, TranscribeOptions(redact=True))
    assert aws.last(START)["ContentRedaction"] == {"RedactionType": "PII", "RedactionOutput": "redacted"}


def test_silence_makes_no_part(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Transcribe(aws, {"items": [], "transcripts": [{"transcript": ""}]})

    assert hear(account, tmp_path) == []
    assert account.store.usage("2000-01-01")[-1].units == 15.0, "the least that a job is billed for"


@pytest.mark.parametrize("transcript", [b"{", b"[]", b"{}", b'{"results": {}}'])
def test_a_transcript_that_cannot_be_read_is_no_silence(
    aws: AwsDouble, account: Account, tmp_path: Path, transcript: bytes
) -> None:
    service = Transcribe(aws, looks=0)

    def get(given: dict[str, Any]) -> dict[str, Any]:
        answer = service.get(given)
        for place in aws.objects:
            if place[1].endswith(".json"):
                aws.objects[place] = transcript
        return answer

    aws.answer(GET, get)
    with pytest.raises(Unavailable):
        hear(account, tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"toxicity": True}, {"toxicity": True, "language": "en-US", "speakers": 2},
        {"language": "en-US", "languages": ["en-US", "de-DE"]}, {"wait_seconds": 4000},
    ],
)  # fmt: skip
def test_options_that_transcribe_does_not_take_together_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TranscribeOptions.model_validate(wrong)


# Films

SCENES = [
    {"Timestamp": 1000, "StartTimestampMillis": 1000, "EndTimestampMillis": 4500, "DurationMillis": 3500,
     "ModerationLabel": {"Name": "Weapons", "ParentName": "Violence", "Confidence": 91.0, "TaxonomyLevel": 2},
     "ContentTypes": [{"Name": "Animated", "Confidence": 80.0}]},
    {"Timestamp": 9000, "StartTimestampMillis": 9000, "EndTimestampMillis": 9000, "DurationMillis": 0,
     "ModerationLabel": {"Name": "Smoking", "ParentName": "Drugs & Tobacco Paraphernalia & Use", "Confidence": 70.0, "TaxonomyLevel": 3}},
]  # fmt: skip
NAMES = {"Gun": "Weapons"}


class Rekognition:
    """The double's stored video: jobs that end after some looks, with two pages of results."""

    def __init__(self, aws: AwsDouble, looks: int = 2) -> None:
        self.aws, self.looks = aws, looks
        self.tokens: dict[str, str] = {}
        self.left: dict[str, int] = {}
        for kind in ("ContentModeration", "LabelDetection", "FaceDetection"):
            aws.answer(f"rekognition.Start{kind}", self.start(kind))
            aws.answer(f"rekognition.Get{kind}", self.get(kind))

    def start(self, kind: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        def answer(given: dict[str, Any]) -> dict[str, Any]:
            job = self.tokens.setdefault(given["ClientRequestToken"], f"{kind}-{len(self.tokens)}")
            self.left.setdefault(job, self.looks)
            return {"JobId": job}

        return answer

    def get(self, kind: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        def answer(given: dict[str, Any]) -> dict[str, Any]:
            if self.left[given["JobId"]]:
                self.left[given["JobId"]] -= 1
                return {"JobStatus": "IN_PROGRESS"}
            page = 2 if given.get("NextToken") == "second" else 1
            answer: dict[str, Any] = {"JobStatus": "SUCCEEDED", "VideoMetadata": {"DurationMillis": 90_000}}
            if kind == "ContentModeration":
                answer |= {"ModerationLabels": [SCENES[page - 1]], "ModerationModelVersion": "7.0"}
            elif kind == "LabelDetection":
                gun = {
                    "Label": {"Name": "Gun", "Confidence": 88.0},
                    "StartTimestampMillis": 0,
                    "EndTimestampMillis": 2000,
                }
                answer["Labels"] = (
                    [gun] if page == 1 else [{"Label": {"Name": "Tree", "Confidence": 99.0}, "Timestamp": 5}]
                )
            else:
                times = (0, 500, 500, 1000) if page == 1 else (20_000,)
                answer["Faces"] = [{"Timestamp": at, "Face": {"Confidence": 99.0}} for at in times]
            return {**answer, "NextToken": "second"} if page == 1 else answer

        return answer


class TestFilmsContract(DetectorContract):
    finds = ((FILM, ("Weapons", "Smoking", "Face")),)
    time_limit_at_most = 900.0

    @pytest.fixture(autouse=True)
    def _answers(self, aws: AwsDouble, account: Account) -> Any:
        self.account = account
        Rekognition(aws)
        yield
        assert aws.refused == []

    def detector(self) -> Films:
        return Films(self.account, FilmOptions(look_for=("moderation", "labels", "faces"), names=NAMES))


def watch(account: Account, folder: Path, options: FilmOptions | None = None) -> Any:
    context = FakeContext(folder, app="tube")
    return Films(account, options or FilmOptions()).detect(context.media(FILM), context)


def test_scenes_of_all_pages_have_their_seconds(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Rekognition(aws)
    found = watch(account, tmp_path)

    assert [(d.label, d.time_range.start, d.time_range.end) for d in found] == [
        ("Weapons", 1.0, 4.5),
        ("Smoking", 9.0, 9.0),
    ]
    assert found[0].attributes["content_types"] == {"animated": 80.0}
    sent = aws.last("rekognition.GetContentModeration")
    assert (sent["SortBy"], sent["AggregateBy"], sent["MaxResults"]) == ("TIMESTAMP", "SEGMENTS", 1000)
    [usage] = [u for u in account.store.usage("2000-01-01") if u.units]
    assert (usage.operation, usage.units) == ("rekognition.StartContentModeration", 1.5)
    assert aws.objects == {}, "the copy in the bucket is gone"


def test_faces_become_appearances(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Rekognition(aws)
    first, second = watch(account, tmp_path, FilmOptions(look_for=("faces",)))

    assert (first.time_range.start, first.time_range.end, first.attributes["faces_at_once"]) == (0.0, 1.0, 2)
    assert second.time_range.start == 20.0


def test_the_same_film_is_the_same_job(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    service = Rekognition(aws)
    watch(account, tmp_path)
    watch(account, tmp_path)

    assert len(service.tokens) == 1


def test_media_in_s3_are_read_in_place(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Rekognition(aws)
    context = FakeContext(tmp_path)
    part = context.media(FILM)
    assert part.media is not None
    bucket, key = part.media.uri.removeprefix("s3://").split("/", 1)
    aws.objects[bucket, key] = FILM
    Films(dataclasses.replace(account, own_media=f"s3://{bucket}/"), FilmOptions()).detect(part, context)

    assert aws.last("rekognition.StartContentModeration")["Video"]["S3Object"] == {"Bucket": bucket, "Name": key}
    assert set(aws.objects) == {(bucket, key)}


def test_an_object_that_an_app_may_replace_is_copied_as_it_was_looked_at(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    Rekognition(aws)
    context = FakeContext(tmp_path)
    Films(dataclasses.replace(account, own_media="s3://media/media/"), FilmOptions()).detect(
        context.media(FILM), context
    )

    assert aws.last("rekognition.StartContentModeration")["Video"]["S3Object"]["Bucket"] == "work"


def test_too_many_jobs_at_once_are_waited_for(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Rekognition(aws)
    aws.fail("rekognition.StartContentModeration", Fault("LimitExceededException"), times=3)

    assert watch(account, tmp_path)


def test_a_job_that_failed_is_unreadable_content(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    Rekognition(aws)
    failed = {"JobStatus": "FAILED", "StatusMessage": "Unsupported codec"}
    aws.answer("rekognition.GetContentModeration", failed)

    with pytest.raises(Unreadable, match="Unsupported codec"):
        watch(account, tmp_path)


def test_other_formats_are_refused_before_a_job_is_paid_for(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    context = FakeContext(tmp_path)
    part = context.media(FILM, declared=("video", "video/webm"))

    with pytest.raises(Unreadable, match="not video/webm"):
        Films(account, FilmOptions()).detect(part, context)
    assert aws.calls == []


def test_without_a_bucket_it_is_said_what_to_set(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="set bucket in MODERATION_AWS_CONFIG"):
        watch(dataclasses.replace(account, bucket=None), tmp_path)


def test_the_end_is_heard_from_the_queue_and_others_messages_are_left(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    Rekognition(aws, looks=1)
    url = f"{aws.url}/111122223333/done"

    def told(job: str) -> str:
        return json.dumps({"Type": "Notification", "Message": json.dumps({"JobId": job, "Status": "SUCCEEDED"})})

    aws.messages |= {"ours": told("ContentModeration-0"), "other": told("somebody-elses"), "odd": "no JSON"}
    watch(account, tmp_path, FilmOptions(topic_arn=TOPIC, role_arn=ROLE, queue_url=url))

    assert set(aws.messages) == {"other", "odd"}
    channel = aws.last("rekognition.StartContentModeration")["NotificationChannel"]
    assert channel == {"SNSTopicArn": TOPIC, "RoleArn": ROLE}
    released = {c.given["ReceiptHandle"] for c in aws.calls if c.name == "sqs.ChangeMessageVisibility"}
    assert "other" in released
    assert aws.refused == []


@pytest.mark.parametrize("body", ["", "[]", "5", '{"Message": "x"}', "{}"])
def test_a_message_that_is_none_of_rekognitions_is_about_no_job(body: str) -> None:
    assert job_of(body) is None


@pytest.mark.parametrize(
    "wrong", [{"look_for": ["labels"]}, {"names": NAMES}, {"topic_arn": TOPIC}, {"queue_url": "x"}, {"look_for": []}]
)
def test_options_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FilmOptions.model_validate(wrong)


def test_films_and_speech_are_offered_where_there_is_a_bucket(configured: Callable[..., Settings]) -> None:
    def offered(content: str, **given: Any) -> set[str]:
        return {
            name
            for name in load_plugins(configured(content, **given)).names
            if name.startswith(("rekognition.video", "transcribe"))
        }

    assert offered("") == set()
    assert offered("bucket: work") == {"rekognition.video", "transcribe.text"}
    assert offered("", media_s3=True) == {"rekognition.video", "transcribe.text"}
    assert offered("", media_s3=True, a2i_region="eu-west-1") == set(), "media in another Region cannot be read"
    toxic = "bucket: work\ntranscribe: {language: en-US, toxicity: true}"
    assert offered(toxic) == {"rekognition.video", "transcribe.text", "transcribe.toxicity"}
