"""Who is let in, how large requests may be, and where the links in answers lead."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from ground.awswire.errors import ApiError
from ground.awswire.protocol import MAX_BODY_BYTES
from ground.awswire.throttle import Throttle
from moderation.settings import load_settings
from review_ui.server import A2IServer
from tests.houses.endpoint import SESSION, Endpoint, refused
from tests.waiting import PATIENCE_SECONDS

MEMBERS = [{"OidcMemberDefinition": {"Groups": ["g"]}}]


# Size


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Endpoint]:
    """The endpoint behind the whole program's own listener, with a small limit for everything else."""
    opened = Endpoint(tmp_path)
    opened.close()
    with A2IServer(load_settings(data=tmp_path, port=0, max_body_bytes=10_000)) as server:
        server.start()
        opened.review, opened.url = server.review, f"{server.url}/a2i"
        yield opened


def test_the_longest_input_fits_however_it_is_escaped(served: Endpoint) -> None:
    flow = served.flow()
    text = json.dumps({"x": ""}, ensure_ascii=False)
    longest = text[:-2] + "\U0001f600" * (3_145_728 - len(text)) + text[-2:]
    runtime = served.client("sagemaker-a2i-runtime")
    runtime.start_human_loop(HumanLoopName="long", FlowDefinitionArn=flow, HumanLoopInput={"InputContent": longest})

    assert len(json.dumps(longest)) > 37_000_000, "each character as twelve"
    with refused("ValidationException"):
        runtime.start_human_loop(
            HumanLoopName="longer", FlowDefinitionArn=flow, HumanLoopInput={"InputContent": f"{longest} "}
        )


def test_a_body_beyond_the_limit_is_refused_in_awss_form(served: Endpoint) -> None:
    content = "x" * (MAX_BODY_BYTES + 1)
    with refused("ValidationException"):
        served.client("sagemaker-a2i-runtime").start_human_loop(
            HumanLoopName="x", FlowDefinitionArn=served.flow(), HumanLoopInput={"InputContent": content}
        )


# Number


def test_there_are_twenty_five_work_teams_as_on_aws(endpoint: Endpoint) -> None:
    control = endpoint.client("sagemaker")
    for number in range(25):
        control.create_workteam(WorkteamName=f"team-{number}", Description="d", MemberDefinitions=MEMBERS)
    with refused("ResourceLimitExceeded"):
        control.create_workteam(WorkteamName="one-more", Description="d", MemberDefinitions=MEMBERS)
    with refused("ResourceInUse"):
        control.create_workteam(WorkteamName="team-0", Description="d", MemberDefinitions=MEMBERS)


def test_a_key_that_calls_too_often_is_throttled(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path, a2i_calls_per_second=0.001)
    try:
        runtime = endpoint.client("sagemaker-a2i-runtime")
        with refused("ResourceNotFoundException"):
            runtime.describe_human_loop(HumanLoopName="x")
        with pytest.raises(ClientError, match="ThrottlingException") as caught:
            runtime.describe_human_loop(HumanLoopName="x")
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        with refused("ThrottlingException"):
            endpoint.client("sagemaker").list_workteams()
    finally:
        endpoint.close()


def test_a_throttle_lets_its_rate_pass_and_keys_do_not_share() -> None:
    now = [0.0]
    throttle = Throttle(2.0, lambda: now[0])

    def passed(key: str, calls: int) -> int:
        count = 0
        for _ in range(calls):
            try:
                throttle.check(key)
            except ApiError:
                continue
            count += 1
        return count

    assert passed("a", 10) == 4, "twice the rate at once"
    assert passed("b", 1) == 1
    now[0] = 1.0
    assert passed("a", 10) == 2
    now[0] = 1000.0
    assert passed("a", 10) == 4


# Signatures


def test_a_credential_scoped_to_another_service_is_refused(endpoint: Endpoint) -> None:
    client = endpoint.client("sagemaker-a2i-runtime")
    client._request_signer._signing_name = "rekognition"
    client.meta.events.register(
        "before-sign", lambda request, **_: request.context.get("signing", {}).update(signing_name="rekognition")
    )
    with pytest.raises(ClientError, match="Credential should be scoped to correct service: 'sagemaker'"):
        client.describe_human_loop(HumanLoopName="x")


def unsigned(endpoint: Endpoint) -> Any:
    config = Config(signature_version=UNSIGNED, retries={"mode": "standard", "total_max_attempts": 1})
    return SESSION.client("sagemaker", region_name="us-east-1", endpoint_url=endpoint.url, config=config)


def test_without_a_signature_nobody_is_let_in_unless_a_setting_says_so(tmp_path: Path, endpoint: Endpoint) -> None:
    with refused("MissingAuthenticationTokenException"):
        unsigned(endpoint).list_workteams()
    opened = Endpoint(tmp_path / "open", a2i_check_signatures=False)
    try:
        assert unsigned(opened).list_workteams()["Workteams"] == []
        assert opened.client("sagemaker", ("AKIDANYTHINGGOES1", "x")).list_workteams()
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
            request = urllib.request.Request(opened.url, b"{}", {"X-Amz-Target": "SageMaker.ListWorkteams", **headers})
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request, timeout=PATIENCE_SECONDS)
            caught.value.close()
            assert caught.value.code == 403
            assert caught.value.headers["x-amzn-errortype"] == "AccessDeniedException"
    finally:
        opened.close()


def test_s3s_faults_are_in_s3s_form(endpoint: Endpoint) -> None:
    wrong = endpoint.client("s3", (endpoint.key.id, "wrong"), url=f"{endpoint.url}/s3")
    with pytest.raises(ClientError) as caught:
        wrong.get_object(Bucket="bucket", Key="x")

    assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


# Links


def test_links_lead_to_where_each_request_came_also_after_a_restart(endpoint: Endpoint) -> None:
    """Nobody has to have called before, and who called from elsewhere does not decide for others."""
    endpoint.review.base_url = "http://elsewhere.example/a2i"
    by_name = endpoint.client("sagemaker", url=endpoint.url.replace("127.0.0.1", "localhost"))
    template = {"UiTemplate": {"Content": "{{ 's3://in/cat.jpg' | grant_read_access }}"}, "Task": {"Input": "{}"}}
    role = "arn:aws:iam::111122223333:role/a2i"
    first = by_name.render_ui_template(**template, RoleArn=role)["RenderedContent"]
    second = endpoint.client("sagemaker").render_ui_template(**template, RoleArn=role)["RenderedContent"]

    assert first.startswith("http://localhost:")
    assert second.startswith("http://127.0.0.1:")
    assert "/a2i/s3/in/cat.jpg?" in second


def test_links_lead_to_the_public_address_where_there_is_one(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path, public_url="https://reviews.example.org/")
    try:
        endpoint.client("sagemaker").create_human_task_ui(HumanTaskUiName="mine", UiTemplate={"Content": "x"})
        described = endpoint.client("sagemaker").describe_human_task_ui(HumanTaskUiName="mine")
    finally:
        endpoint.close()

    assert described["UiTemplate"]["Url"].startswith("https://reviews.example.org/a2i/s3/bucket/a2i-templates/mine/")


def test_an_address_presigned_for_reading_an_object_calls_nothing_else(endpoint: Endpoint) -> None:
    url = endpoint.client("s3", url=endpoint.url).generate_presigned_url(
        "get_object", Params={"Bucket": "human-loops", "Key": "x"}
    )
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=PATIENCE_SECONDS)
    connection.request("GET", f"/{path}")

    assert connection.getresponse().status == 403
    connection.close()
