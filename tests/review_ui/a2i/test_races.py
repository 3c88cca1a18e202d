"""Calls that cross each other, and values that fit no column: each is answered in A2I's words, never with a 500."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from review_ui.desk.answers import submit_answer
from review_ui.desk.tasks import next_task
from tests.houses.endpoint import ANSWER, Endpoint, answer_to, on_either_database, refused, start

KNOWN = {"", "ValidationException", "ResourceNotFoundException", "ConflictException", "ThrottlingException"}


@on_either_database
def test_starts_stops_and_deletions_of_one_name_cross_without_an_internal_error(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    given = {"FlowDefinitionArn": flow, "HumanLoopInput": {"InputContent": "{}"}}
    calls = [
        lambda: runtime.start_human_loop(HumanLoopName="one", **given),
        lambda: runtime.stop_human_loop(HumanLoopName="one"),
        lambda: runtime.delete_human_loop(HumanLoopName="one"),
        lambda: runtime.describe_human_loop(HumanLoopName="one"),
    ]
    answers: list[str] = []

    def repeat(call: Any) -> None:
        answers.extend(answer_to(call) for _ in range(15))

    threads = [threading.Thread(target=repeat, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 60
    assert set(answers) <= KNOWN


def test_text_that_no_database_keeps_is_refused(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    with refused("ValidationException"):
        start(endpoint, flow.replace("flow-definition/flow", "flow-definition/\x00"))
    with refused("ValidationException"):
        endpoint.client("sagemaker").create_human_task_ui(HumanTaskUiName="x", UiTemplate={"Content": "a\x00b"})
    with refused("ValidationException"):
        runtime.start_human_loop(
            HumanLoopName="x", FlowDefinitionArn=flow, HumanLoopInput={"InputContent": '{"a": "\ud800"}'}
        )


@pytest.mark.parametrize("name", ["TaskAvailabilityLifetimeInSeconds", "TaskTimeLimitInSeconds"])
def test_a_time_limit_beyond_the_calendar_is_refused(endpoint: Endpoint, name: str) -> None:
    with refused("ValidationException"):
        endpoint.flow(**{name: 2**40})


def test_an_output_path_where_nothing_can_be_written_is_refused(endpoint: Endpoint) -> None:
    endpoint.flow()
    described = endpoint.client("sagemaker").describe_flow_definition(FlowDefinitionName="flow")
    given = {key: described[key] for key in ("HumanLoopConfig", "RoleArn")}
    for path in (
        "s3://bucket/../other",
        "s3://b/x",
        "s3://bucket/a//b",
        "https://bucket/x",
        f"s3://bucket/{'x' * 300}",
    ):
        with refused("ValidationException"):
            endpoint.client("sagemaker").create_flow_definition(
                FlowDefinitionName="other", OutputConfig={"S3OutputPath": path}, **json.loads(json.dumps(given))
            )


def test_input_that_json_has_no_words_for_is_refused(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    for text in ('{"a": NaN}', '{"a": 1e999}', '{"a": ' + "[" * 9000, '{"a": ' + "9" * 9000 + "}"):
        with refused("ValidationException"):
            runtime.start_human_loop(HumanLoopName="x", FlowDefinitionArn=flow, HumanLoopInput={"InputContent": text})


@pytest.mark.parametrize("depth", [100, 300, 900, 1100, 9000])
def test_input_nested_however_deep_is_taken_and_written_or_refused(endpoint: Endpoint, depth: int) -> None:
    """Whatever is taken must come out as an output, too: a loop that can never be finished would wait for ever."""
    endpoint.flow()
    control = endpoint.client("sagemaker")
    parts = control.describe_flow_definition(FlowDefinitionName="flow")
    flow = control.create_flow_definition(
        FlowDefinitionName="images",
        HumanLoopRequestSource={"AwsManagedHumanLoopRequestSource": "AWS/Rekognition/DetectModerationLabels/Image/V3"},
        **{key: parts[key] for key in ("HumanLoopConfig", "OutputConfig", "RoleArn")},
    )["FlowDefinitionArn"]
    deep = "[" * depth + "]" * depth
    text = f'{{"aiServiceRequest": {{"deep": {deep}}}, "aiServiceResponse": {{"moderationLabels": []}}}}'
    runtime = endpoint.client("sagemaker-a2i-runtime")
    call = {"HumanLoopName": "deep", "FlowDefinitionArn": flow, "HumanLoopInput": {"InputContent": text}}
    code = answer_to(lambda: runtime.start_human_loop(**call))
    if code == "":
        task = next_task(endpoint.review, endpoint.users[0])
        assert task is not None
        submit_answer(endpoint.review, task.id, endpoint.users[0], ANSWER, 1)
        assert [event["detail"]["humanLoopStatus"] for event in endpoint.events] == ["Completed"]
    else:
        assert code == "ValidationException"
