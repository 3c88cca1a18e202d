"""Unmodified boto3 clients start jobs over stored films, ask how they are, and page through what was seen when.

Films are made of known pictures: grey, then one of ``examples/``, then grey again.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from PIL import Image

from moderation.aws.rekognition.segments import by_segments
from moderation.cleaning import Cleaning
from moderation.core.detections import Failure
from moderation.core.errors import SettingsError
from moderation.core.items import Tool
from moderation.delivery.notifiers import Notifiers
from moderation.detection.answers import Answers
from moderation.films import jobs, looking
from moderation.films.opening import topics_of
from moderation.settings import Settings
from moderation.storage.ages import look_at_ages
from moderation.storage.film_jobs import FilmJobRows, ShownPicture
from moderation.storage.left_behind import free_left_behind
from moderation.storage.tables import film_jobs, film_pictures
from plugins.film.tests.films import GREY, card, film
from tests.houses.aws_door import REGION, Door, example
from tests.waiting import wait_for

BUCKET = "films"
ROLE = "arn:aws:iam::000000000000:role/x"
SIZE = (640, 480)
LEAST = 45.0
"""The detector takes grey for 41, and the picture for 53."""
TOPIC = "arn:aws:sns:us-east-1:123456789012:AmazonRekognition-films"


@functools.cache
def picture(name: str) -> Image.Image:
    with Image.open(io.BytesIO(example(name))) as opened:
        shown = opened.convert("RGB")
    shown.thumbnail(SIZE)
    whole = card(GREY, SIZE)
    whole.paste(shown, (0, 0))
    return whole


@functools.cache
def film_of(name: str, seconds: float = 12.0, since: float = 4.0, until: float = 8.0) -> bytes:
    """Grey, and between two times a picture in the upper left."""
    return film(lambda at: picture(name) if since <= at < until else card(GREY, SIZE), seconds, rate=5, gop=10)


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture(scope="module", autouse=True)
def bucket(door: Door) -> str:
    door.s3.create_bucket(Bucket=BUCKET)
    put(door, "dough.mp4", film_of("dough.jpg"))
    return BUCKET


@pytest.fixture(autouse=True)
def no_jobs(door: Door) -> Iterator[None]:
    yield
    for table in (film_pictures, film_jobs):
        door.service.database.write(lambda c, table=table: c.execute(sa.delete(table)), step="test.write")


def put(door: Door, key: str, data: bytes) -> None:
    door.s3.put_object(Bucket=BUCKET, Key=key, Body=data)


def stored(key: str = "dough.mp4") -> dict[str, Any]:
    return {"S3Object": {"Bucket": BUCKET, "Name": key}}


def moderate(door: Door, key: str = "dough.mp4", **more: Any) -> str:
    return str(door.rekognition.start_content_moderation(Video=stored(key), MinConfidence=LEAST, **more)["JobId"])


def done(door: Door, job: str) -> Any:
    """What the job's end looks like."""
    while door.service.films.work_once():
        pass
    return door.rekognition.get_content_moderation(JobId=job)


