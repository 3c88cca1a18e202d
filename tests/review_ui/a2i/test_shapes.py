"""Every operation's raw answer against botocore's own output shapes: no member too many, none missing, enums, types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from review_ui.a2i.labelling.advancing import advance_jobs
from review_ui.a2i.wire import CONTROL
from tests.houses.endpoint import SESSION, Endpoint
from tests.raw_answers import faults

ROLE = "arn:aws:iam::000000000000:role/x"
RUNTIME_OPERATIONS = {"StartHumanLoop", "DescribeHumanLoop", "ListHumanLoops", "StopHumanLoop", "DeleteHumanLoop"}


def test_every_answer_has_the_shape_that_botocores_model_gives_it(endpoint: Endpoint) -> None:
    """`Endpoint.client` checks every raw answer of all these tests; here no operation is left out."""
    called: set[str] = set()

    def client(service: str) -> Any:
        made = endpoint.client(service)
        made.meta.events.register("after-call", lambda model, **_: called.add(model.name))
        return made

    control, runtime = client("sagemaker"), client("sagemaker-a2i-runtime")
    members = [{"OidcMemberDefinition": {"Groups": ["g"]}}]
    oidc = {"ClientId": "c", "ClientSecret": "s", "Issuer": "https://idp.example", "Scope": "openid"}
    ends = ("AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint", "LogoutEndpoint", "JwksUri")
    oidc |= {end: f"https://idp.example/{end}" for end in ends}
    control.create_workforce(WorkforceName="force", OidcConfig=oidc)
    control.describe_workforce(WorkforceName="force")
    control.list_workforces()
    control.update_workforce(WorkforceName="force", SourceIpConfig={"Cidrs": ["10.0.0.0/8"]})
    team = control.create_workteam(WorkteamName="team", Description="d", MemberDefinitions=members)["WorkteamArn"]
    control.describe_workteam(WorkteamName="team")
    control.list_workteams()
    control.update_workteam(WorkteamName="team", Description="other")
    control.add_tags(ResourceArn=team, Tags=[{"Key": "k", "Value": "v"}])
    control.list_tags(ResourceArn=team)
    control.delete_tags(ResourceArn=team, TagKeys=["k"])
    ui = control.create_human_task_ui(HumanTaskUiName="ui", UiTemplate={"Content": "<p>{{ task.input.x }}</p>"})
    control.describe_human_task_ui(HumanTaskUiName="ui")
    control.list_human_task_uis()
    control.render_ui_template(HumanTaskUiArn=ui["HumanTaskUiArn"], Task={"Input": "{}"}, RoleArn=ROLE)
    control.render_ui_template(UiTemplate={"Content": "{% if %}"}, Task={"Input": "{}"}, RoleArn=ROLE)
    conditions = json.dumps(
        {"Conditions": [{"ConditionType": "Sampling", "ConditionParameters": {"RandomSamplingPercentage": 100}}]}
    )
    flow = control.create_flow_definition(
        FlowDefinitionName="flow",
        HumanLoopRequestSource={"AwsManagedHumanLoopRequestSource": "AWS/Rekognition/DetectModerationLabels/Image/V3"},
        HumanLoopActivationConfig={
            "HumanLoopActivationConditionsConfig": {"HumanLoopActivationConditions": conditions}
        },
        HumanLoopConfig={
            "WorkteamArn": team,
            "HumanTaskUiArn": ui["HumanTaskUiArn"],
            "TaskTitle": "t",
            "TaskDescription": "d",
            "TaskCount": 1,
        },
        OutputConfig={"S3OutputPath": "s3://bucket/out"},
        RoleArn=ROLE,
    )["FlowDefinitionArn"]
    control.describe_flow_definition(FlowDefinitionName="flow")
    control.list_flow_definitions()
    body = json.dumps({"aiServiceRequest": {"image": 1}, "aiServiceResponse": {"moderationLabels": []}})
    runtime.start_human_loop(HumanLoopName="a", FlowDefinitionArn=flow, HumanLoopInput={"InputContent": body})
    runtime.describe_human_loop(HumanLoopName="a")
    runtime.list_human_loops(FlowDefinitionArn=flow)
    runtime.stop_human_loop(HumanLoopName="a")
    runtime.describe_human_loop(HumanLoopName="a")
    runtime.delete_human_loop(HumanLoopName="a")
    function = "arn:aws:lambda:us-east-1:432418664414:function"
    control.create_labeling_job(
        LabelingJobName="job",
        LabelAttributeName="label",
        InputConfig={"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://bucket/none"}}},
        OutputConfig={"S3OutputPath": "s3://bucket/out"},
        RoleArn=ROLE,
        LabelCategoryConfigS3Uri="s3://bucket/none",
        HumanTaskConfig={
            "WorkteamArn": team,
            "UiConfig": {"UiTemplateS3Uri": "s3://bucket/none"},
            "PreHumanTaskLambdaArn": f"{function}:PRE-TextMultiClass",
            "AnnotationConsolidationConfig": {"AnnotationConsolidationLambdaArn": f"{function}:ACS-TextMultiClass"},
            "TaskTitle": "t",
            "TaskDescription": "d",
            "NumberOfHumanWorkersPerDataObject": 1,
            "TaskTimeLimitInSeconds": 60,
        },
    )
    control.describe_labeling_job(LabelingJobName="job")
    control.list_labeling_jobs()
    control.stop_labeling_job(LabelingJobName="job")
    advance_jobs(endpoint.review)
    control.delete_flow_definition(FlowDefinitionName="flow")
    control.delete_human_task_ui(HumanTaskUiName="ui")
    with pytest.raises(ClientError):
        control.delete_workforce(WorkforceName="force")
    control.delete_workteam(WorkteamName="team")
    control.delete_workforce(WorkforceName="force")

    assert called == {*CONTROL, *RUNTIME_OPERATIONS}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"More": 1}, "has More"),
        ({"HumanLoopStatus": "Deleted"}, "is none of"),
        ({"CreationTime": 1.5}, "is no time"),
        ({"CreationTime": "2026-01-01T00:00:00+00:00"}, "is no time"),
        ({"HumanLoopName": "a\n"}, "does not fit"),
        ({"HumanLoopName": "a" * 64}, "is not from"),
        ({"HumanLoopArn": 1}, "is no text"),
    ],
)
def test_the_check_sees_what_botocore_would_let_pass(change: dict[str, Any], fault: str) -> None:
    arn = "arn:aws:sagemaker:us-east-1:000000000000"
    good = {
        "CreationTime": "2026-01-01T00:00:00.000Z", "HumanLoopStatus": "Stopped", "HumanLoopName": "a",
        "HumanLoopArn": f"{arn}:human-loop/a", "FlowDefinitionArn": f"{arn}:flow-definition/f",
    }  # fmt: skip
    service = "sagemaker-a2i-runtime"
    shape = SESSION.client(service, region_name="us-east-1").meta.service_model.operation_model("DescribeHumanLoop").output_shape  # fmt: skip

    assert list(faults(shape, good, service)) == []
    assert any(fault in found for found in faults(shape, {**good, **change}, service))
