"""A Custom Labels model is trained at Amazon, from a manifest of Ground Truth.

https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/training-model.html
"""

from __future__ import annotations

import re

from moderation.core.errors import InputError
from moderation_aws.calls import Account, Caller

_S3_URI = re.compile(r"s3://([a-z0-9][.\-a-z0-9]{1,61}[a-z0-9])/(.*)")


def train(account: Account, caller: Caller, project: str, version: str, manifest: str, output: str) -> str:
    """Begin to train a version, for which Amazon charges; its ARN. A project of that name is used when it is there.

    Args:
        manifest: ``s3://`` name of an output manifest; a fifth of it is kept back for testing, by Amazon.
        output: ``s3://bucket/prefix`` for results of the training.

    Raises:
        InputError: a name of S3 is none.
        CallRefused: Amazon said no.
    """
    (bucket, key), (to_bucket, prefix) = _place("--manifest", manifest), _place("--output", f"{output.rstrip('/')}/")
    truth = {"GroundTruthManifest": {"S3Object": {"Bucket": bucket, "Name": key}}}
    listed = account.call(caller, "rekognition", "DescribeProjects", 0, ProjectNames=[project])["ProjectDescriptions"]
    found = listed[0] if listed else account.call(caller, "rekognition", "CreateProject", 0, ProjectName=project)
    answer = account.call(
        caller,
        "rekognition",
        "CreateProjectVersion",
        0,
        ProjectArn=found["ProjectArn"],
        VersionName=version,
        OutputConfig={"S3Bucket": to_bucket, "S3KeyPrefix": prefix.rstrip("/")},
        TrainingData={"Assets": [truth]},
        TestingData={"AutoCreate": True},
    )
    return str(answer["ProjectVersionArn"])


def _place(option: str, given: str) -> tuple[str, str]:
    found = _S3_URI.fullmatch(given)
    if found is None or (option == "--manifest" and not found[2]):
        raise InputError(f"{option} {given[:200]!r}: an S3 name is wanted, such as s3://bucket/folder/output.manifest")
    return found[1], found[2]
