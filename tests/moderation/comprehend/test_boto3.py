"""An unmodified boto3 ``comprehend`` client against the endpoint: shapes, limits, errors, jobs."""

from __future__ import annotations

import base64
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
import sqlalchemy as sa
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.session import get_session
from moto import mock_aws

from moderation.core.detections import Failure
from moderation.core.items import Tool
from moderation.core.replacing import FreshNumbers
from moderation.detection.answers import Answers
from moderation.redacting import jobs
from moderation.redacting.comprehend import LIMITS, NOT_OF_COMPREHEND, style_of
from moderation.redacting.texts import NotRedacted, labels_of
from moderation.service import Service
from moderation.serving.app import create_app
from moderation.settings import Settings
from moderation.storage.tables import redaction_jobs
from review_ui.opening import open_review
from tests.houses.api import NOBODY
from tests.waiting import PATIENCE_SECONDS
from tests.wsgi_server import WsgiServer

TEXT = "Write to ann@example.org \U0001f44d or call 206-555-0100; ann@example.org is hers."
ROLE = "arn:aws:iam::000000000000:role/reads-texts"
LINE = "Nothing is to be seen in this line, which is here to make the document long enough for a job.\r\n"
BUCKETS = count()
MODEL = get_session().get_service_model("comprehend")


