"""``moderation aws pii-job`` against the double of AWS: started once, followed, counted."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

import pytest
from moderation_aws import commands

from moderation.cli import run
from tests.aws_double import AwsDouble

ROLE = "arn:aws:iam::111122223333:role/comprehend"
START, DESCRIBE = "comprehend.StartPiiEntitiesDetectionJob", "comprehend.DescribePiiEntitiesDetectionJob"
OUTPUT = "s3://results/pii/111122223333-PII-abc/output/"


def line(*kinds: str) -> bytes:
    entities = [{"Type": kind, "Score": 0.99, "BeginOffset": 0, "EndOffset": 4} for kind in kinds]
    return json.dumps({"Entities": entities, "File": "a.txt", "Line": 0}).encode() + b"\n"


def tar(content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo("output")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture
def command(aws: AwsDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Callable[..., int]:
    """Runs the command; the job goes through `statuses`."""
    monkeypatch.setenv("MODERATION_AWS_REGION", "us-east-1")
    monkeypatch.setattr(commands, "POLL_SECONDS", 0.0)

    def call(*arguments: str, statuses: tuple[str, ...] = ("SUBMITTED", "IN_PROGRESS", "COMPLETED")) -> int:
        left = list(statuses)

        def describe(given: dict[str, Any]) -> dict[str, Any]:
            status = left.pop(0) if len(left) > 1 else left[0]
            message = {"Message": "no documents"} if status == "FAILED" else {}
            config = {"OutputDataConfig": {"S3Uri": OUTPUT}, "JobStatus": status, **message}
            return {"PiiEntitiesDetectionJobProperties": config}

        aws.answer(START, {"JobId": "abc", "JobStatus": "SUBMITTED"})
        aws.answer(DESCRIBE, describe)
        return run(["aws", "pii-job", *arguments, "--data", str(tmp_path)])

    return call


@pytest.mark.parametrize("packed", [True, False])
def test_a_job_is_followed_and_what_it_found_is_counted(
    aws: AwsDouble, command: Callable[..., int], capsys: pytest.CaptureFixture[str], packed: bool
) -> None:
    prefix = OUTPUT.removeprefix("s3://results/")
    if packed:
        aws.objects["results", f"{prefix}output.tar.gz"] = tar(line("NAME", "SSN") + line("NAME") + line())
    else:
        aws.objects["results", f"{prefix}a.txt.out"] = line("NAME", "SSN")
        aws.objects["results", f"{prefix}b.txt.out"] = line("NAME") + line()
    assert command("s3://documents/in/", "s3://results/pii/", "--role", ROLE) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["job abc started", "job abc  SUBMITTED", "job abc  IN_PROGRESS", "job abc  COMPLETED"]
    assert [entry.split() for entry in lines[5:]] == [["NAME", "2"], ["SSN", "1"]]
    sent = aws.last(START)
    assert (sent["Mode"], sent["InputDataConfig"]["InputFormat"]) == ("ONLY_OFFSETS", "ONE_DOC_PER_FILE")
    assert aws.refused == []


@pytest.mark.parametrize(
    ("options", "redaction"),
    [
        ([], {"PiiEntityTypes": ["ALL"], "MaskMode": "REPLACE_WITH_PII_ENTITY_TYPE"}),
        (["--types", "SSN, EMAIL", "--mask", "*"], {"PiiEntityTypes": ["SSN", "EMAIL"], "MaskMode": "MASK", "MaskCharacter": "*"}),
    ],
)  # fmt: skip
def test_copies_are_redacted(
    aws: AwsDouble, command: Callable[..., int], options: list[str], redaction: dict[str, Any]
) -> None:
    assert (
        command(
            "s3://documents/in", "s3://results/", "--role", ROLE, "--redact", "--by-line", "--language", "es", *options
        )
        == 0
    )

    sent = aws.last(START)
    assert (sent["RedactionConfig"], sent["Mode"], sent["LanguageCode"]) == (redaction, "ONLY_REDACTION", "es")
    assert sent["InputDataConfig"]["InputFormat"] == "ONE_DOC_PER_LINE"
    assert aws.refused == []


def test_a_job_that_fails_is_a_failed_command(command: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert command("s3://documents/in", "s3://results/", "--role", ROLE, statuses=("FAILED",)) == 1
    assert "FAILED  (no documents)" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_results_that_cannot_be_read_are_said(
    aws: AwsDouble, command: Callable[..., int], capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    aws.objects["results", OUTPUT.removeprefix("s3://results/") + "output.tar.gz"] = content

    assert command("s3://documents/in", "s3://results/", "--role", ROLE) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("documents", "s3://results/", "--role", ROLE), ("s3://documents", "s3://R/", "--role", ROLE),
        ("s3://documents", "s3://results", "--role", "me"), ("s3://documents", "s3://results", "--role", ROLE, "--types", "X"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_said_before_anything_is_called(
    aws: AwsDouble, command: Callable[..., int], arguments: tuple[str, ...]
) -> None:
    assert command(*arguments) == 2
    assert aws.calls == []