@pytest.fixture
def failing(door: Door, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has whoever is asked about a picture fail so."""

    def fail(kind: Any) -> None:
        tool = Tool(name="vision.explicit", version="1.0")
        failure = Failure(detector=tool, part="f0", kind=kind, message="no luck")
        monkeypatch.setattr(door.service.judge.runner, "look", lambda *_: Answers([], [failure]))

    return fail


class TestModeration:
    def test_a_job_says_what_is_seen_and_when(self, door: Door) -> None:
        job = moderate(door, JobTag="holiday")
        before = door.rekognition.get_content_moderation(JobId=job)
        after = done(door, job)

        assert (before["JobStatus"], "ModerationLabels" in before) == ("IN_PROGRESS", False)
        assert (after["JobStatus"], after["JobTag"], after["JobId"]) == ("SUCCEEDED", "holiday", job)
        [seen] = after["ModerationLabels"]
        assert seen["Timestamp"] == 4000
        assert (seen["ModerationLabel"]["Name"], seen["ModerationLabel"]["TaxonomyLevel"]) == ("Explicit", 1)
        assert after["VideoMetadata"] == {
            "Codec": "h264",
            "DurationMillis": 12000,
            "Format": "QuickTime / MOV",
            "FrameRate": 5.0,
            "FrameWidth": 640,
            "FrameHeight": 480,
        }
        assert after["Video"] == stored()
        assert after["GetRequestMetadata"] == {"SortBy": "TIMESTAMP", "AggregateBy": "TIMESTAMPS"}
        headers = after["ResponseMetadata"]["HTTPHeaders"]
        assert "vision.explicit/" in headers["x-moderation-looked"]
        assert "Violence" in headers["x-moderation-not-looked-for"]

    def test_segments_go_from_the_first_to_the_last_picture_that_shows_it(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(looking, "STRETCH_SECONDS", 6.0)  # so that it is seen in two stretches
        dough = picture("dough.jpg")
        put(
            door,
            "twice.mp4",
            film(lambda at: dough if at < 2 or 4 <= at < 8 else card(GREY, SIZE), 12.0, rate=5, gop=10),
        )
        job = moderate(door, "twice.mp4")
        done(door, job)
        seen = door.rekognition.get_content_moderation(JobId=job, AggregateBy="SEGMENTS")["ModerationLabels"]

        names = ("Timestamp", "StartTimestampMillis", "EndTimestampMillis", "DurationMillis")
        assert [[each[name] for name in names] for each in seen] == [[0, 0, 2000, 2000], [4000, 4000, 8000, 4000]]

    def test_pages_are_of_one_job_in_one_order(self, door: Door) -> None:
        job = str(door.rekognition.start_label_detection(Video=stored(), MinConfidence=30)["JobId"])
        done(door, moderate(door))
        ask = functools.partial(door.rekognition.get_label_detection, JobId=job)

        whole = ask()["Labels"]
        first = ask(MaxResults=4)
        second = ask(MaxResults=4, NextToken=first["NextToken"])
        names = [each["Label"]["Name"] for each in ask(SortBy="NAME")["Labels"]]

        # The door's own model sees a cat and a dog in each picture.
        assert [(each["Timestamp"], each["Label"]["Name"]) for each in whole] == [
            (at, name) for at in (0, 4000, 8000) for name in ("Cat", "Dog")
        ]
        assert first["Labels"] + second["Labels"] == whole
        assert "NextToken" not in second
        assert names == ["Cat"] * 3 + ["Dog"] * 3
        assert whole[0]["Label"]["Instances"][0]["BoundingBox"]["Width"] == 0.5
        assert [each["Label"].get("Instances") for each in ask(AggregateBy="SEGMENTS")["Labels"]] == [None, None]
        beyond = base64.urlsafe_b64encode(json.dumps([job, "TIMESTAMP", "TIMESTAMPS", 6]).encode()).decode()
        for token in (first["NextToken"][:-8], "e30=", "!", beyond):
            assert refused(ask, NextToken=token, MaxResults=4)[0] == "InvalidPaginationTokenException"
        assert refused(ask, NextToken=first["NextToken"], SortBy="NAME")[0] == "InvalidPaginationTokenException"

    def test_the_same_token_is_the_same_job(self, door: Door) -> None:
        job = moderate(door, ClientRequestToken="once")

        assert moderate(door, ClientRequestToken="once") == job
        assert moderate(door) != job
        ask = door.rekognition.start_content_moderation
        assert refused(ask, Video=stored(), MinConfidence=46, ClientRequestToken="once")[0] == (
            "IdempotentParameterMismatchException"
        )

    def test_as_many_jobs_as_are_set_are_under_way(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = door.settings.model_copy(update={"aws_most_film_jobs": 1})
        rows = FilmJobRows(door.service.database, settings.aws_most_film_jobs, settings.lease_seconds)
        monkeypatch.setattr(door.service.films, "rows", rows)
        job = moderate(door)

        assert refused(moderate, door=door)[0] == "LimitExceededException"
        done(door, job)
        assert moderate(door)


@given(st.lists(st.sets(st.sampled_from("abc")), max_size=12))
def test_each_sight_of_a_label_is_in_one_segment_and_none_goes_on_where_it_is_not_seen(seen: list[set[str]]) -> None:
    def entries(names: set[str]) -> list[dict[str, Any]]:
        return [{"Name": name, "Confidence": 50.0} for name in sorted(names)]

    shown = [(ShownPicture(at, at + 1, (), ()), entries(names)) for at, names in enumerate(seen)]
    segments = by_segments(shown, "Label")

    covered = sorted(
        (each["Label"]["Name"], at)
        for each in segments
        for at in range(each["StartTimestampMillis"] // 1000, each["EndTimestampMillis"] // 1000)
    )
    assert covered == sorted((name, at) for at, names in enumerate(seen) for name in names)
    assert all(each["DurationMillis"] >= 1000 for each in segments)
    ends = {(each["Label"]["Name"], each["EndTimestampMillis"]) for each in segments}
    assert not ends & {(each["Label"]["Name"], each["StartTimestampMillis"]) for each in segments}


class TestFacesAndTexts:
    def test_faces_are_where_and_when_they_are(self, door: Door) -> None:
        put(door, "face.mp4", film_of("face.jpg"))
        job = door.rekognition.start_face_detection(Video=stored("face.mp4"))["JobId"]
        done(door, moderate(door))
        answer = door.rekognition.get_face_detection(JobId=job)

        [seen] = answer["Faces"]
        assert seen["Timestamp"] == 4000
        assert seen["Face"]["BoundingBox"]["Left"] < 0.9
        assert seen["Face"]["Confidence"] > 90

    def test_texts_are_lines_and_words_with_their_time(self, door: Door) -> None:
        put(door, "text.mp4", film_of("address-in-picture.png"))
        job = door.rekognition.start_text_detection(Video=stored("text.mp4"))["JobId"]
        done(door, moderate(door))
        found = door.rekognition.get_text_detection(JobId=job)["TextDetections"]

        assert {each["Timestamp"] for each in found} == {4000}
        assert {each["TextDetection"]["Type"] for each in found} == {"LINE", "WORD"}

    def test_a_job_is_asked_for_by_its_own_operation(self, door: Door) -> None:
        job = moderate(door)

        assert refused(door.rekognition.get_face_detection, JobId=job)[0] == "ResourceNotFoundException"
        assert refused(door.rekognition.get_content_moderation, JobId="none")[0] == "ResourceNotFoundException"


class TestNobodyLooked:
    def test_a_detector_that_fails_fails_the_job(self, door: Door, failing: Callable[[str], None]) -> None:
        failing("crashed")
        answer = done(door, moderate(door))

        assert (answer["JobStatus"], "ModerationLabels" in answer) == ("FAILED", False)
        assert "vision.explicit gave no answer at 0.0 s: no luck" in answer["StatusMessage"]

    def test_one_that_is_late_is_tried_again_and_then_fails_it(
        self, door: Door, failing: Callable[[str], None], later: Callable[[], None]
    ) -> None:
        failing("timed_out")
        job = moderate(door)
        states = []
        for _ in range(jobs.MAX_ATTEMPTS):
            states.append(done(door, job)["JobStatus"])
            later()

        assert states == ["IN_PROGRESS"] * (jobs.MAX_ATTEMPTS - 1) + ["FAILED"]

    def test_a_film_of_which_a_part_cannot_be_seen_has_failed(self, door: Door) -> None:
        whole = film(lambda at: card(GREY, SIZE), 12.0, rate=5, gop=10, form="mpegts")
        put(door, "cut.ts", whole[: len(whole) // 2] + bytes(len(whole) // 2))
        answer = done(door, moderate(door, "cut.ts"))

        assert (answer["JobStatus"], "ModerationLabels" in answer) == ("FAILED", False)
        assert answer["StatusMessage"]

    def test_a_film_whose_pictures_end_before_it_has_failed(self, door: Door) -> None:
        times = [number / 5 for number in range(30)]
        put(door, "early.mp4", film(lambda at: card(GREY, SIZE), 12.0, gop=10, sound=True, times=times))
        answer = done(door, moderate(door, "early.mp4"))

        assert (answer["JobStatus"], "ModerationLabels" in answer) == ("FAILED", False)
        assert "its pictures end at 6.0 s of 12.0" in answer["StatusMessage"]

    @pytest.mark.parametrize("data", [b"no film at all", example("face.jpg")])
    def test_what_is_no_film_fails_its_job(self, door: Door, data: bytes) -> None:
        put(door, "none.mp4", data)
        answer = done(door, moderate(door, "none.mp4"))

        assert answer["JobStatus"] == "FAILED"
        assert answer["StatusMessage"].startswith("Unsupported or unreadable film: ")

    def test_a_film_with_more_pictures_than_one_look_takes_is_looked_at_in_pieces(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        colors = [(200, 30, 30), GREY, (30, 160, 40), (40, 40, 190)]
        most = door.settings.film_frames
        seconds = 2 * (most + 10)
        data = film(lambda at: card(colors[int(at / 2) % 4], (160, 120)), seconds, rate=1, gop=2)
        put(door, "many.mp4", data)
        monkeypatch.setattr(looking, "STRETCH_SECONDS", float(seconds))
        job = door.rekognition.start_label_detection(Video=stored("many.mp4"))["JobId"]
        done(door, moderate(door))
        seen = door.rekognition.get_label_detection(JobId=job)["Labels"]

        assert [each["Timestamp"] for each in seen] == [2000 * number for number in range(most + 10)]

    def test_another_film_in_the_same_place_is_not_passed_off_as_the_one_that_was_looked_at(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(door, "changing.mp4", film_of("dough.jpg"))
        see = door.service.films.looking.see

        def change(*given: Any) -> Any:
            put(door, "changing.mp4", film_of("dough.jpg", until=6.0))
            return see(*given)

        monkeypatch.setattr(door.service.films.looking, "see", change)
        answer = done(door, moderate(door, "changing.mp4"))

        assert answer["JobStatus"] == "FAILED"
        assert "another film was stored in its place" in answer["StatusMessage"]

    def test_where_nobody_can_look_no_job_is_taken(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        ask = door.rekognition
        assert refused(ask.start_content_moderation, Video=stored(), MinConfidence=99)[0] == "ResourceNotReadyException"
        assert refused(ask.start_face_detection, Video=stored(), FaceAttributes="ALL")[0] == "ResourceNotReadyException"
        without = dataclasses.replace(door.service.judge.plugins, extractors=[])
        monkeypatch.setattr(door.service.judge, "plugins", without)
        code, message = refused(ask.start_face_detection, Video=stored())

        assert (code, "film.frames" in message) == ("ResourceNotReadyException", True)
        assert refused(ask.start_text_detection, Video=stored())[0] == "ResourceNotReadyException"

    @pytest.mark.parametrize(
        ("place", "code"),
        [
            ({}, "InvalidParameterException"),
            ({"S3Object": {"Bucket": BUCKET}}, "InvalidParameterException"),
            ({"S3Object": {"Bucket": BUCKET, "Name": "gone.mp4"}}, "InvalidS3ObjectException"),
            ({"S3Object": {"Bucket": BUCKET, "Name": "../../moderation.db"}}, "InvalidS3ObjectException"),
            ({"S3Object": {"Bucket": BUCKET, "Name": "dough.mp4", "Version": "2"}}, "InvalidS3ObjectException"),
            ({"S3Object": {"Bucket": "nobodys", "Name": "dough.mp4"}}, "InvalidS3ObjectException"),
        ],
    )
    def test_a_film_that_is_not_there_is_refused(self, door: Door, place: dict[str, Any], code: str) -> None:
        assert refused(door.rekognition.start_face_detection, Video=place)[0] == code

    def test_a_film_that_is_too_large_is_refused(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        looking = door.service.films.looking
        monkeypatch.setattr(looking, "_limits", dataclasses.replace(looking._limits, max_media_bytes=1000))

        assert refused(door.rekognition.start_face_detection, Video=stored())[0] == "VideoTooLargeException"


@pytest.fixture
def later(door: Door, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets an hour pass for the jobs."""
    rows: FilmJobRows = door.service.films.rows
    clock = rows.clock
    passed = [timedelta(0)]
    monkeypatch.setattr(rows, "clock", lambda: clock() + passed[0])

    def wait() -> None:
        passed[0] += timedelta(hours=1)

    return wait


class TestInterrupted:
    def test_a_job_goes_on_with_the_stretch_that_was_not_stored(
        self, door: Door, monkeypatch: pytest.MonkeyPatch, later: Callable[[], None]
    ) -> None:
        monkeypatch.setattr(looking, "STRETCH_SECONDS", 6.0)
        see, starts = door.service.films.looking.see, list[float]()

        def killed(app: Any, pictures: Any, tools: Any) -> Any:
            start = pictures[0].extraction.time_range.start
            starts.append(start)
            if starts.count(start) == 1 and start >= 6:
                raise KeyboardInterrupt
            return see(app, pictures, tools)

        monkeypatch.setattr(door.service.films.looking, "see", killed)
        job = moderate(door)
        with pytest.raises(KeyboardInterrupt):
            door.service.films.work_once()
        assert not door.service.films.work_once()  # it is still in the hands of the one that died
        later()
        answer = done(door, job)

        assert [each["Timestamp"] for each in answer["ModerationLabels"]] == [4000, 6000]
        assert [start for start in starts if start < 6] == [0.0]

    def test_a_film_at_which_the_service_dies_again_and_again_fails(
        self, door: Door, later: Callable[[], None]
    ) -> None:
        job = moderate(door)
        for _ in range(jobs.MAX_ATTEMPTS):
            assert door.service.films.rows.claim() is not None
            later()

        assert done(door, job)["JobStatus"] == "FAILED"


WORKER = """
import sys
from moderation.service import Service
from moderation.settings import Settings

service = Service.open(Settings(data=sys.argv[1], detector_processes=0))
service.films.work_once()
"""


@pytest.mark.faults
def test_a_process_that_is_killed_loses_no_more_than_a_stretch(tmp_path: Path) -> None:
    door = Door(tmp_path / "door")
    door.s3.create_bucket(Bucket=BUCKET)
    colors = [(200, 30, 30), GREY, (30, 160, 40), (40, 40, 190)]
    put(door, "long.mp4", film(lambda at: card(colors[int(at / 2) % 4], (160, 120)), 300, rate=1, gop=2))
    job = door.rekognition.start_face_detection(Video=stored("long.mp4"))["JobId"]
    rows = door.service.films.rows

    process = subprocess.Popen([sys.executable, "-c", WORKER, str(door.settings.data)])
    wait_for(lambda: rows.get(job, None).looked_until >= 60)
    process.kill()
    process.wait()
    at_death, known = rows.get(job, None), rows.pictures(job)
    free_left_behind(door.service.database, rows.clock())
    while door.service.films.work_once():
        pass
    answer = door.rekognition.get_face_detection(JobId=job)
    pictures = rows.pictures(job)
    door.close()

    assert at_death.state == "IN_PROGRESS"
    assert (answer["JobStatus"], answer["Faces"]) == ("SUCCEEDED", [])
    assert pictures[: len(known)] == known
    assert [each.start for each in pictures] == [2.0 * number for number in range(150)]


class TestWhoseJobsAre:
    def test_another_apps_key_sees_neither_film_nor_job(self, door: Door) -> None:
        job = moderate(door, ClientRequestToken="mine")
        forum, operator = door.client("rekognition", door.other), door.client("rekognition", door.operator)

        assert refused(forum.start_content_moderation, Video=stored(), MinConfidence=LEAST) == (
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        )
        assert refused(forum.get_content_moderation, JobId=job)[0] == "ResourceNotFoundException"
        assert operator.get_content_moderation(JobId=job)["JobStatus"] == "IN_PROGRESS"
        started = operator.start_content_moderation(Video=stored(), MinConfidence=LEAST, ClientRequestToken="mine")
        assert started["JobId"] != job
        assert (
            refused(door.rekognition.get_content_moderation, JobId=started["JobId"])[0] == "ResourceNotFoundException"
        )


class TestTopics:
    @pytest.fixture(autouse=True)
    def topics(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        """The app ``shop`` may have a topic told."""
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        settings = door.settings.model_copy(update={"aws_topics": f"shop={TOPIC} forum={TOPIC}-2"})
        monkeypatch.setattr(door.service, "settings", settings)
        monkeypatch.setattr(door.service.films, "topics", Notifiers(tuple(each for _, each in topics_of(settings))))

    def test_a_topic_is_told_the_end_once(self, door: Door) -> None:
        channel = {"SNSTopicArn": TOPIC, "RoleArn": ROLE}
        job = moderate(door, NotificationChannel=channel, JobTag="tag")
        door.service.films.work_once()
        with mock_aws():
            sns, sqs = (boto3.client(name, region_name=REGION) for name in ("sns", "sqs"))
            sns.create_topic(Name=TOPIC.rpartition(":")[2])
            url = sqs.create_queue(QueueName="heard")["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn)
            assert door.service.films.work_once()
            assert not door.service.films.work_once()
            heard = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]

        [message] = [json.loads(json.loads(each["Body"])["Message"]) for each in heard]
        assert message.pop("Timestamp") > 1_700_000_000_000
        assert message == {
            "JobId": job,
            "Status": "SUCCEEDED",
            "API": "StartContentModeration",
            "JobTag": "tag",
            "Video": {"S3ObjectName": "dough.mp4", "S3Bucket": BUCKET},
        }

    def test_a_topic_that_does_not_take_it_is_told_later(self, door: Door, later: Callable[[], None]) -> None:
        moderate(door, NotificationChannel={"SNSTopicArn": TOPIC, "RoleArn": ROLE})
        door.service.films.work_once()
        with mock_aws():
            assert door.service.films.work_once()  # there is no such topic yet
            assert not door.service.films.work_once()
            boto3.client("sns", region_name=REGION).create_topic(Name=TOPIC.rpartition(":")[2])
            later()
            assert door.service.films.work_once()

        query = sa.select(film_jobs.c.is_told)
        assert door.service.database.read(lambda c: c.execute(query).scalars().all()) == [True]

    def test_topics_that_are_not_the_apps_are_refused(self, door: Door) -> None:
        channel = {"SNSTopicArn": f"{TOPIC}-2", "RoleArn": ROLE}
        ask = door.rekognition.start_content_moderation

        code, message = refused(ask, Video=stored(), MinConfidence=LEAST, NotificationChannel=channel)

        assert (code, "MODERATION_AWS_TOPICS" in message) == ("InvalidParameterException", True)
        operator = door.client("rekognition", door.operator)
        assert operator.start_face_detection(Video=stored(), NotificationChannel=channel)["JobId"]

    @pytest.mark.parametrize("entry", ["topic", "shop=arn:aws:sqs:us-east-1:123456789012:queue"])
    def test_a_setting_that_names_no_topic_stops_the_start(self, entry: str) -> None:
        with pytest.raises(SettingsError, match="MODERATION_AWS_TOPICS"):
            topics_of(Settings(aws_topics=entry))


def test_operators_see_how_many_jobs_are_under_way_and_how_old_the_oldest_is(door: Door) -> None:
    job = moderate(door)
    now = door.service.films.rows.clock() + timedelta(minutes=5)
    waiting = look_at_ages(door.service.database, now).films
    done(door, job)

    assert waiting.count == 1
    assert 300 <= waiting.age_seconds(now) < 360
    assert look_at_ages(door.service.database, now).films.count == 0


def test_jobs_are_kept_as_long_as_items(door: Door) -> None:
    job = moderate(door)
    done(door, job)
    moderate(door)
    now = door.service.films.rows.clock()

    def left(days: float | None) -> tuple[int, int]:
        settings = door.settings.model_copy(update={"item_keep_days": days})
        Cleaning(settings, door.service.database, door.service.blobs).film_jobs(now + timedelta(days=31))
        counts = [sa.select(sa.func.count()).select_from(table) for table in (film_jobs, film_pictures)]
        found = door.service.database.read(lambda c: [c.execute(each).scalar_one() for each in counts])
        return found[0], found[1]

    assert left(None) == (2, 3)
    assert left(60) == (2, 3)
    assert left(30) == (1, 0)
