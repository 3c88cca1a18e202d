"""What a task template needs that is not there: named when it is made, when it is rendered, and when a loop starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.houses.endpoint import Endpoint

ROLE = "arn:aws:iam::111122223333:role/a2i"


def code_of(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return str(raised.value.response["Error"]["Code"])


def rendered(endpoint: Endpoint, template: str, task: Any) -> dict[str, Any]:
    answer: dict[str, Any] = endpoint.client("sagemaker").render_ui_template(
        UiTemplate={"Content": template}, Task={"Input": json.dumps(task)}, RoleArn=ROLE
    )
    return answer


def test_a_template_with_an_element_that_nobody_could_answer_is_refused_by_name(endpoint: Endpoint) -> None:
    template = "<crowd-form>\n<!-- <crowd-gone> -->\n<Crowd-Text-Ranking name='r'></Crowd-Text-Ranking></crowd-form>"

    with pytest.raises(ClientError, match="line 3: <crowd-text-ranking>") as raised:
        endpoint.client("sagemaker").create_human_task_ui(HumanTaskUiName="ranking", UiTemplate={"Content": template})

    assert code_of(raised) == "ValidationException"
    assert "crowd-gone" not in str(raised.value)
    assert rendered(endpoint, template, {})["Errors"] == [
        {"Code": "UnknownElement", "Message": "line 3: <crowd-text-ranking> is not offered here"}
    ]


def test_hosts_that_a_page_may_not_load_from_are_named_until_a_tag_allows_them(endpoint: Endpoint) -> None:
    client = endpoint.client("sagemaker")
    template = (
        "<script src='https://assets.crowd.aws/crowd-html-elements.js'></script><crowd-form>"
        '<script async src="https://cdn.example.com/a.js"></script><iframe src="{{ task.input.film }}"></iframe></crowd-form>'
    )
    arn = client.create_human_task_ui(HumanTaskUiName="film", UiTemplate={"Content": template})["HumanTaskUiArn"]

    def faults() -> list[str]:
        task = {"Input": json.dumps({"film": "https://films.example.com/1"})}
        answer = client.render_ui_template(HumanTaskUiArn=arn, Task=task, RoleArn=ROLE)
        return [f"{each['Code']} {each['Message']}".partition(" are")[0] for each in answer["Errors"]]

    before = faults()
    tags = {
        "moderation:script-hosts": "cdn.example.com",
        "moderation:frame-hosts": "other.example.com films.example.com",
    }
    client.add_tags(ResourceArn=arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])

    assert before == ["HostNotAllowed scripts from cdn.example.com", "HostNotAllowed frames from films.example.com"]
    assert faults() == []


def test_hosts_that_the_operator_allows_are_for_the_pages_of_all_templates(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path / "data", a2i_template_hosts="cdn.example.com films.example.com")
    page = "<crowd-form><script src='https://{}/a.js'></script><iframe src='https://films.example.com/1'></iframe></crowd-form>"
    answers = [rendered(endpoint, page.format(host), {})["Errors"] for host in ("cdn.example.com", "other.example.com")]
    endpoint.close()

    assert answers[0] == []
    assert [each["Code"] for each in answers[1]] == ["HostNotAllowed"]


@pytest.mark.parametrize("value", ["localhost", "https://a.example", "a.example/path", "a.example unsafe-eval"])
def test_a_tag_of_hosts_takes_names_of_hosts_only(endpoint: Endpoint, value: str) -> None:
    client = endpoint.client("sagemaker")
    tags = [{"Key": "moderation:script-hosts", "Value": value}]

    with pytest.raises(ClientError, match="names of hosts"):
        client.create_human_task_ui(HumanTaskUiName="tagged", UiTemplate={"Content": "<p>hi</p>"}, Tags=tags)

    with pytest.raises(ClientError, match="does not exist"):
        client.describe_human_task_ui(HumanTaskUiName="tagged")


def test_objects_and_lists_of_them_come_out_as_json(endpoint: Endpoint) -> None:
    shown = rendered(
        endpoint, "{{ task.input.blocks }}|{{ task.input.words }}", {"blocks": [{"a": "<"}], "words": ["x", "y"]}
    )

    assert shown["RenderedContent"] == "[{&#34;a&#34;: &#34;&lt;&#34;}]|xy"


@pytest.mark.parametrize("given", ["", "https://example.com/cat.jpg", "s3://bucket"])
def test_what_is_no_object_in_s3_is_told_in_amazons_words(endpoint: Endpoint, given: str) -> None:
    answer = rendered(endpoint, "<img src='{{ task.input.cat | grant_read_access }}'>", {"cat": given})

    told = f'"grant_read_access" input is not a valid S3 URI: "{given}".'
    assert answer == {**answer, "RenderedContent": "", "Errors": [{"Code": "InvalidParameters", "Message": told}]}


def test_a_loop_whose_page_cannot_be_made_fails_as_amazons_does(endpoint: Endpoint) -> None:
    template = "<crowd-form><img src='{{ task.input.cat | grant_read_access }}'></crowd-form>"
    ui = endpoint.client("sagemaker").create_human_task_ui(HumanTaskUiName="cats", UiTemplate={"Content": template})
    arn = endpoint.flow(HumanTaskUiArn=ui["HumanTaskUiArn"])
    runtime = endpoint.client("sagemaker-a2i-runtime")

    for name, content in (("good", {"cat": "s3://in/cat.jpg"}), ("wrong", {"kat": "s3://in/cat.jpg"})):
        body = {"InputContent": json.dumps(content)}
        runtime.start_human_loop(FlowDefinitionArn=arn, HumanLoopName=name, HumanLoopInput=body)

    good, wrong = (runtime.describe_human_loop(HumanLoopName=name) for name in ("good", "wrong"))
    assert good["HumanLoopStatus"] == "InProgress"
    assert (wrong["HumanLoopStatus"], wrong["FailureCode"]) == ("Failed", "ValidationError")
    said = 'Task failed to render: [ InvalidParameters: \'"grant_read_access" input is not a valid S3 URI: "".\' ].'
    assert wrong["FailureReason"] == said
