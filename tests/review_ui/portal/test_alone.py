"""The A2I endpoint and the portal stand alone: no `moderation` to import, an unmodified boto3, a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[3]
TEMPLATE = """
<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<crowd-form>
  <p>{{ task.input.question }}</p>
  <crowd-radio-group>
    <crowd-radio-button name="yes" value="yes">Yes</crowd-radio-button>
    <crowd-radio-button name="no" value="no">No</crowd-radio-button>
  </crowd-radio-group>
  <crowd-button form-action="submit">Submit</crowd-button>
</crowd-form>
"""


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The program of `tests.review_ui.portal.alone`, answering."""
    command = [sys.executable, "-m", "tests.review_ui.portal.alone", str(tmp_path / "data")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, "it did not start"
        yield json.loads(first)
        process.stdin.close()
        assert json.loads(process.stdout.readline()) == {"loaded": []}


def test_a_flow_a_loop_an_answer_and_its_output_without_the_service(
    alone: dict[str, str], open_page: Callable[..., Any]
) -> None:
    given = {
        "region_name": "us-east-1",
        "aws_access_key_id": alone["id"],
        "aws_secret_access_key": alone["secret"],
    }
    sagemaker = boto3.client("sagemaker", endpoint_url=f"{alone['url']}/a2i", **given)
    runtime = boto3.client("sagemaker-a2i-runtime", endpoint_url=f"{alone['url']}/a2i", **given)
    team = sagemaker.create_workteam(
        WorkteamName="everybody",
        Description="Everybody who may review",
        MemberDefinitions=[{"OidcMemberDefinition": {"Groups": ["reviewers"]}}],
    )
    template = sagemaker.create_human_task_ui(HumanTaskUiName="question", UiTemplate={"Content": TEMPLATE})
    flow = sagemaker.create_flow_definition(
        FlowDefinitionName="questions",
        HumanLoopConfig={
            "WorkteamArn": team["WorkteamArn"],
            "HumanTaskUiArn": template["HumanTaskUiArn"],
            "TaskTitle": "A question",
            "TaskDescription": "Answer it.",
            "TaskCount": 1,
        },
        OutputConfig={"S3OutputPath": "s3://moderation/answers"},
        RoleArn="arn:aws:iam::111122223333:role/reviews",
    )
    runtime.start_human_loop(
        HumanLoopName="first",
        FlowDefinitionArn=flow["FlowDefinitionArn"],
        HumanLoopInput={"InputContent": json.dumps({"question": "Is it raining?"})},
    )

    page = open_page()
    page.goto(f"{alone['url']}/review/")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("a long enough password")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review/")
    page.goto(f"{alone['url']}/review/next")
    frame = page.frame_locator("#template")
    frame.get_by_text("Is it raining?").wait_for()
    frame.get_by_text("Yes").click()
    frame.get_by_text("Submit").click()
    page.wait_for_url("**/review/done**")

    loop = runtime.describe_human_loop(HumanLoopName="first")
    while loop["HumanLoopStatus"] != "Completed":
        page.wait_for_timeout(100)
        loop = runtime.describe_human_loop(HumanLoopName="first")
    bucket, _, key = loop["HumanLoopOutput"]["OutputS3Uri"].removeprefix("s3://").partition("/")
    s3 = boto3.client("s3", endpoint_url=f"{alone['url']}/a2i/s3", **given)
    output = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert output["inputContent"] == {"question": "Is it raining?"}
    [answer] = output["humanAnswers"]
    assert answer["answerContent"] == {"no": {"no": False}, "yes": {"yes": True}}
