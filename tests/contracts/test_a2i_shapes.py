"""Every operation's raw answer against botocore's own output shapes: no member too many, none missing, enums, types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from review_ui.a2i.wire import CONTROL
from tests.contracts.test_a2i import Endpoint, endpoint

__all__ = ["endpoint"]
ROLE = "arn:aws:iam::000000000000:role/x"
RUNTIME_OPERATIONS = {"StartHumanLoop", "DescribeHumanLoop", "ListHumanLoops", "StopHumanLoop", "DeleteHumanLoop"}


def test_every_answer_has_the_shape_that_botocores_model_gives_it(endpoint: Endpoint) -> None:
    seen: list[tuple[str, str, Any]] = []

    def client(service: str) -> Any:
        made = endpoint.client(service)
        keep = lambda http_response, model, **_: seen.append((service, model.name, json.loads(http_response.content)))  # noqa: E731
        made.meta.events.register("after-call", keep)
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
    control.delete_flow_definition(FlowDefinitionName="flow")
    control.delete_human_task_ui(HumanTaskUiName="ui")
    with pytest.raises(ClientError):
        control.delete_workforce(WorkforceName="force")
    control.delete_workteam(WorkteamName="team")
    control.delete_workforce(WorkforceName="force")

    assert {operation for _, operation, _ in seen} == {*CONTROL, *RUNTIME_OPERATIONS}
    for service, operation, document in seen:
        if "__type" in document:
            continue
        shape = get_session().get_service_model(service).operation_model(operation).output_shape
        assert list(faults(shape, document, service)) == [], operation


def faults(shape: Any, value: Any, service: str, path: str = "") -> Iterator[str]:
    """What in a raw answer a client with this model would not expect."""
    kind = shape.type_name if shape is not None else "structure"
    if kind == "structure":
        members = shape.members if shape is not None else {}
        yield from (f"{path} lacks {name}" for name in (shape.required_members if shape else ()) if name not in value)
        for name, inner in value.items():
            if name not in members:
                yield f"{path}.{name} is unknown"
            else:
                yield from faults(members[name], inner, service, f"{path}.{name}")
    elif kind == "list":
        for inner in value:
            yield from faults(shape.member, inner, service, f"{path}[]")
    elif kind == "timestamp":
        if service == "sagemaker" and not isinstance(value, int | float):
            yield f"{path} is no number of seconds"
        elif service != "sagemaker" and datetime.fromisoformat(value).tzinfo is None:
            yield f"{path} is no ISO time"
    elif kind == "string":
        if not isinstance(value, str) or (shape.enum and value not in shape.enum):
            yield f"{path}={value}"
    elif (kind == "boolean" and not isinstance(value, bool)) or (
        kind in ("integer", "long") and not isinstance(value, int)
    ):
        yield f"{path}={value}"
