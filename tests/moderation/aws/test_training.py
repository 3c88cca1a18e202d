"""Custom labels at Amazon, as its API is asked for them: trained from a manifest, followed, started, stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from moderation import cli
from moderation.aws.training import CustomLabels
from moderation.core.errors import InputError

PROJECT = "arn:aws:rekognition:us-east-1:111122223333:project/helmets/1700000000000"
VERSION = "arn:aws:rekognition:us-east-1:111122223333:project/helmets/version/v1/1700000000001"


class Amazon:
    """A client whose answers are set, in order; each is checked against botocore's model, both ways."""

    def __init__(self) -> None:
        client = boto3.client("rekognition", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stub, self.pauses = Stubber(client), list[float]()
        self.labels = CustomLabels(client, self.pauses.append)

    def has_project(self) -> None:
        self.stub.add_response("describe_projects", {"ProjectDescriptions": [{"ProjectArn": PROJECT}]}, {"ProjectNames": ["helmets"]})  # fmt: skip

    def is_now(self, status: str, **more: Any) -> None:
        self.has_project()
        described = {"ProjectVersionDescriptions": [{"ProjectVersionArn": VERSION, "Status": status, **more}]}
        self.stub.add_response("describe_project_versions", described, {"ProjectArn": PROJECT, "VersionNames": ["v1"]})


@pytest.fixture
def amazon() -> Iterator[Amazon]:
    made = Amazon()
    with made.stub:
        yield made
        made.stub.assert_no_pending_responses()


def test_a_project_is_made_where_there_is_none_and_the_manifest_is_what_it_learns_from(amazon: Amazon) -> None:
    amazon.stub.add_response("describe_projects", {"ProjectDescriptions": []}, {"ProjectNames": ["helmets"]})
    amazon.stub.add_response("create_project", {"ProjectArn": PROJECT}, {"ProjectName": "helmets"})
    expected = {
        "ProjectArn": PROJECT,
        "VersionName": "v1",
        "OutputConfig": {"S3Bucket": "yard", "S3KeyPrefix": "models/helmets"},
        "TrainingData": {"Assets": [{"GroundTruthManifest": {"S3Object": {"Bucket": "yard", "Name": "out/output.manifest"}}}]},
        "TestingData": {"AutoCreate": True},
    }  # fmt: skip
    amazon.stub.add_response("create_project_version", {"ProjectVersionArn": VERSION}, expected)

    assert amazon.labels.train("helmets", "v1", "s3://yard/out/output.manifest", "s3://yard/models/helmets/") == VERSION


def test_states_are_told_as_they_change(amazon: Amazon) -> None:
    for status in ("TRAINING_IN_PROGRESS", "TRAINING_IN_PROGRESS", "TRAINING_COMPLETED"):
        amazon.is_now(status)

    assert list(amazon.labels.follow(VERSION)) == ["TRAINING_IN_PROGRESS", "TRAINING_COMPLETED"]
    assert len(amazon.pauses) == 2


def test_a_training_that_failed_says_why(amazon: Amazon) -> None:
    amazon.is_now("TRAINING_FAILED", StatusMessage="The manifest file contains too many invalid lines")

    with pytest.raises(InputError, match="TRAINING_FAILED: The manifest file contains too many invalid lines"):
        list(amazon.labels.follow(VERSION))


def test_a_model_is_started_and_stopped(amazon: Amazon) -> None:
    amazon.stub.add_response("start_project_version", {"Status": "STARTING"}, {"ProjectVersionArn": VERSION, "MinInferenceUnits": 2})  # fmt: skip
    amazon.stub.add_response("stop_project_version", {"Status": "STOPPING"}, {"ProjectVersionArn": VERSION})

    amazon.labels.start(VERSION, 2)
    amazon.labels.stop(VERSION)


def test_what_amazon_refuses_is_said_in_its_words(amazon: Amazon) -> None:
    amazon.stub.add_client_error("stop_project_version", "ResourceInUseException", "it is not running", expected_params={"ProjectVersionArn": ANY})  # fmt: skip

    with pytest.raises(InputError, match="ResourceInUseException: it is not running"):
        amazon.labels.stop(VERSION)


def test_a_model_that_is_not_there_is_named_and_nothing_is_made(amazon: Amazon) -> None:
    amazon.stub.add_response("describe_projects", {"ProjectDescriptions": []}, {"ProjectNames": ["helmets"]})

    with pytest.raises(InputError, match="Amazon has no model"):
        list(amazon.labels.follow(VERSION))


def test_an_arn_that_is_none_is_named(amazon: Amazon) -> None:
    with pytest.raises(InputError, match="is no ARN of a model's version"):
        list(amazon.labels.follow("arn:aws:rekognition:us-east-1:111122223333:project/helmets"))


def test_without_a_region_the_command_says_what_to_set(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["aws", "models", "stop", VERSION, "--data", str(tmp_path)]) == 2

    assert "MODERATION_AWS_REGION" in capsys.readouterr().err
