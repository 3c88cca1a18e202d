"""Rekognition Custom Labels at Amazon: a project and a version of its model, trained from a manifest, started, stopped.

https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/training-model.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from ground.blobs import split_uri
from ground.errors import StoreUnavailable
from moderation.core.errors import InputError

PAUSE_SECONDS = 30.0
"""Between looks at what takes minutes to hours."""
UNDER_WAY = ("TRAINING_IN_PROGRESS", "STARTING", "STOPPING", "COPYING_IN_PROGRESS")
FAILED = ("TRAINING_FAILED", "FAILED", "COPYING_FAILED", "DELETING", "DEPRECATED", "EXPIRED")


class CustomLabels:
    """What is done with models at Amazon.

    Args:
        client: boto3's ``rekognition``.
        pause: waits some seconds; given for tests.
    """

    def __init__(self, client: Any, pause: Callable[[float], None] = time.sleep) -> None:
        self._client, self._pause = client, pause

    def train(self, project: str, version: str, manifest: str, output: str) -> str:
        """Begin to train a version; its ARN. A project of that name is used when it is there.

        Args:
            manifest: ``s3://`` name of an output manifest; a fifth of it is kept back for testing, by Amazon.
            output: ``s3://bucket/prefix`` for results of the training.

        Raises:
            InputError: what Amazon refuses, in its words.
        """
        bucket, key = split_uri(manifest)
        to_bucket, to_prefix = split_uri(f"{output.rstrip('/')}/x")
        truth = {"GroundTruthManifest": {"S3Object": {"Bucket": bucket, "Name": key}}}
        made = self._call(
            "create_project_version",
            ProjectArn=self._find_project(project) or self._call("create_project", ProjectName=project)["ProjectArn"],
            VersionName=version,
            OutputConfig={"S3Bucket": to_bucket, "S3KeyPrefix": to_prefix.removesuffix("x").rstrip("/")},
            TrainingData={"Assets": [truth]},
            TestingData={"AutoCreate": True},
        )
        return str(made["ProjectVersionArn"])

    def start(self, arn: str, units: int) -> None:
        """Start a trained version. Amazon charges for it by the hour until it is stopped."""
        self._call("start_project_version", ProjectVersionArn=arn, MinInferenceUnits=units)

    def stop(self, arn: str) -> None:
        """Stop a running version."""
        self._call("stop_project_version", ProjectVersionArn=arn)

    def follow(self, arn: str) -> Iterator[str]:
        """The states of a version, each as it changes, until nothing is under way.

        Raises:
            InputError: training or starting failed, with Amazon's reason.
        """
        before = ""
        while True:
            found = self._describe(arn)
            status = str(found["Status"])
            if status != before:
                yield status
                before = status
            if status in FAILED:
                raise InputError(f"{arn} is {status}: {found.get('StatusMessage', 'Amazon says no reason')}")
            if status not in UNDER_WAY:
                return
            self._pause(PAUSE_SECONDS)

    def _find_project(self, name: str) -> str | None:
        listed = self._call("describe_projects", ProjectNames=[name])["ProjectDescriptions"]
        return str(listed[0]["ProjectArn"]) if listed else None

    def _describe(self, arn: str) -> Any:
        # A project's ARN ends in a time of its own, which that of a version does not have: it is asked for by name.
        parts = arn.split("/")
        if len(parts) != 5 or parts[2] != "version":
            raise InputError(
                f"{arn[:300]} is no ARN of a model's version: arn:aws:rekognition:..:project/P/version/V/T"
            )
        project = self._find_project(parts[1])
        if project is not None:
            described = self._call("describe_project_versions", ProjectArn=project, VersionNames=[parts[3]])
            for each in described["ProjectVersionDescriptions"]:
                if each["ProjectVersionArn"] == arn:
                    return each
        raise InputError(f"Amazon has no model {arn[:300]}")

    def _call(self, operation: str, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, operation)(**arguments)
        except ClientError as error:
            told = error.response["Error"]
            raise InputError(f"Amazon refuses {operation}: {told.get('Code')}: {told.get('Message')}") from error
        except BotoCoreError as error:
            raise StoreUnavailable(f"Amazon did not answer {operation} ({type(error).__name__})") from error
