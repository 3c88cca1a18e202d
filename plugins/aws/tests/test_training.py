"""A Custom Labels model is trained at Amazon from a manifest: asked for as its API wants it, and followed to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from moderation_aws import commands

from moderation.cli import run
from moderation.settings import Settings
from tests.aws_double import AwsDouble

PROJECT = "arn:aws:rekognition:us-east-1:111122223333:project/helmets"
VERSION = f"{PROJECT}/version/v1/1700000000001"
PLACES = ("--manifest", "s3://yard/out/output.manifest", "--output", "s3://yard/models/helmets/")


@pytest.fixture
def train(aws: AwsDouble, configured: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the command where the version goes through `statuses`; in an account with the project, or without."""
    settings = configured("{}")
    monkeypatch.setenv("MODERATION_AWS_REGION", "us-east-1")
    monkeypatch.setenv("MODERATION_AWS_CONFIG", str(settings.aws_config))
    monkeypatch.setattr(commands, "POLL_SECONDS", 0.0)

    def command(*arguments: str, statuses: tuple[str, ...] = ("TRAINING_COMPLETED",), is_there: bool = True) -> int:
        left, made = list(statuses), [{"ProjectArn": f"{PROJECT}/1700000000000"}] if is_there else []

        def create(given: Any) -> Any:
            made.append({"ProjectArn": f"{PROJECT}/1700000000000"})
            return made[0]

        def describe(given: Any) -> Any:
            status = left.pop(0) if len(left) > 1 else left[0]
            told = {"ProjectVersionArn": VERSION, "Status": status, "StatusMessage": "The manifest has no labels"}
            return {"ProjectVersionDescriptions": [told]}

        aws.answer("rekognition.DescribeProjects", lambda given: {"ProjectDescriptions": made})
        aws.answer("rekognition.CreateProject", create)
        aws.answer("rekognition.CreateProjectVersion", {"ProjectVersionArn": VERSION})
        aws.answer("rekognition.DescribeProjectVersions", describe)
        code = run(["aws", "models", "train", "helmets", "v1", *arguments, "--data", str(settings.data)])
        assert aws.refused == []
        return code

    return command


@pytest.mark.parametrize("is_there", [True, False])
def test_the_manifest_is_what_it_learns_from_in_a_project_that_is_made_once(
    aws: AwsDouble, train: Callable[..., int], is_there: bool
) -> None:
    assert train(*PLACES, is_there=is_there) == 0

    (asked,) = [call.given for call in aws.calls if call.name == "rekognition.CreateProjectVersion"]
    assert [call.name for call in aws.calls].count("rekognition.CreateProject") == (not is_there)
    assert asked["OutputConfig"] == {"S3Bucket": "yard", "S3KeyPrefix": "models/helmets"}
    assert asked["TrainingData"]["Assets"] == [
        {"GroundTruthManifest": {"S3Object": {"Bucket": "yard", "Name": "out/output.manifest"}}}
    ]


def test_it_is_followed_until_it_is_trained(train: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert train(*PLACES, statuses=("TRAINING_IN_PROGRESS", "TRAINING_IN_PROGRESS", "TRAINING_COMPLETED")) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == VERSION
    assert [line.split()[1] for line in lines[1:]] == ["TRAINING_IN_PROGRESS", "TRAINING_COMPLETED"]


def test_a_training_that_failed_is_a_failed_command_and_says_why(
    train: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(*PLACES, statuses=("TRAINING_FAILED",)) == 1

    assert "The manifest has no labels" in capsys.readouterr().out


def test_a_manifest_that_is_not_in_s3_is_refused_before_amazon_is_asked(
    aws: AwsDouble, train: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--manifest", "output.manifest", "--output", "s3://yard/models") == 2

    assert "--manifest 'output.manifest': an S3 name is wanted" in capsys.readouterr().err
    assert aws.calls == []
