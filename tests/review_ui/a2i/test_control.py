"""The control plane as boto3 sees it: workforces, templates rendered, lists filtered; and who hears of ended loops."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from moderation.cli import run
from moderation.settings import load_settings
from review_ui.a2i.templates import render
from review_ui.server import A2IServer
from tests.houses.endpoint import Endpoint
from tests.waiting import PATIENCE_SECONDS

ROLE = "arn:aws:iam::111122223333:role/a2i"


def code_of(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return str(raised.value.response["Error"]["Code"])


def test_a_work_team_is_made_found_changed_and_deleted(endpoint: Endpoint) -> None:
    client = endpoint.client("sagemaker")
    members = [{"OidcMemberDefinition": {"Groups": ["a"]}}]
    for name in ("night-shift", "day-shift"):
        client.create_workteam(WorkteamName=name, MemberDefinitions=members, Description="first")

    changed = client.update_workteam(WorkteamName="day-shift", Description="second")["Workteam"]

    assert (changed["Description"], changed["MemberDefinitions"]) == ("second", members)
    named = client.list_workteams(NameContains="night")["Workteams"]
    assert [team["WorkteamName"] for team in named] == ["night-shift"]
    by_name = client.list_workteams(SortBy="Name", SortOrder="Ascending")["Workteams"]
    names = [team["WorkteamName"] for team in by_name]
    assert names == sorted(names)
    assert client.delete_workteam(WorkteamName="day-shift")["Success"] is True
    with pytest.raises(ClientError) as raised:
        client.update_workteam(WorkteamName="day-shift", Description="third")
    assert code_of(raised) == "ValidationException"


def test_a_work_team_says_where_its_people_work(endpoint: Endpoint) -> None:
    client = endpoint.client("sagemaker")
    members = [{"OidcMemberDefinition": {"Groups": ["a"]}}]
    client.create_workteam(WorkteamName="somewhere", MemberDefinitions=members, Description="d")
    reached = endpoint.url.removeprefix("http://").removesuffix("/a2i")

    assert client.describe_workteam(WorkteamName="somewhere")["Workteam"]["SubDomain"] == f"{reached}/review"
    endpoint.review.public_url = "https://people.example/a2i"
    assert client.describe_workteam(WorkteamName="somewhere")["Workteam"]["SubDomain"] == "people.example/review"


def test_things_have_tags_from_their_making_until_they_are_deleted(endpoint: Endpoint) -> None:
    client = endpoint.client("sagemaker")

    def tagged(arn: str) -> dict[str, str]:
        pages = client.get_paginator("list_tags").paginate(ResourceArn=arn, PaginationConfig={"PageSize": 50})
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    first = [{"Key": "stage", "Value": "test"}, {"Key": "owner", "Value": "ann"}]
    made = {"HumanTaskUiName": "tagged", "UiTemplate": {"Content": "<p></p>"}, "Tags": first}
    arn = client.create_human_task_ui(**made)["HumanTaskUiArn"]
    assert tagged(arn) == {"stage": "test", "owner": "ann"}

    answered = client.add_tags(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "live"}])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in answered} == tagged(arn) == {"stage": "live", "owner": "ann"}
    client.delete_tags(ResourceArn=arn, TagKeys=["owner", "nobody"])
    assert tagged(arn) == {"stage": "live"}
    with pytest.raises(ClientError, match="at most 50 tags"):
        client.add_tags(ResourceArn=arn, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    assert tagged(arn) == {"stage": "live"}

    client.delete_human_task_ui(HumanTaskUiName="tagged")
    with pytest.raises(ClientError) as raised:
        client.list_tags(ResourceArn=arn)
    assert code_of(raised) == "ValidationException"
    client.create_human_task_ui(**{**made, "Tags": []})
    assert tagged(arn) == {}


def test_there_is_one_workforce_and_its_secret_is_never_shown(endpoint: Endpoint) -> None:
    client = endpoint.client("sagemaker")
    oidc = {
        "ClientId": "id",
        "ClientSecret": "very secret",
        "Issuer": "https://idp.example.org",
        "AuthorizationEndpoint": "https://idp.example.org/a",
        "TokenEndpoint": "https://idp.example.org/t",
        "UserInfoEndpoint": "https://idp.example.org/u",
        "LogoutEndpoint": "https://idp.example.org/l",
        "JwksUri": "https://idp.example.org/j",
    }
    client.create_workforce(WorkforceName="private", OidcConfig=oidc)

    described = client.describe_workforce(WorkforceName="private")["Workforce"]
    with pytest.raises(ClientError) as second:
        client.create_workforce(WorkforceName="another", OidcConfig=oidc)

    assert "very secret" not in json.dumps(described, default=str)
    assert described["Status"] == "Active"
    assert code_of(second) == "ValidationException"
    changed = client.update_workforce(WorkforceName="private", SourceIpConfig={"Cidrs": ["10.0.0.0/8"]})
    assert changed["Workforce"]["SourceIpConfig"] == {"Cidrs": ["10.0.0.0/8"]}
    assert [each["WorkforceName"] for each in client.list_workforces()["Workforces"]] == ["private"]
    for team in client.list_workteams()["Workteams"]:
        for flow in client.list_flow_definitions()["FlowDefinitionSummaries"]:
            client.delete_flow_definition(FlowDefinitionName=flow["FlowDefinitionName"])
        client.delete_workteam(WorkteamName=team["WorkteamName"])
    client.delete_workforce(WorkforceName="private")
    assert client.list_workforces()["Workforces"] == []


def test_a_work_team_that_a_flow_needs_is_not_deleted(endpoint: Endpoint) -> None:
    flow_of(endpoint)

    with pytest.raises(ClientError, match="is used by flow definition events-flow"):
        endpoint.client("sagemaker").delete_workteam(WorkteamName="events-team")


def test_lists_are_cut_by_time(endpoint: Endpoint) -> None:
    client = endpoint.client("sagemaker")
    client.create_human_task_ui(HumanTaskUiName="early", UiTemplate={"Content": "<p>hi</p>"})
    endpoint.offset = timedelta(minutes=2)
    client.create_human_task_ui(HumanTaskUiName="late", UiTemplate={"Content": "<p>hi</p>"})
    between = datetime.now(UTC) + timedelta(minutes=1)

    after = client.list_human_task_uis(CreationTimeAfter=between)["HumanTaskUiSummaries"]
    before = client.list_human_task_uis(CreationTimeBefore=between)["HumanTaskUiSummaries"]

    assert [ui["HumanTaskUiName"] for ui in after] == ["late"]
    assert "late" not in [ui["HumanTaskUiName"] for ui in before]


def rendered(endpoint: Endpoint, template: str, task: Any) -> dict[str, Any]:
    answer: dict[str, Any] = endpoint.client("sagemaker").render_ui_template(
        UiTemplate={"Content": template}, Task={"Input": json.dumps(task)}, RoleArn=ROLE
    )
    return answer


def test_a_template_is_rendered_with_everything_escaped(endpoint: Endpoint) -> None:
    template = "{% for label in task.input.labels %}<li>{{ label }}</li>{% endfor %}{{ task.input.missing }}"

    answer = rendered(endpoint, template, {"labels": ["<script>", "a & b"]})

    assert answer["RenderedContent"] == "<li>&lt;script&gt;</li><li>a &amp; b</li>"
    assert answer["Errors"] == []


def test_a2is_own_filters_work(endpoint: Endpoint) -> None:
    task = {"data": {"a": "<b>"}, "html": "<i>x</i>"}
    template = "{{ task.input.data | to_json }}|{{ task.input.html | skip_autoescape }}|{{ task.input.html | escape }}"

    shown = rendered(endpoint, template, task)["RenderedContent"]

    assert shown == "{&#34;a&#34;: &#34;&lt;b&gt;&#34;}|<i>x</i>|&lt;i&gt;x&lt;/i&gt;"


def test_granted_read_access_is_an_address_that_anybody_can_read_for_a_while(endpoint: Endpoint) -> None:
    uri = endpoint.review.blobs.put("0123" * 16, b"the bytes", "image/png")
    template = "{% capture u %}{{ task.input.uri }}{% endcapture %}{{ u | grant_read_access | skip_autoescape }}"

    link = rendered(endpoint, template, {"uri": uri})["RenderedContent"]

    assert urllib.request.urlopen(link, timeout=PATIENCE_SECONDS).read() == b"the bytes"
    endpoint.offset = timedelta(hours=2)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link, timeout=PATIENCE_SECONDS)
    endpoint.offset = timedelta()
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(link.replace("0123", "4567", 1), timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{% if %}", "line 1"),
        ("\n{{ x | nothing }}", "nothing"),
        ("{% for a in (1..1000) %}{% for b in (1..1000) %}x{% endfor %}{% endfor %}", "limit"),
        ("{% include 'other' %}", "other"),
        ("{{ task.__class__ }}", ""),
    ],
)
def test_what_is_wrong_with_a_template_is_said(endpoint: Endpoint, template: str, said: str) -> None:
    answer = rendered(endpoint, template, {})

    if said:
        assert answer["RenderedContent"] == ""
        assert said in answer["Errors"][0]["Message"]
    else:
        assert answer["RenderedContent"] == ""


def test_a_task_that_is_no_json_object_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(ClientError) as raised:
        endpoint.client("sagemaker").render_ui_template(
            UiTemplate={"Content": "x"}, Task={"Input": "[1]"}, RoleArn=ROLE
        )
    assert code_of(raised) == "ValidationException"


def test_no_template_reaches_into_python() -> None:
    for name in ("__class__", "__init__", "items", "__globals__"):
        assert render(f"{{{{ task.{name} }}}}", {}, lambda b, k: "").html == ""


def flow_of(endpoint: Endpoint) -> str:
    client = endpoint.client("sagemaker")
    team = client.create_workteam(
        WorkteamName="events-team", MemberDefinitions=[{"OidcMemberDefinition": {"Groups": ["a"]}}], Description="d"
    )["WorkteamArn"]
    ui = client.create_human_task_ui(HumanTaskUiName="events-ui", UiTemplate={"Content": "<p>hi</p>"})["HumanTaskUiArn"]
    config = {
        "WorkteamArn": team,
        "HumanTaskUiArn": ui,
        "TaskTitle": "t",
        "TaskDescription": "d",
        "TaskCount": 1,
    }
    made = client.create_flow_definition(
        FlowDefinitionName="events-flow",
        HumanLoopConfig=config,
        OutputConfig={"S3OutputPath": "s3://bucket/a2i"},
        RoleArn=ROLE,
    )
    return str(made["FlowDefinitionArn"])


def test_the_endpoint_serves_alone(tmp_path: Path) -> None:
    with A2IServer(load_settings(data=tmp_path / "data", port=0)) as server:
        server.start()
        key = server.review.add_access_key()
        client = boto3.session.Session().client(
            "sagemaker",
            region_name="us-east-1",
            endpoint_url=f"{server.url}/a2i",
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
        )

        assert client.list_flow_definitions()["FlowDefinitionSummaries"] == []
        assert urllib.request.urlopen(f"{server.url}/review/", timeout=PATIENCE_SECONDS).status == 200
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{server.url}/v1/items", timeout=PATIENCE_SECONDS)
    assert not (tmp_path / "data" / "moderation.db").exists()


def test_provisioning_shows_its_plan_before_it_acts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    with A2IServer(load_settings(data=data, port=0)) as server:
        server.start()
        arguments = ["a2i", "provision", "--data", str(data)]
        port = server.url.rpartition(":")[2]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MODERATION_PORT", port)

            assert run(arguments) == 1
            assert "would make: work team reviewers" in capsys.readouterr().out
            assert run([*arguments, "--yes"]) == 0
            assert "made: flow definition pii-privacy" in capsys.readouterr().out
            assert run(arguments) == 0
            assert capsys.readouterr().out == "everything is there\n"
