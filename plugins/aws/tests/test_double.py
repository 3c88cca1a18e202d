"""The double of AWS refuses what AWS refuses: otherwise the tests that trust it would prove nothing."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moderation_aws.pictures import PPE

from tests.aws_double import AwsDouble
from tests.aws_double.examples import PICTURE, WORKER, picture

PHOTO = picture()
ARN = "arn:aws:rekognition:us-east-1:111122223333:project/p/version/v/1"
TEXTS = [{"Text": "x"}]


def call(aws: AwsDouble, service: str, operation: str, **given: Any) -> Any:
    """A call without botocore's own validation."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    client = boto3.client(service, region_name="us-east-1", endpoint_url=aws.url, config=config)
    return getattr(client, operation)(**given)


@pytest.mark.parametrize(
    ("service", "operation", "given", "code", "said"),
    [
        ("rekognition", "detect_labels", {}, "ValidationException", "Image: missing"),
        ("rekognition", "detect_labels", {"Image": {"Bytes": PHOTO}, "MinConfidence": 101}, "ValidationException", "more than 100"),
        ("rekognition", "detect_labels", {"Image": {}}, "InvalidParameterException", "exactly one"),
        ("rekognition", "detect_labels", {"Image": {"Bytes": b"GIF89a"}}, "InvalidImageFormatException", "no JPEG"),
        ("rekognition", "detect_labels", {"Image": {"Bytes": picture(79, 200)}}, "InvalidParameterException", "79 x 200"),
        ("rekognition", "detect_labels", {"Image": {"S3Object": {"Bucket": "bbb", "Name": "n"}}}, "InvalidS3ObjectException", "no such"),
        ("rekognition", "detect_labels", {"Image": {"S3Object": {"Bucket": "b b", "Name": "n"}}}, "ValidationException", "does not match"),
        ("rekognition", "detect_faces", {"Image": {"Bytes": PHOTO}, "Attributes": ["AGE"]}, "ValidationException", "none of"),
        ("rekognition", "detect_protective_equipment", {"Image": {"Bytes": PHOTO + bytes(PPE.max_bytes)}}, "ImageTooLargeException", "bytes"),
        ("rekognition", "detect_custom_labels", {"Image": {"Bytes": PHOTO}, "ProjectVersionArn": ARN[:-2]}, "ValidationException", "does not match"),
        ("comprehend", "detect_pii_entities", {"Text": "ä" * 50_001, "LanguageCode": "en"}, "TextSizeLimitExceededException", ""),
        ("comprehend", "detect_pii_entities", {"Text": "x", "LanguageCode": "de"}, "UnsupportedLanguageException", "de"),
        ("comprehend", "detect_toxic_content", {"TextSegments": [{"Text": "ä" * 501}], "LanguageCode": "en"}, "TextSizeLimitExceededException", "1002"),
        ("comprehend", "detect_toxic_content", {"TextSegments": TEXTS * 11, "LanguageCode": "en"}, "TextSizeLimitExceededException", "11"),
        ("comprehendmedical", "detect_phi", {"Text": "x" * 20_001}, "ValidationException", "more than 20000"),
        ("transcribe", "start_transcription_job", {"TranscriptionJobName": "a b", "Media": {}, "LanguageCode": "en-US"}, "ValidationException", "does not match"),
        ("transcribe", "start_transcription_job", {"TranscriptionJobName": "a", "Media": {"MediaFileUri": "s3://b/k"}}, "BadRequestException", "one way"),
        ("bedrock-runtime", "apply_guardrail", {"guardrailIdentifier": "ABC", "guardrailVersion": "1", "source": "INPUT", "content": []}, "ValidationException", "does not match"),
        ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "a_b", "Body": b"x"}, "ValidationException", "does not match"),
    ],
)  # fmt: skip
def test_it_refuses_what_breaks_a_shape_or_a_limit(
    aws: AwsDouble, service: str, operation: str, given: dict[str, Any], code: str, said: str
) -> None:
    with pytest.raises(ClientError) as caught:
        call(aws, service, operation, **given)

    assert caught.value.response["Error"]["Code"] == code
    [refused] = aws.refused
    assert said in refused
    assert aws.calls == []


def test_it_gives_no_answer_that_aws_would_not_give(aws: AwsDouble) -> None:
    aws.answer("rekognition.DetectModerationLabels", {**PICTURE, "Lables": []})

    with pytest.raises(ClientError, match="none that AWS gives"):
        call(aws, "rekognition", "detect_moderation_labels", Image={"Bytes": PHOTO})


def test_it_gives_no_answer_that_was_not_set(aws: AwsDouble) -> None:
    with pytest.raises(ClientError, match="the test set no answer"):
        call(aws, "rekognition", "detect_text", Image={"Bytes": PHOTO})


def test_it_throttles_what_is_over_the_quota(aws: AwsDouble) -> None:
    aws.answer("rekognition.DetectProtectiveEquipment", WORKER)
    aws.limit("rekognition.DetectProtectiveEquipment", 1)
    call(aws, "rekognition", "detect_protective_equipment", Image={"Bytes": PHOTO})
    aws.limit("rekognition.DetectProtectiveEquipment", 0)

    with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
        call(aws, "rekognition", "detect_protective_equipment", Image={"Bytes": PHOTO})
    assert (aws.throttled, len(aws.calls)) == (1, 1)
