"""One address for five services: routed by what a request is signed for, and refused by documented errors."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.houses.aws_door import Door, blank


def code(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def posted(door: Door, headers: dict[str, str], body: bytes = b"{}", path: str = "/") -> tuple[int, Any]:
    """Status and document of an answer to a request that boto3 would not make."""
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{door.url}{path}", body, headers)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else text.decode()


class TestRouting:
    def test_each_service_is_behind_the_one_address(self, door: Door) -> None:
        flow = door.flow("routed", source=False)
        runtime = door.client("sagemaker-a2i-runtime")
        given = {"HumanLoopName": "routed-1", "FlowDefinitionArn": flow, "HumanLoopInput": {"InputContent": "{}"}}
        comprehend = door.client("comprehend")

        assert runtime.start_human_loop(**given)["HumanLoopArn"]
        assert [
            each["HumanLoopName"] for each in runtime.list_human_loops(FlowDefinitionArn=flow)["HumanLoopSummaries"]
        ]
        assert comprehend.detect_pii_entities(Text="ann@example.org", LanguageCode="en")["Entities"]
        assert door.s3.create_bucket(Bucket="routed")["Location"] == "/routed"
        assert door.rekognition.detect_faces(Image={"Bytes": blank()})["FaceDetails"] == []

    @pytest.mark.parametrize("service", ["polly", "sts", "transcribe"])
    def test_a_service_that_is_not_here_is_named(self, door: Door, service: str) -> None:
        status, answer = posted(door, door.signed("POST", "/", b"{}", service))

        assert (status, answer["__type"]) == (400, "UnknownOperationException")
        assert f"'{service}'" in answer["Message"]

    def test_a_signature_for_one_service_opens_no_other(self, door: Door) -> None:
        target = {"X-Amz-Target": "RekognitionService.DetectFaces", "Content-Type": "application/x-amz-json-1.1"}

        for service in ("comprehend", "sagemaker"):
            status, answer = posted(door, door.signed("POST", "/", b"{}", service, **target))
            assert (status, answer["__type"]) == (400, "UnknownOperationException")

    def test_a_bucket_may_be_called_as_a_path_of_a2is_is(self, door: Door) -> None:
        door.s3.create_bucket(Bucket="human-loops")
        door.s3.put_object(Bucket="human-loops", Key="s3/x", Body=b"x")
        url = door.s3.generate_presigned_url("get_object", Params={"Bucket": "human-loops", "Key": "s3/x"})

        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b"x"


class TestSignatures:
    @pytest.mark.parametrize(
        ("service", "refusal"),
        [
            ("rekognition", "InvalidSignatureException"),
            ("comprehend", "InvalidSignatureException"),
            ("sagemaker", "InvalidSignatureException"),
            ("s3", "SignatureDoesNotMatch"),
        ],
    )
    def test_a_wrong_secret_is_refused_as_each_service_says_it(self, door: Door, service: str, refusal: str) -> None:
        client = door.client(service, secret="x" * 40)
        calls: dict[str, Any] = {
            "rekognition": lambda: client.detect_faces(Image={"Bytes": blank()}),
            "comprehend": lambda: client.detect_pii_entities(Text="x", LanguageCode="en"),
            "sagemaker": lambda: client.list_workteams(),
            "s3": lambda: client.list_objects_v2(Bucket="x-y"),
        }

        assert code(calls[service]) == refusal

    def test_a_revoked_key_opens_nothing(self, door: Door) -> None:
        key = door.review.add_access_key(app="gone")
        client = door.client("rekognition", key)
        assert client.detect_faces(Image={"Bytes": blank()})["FaceDetails"] == []

        door.review.revoke_access_key(key.id)

        assert code(client.detect_faces, Image={"Bytes": blank()}) == "UnrecognizedClientException"

    def test_unsigned_and_malformed_requests_are_refused(self, door: Door) -> None:
        target = {"X-Amz-Target": "RekognitionService.DetectFaces"}
        malformed = {**target, "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/r/rekognition/aws4_request"}

        assert posted(door, target)[1]["__type"] == "MissingAuthenticationTokenException"
        assert posted(door, malformed)[1]["__type"] == "IncompleteSignatureException"
        assert "<Code>AccessDenied</Code>" in posted(door, {}, path="/bucket/key")[1]

    def test_a_body_that_is_not_what_was_signed_is_refused(self, door: Door) -> None:
        target = {"X-Amz-Target": "RekognitionService.DetectFaces", "Content-Type": "application/x-amz-json-1.1"}
        headers = door.signed("POST", "/", b"{}", "rekognition", **target)

        assert posted(door, headers, b'{"Image": {}}')[1]["__type"] == "InvalidSignatureException"

    @pytest.mark.parametrize(
        "body", [b"[]", b"{", b"\xff", b'{"Image": 3}', b'{"Image": {"S3Object": []}}', b"[" * 5000]
    )
    def test_documents_that_are_none_are_documented_errors(self, door: Door, body: bytes) -> None:
        target = {"X-Amz-Target": "RekognitionService.DetectFaces", "Content-Type": "application/x-amz-json-1.1"}

        status, answer = posted(door, door.signed("POST", "/", body, "rekognition", **target), body)

        assert (status, answer["__type"]) in ((400, "SerializationException"), (400, "ValidationException"))

    @pytest.mark.parametrize(
        ("target", "service", "size"),
        [
            ("RekognitionService.DetectFaces", "rekognition", 8 * 2**20 + 1),
            ("Comprehend_20171127.DetectPiiEntities", "comprehend", 31_000_000),
            ("Comprehend_20171127.DetectPiiEntities", "comprehend", 38_000_000),
            ("SageMaker.ListWorkteams", "sagemaker", 38_000_000),
        ],
    )
    def test_a_body_over_the_limit_is_a_documented_error(
        self, door: Door, target: str, service: str, size: int
    ) -> None:
        body = b" " * size
        named = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}

        status, answer = posted(door, door.signed("POST", "/", body, service, **named), body)

        assert (status, answer["__type"]) in ((400, "ValidationException"), (400, "SerializationException"))