class Endpoint:
    """A listening application whose jobs wait until they are done by hand.

    Attributes:
        bucket: of the test that runs.
    """

    bucket = "texts"

    def __init__(self, folder: Path, **more: Any) -> None:
        self.settings = Settings(data=folder, a2i_endpoint_url=NOBODY, **more)
        self.service = Service.open(self.settings)
        self.review = open_review(self.settings, blobs=self.service.blobs)
        self.http = WsgiServer(create_app(self.service, self.review))
        self.url = f"{self.http.url}/comprehend"
        self.key = self.review.add_access_key()

    @cached_property
    def the_client(self) -> Any:
        """Shared, because making one takes longer than a call."""
        return self.client()

    def client(self, secret: str | None = None) -> Any:
        return boto3.session.Session().client(
            "comprehend",
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=self.key.id,
            aws_secret_access_key=secret or self.key.secret,
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )

    def raw(self, operation: str, body: str) -> tuple[int, Any]:
        """An answer as it is on the wire, to a request that boto3 would not make."""
        headers = {"X-Amz-Target": f"Comprehend_20171127.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        request = AWSRequest("POST", f"{self.url}/", headers=headers, data=body.encode())
        SigV4Auth(Credentials(self.key.id, self.key.secret), "comprehend", "us-east-1").add_auth(request)
        sent = urllib.request.Request(request.url, body.encode(), dict(request.headers.items()))
        try:
            with urllib.request.urlopen(sent) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def close(self) -> None:
        self.http.close()
        self.service.close()
        self.review.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    opened = Endpoint(tmp_path_factory.mktemp("comprehend"))
    yield opened
    opened.close()


@pytest.fixture
def endpoint(shared: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """The shared one without jobs, and with a bucket of the test's own."""
    shared.service.database.write(lambda c: c.execute(sa.delete(redaction_jobs)), step="test.write")
    monkeypatch.setattr(shared, "bucket", f"texts-{next(BUCKETS)}")
    return shared


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, int]:
    """Code and status of an error that the model of the operation has, or that all of AWS's operations have."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code = caught.value.response["Error"]["Code"]
    modelled = {shape.name for shape in MODEL.operation_model(caught.value.operation_name).error_shapes}
    assert code in modelled | {"ValidationException", "InvalidSignatureException"}
    return code, caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def check_shape(shape: Any, value: Any) -> None:
    """Every member is in the model and of its type; enums, lengths and patterns hold."""
    if shape.type_name == "structure":
        assert set(value) <= set(shape.members), shape.name
        assert set(shape.required_members) <= set(value)
        for name, inner in value.items():
            check_shape(shape.members[name], inner)
    elif shape.type_name == "list":
        for inner in value:
            check_shape(shape.member, inner)
    elif shape.type_name == "string":
        assert isinstance(value, str)
        assert not shape.enum or value in shape.enum
    else:
        types = {"timestamp": (int, float), "float": (int, float), "integer": int}
        assert isinstance(value, types[shape.type_name])


def start(endpoint: Endpoint, **more: Any) -> str:
    parameters = {
        "InputDataConfig": {"S3Uri": f"s3://{endpoint.bucket}/in/", "InputFormat": "ONE_DOC_PER_FILE"},
        "OutputDataConfig": {"S3Uri": f"s3://{endpoint.bucket}/out"},
        "Mode": "ONLY_REDACTION",
        "RedactionConfig": {"PiiEntityTypes": ["ALL"], "MaskMode": "REPLACE_WITH_PII_ENTITY_TYPE"},
        "DataAccessRoleArn": ROLE,
        "LanguageCode": "en",
        **more,
    }
    started = endpoint.the_client.start_pii_entities_detection_job(**parameters)
    assert started["JobArn"].endswith(f":pii-entities-detection-job/{started['JobId']}")
    return str(started["JobId"])


def put(endpoint: Endpoint, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        endpoint.service.blobs.put_uri(f"s3://{endpoint.bucket}/{name}", text.encode(), "text/plain")


def output(endpoint: Endpoint, job: str) -> dict[str, str]:
    """The files where the description of the job says that they are."""
    uri = endpoint.the_client.describe_pii_entities_detection_job(JobId=job)["PiiEntitiesDetectionJobProperties"][
        "OutputDataConfig"
    ]["S3Uri"]
    assert uri == f"s3://{endpoint.bucket}/out/000000000000-PII-{job}/output/"
    folder = endpoint.settings.data / "media" / uri.removeprefix("s3://")
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob("*.out")}


def state(endpoint: Endpoint, job: str) -> tuple[str, str]:
    found = endpoint.the_client.describe_pii_entities_detection_job(JobId=job)["PiiEntitiesDetectionJobProperties"]
    return found["JobStatus"], found.get("Message", "")


class TestOneText:
    def test_entities_are_found_where_they_stand(self, shared: Endpoint) -> None:
        entities = shared.the_client.detect_pii_entities(Text=TEXT, LanguageCode="en")["Entities"]

        assert [(e["Type"], TEXT[e["BeginOffset"] : e["EndOffset"]]) for e in entities] == [
            ("EMAIL", "ann@example.org"),
            ("PHONE", "206-555-0100"),
            ("EMAIL", "ann@example.org"),
        ]
        assert all(0.5 <= e["Score"] <= 1 for e in entities)

    def test_a_text_may_have_more_in_it_than_a_detector_may_say_at_once(self, shared: Endpoint) -> None:
        text = "a@b.co " * 10_500

        entities = shared.the_client.detect_pii_entities(Text=text, LanguageCode="en")["Entities"]

        assert len(entities) == 10_500
        assert {text[e["BeginOffset"] : e["EndOffset"]] for e in entities} == {"a@b.co"}

    def test_each_type_is_named_once_with_its_best_score(self, shared: Endpoint) -> None:
        labels = shared.the_client.contains_pii_entities(Text=TEXT, LanguageCode="es")["Labels"]

        assert sorted(label["Name"] for label in labels) == ["EMAIL", "PHONE"]

    @pytest.mark.parametrize("operation", ["DetectPiiEntities", "ContainsPiiEntities"])
    def test_the_raw_answer_has_the_shape_of_the_model(self, shared: Endpoint, operation: str) -> None:
        status, answer = shared.raw(operation, json.dumps({"Text": TEXT, "LanguageCode": "en"}))

        assert status == 200
        check_shape(MODEL.operation_model(operation).output_shape, answer)
        assert answer[next(iter(answer))]

    def test_all_labels_but_two_are_types_of_comprehends(self, shared: Endpoint) -> None:
        known = set(MODEL.shape_for("PiiEntityType").enum)
        ours = {label.removeprefix("PII/") for label in labels_of(None, shared.service.taxonomy) - NOT_OF_COMPREHEND}

        assert ours == known - {"ALL"}
        docs = (Path(__file__).parents[3] / "docs" / "redact.md").read_text(encoding="utf-8")
        assert ours <= set(re.findall("[A-Z_]+", docs))

    @pytest.mark.parametrize("text", ["x" * 100_000, "é" * 50_000, " "])
    def test_texts_up_to_the_limit_are_taken(self, shared: Endpoint, text: str) -> None:
        assert shared.the_client.detect_pii_entities(Text=text, LanguageCode="en")["Entities"] == []

    @pytest.mark.parametrize("operation", ["detect_pii_entities", "contains_pii_entities"])
    @pytest.mark.parametrize(
        ("text", "language", "code"),
        [
            ("x" * 100_001, "en", "TextSizeLimitExceededException"),
            ("é" * 50_001, "en", "TextSizeLimitExceededException"),
            ("x", "fr", "UnsupportedLanguageException"),
            ("x", "xx", "ValidationException"),
            ("\ud83d", "en", "InvalidRequestException"),
        ],
    )
    def test_what_is_wrong_has_comprehends_code(
        self, shared: Endpoint, operation: str, text: str, language: str, code: str
    ) -> None:
        assert refused(getattr(shared.the_client, operation), Text=text, LanguageCode=language) == (code, 400)

    def test_modelled_errors_are_caught_by_their_class(self, shared: Endpoint) -> None:
        client = shared.the_client

        with pytest.raises(client.exceptions.TextSizeLimitExceededException, match="100000 bytes while"):
            client.detect_pii_entities(Text="x" * 200_000, LanguageCode="en")

    def test_who_has_no_key_gets_nothing(self, shared: Endpoint) -> None:
        assert refused(shared.client(secret="wrong").detect_pii_entities, Text="x", LanguageCode="en")[1] == 403
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(urllib.request.Request(f"{shared.url}/", b"{}", {"X-Amz-Target": "x"}))

    @pytest.mark.parametrize(
        ("operation", "body", "code"),
        [
            ("DetectPiiEntities", "no json", "SerializationException"),
            ("DetectPiiEntities", "[]", "SerializationException"),
            ("DetectPiiEntities", "{}", "ValidationException"),
            ("DetectPiiEntities", '{"Text": "", "LanguageCode": "en"}', "ValidationException"),
            ("DetectPiiEntities", '{"Text": 5, "LanguageCode": "en"}', "ValidationException"),
            ("DetectSentiment", '{"Text": "x", "LanguageCode": "en"}', "UnknownOperationException"),
            ("Nothing", "{}", "UnknownOperationException"),
        ],
    )
    def test_hostile_requests_are_errors_of_the_caller(
        self, shared: Endpoint, operation: str, body: str, code: str
    ) -> None:
        status, answer = shared.raw(operation, body)

        assert (status, answer["__type"]) == (400, code)

    def test_a_text_that_nobody_looked_through_is_no_clean_one(
        self, shared: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failure = Failure(
            detector=Tool(name="pii.text", version="1"), kind="timed_out", message="no answer within 10 s"
        )
        monkeypatch.setattr(
            shared.service.judge.runner, "look_each", lambda *_, **__: ([[]], Answers(failures=[failure]))
        )

        found = refused(shared.the_client.detect_pii_entities, Text="x", LanguageCode="en")

        assert found == ("InternalServerException", 500)


class TestJobs:
    def test_files_are_redacted_into_the_place_that_the_job_names(self, endpoint: Endpoint) -> None:
        put(endpoint, {"in/a.txt": LINE * 6 + TEXT, "in/sub/b.txt": "SSN: 536-22-1234\n", "other": "no"})
        job = start(endpoint, JobName="my first job")
        assert state(endpoint, job) == ("SUBMITTED", "")

        assert endpoint.service.redactions.work_once()

        assert state(endpoint, job) == ("COMPLETED", "")
        clean = TEXT.replace("ann@example.org", "[EMAIL]").replace("206-555-0100", "[PHONE]")
        assert output(endpoint, job) == {"a.txt.out": LINE * 6 + clean, "sub/b.txt.out": "SSN: [SSN]\n"}
        assert not endpoint.service.redactions.work_once()

    def test_types_and_masks_are_those_of_the_job(self, endpoint: Endpoint) -> None:
        put(endpoint, {"in/a.txt": LINE * 6 + TEXT})
        config = {"PiiEntityTypes": ["EMAIL"], "MaskMode": "MASK", "MaskCharacter": "#"}
        job = start(endpoint, RedactionConfig=config)

        endpoint.service.redactions.work_once()

        assert output(endpoint, job)["a.txt.out"] == LINE * 6 + TEXT.replace("ann@example.org", "#" * 15)

    def test_each_mask_of_comprehends_stands_for_each_character(self) -> None:
        masks = list("!#$%&*@")

        styles = [style_of({"MaskMode": "MASK", "MaskCharacter": mask}) for mask in masks]

        assert [style.replace(FreshNumbers())("NAME", "Ann\r\nLee") for style in styles] == [
            f"{mask * 3}\r\n{mask * 3}" for mask in masks
        ]
        named = {"MaskMode": "REPLACE_WITH_PII_ENTITY_TYPE", "MaskCharacter": "#"}
        assert style_of(named).replace(FreshNumbers())("NAME", "Ann") == "[NAME]"

    def test_offsets_are_a_line_of_json_for_each_document(self, endpoint: Endpoint) -> None:
        put(endpoint, {"in/a.txt": f"{TEXT}\n" + LINE * 6 + TEXT})
        place = {"S3Uri": f"s3://{endpoint.bucket}/in/a", "InputFormat": "ONE_DOC_PER_LINE"}
        job = start(endpoint, Mode="ONLY_OFFSETS", InputDataConfig=place, RedactionConfig={})

        endpoint.service.redactions.work_once()

        lines = [json.loads(line) for line in output(endpoint, job)["a.txt.out"].splitlines()]
        assert [(line["File"], line["Line"], len(line["Entities"])) for line in lines] == [
            ("a.txt", number, 3 if number in (0, 7) else 0) for number in range(8)
        ]
        for entity in lines[7]["Entities"]:
            check_shape(MODEL.shape_for("PiiEntity"), entity)
            assert TEXT[entity["BeginOffset"] : entity["EndOffset"]] in ("ann@example.org", "206-555-0100")

    @pytest.mark.parametrize(
        ("texts", "said"),
        [
            ({}, "there are no files where the input is said to be"),
            ({"in/a": "x" * 499}, "have 499 bytes"),
            ({"in/a": "x " * 500_001}, "document 0 has more than 1,000,000 bytes"),
            ({"in/a": LINE * 6, "in/b": "\0"}, "1 of 2 files have no output; b: it is not UTF-8 text"),
        ],
    )
    def test_a_job_that_cannot_be_done_says_why(self, endpoint: Endpoint, texts: dict[str, str], said: str) -> None:
        put(endpoint, texts)
        job = start(endpoint)

        endpoint.service.redactions.work_once()

        status, message = state(endpoint, job)
        assert status == "FAILED"
        assert said in message

    @pytest.mark.parametrize("texts", [{"in/a": LINE * 6}, {"in/a": LINE * 3, "in/b": LINE * 3}])
    def test_more_documents_than_a_job_may_have_are_refused(
        self, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, texts: dict[str, str]
    ) -> None:
        few = jobs.JobLimits(**{**LIMITS.__dict__, "most_documents": 5})
        monkeypatch.setattr("moderation.redacting.comprehend.LIMITS", few)
        put(endpoint, texts)
        place = {"S3Uri": f"s3://{endpoint.bucket}/in/", "InputFormat": "ONE_DOC_PER_LINE"}
        job = start(endpoint, InputDataConfig=place)

        endpoint.service.redactions.work_once()

        assert state(endpoint, job) == ("FAILED", "there are more than 5 documents")

    def test_the_same_token_is_the_same_job(self, endpoint: Endpoint) -> None:
        first = start(endpoint, ClientRequestToken="token-1")

        assert start(endpoint, ClientRequestToken="token-1") == first
        assert start(endpoint) != first
        with pytest.raises(ClientError, match="ResourceInUse"):
            start(endpoint, ClientRequestToken="token-1", JobName="another")

    def test_a_job_is_stopped_before_it_began_or_while_it_is_done(
        self, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(endpoint, {"in/a": LINE * 6, "in/b": LINE * 6})
        client = endpoint.the_client
        early = start(endpoint)
        assert client.stop_pii_entities_detection_job(JobId=early)["JobStatus"] == "STOP_REQUESTED"
        endpoint.service.redactions.work_once()
        job = start(endpoint)
        # Somebody asks while the first file is looked through; the lease is looked after at once.
        endpoint.service.redactions._lease = timedelta(0)
        real = endpoint.service._redactor.look_each

        def asked(*arguments: Any, **more: Any) -> Any:
            client.stop_pii_entities_detection_job(JobId=job)
            return real(*arguments, **more)

        monkeypatch.setattr(endpoint.service._redactor, "look_each", asked)
        endpoint.service.redactions.work_once()

        assert state(endpoint, early) == ("STOPPED", "")
        assert state(endpoint, job) == ("STOPPED", "")
        assert output(endpoint, job) == {}
        assert refused(client.stop_pii_entities_detection_job, JobId=job) == ("InvalidRequestException", 400)

    def test_a_job_that_a_process_laid_down_is_taken_up_by_the_next(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = Endpoint(tmp_path)
        put(first, {"in/a": LINE * 6 + TEXT, "in/b": LINE * 6})
        job = start(first)
        real = first.service._redactor.look_each

        def closing(*arguments: Any, **given: Any) -> Any:
            first.service.redactions.close()
            return real(*arguments, **given)

        monkeypatch.setattr(first.service._redactor, "look_each", closing)
        first.service.redactions.work_once()
        assert state(first, job)[0] == "IN_PROGRESS"
        first.close()
        second = Endpoint(tmp_path)
        try:
            second.service.redactions.start()
            deadline = time.monotonic() + PATIENCE_SECONDS
            while state(second, job)[0] == "IN_PROGRESS" and time.monotonic() < deadline:
                time.sleep(0.02)

            assert state(second, job)[0] == "COMPLETED"
            assert set(output(second, job)) == {"a.out", "b.out"}
        finally:
            second.close()

    def test_a_detector_that_does_not_answer_fails_the_job(
        self, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failure = Failure(detector=Tool(name="pii.text", version="1"), kind="raised", message="KeyError at x.py:1")
        monkeypatch.setattr(endpoint.service._redactor, "look_each", lambda *_, **__: ([], Answers(failures=[failure])))
        put(endpoint, {"in/a": LINE * 6})
        job = start(endpoint)

        endpoint.service.redactions.work_once()

        assert state(endpoint, job) == ("FAILED", f"1 of 1 files have no output; a: {NotRedacted(failure)}")
        assert output(endpoint, job) == {}

    def test_jobs_are_listed_by_page_filter_and_time(self, endpoint: Endpoint) -> None:
        made = [start(endpoint, JobName=f"job {number}") for number in range(5)]
        client = endpoint.the_client
        endpoint.service.redactions.work_once()

        def ids(**more: Any) -> list[str]:
            pages = client.get_paginator("list_pii_entities_detection_jobs").paginate(**more)
            return [job["JobId"] for page in pages for job in page["PiiEntitiesDetectionJobPropertiesList"]]

        # Older clients send whole seconds.
        now, before = datetime.now(UTC) + timedelta(seconds=2), datetime.now(UTC) - timedelta(hours=1)
        assert ids() == ids(PaginationConfig={"PageSize": 2}) == list(reversed(made))
        assert ids(Filter={"JobName": "job 3"}) == [made[3]]
        assert ids(Filter={"JobStatus": "FAILED"}) == [made[0]]
        assert ids(Filter={"SubmitTimeBefore": now}, PaginationConfig={"PageSize": 2}) == made
        assert ids(Filter={"SubmitTimeAfter": before}) == list(reversed(made))
        assert ids(Filter={"SubmitTimeAfter": now}) == []

    def test_raw_answers_have_the_shapes_of_the_model(self, endpoint: Endpoint) -> None:
        put(endpoint, {"in/a": "too short"})
        job = start(endpoint, JobName="one")
        endpoint.service.redactions.work_once()
        start(endpoint)
        calls = {
            "DescribePiiEntitiesDetectionJob": {"JobId": job},
            "ListPiiEntitiesDetectionJobs": {"MaxResults": 1},
            "StopPiiEntitiesDetectionJob": {"JobId": start(endpoint)},
        }
        for operation, parameters in calls.items():
            status, answer = endpoint.raw(operation, json.dumps(parameters))

            assert status == 200
            check_shape(MODEL.operation_model(operation).output_shape, answer)
            assert answer

    def test_what_is_wrong_has_comprehends_code(self, endpoint: Endpoint) -> None:
        client = endpoint.the_client
        assert refused(client.describe_pii_entities_detection_job, JobId="f" * 32) == ("JobNotFoundException", 404)
        assert refused(client.stop_pii_entities_detection_job, JobId="f" * 32) == ("JobNotFoundException", 404)
        listing = client.list_pii_entities_detection_jobs
        assert refused(listing, Filter={"JobName": "x", "JobStatus": "FAILED"})[0] == "InvalidFilterException"
        for token in (
            "x",
            '["2026-01-01T00:00:00+00:00", "\\u0000"]',
            '["0001-01-01T00:00:00+14:00", "' + "f" * 32 + '"]',
        ):
            given = base64.urlsafe_b64encode(token.encode()).decode()
            assert refused(listing, NextToken=given)[0] == "InvalidRequestException"
        assert refused(listing, MaxResults=501)[0] == "ValidationException"

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"RedactionConfig": {}}, "InvalidRequestException"),
            ({"LanguageCode": "de"}, "InvalidRequestException"),
            ({"InputDataConfig": {"S3Uri": "http://texts/in"}}, "ValidationException"),
            ({"InputDataConfig": {"S3Uri": "s3://texts/\0"}}, "ValidationException"),
            ({"OutputDataConfig": {"S3Uri": "s3://texts/\ud800"}}, "ValidationException"),
            ({"DataAccessRoleArn": "arn:aws:iam::1:role/short-one"}, "ValidationException"),
            ({"JobName": "no!"}, "ValidationException"),
            ({"OutputDataConfig": {"S3Uri": "s3://texts/out", "KmsKeyId": "k"}}, "KmsKeyValidationException"),
            ({"Tags": [{"Key": str(n), "Value": ""} for n in range(51)]}, "TooManyTagsException"),
            (
                {
                    "InputDataConfig": {
                        "S3Uri": "s3://texts/in",
                        "DocumentReaderConfig": {"DocumentReadAction": "TEXTRACT_ANALYZE_DOCUMENT"},
                    }
                },
                "InvalidRequestException",
            ),
        ],
    )
    def test_a_job_that_is_asked_for_wrongly_is_refused(
        self, shared: Endpoint, more: dict[str, Any], code: str
    ) -> None:
        assert refused(start, endpoint=shared, **more) == (code, 400)

    @pytest.mark.parametrize("prefix", ["../../etc/", "in/../../x"])
    def test_a_prefix_that_climbs_out_of_its_bucket_reads_nothing(self, endpoint: Endpoint, prefix: str) -> None:
        job = start(endpoint, InputDataConfig={"S3Uri": f"s3://texts/{prefix}"})

        endpoint.service.redactions.work_once()

        assert state(endpoint, job)[0] == "FAILED"
        assert "cannot be the name" in state(endpoint, job)[1]

    def test_jobs_read_and_write_s3_where_they_may(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        mocked = mock_aws()
        mocked.start()
        opened = Endpoint(tmp_path, comprehend_s3=True)
        try:
            s3 = boto3.client("s3", region_name="us-east-1")
            s3.create_bucket(Bucket="texts")
            s3.put_object(Bucket="texts", Key="in/a.txt", Body=(LINE * 6 + TEXT).encode())
            job = start(opened, OutputDataConfig={"S3Uri": "s3://texts/in/out"})

            opened.service.redactions.work_once()

            assert state(opened, job) == ("COMPLETED", "")
            key = f"in/out/000000000000-PII-{job}/output/a.txt.out"
            assert b"[EMAIL]" in s3.get_object(Bucket="texts", Key=key)["Body"].read()
        finally:
            opened.close()
            mocked.stop()
