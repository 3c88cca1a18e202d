"""``moderation doctor --aws``: what is wrong with the account and the configuration, found by calling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from moderation_aws import examine

from moderation.cli import run
from moderation.settings import Settings
from tests.aws_double import AwsDouble, AwsError, Fault
from tests.aws_double.examples import PICTURE, WORKER

VEST = "arn:aws:rekognition:us-east-1:111122223333:project/safety/version/vest/1690474772815"
CORS = "<CORSConfiguration><CORSRule><AllowedMethod>{}</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>"


@pytest.fixture
def well(aws: AwsDouble) -> AwsDouble:
    """An account in which all is well."""

    def no_job(given: dict[str, Any]) -> dict[str, Any]:
        raise AwsError("ResourceNotFoundException")

    aws.answer("rekognition.DetectModerationLabels", PICTURE)
    aws.answer("rekognition.DetectProtectiveEquipment", WORKER)
    aws.answer("rekognition.DetectFaces", {"FaceDetails": []})
    aws.answer("rekognition.DetectText", {"TextDetections": []})
    aws.answer("comprehend.DetectPiiEntities", {"Entities": []})
    aws.answer("comprehend.DetectDominantLanguage", {"Languages": [{"LanguageCode": "en", "Score": 0.9}]})
    aws.answer("comprehend.DetectToxicContent", {"ResultList": [{"Labels": [], "Toxicity": 0.0}]})
    aws.answer("comprehendmedical.DetectPHI", {"Entities": [], "ModelVersion": "2"})
    aws.answer("rekognition.GetContentModeration", no_job)
    aws.answer("transcribe.GetTranscriptionJob", no_job)
    aws.answer("service-quotas.ListServiceQuotas", {"Quotas": []})
    aws.answer("sagemaker.ListFlowDefinitions", {"FlowDefinitionSummaries": []})
    aws.buckets["work"] = ""
    return aws


def problems(settings: Settings, *services: str) -> list[str]:
    return [finding.text for finding in examine(settings, services) if finding.is_problem]


def test_an_account_in_which_all_is_well_has_no_problem(well: AwsDouble, configured: Callable[..., Settings]) -> None:
    findings = examine(configured("bucket: work"), ["aws"])

    assert [f.text for f in findings if f.is_problem] == []
    assert any("user/moderation" in f.text for f in findings)
    assert {f.text for f in findings if f.text.endswith(" answers")} == {
        f"{name} answers"
        for name in (
            "rekognition.moderation", "rekognition.ppe", "rekognition.faces", "rekognition.text", "rekognition.video",
            "comprehend.pii", "comprehend.toxicity", "comprehendmedical.phi", "transcribe.text",
        )
    }  # fmt: skip
    assert well.refused == []


def test_nothing_is_called_without_leave(well: AwsDouble, configured: Callable[..., Settings]) -> None:
    findings = examine(configured("bucket: work"), [])

    assert well.calls == []
    assert any("doctor --aws" in f.text for f in findings)


def test_without_a_region_there_is_nothing_to_say_unless_asked(configured: Callable[..., Settings]) -> None:
    assert examine(configured(aws_region=None), []) == []
    assert "set MODERATION_AWS_REGION" in problems(configured(aws_region=None), "aws")[0]


def test_wrong_credentials_end_the_examination(well: AwsDouble, configured: Callable[..., Settings]) -> None:
    well.identity = None
    [problem] = problems(configured(), "aws")

    assert "credentials are wrong" in problem
    assert well.calls == []


def test_each_detector_that_is_refused_is_named_with_the_remedy(
    well: AwsDouble, configured: Callable[..., Settings]
) -> None:
    well.fail("rekognition.DetectProtectiveEquipment", Fault("AccessDeniedException"))
    well.fail("transcribe.GetTranscriptionJob", Fault("AccessDeniedException"))
    found = problems(configured("bucket: work"), "aws")

    assert sorted(text.partition(":")[0] for text in found) == ["rekognition.ppe", "transcribe.text"]
    assert all("allow the action" in text for text in found)


def test_a_quota_below_the_pace_is_said_with_the_line_to_write(
    well: AwsDouble, configured: Callable[..., Settings]
) -> None:
    name = "Transactions per second per account for the Amazon Rekognition image operation DetectText"
    well.answer(
        "service-quotas.ListServiceQuotas",
        lambda given: {"Quotas": [{"QuotaName": name, "Value": 25.0}] if given["ServiceCode"] == "rekognition" else []},
    )

    assert problems(configured(), "aws") == [
        "rekognition.DetectText: paced at 50 calls a second, set calls_per_second: {rekognition.DetectText: 25}"
    ]
    assert problems(configured("calls_per_second: {rekognition.DetectText: 25}"), "aws") == []


def test_a_stopped_model_is_named(well: AwsDouble, configured: Callable[..., Settings]) -> None:
    arn = VEST.partition("/version/")[0]
    well.answer("rekognition.DescribeProjects", {"ProjectDescriptions": [{"ProjectArn": f"{arn}/1690474772000"}]})
    stopped = {"ProjectVersionArn": VEST, "Status": "STOPPED"}
    well.answer("rekognition.DescribeProjectVersions", {"ProjectVersionDescriptions": [stopped]})
    content = f"custom_labels: [{{project_version: '{VEST}', names: {{vest: Custom/VEST}}}}]"

    assert problems(configured(content), "aws") == [
        "rekognition.custom_labels: safety/vest is STOPPED: moderation aws models start"
    ]


def test_a_bucket_that_is_not_there_is_named(well: AwsDouble, configured: Callable[..., Settings]) -> None:
    assert "bucket other" in problems(configured("bucket: other"), "aws")[0]


@pytest.mark.parametrize(("cors", "is_wrong"), [("", True), (CORS.format("PUT"), True), (CORS.format("GET"), False)])
def test_amazons_portal_needs_cors(
    well: AwsDouble, configured: Callable[..., Settings], cors: str, is_wrong: bool
) -> None:
    well.buckets["media"] = cors
    settings = configured(media_s3=True, media_bucket="media", a2i_endpoint_url="aws")

    assert any("CORS" in text for text in problems(settings, "aws")) == is_wrong


def test_an_account_that_is_no_customer_of_a2i_is_told_what_takes_its_place(
    well: AwsDouble, configured: Callable[..., Settings]
) -> None:
    well.fail("sagemaker.ListFlowDefinitions", Fault("AccessDeniedException"))
    [problem] = problems(configured(a2i_endpoint_url="aws"), "aws")

    assert "closed to new customers" in problem


def test_media_in_another_region_are_a_problem(configured: Callable[..., Settings]) -> None:
    assert "cannot read them in place" in problems(configured(media_s3=True, a2i_region="eu-west-1"))[0]


def test_the_command_shows_it_and_its_exit_code_says_it(
    well: AwsDouble, configured: Callable[..., Settings], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings = configured("bucket: work")
    monkeypatch.setenv("MODERATION_AWS_REGION", "us-east-1")
    monkeypatch.setenv("MODERATION_AWS_CONFIG", str(settings.aws_config))
    assert run(["doctor", "--aws", "--data", str(settings.data)]) == 0
    assert "rekognition.ppe answers" in capsys.readouterr().out

    well.fail("rekognition.DetectFaces", Fault("AccessDeniedException"))
    assert run(["doctor", "--aws", "--data", str(settings.data)]) == 1
    assert "allow the action" in capsys.readouterr().out
