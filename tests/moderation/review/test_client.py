"""The service's A2I client against what AWS answers, by botocore's own stubs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from ground.blobs import FolderBlobs
from moderation.core.errors import HumanLoopRefused, HumanLoopsUnavailable, NotFound, OutputMalformed
from moderation.review.answers import REKOGNITION, read_answers
from moderation.review.client import HumanLoops, OwnEndpoint, task_template
from moderation.settings import load_settings

FLOW = "arn:aws:sagemaker:us-east-1:111122223333:flow-definition/f"
LOOP = "arn:aws:sagemaker:us-east-1:111122223333:human-loop/l"
SUMMARY = {
    "CreationTime": 1.0, "HumanLoopStatus": "InProgress", "HumanLoopName": "l", "HumanLoopArn": LOOP, "FlowDefinitionArn": FLOW,
}  # fmt: skip


@pytest.fixture
def loops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    client = HumanLoops(
        load_settings(data=tmp_path, a2i_endpoint_url="aws"), OwnEndpoint(""), FolderBlobs(tmp_path, "bucket")
    )
    client._flow_arns["f"] = FLOW
    return client


def body_of(content: Any) -> StreamingBody:
    data = json.dumps(content).encode()
    return StreamingBody(io.BytesIO(data), len(data))


def runtime(loops: Any) -> Stubber:
    stub = Stubber(loops._client("sagemaker-a2i-runtime"))
    stub.activate()
    return stub


def test_a_started_loop_answers_its_arn(loops: Any) -> None:
    stub = runtime(loops)
    expected = {"HumanLoopName": "l", "FlowDefinitionArn": FLOW, "HumanLoopInput": {"InputContent": '{"a":1}'}}
    stub.add_response("start_human_loop", {"HumanLoopArn": LOOP}, expected)

    assert loops.start("l", "f", {"a": 1}) == LOOP


def test_a_conflict_means_that_it_was_started_before(loops: Any) -> None:
    stub = runtime(loops)
    stub.add_client_error("start_human_loop", "ConflictException", http_status_code=409)
    stub.add_response("describe_human_loop", SUMMARY, {"HumanLoopName": "l"})

    assert loops.start("l", "f", {}) == LOOP


def test_a_loop_of_that_name_under_another_flow_is_not_taken_for_ours(loops: Any) -> None:
    stub = runtime(loops)
    stub.add_client_error("start_human_loop", "ConflictException", http_status_code=409)
    stub.add_response("describe_human_loop", {**SUMMARY, "FlowDefinitionArn": f"{FLOW}-2"}, {"HumanLoopName": "l"})

    with pytest.raises(HumanLoopRefused, match="taken by a loop of another flow definition"):
        loops.start("l", "f", {})


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ValidationException", 400, HumanLoopRefused),
        ("AccessDeniedException", 403, HumanLoopRefused),
        ("ThrottlingException", 429, HumanLoopsUnavailable),
        ("ServiceQuotaExceededException", 402, HumanLoopsUnavailable),
        ("InternalServerException", 500, HumanLoopsUnavailable),
        ("ResourceNotFoundException", 404, NotFound),
    ],
)
def test_refusals_for_good_are_told_from_those_for_now(
    loops: Any, code: str, status: int, error: type[Exception]
) -> None:
    stub = runtime(loops)
    for _ in range(4):
        stub.add_client_error("start_human_loop", code, "message", http_status_code=status)

    with pytest.raises(error):
        loops.start("l", "f", {})


def test_a_refusal_does_not_repeat_what_was_sent(loops: Any) -> None:
    message = (
        "2 validation errors detected: Value '{\"text\":\"it's ann@example.com's\"}' at 'humanLoopInput.inputContent' "
        "failed to satisfy constraint: Member must have length less than or equal to 3145728; " + "x" * 1000
    )
    runtime(loops).add_client_error("start_human_loop", "ValidationException", message, http_status_code=400)

    with pytest.raises(HumanLoopRefused, match=r"Value at 'humanLoopInput.inputContent' failed") as refused:
        loops.start("l", "f", {})
    assert "ann" not in str(refused.value)
    assert len(str(refused.value)) <= 500


def test_a_failed_loop_says_why(loops: Any) -> None:
    runtime(loops).add_response(
        "describe_human_loop", SUMMARY | {"HumanLoopStatus": "Failed", "FailureCode": "Expired"}
    )

    assert loops.describe("l").failure == "Expired"


def test_a_loop_that_others_started_is_looked_at_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    own = HumanLoops(load_settings(data=tmp_path), OwnEndpoint("http://127.0.0.1:1"), FolderBlobs(tmp_path, "bucket"))
    there = own.at(LOOP.replace("us-east-1", "eu-west-1"))
    ours = LOOP.replace("111122223333", "000000000000")

    assert own.at(None) is own.at(ours) is own
    assert there is own.at(LOOP.replace("us-east-1", "eu-west-1"))
    assert (
        there._client("sagemaker-a2i-runtime").meta.endpoint_url
        == "https://a2i-runtime.sagemaker.eu-west-1.amazonaws.com"
    )
    answer = {"moderationLabels": [{"name": "Weapons", "parentName": "Violence"}]}
    output = {
        "humanLoopName": "l",
        "humanAnswers": [
            {"submissionTime": "2026-11-20T10:15:44.902Z", "workerId": "w", "answerContent": {REKOGNITION: answer}}
        ],
    }
    stub = Stubber(there._client("s3"))
    stub.add_response(
        "get_object",
        {"Body": body_of(output), "ContentLength": len(json.dumps(output)), "ETag": "x"},
        {"Bucket": "theirs", "Key": "a2i/output.json"},
    )
    with stub:
        [said] = there.confirmations("l", "s3://theirs/a2i/output.json")

    assert (said.outcome, said.labels) == ("reject", ("Weapons",))


def test_amazons_recorded_answers_are_read_with_their_optional_members_missing() -> None:
    output = {
        "humanLoopName": "l", "flowDefinitionArn": FLOW, "inputContent": {},
        "humanAnswers": [
            {"submissionTime": "2026-11-20T10:15:44.902Z", "workerId": "w", "answerContent": {"decision": {"approve": False, "reject": True}, "labels.Face": {"Face": True}}}
        ],
    }  # fmt: skip
    [answer] = read_answers("l", json.dumps(output).encode())

    assert (answer.outcome, answer.labels, answer.seconds) == ("reject", ("Face",), None)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"decision": {}},
        {"decision": {"approve": True, "reject": True}},
        {"decision": "approve"},
        [],
        {"decision": {"other": True}},
    ],
)
def test_an_answer_that_is_none_decides_nothing(content: Any) -> None:
    answer = {"submissionTime": "2026-11-20T10:15:44.902Z", "workerId": "w", "answerContent": content}
    with pytest.raises(OutputMalformed):
        read_answers("l", json.dumps({"humanLoopName": "l", "humanAnswers": [answer]}).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"humanLoopName": "other", "humanAnswers": []}'])
def test_an_output_that_is_none_decides_nothing(data: bytes) -> None:
    with pytest.raises(OutputMalformed):
        read_answers("l", data)


def test_our_template_fits_amazons_limit_and_names_the_answers_that_are_read() -> None:
    template = task_template()

    assert len(template) <= 128_000
    assert 'name="decision" value="approve"' in template
    assert "grant_read_access" in template
