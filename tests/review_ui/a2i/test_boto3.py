"""An unmodified boto3 against the endpoint: shapes, names, semantics."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from review_ui.a2i.outputs import sweep
from review_ui.desk.answers import submit_answer
from review_ui.desk.tasks import TaskGone, next_task, release_task, waiting
from tests.houses.endpoint import ANSWER, Endpoint, on_either_database, refused, start


def test_a_loop_goes_from_start_to_a_documented_output(endpoint: Endpoint) -> None:
    flow = endpoint.flow()
    arn = start(endpoint, flow, content={"ünïcode": "\U0001f600", "taskObject": "s3://in/x.jpg"})["HumanLoopArn"]
    runtime = endpoint.client("sagemaker-a2i-runtime")
    before = runtime.describe_human_loop(HumanLoopName="loop-1")
    task = next_task(endpoint.review, endpoint.users[0])
    assert task is not None
    submit_answer(endpoint.review, task.id, endpoint.users[0], ANSWER, 3.5)
    after = runtime.describe_human_loop(HumanLoopName="loop-1")
    uri = after["HumanLoopOutput"]["OutputS3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    s3 = endpoint.client("s3", url=f"{endpoint.url}/s3")
    output = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    assert before["HumanLoopStatus"] == "InProgress"
    assert before["HumanLoopOutput"]["OutputS3Uri"] == uri
    assert after["HumanLoopStatus"] == "Completed"
    assert after["HumanLoopArn"] == arn
    assert uri == f"s3://bucket/out/flow/{before['CreationTime']:%Y/%m/%d/%H/%M/%S}/loop-1/output.json"
    assert set(output) == {"flowDefinitionArn", "humanAnswers", "humanLoopName", "inputContent"}
    assert output["inputContent"] == {"ünïcode": "\U0001f600", "taskObject": "s3://in/x.jpg"}
    [answer] = output["humanAnswers"]
    assert answer["answerContent"] == ANSWER
    assert answer["submissionTime"].endswith("Z")
    [event] = endpoint.events
    assert event["detail-type"] == "SageMaker A2I HumanLoop Status Change"
    assert (event["detail"]["humanLoopName"], event["detail"]["humanLoopStatus"]) == ("loop-1", "Completed")


def test_the_same_start_again_is_the_same_loop_and_another_input_is_a_conflict(endpoint: Endpoint) -> None:
    flow = endpoint.flow()

    assert start(endpoint, flow)["HumanLoopArn"] == start(endpoint, flow)["HumanLoopArn"]
    with refused("ConflictException"):
        start(endpoint, flow, content={"x": "other"})


@on_either_database
def test_fifty_parallel_starts_make_one_loop(endpoint: Endpoint) -> None:
    flow = endpoint.flow()
    threads = [threading.Thread(target=start, args=(endpoint, flow)) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listed = endpoint.client("sagemaker-a2i-runtime").list_human_loops(FlowDefinitionArn=flow)["HumanLoopSummaries"]

    assert [loop["HumanLoopName"] for loop in listed] == ["loop-1"]
    assert [queue.waiting for queue in waiting(endpoint.review, endpoint.users[0])] == [1]


@pytest.mark.parametrize(
    ("name", "content"),
    [("Upper", {}), ("-a", {}), ("a" * 64, {}), ("a\n", {}), ("a b", {}), ("ok", [1]), ("ok", "x" * 3_145_800)],
)
def test_what_boto3_does_not_check_the_server_does(endpoint: Endpoint, name: str, content: Any) -> None:
    flow = endpoint.flow()
    with refused("ValidationException"):
        start(endpoint, flow, name, content)


def test_unknown_things_are_not_found(endpoint: Endpoint) -> None:
    runtime = endpoint.client("sagemaker-a2i-runtime")
    flow = endpoint.review.arn("flow-definition", "none")

    with refused("ResourceNotFoundException"):
        runtime.describe_human_loop(HumanLoopName="none")
    with refused("ResourceNotFoundException"):
        runtime.list_human_loops(FlowDefinitionArn=flow)
    with refused("ValidationException"):
        start(endpoint, flow)
    with refused("ResourceNotFound"):
        endpoint.client("sagemaker").describe_flow_definition(FlowDefinitionName="none")
    with refused("ValidationException"):
        runtime.describe_human_loop(HumanLoopName="a/b")


def test_lists_come_in_pages_newest_first(endpoint: Endpoint) -> None:
    flow = endpoint.flow()
    for number in range(25):
        endpoint.offset = timedelta(seconds=number)
        start(endpoint, flow, f"loop-{number}")
    endpoint.offset = timedelta()
    pages = endpoint.client("sagemaker-a2i-runtime").get_paginator("list_human_loops").paginate(FlowDefinitionArn=flow)
    names = [loop["HumanLoopName"] for page in pages for loop in page["HumanLoopSummaries"]]

    assert names == [f"loop-{number}" for number in reversed(range(25))]


def test_a_stopped_loop_can_be_deleted_and_a_running_one_cannot(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    start(endpoint, flow)
    with refused("ValidationException"):
        runtime.delete_human_loop(HumanLoopName="loop-1")
    runtime.stop_human_loop(HumanLoopName="loop-1")

    assert runtime.describe_human_loop(HumanLoopName="loop-1")["HumanLoopStatus"] == "Stopped"
    assert next_task(endpoint.review, endpoint.users[0]) is None
    runtime.delete_human_loop(HumanLoopName="loop-1")
    with refused("ResourceNotFoundException"):
        runtime.describe_human_loop(HumanLoopName="loop-1")


def test_a_task_that_is_open_when_its_loop_is_stopped_can_still_be_done(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    start(endpoint, flow)
    task = next_task(endpoint.review, endpoint.users[0])
    assert task is not None
    runtime.stop_human_loop(HumanLoopName="loop-1")
    assert runtime.describe_human_loop(HumanLoopName="loop-1")["HumanLoopStatus"] == "Stopping"
    submit_answer(endpoint.review, task.id, endpoint.users[0], ANSWER, 1)

    assert runtime.describe_human_loop(HumanLoopName="loop-1")["HumanLoopStatus"] == "Completed"


def test_three_different_reviewers_answer_before_there_is_an_output(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(task_count=3), endpoint.client("sagemaker-a2i-runtime")
    start(endpoint, flow)
    for number, user in enumerate(endpoint.users):
        assert runtime.describe_human_loop(HumanLoopName="loop-1")["HumanLoopStatus"] == "InProgress", number
        task = next_task(endpoint.review, user)
        assert task is not None
        submit_answer(endpoint.review, task.id, user, ANSWER, 1)
        assert next_task(endpoint.review, user) is None, "nobody answers twice"

    assert runtime.describe_human_loop(HumanLoopName="loop-1")["HumanLoopStatus"] == "Completed"


def test_a_task_left_or_out_of_time_goes_back_to_the_pool(endpoint: Endpoint) -> None:
    flow = endpoint.flow(TaskTimeLimitInSeconds=60)
    start(endpoint, flow)
    ann, bob, _ = endpoint.users
    task = next_task(endpoint.review, ann)
    assert task is not None
    assert next_task(endpoint.review, bob) is None
    release_task(endpoint.review, task.id, ann)
    task = next_task(endpoint.review, bob)
    assert task is not None
    endpoint.offset = timedelta(seconds=61)

    with pytest.raises(TaskGone):
        submit_answer(endpoint.review, task.id, bob, ANSWER, 1)
    sweep(endpoint.review)
    assert next_task(endpoint.review, ann) is not None


def test_a_loop_that_nobody_answers_in_time_fails_as_expired(endpoint: Endpoint) -> None:
    start(endpoint, endpoint.flow(TaskAvailabilityLifetimeInSeconds=100))
    endpoint.offset = timedelta(seconds=101)
    sweep(endpoint.review)
    endpoint.offset = timedelta()
    described = endpoint.client("sagemaker-a2i-runtime").describe_human_loop(HumanLoopName="loop-1")

    assert (described["HumanLoopStatus"], described["FailureCode"]) == ("Failed", "Expired")
    assert [event["detail"]["failureCode"] for event in endpoint.events] == ["Expired"]


def test_an_output_that_a_kill_left_out_is_written_later(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    start(endpoint, endpoint.flow())
    task = next_task(endpoint.review, endpoint.users[0])
    assert task is not None
    with monkeypatch.context() as broken:
        broken.setattr("review_ui.desk.answers.finish", lambda *_: None)
        submit_answer(endpoint.review, task.id, endpoint.users[0], ANSWER, 1)
    assert endpoint.events == []
    sweep(endpoint.review)
    sweep(endpoint.review)

    assert len(endpoint.events) == 1
    uri = endpoint.events[0]["detail"]["humanLoopOutput"]["outputS3Uri"]
    assert json.loads(endpoint.review.blobs.get(uri))["humanLoopName"] == "loop-1"


@pytest.mark.parametrize("change", ["unknown", "wrong secret", "revoked", "late"])
def test_requests_are_refused_unless_signed_with_a_key_in_force(endpoint: Endpoint, change: str) -> None:
    key = (endpoint.key.id, endpoint.key.secret)
    if change == "unknown":
        key = ("MODA" + "A" * 16, "x")
    elif change == "wrong secret":
        key = (endpoint.key.id, "x")
    elif change == "revoked":
        endpoint.review.revoke_access_key(endpoint.key.id)
    else:
        endpoint.offset = timedelta(minutes=6)

    with pytest.raises(ClientError) as caught:
        endpoint.client("sagemaker-a2i-runtime", key).describe_human_loop(HumanLoopName="x")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_who_is_named_in_not_for_gets_no_task_of_the_loop(endpoint: Endpoint) -> None:
    runtime = endpoint.client("sagemaker-a2i-runtime")
    ann, bob, _ = endpoint.users
    arn = endpoint.flow()
    content = json.dumps({"not_for": [ann.replace("-", "")[:16]]})
    runtime.start_human_loop(HumanLoopName="again", FlowDefinitionArn=arn, HumanLoopInput={"InputContent": content})

    assert next_task(endpoint.review, ann) is None
    assert sum(queue.waiting for queue in waiting(endpoint.review, ann)) == 0
    task = next_task(endpoint.review, bob)
    assert task is not None
    assert task.loop_name == "again"
