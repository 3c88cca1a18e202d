"""What becomes of loops when their flow definition is deleted, as AWS documents it.

https://docs.aws.amazon.com/sagemaker/latest/dg/a2i-delete-flow-definition.html
"""

from __future__ import annotations

import json
from datetime import timedelta

from review_ui.a2i.outputs import sweep
from review_ui.desk.answers import submit_answer
from review_ui.desk.tasks import next_task, waiting
from tests.houses.endpoint import ANSWER, Endpoint, on_either_database, refused, start


def flows(endpoint: Endpoint) -> list[tuple[str, str]]:
    listed = endpoint.client("sagemaker").list_flow_definitions()["FlowDefinitionSummaries"]
    return [(flow["FlowDefinitionName"], flow["FlowDefinitionStatus"]) for flow in listed]


def test_unstarted_loops_go_with_their_flow_and_are_told_of(endpoint: Endpoint) -> None:
    flow, control, runtime = endpoint.flow(), endpoint.client("sagemaker"), endpoint.client("sagemaker-a2i-runtime")
    for name in ("one", "two"):
        start(endpoint, flow, name)
    control.delete_flow_definition(FlowDefinitionName="flow")
    sweep(endpoint.review)

    assert flows(endpoint) == []
    with refused("ResourceNotFound"):
        control.describe_flow_definition(FlowDefinitionName="flow")
    with refused("ResourceNotFound"):
        control.delete_flow_definition(FlowDefinitionName="flow")
    with refused("ResourceNotFoundException"):
        runtime.list_human_loops(FlowDefinitionArn=flow)
    with refused("ResourceNotFoundException"):
        runtime.describe_human_loop(HumanLoopName="one")
    with refused("ValidationException"):
        start(endpoint, flow, "three")
    assert next_task(endpoint.review, endpoint.users[0]) is None
    assert list(waiting(endpoint.review, endpoint.users[0])) == []
    told = [(event["detail"]["humanLoopName"], event["detail"]["humanLoopStatus"]) for event in endpoint.events]
    assert sorted(told) == [("one", "Stopped"), ("two", "Stopped")]


@on_either_database
def test_a_task_in_hand_can_be_finished_and_keeps_its_flow_deleting_until_then(endpoint: Endpoint) -> None:
    flow, control = endpoint.flow(task_count=2), endpoint.client("sagemaker")
    runtime, ann = endpoint.client("sagemaker-a2i-runtime"), endpoint.users[0]
    start(endpoint, flow)
    task = next_task(endpoint.review, ann)
    assert task is not None
    control.delete_flow_definition(FlowDefinitionName="flow")

    assert flows(endpoint) == [("flow", "Deleting")]
    assert control.describe_flow_definition(FlowDefinitionName="flow")["FlowDefinitionStatus"] == "Deleting"
    control.delete_flow_definition(FlowDefinitionName="flow")
    assert runtime.describe_human_loop(HumanLoopName="loop-1")["HumanLoopStatus"] == "Stopping"
    assert next_task(endpoint.review, endpoint.users[1]) is None, "nobody starts on what is being deleted"
    with refused("ResourceInUse"):
        endpoint.flow()
    with refused("ValidationException"):
        start(endpoint, flow, "another")
    submit_answer(endpoint.review, task.id, ann, ANSWER, 1)
    assert flows(endpoint) == []
    described = runtime.describe_human_loop(HumanLoopName="loop-1")
    assert described["HumanLoopStatus"] == "Stopped"
    output = json.loads(endpoint.review.blobs.get(described["HumanLoopOutput"]["OutputS3Uri"]))
    assert [answer["answerContent"] for answer in output["humanAnswers"]] == [ANSWER]


def test_a_task_in_hand_that_is_left_ends_the_deletion_when_its_time_is_up(endpoint: Endpoint) -> None:
    start(endpoint, endpoint.flow(TaskTimeLimitInSeconds=60))
    assert next_task(endpoint.review, endpoint.users[0]) is not None
    endpoint.client("sagemaker").delete_flow_definition(FlowDefinitionName="flow")
    endpoint.offset = timedelta(seconds=61)
    sweep(endpoint.review)

    assert flows(endpoint) == []


def test_ended_loops_are_described_after_their_flow_is_gone_and_its_name_is_free(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    start(endpoint, flow)
    task = next_task(endpoint.review, endpoint.users[0])
    assert task is not None
    submit_answer(endpoint.review, task.id, endpoint.users[0], ANSWER, 1)
    endpoint.client("sagemaker").delete_flow_definition(FlowDefinitionName="flow")

    assert runtime.describe_human_loop(HumanLoopName="loop-1")["HumanLoopStatus"] == "Completed"
    assert endpoint.flow(TaskTimeLimitInSeconds=77) == flow
    described = endpoint.client("sagemaker").describe_flow_definition(FlowDefinitionName="flow")
    assert described["HumanLoopConfig"]["TaskTimeLimitInSeconds"] == 77
    assert described["FlowDefinitionStatus"] == "Active"
    start(endpoint, flow, "after")
    runtime.delete_human_loop(HumanLoopName="loop-1")


def test_the_work_team_of_a_deleted_flow_can_be_deleted(endpoint: Endpoint) -> None:
    start(endpoint, endpoint.flow())
    control = endpoint.client("sagemaker")
    control.delete_flow_definition(FlowDefinitionName="flow")

    assert control.delete_workteam(WorkteamName="team")["Success"] is True
