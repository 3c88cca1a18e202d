"""The endpoint's finer points: built-in flows, deletion, pages that do not shift, limits, and what a signature is for."""

from __future__ import annotations

import base64
import json
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ground.awswire.errors import ApiError
from moderation.core.errors import SettingsError, StoreUnavailable
from moderation.settings import load_settings
from review_ui.a2i.activation import evaluate, read_conditions
from review_ui.a2i.outputs import sweep
from review_ui.desk.answers import submit_answer
from review_ui.desk.tasks import next_task
from review_ui.server import A2IServer
from tests.examples import examples
from tests.houses.endpoint import ANSWER, Endpoint, on_either_database, refused, start
from tests.waiting import PATIENCE_SECONDS

REKOGNITION = "AWS/Rekognition/DetectModerationLabels/Image/V3"
WEAPONS = {"Name": "Weapons", "ParentName": "Violence", "Confidence": 61.5}
SMOKING = {"Name": "Smoking", "ParentName": "Drugs & Tobacco", "Confidence": 99.0}


def check(label: str, **comparisons: float) -> dict[str, Any]:
    named = {"ModerationLabelName": label, **comparisons}
    return {"ConditionType": "ModerationLabelConfidenceCheck", "ConditionParameters": named}


def sampling(percent: float) -> dict[str, Any]:
    return {"ConditionType": "Sampling", "ConditionParameters": {"RandomSamplingPercentage": percent}}


def built_in(endpoint: Endpoint, *conditions: Any, name: str = "built-in") -> str:
    """A flow for Rekognition's labels; without conditions every request is reviewed."""
    endpoint.flow()
    control = endpoint.client("sagemaker")
    config = {
        "HumanLoopActivationConditionsConfig": {"HumanLoopActivationConditions": json.dumps({"Conditions": conditions})}
    }
    more = {"HumanLoopActivationConfig": config} if conditions else {}
    made = control.create_flow_definition(
        FlowDefinitionName=name,
        HumanLoopRequestSource={"AwsManagedHumanLoopRequestSource": REKOGNITION},
        HumanLoopConfig=control.describe_flow_definition(FlowDefinitionName="flow")["HumanLoopConfig"],
        OutputConfig={"S3OutputPath": "s3://bucket/out"},
        RoleArn="arn:aws:iam::000000000000:role/x",
        **more,
    )
    return str(made["FlowDefinitionArn"])


def looked_at(*labels: dict[str, Any], image: str = "a.jpg") -> dict[str, Any]:
    request = {"Image": {"S3Object": {"Bucket": "in", "Name": image}}}
    return {
        "aiServiceRequest": request,
        "aiServiceResponse": {"ModerationLabels": labels, "ModerationModelVersion": "7.0"},
    }


def output(endpoint: Endpoint, loop: str) -> dict[str, Any]:
    described = endpoint.client("sagemaker-a2i-runtime").describe_human_loop(HumanLoopName=loop)
    found: dict[str, Any] = json.loads(endpoint.review.blobs.get(described["HumanLoopOutput"]["OutputS3Uri"]))
    return found


def test_a_built_in_flow_asks_people_only_where_a_condition_is_true(endpoint: Endpoint) -> None:
    unsure = {"And": [check("Weapons", ConfidenceGreaterThanEquals=40), check("Weapons", ConfidenceLessThan=90)]}
    flow = built_in(endpoint, {"Or": [unsure, check("Smoking", ConfidenceEquals=1)]})
    described = endpoint.client("sagemaker").describe_flow_definition(FlowDefinitionName="built-in")
    quiet = start(endpoint, flow, "quiet", looked_at(SMOKING))
    loud = start(endpoint, flow, "loud", looked_at(WEAPONS, SMOKING))
    task = next_task(endpoint.review, endpoint.users[0])
    assert task is not None
    answer = {REKOGNITION: {"moderationLabels": []}}
    submit_answer(endpoint.review, task.id, endpoint.users[0], answer, 1)
    written = output(endpoint, "loud")

    conditions = described["HumanLoopActivationConfig"]["HumanLoopActivationConditionsConfig"]
    assert json.loads(conditions["HumanLoopActivationConditions"])["Conditions"][0]["Or"][0] == unsure
    assert described["HumanLoopRequestSource"]["AwsManagedHumanLoopRequestSource"] == REKOGNITION
    assert "HumanLoopArn" not in quiet
    assert loud["HumanLoopArn"].endswith("human-loop/loud")
    assert written["awsManagedHumanLoopRequestSource"] == REKOGNITION
    content = written["inputContent"]
    weapons = {"name": "Weapons", "parentName": "Violence", "confidence": 61.5}
    assert content["aiServiceResponse"]["moderationLabels"][0] == weapons
    assert content["selectedAiServiceResponse"] == {"moderationLabels": [weapons], "moderationModelVersion": "7.0"}
    [result] = content["humanTaskActivationConditionResults"]["Conditions"]
    assert (result["EvaluationResult"], [n["EvaluationResult"] for n in result["Or"]]) == (True, [True, False])
    assert written["humanAnswers"][0]["answerContent"] == answer


def test_without_conditions_every_request_of_a_built_in_flow_is_reviewed(endpoint: Endpoint) -> None:
    flow = built_in(endpoint)

    assert "HumanLoopArn" in start(endpoint, flow, "one", looked_at())
    with refused("ValidationException"):
        start(endpoint, flow, "two", {"taskObject": "s3://in/x"})


def test_sampling_is_stable_and_near_its_share() -> None:
    nodes = [sampling(20)]
    picked = [evaluate(nodes, {"image": n}, []).is_active for n in range(2000)]

    assert picked == [evaluate(nodes, {"image": n}, []).is_active for n in range(2000)]
    assert 330 < sum(picked) < 470, "20 % of 2,000, four standard deviations either way"


def test_the_same_picture_is_sampled_or_not_whatever_its_loop_is_called() -> None:
    nodes = read_conditions(json.dumps({"Conditions": [sampling(50)]}))
    picks = [
        [evaluate(nodes, {"image": n, "humanLoopConfig": {"humanLoopName": name}}, []).is_active for n in range(50)]
        for name in ("first", "second")
    ]

    assert picks[0] == picks[1]
    assert set(picks[0]) == {True, False}


def test_what_sampling_alone_picked_shows_all_labels() -> None:
    labels = [{"name": "Weapons", "confidence": 5.0}, {"name": "Smoking", "confidence": 6.0}]
    shown = evaluate([sampling(100), check("Weapons", ConfidenceGreaterThan=90)], {}, labels)

    assert (shown.is_active, list(shown.selected)) == (True, labels)


NUMBERS = st.integers(0, 20).map(lambda n: n * 5.0)
NAMES = st.sampled_from(["Weapons", "Smoking", "*"])
KEYS = ["ConfidenceEquals", "ConfidenceLessThan", "ConfidenceLessThanEquals"]
KEYS += ["ConfidenceGreaterThan", "ConfidenceGreaterThanEquals"]
CHECKS = st.builds(lambda n, c: check(n, **c), NAMES, st.dictionaries(st.sampled_from(KEYS), NUMBERS, min_size=1))
SIMPLE = CHECKS | st.sampled_from([sampling(100)])


def joined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.lists(inner, min_size=2, max_size=3)
    return members.map(lambda m: {"And": m}) | members.map(lambda m: {"Or": m})


NODES = SIMPLE | joined(SIMPLE | joined(SIMPLE))
LABELS = st.lists(
    st.builds(lambda n, c: {"name": n, "confidence": c}, st.sampled_from(["Weapons", "Smoking", "Gambling"]), NUMBERS),
    max_size=3,
)


def plainly(node: dict[str, Any], labels: list[dict[str, Any]]) -> bool:
    """The same by the words of Amazon's guide."""
    if "And" in node:
        return all(plainly(member, labels) for member in node["And"])
    if "Or" in node:
        return any(plainly(member, labels) for member in node["Or"])
    wanted = node["ConditionParameters"]
    if node["ConditionType"] == "Sampling":
        return True
    for label in labels:
        found = label["confidence"]
        holds = {
            "ConfidenceEquals": lambda w, f=found: f == w,
            "ConfidenceLessThan": lambda w, f=found: f < w,
            "ConfidenceLessThanEquals": lambda w, f=found: f <= w,
            "ConfidenceGreaterThan": lambda w, f=found: f > w,
            "ConfidenceGreaterThanEquals": lambda w, f=found: f >= w,
        }
        if wanted["ModerationLabelName"] in ("*", label["name"]) and all(
            holds[k](wanted[k]) for k in KEYS if k in wanted
        ):
            return True
    return False


@settings(deadline=None, max_examples=examples(200))
@given(st.lists(NODES, min_size=1, max_size=3), LABELS)
def test_conditions_mean_what_the_guide_says(nodes: list[Any], labels: list[dict[str, Any]]) -> None:
    read = read_conditions(json.dumps({"Conditions": nodes}))
    found = evaluate(read, {}, labels)

    assert found.is_active == any(plainly(node, labels) for node in nodes)
    assert [n["EvaluationResult"] for n in found.results["Conditions"]] == [plainly(node, labels) for node in nodes]
    assert all(label in labels for label in found.selected)


@pytest.mark.parametrize(
    "text",
    [
        "x", "[]", "{}", '{"Conditions": []}', '{"Conditions": [1]}', '{"Conditions": [{"And": [1, 2]}]}',
        json.dumps({"Conditions": [{"And": [sampling(1)]}]}),
        json.dumps({"Conditions": [{"And": [sampling(1), sampling(2)], "Or": []}]}),
        json.dumps({"Conditions": [{"Or": [{"Or": [{"Or": [sampling(1)] * 2}] * 2}] * 2}]}),
        json.dumps({"Conditions": [sampling(0)]}), json.dumps({"Conditions": [sampling(100.5)]}),
        json.dumps({"Conditions": [check("Weapons")]}), json.dumps({"Conditions": [check("", ConfidenceEquals=1)]}),
        json.dumps({"Conditions": [check("Weapons", ConfidenceEquals=101)]}),
        json.dumps({"Conditions": [check("Weapons", Confidence=1)]}),
        json.dumps({"Conditions": [sampling(1)]}) + " " * 10_300,
    ],
)  # fmt: skip
def test_conditions_that_are_not_amazons_are_refused_with_their_place(text: str) -> None:
    with pytest.raises(ApiError, match="humanLoopActivationConditions"):
        read_conditions(text)


def test_conditions_are_for_built_in_flows_only(endpoint: Endpoint) -> None:
    endpoint.flow()
    control = endpoint.client("sagemaker")
    document = json.dumps({"Conditions": [sampling(1)]})
    with refused("ValidationException"):
        control.create_flow_definition(
            FlowDefinitionName="custom",
            HumanLoopActivationConfig={
                "HumanLoopActivationConditionsConfig": {"HumanLoopActivationConditions": document}
            },
            HumanLoopConfig=control.describe_flow_definition(FlowDefinitionName="flow")["HumanLoopConfig"],
            OutputConfig={"S3OutputPath": "s3://bucket/out"},
            RoleArn="arn:aws:iam::000000000000:role/x",
        )


def test_a_deleted_flow_lets_begun_work_end_and_stops_the_rest(endpoint: Endpoint) -> None:
    flow, runtime, control = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime"), endpoint.client("sagemaker")
    start(endpoint, flow, "begun")
    task = next_task(endpoint.review, endpoint.users[0])
    assert task is not None
    start(endpoint, flow, "untouched", {"other": 1})
    control.delete_flow_definition(FlowDefinitionName="flow")
    status = control.describe_flow_definition(FlowDefinitionName="flow")["FlowDefinitionStatus"]
    sweep(endpoint.review)

    assert status == "Deleting"
    with refused("ValidationException"):
        start(endpoint, flow, "late")
    with refused("ResourceNotFoundException"):
        runtime.describe_human_loop(HumanLoopName="untouched")
    assert next_task(endpoint.review, endpoint.users[1]) is None
    submit_answer(endpoint.review, task.id, endpoint.users[0], ANSWER, 1)
    assert runtime.describe_human_loop(HumanLoopName="begun")["HumanLoopStatus"] == "Completed"
    assert output(endpoint, "begun")["humanAnswers"]
    with refused("ResourceNotFound"):
        control.describe_flow_definition(FlowDefinitionName="flow")
    assert control.list_flow_definitions()["FlowDefinitionSummaries"] == []
    assert sorted(event["detail"]["humanLoopName"] for event in endpoint.events) == ["begun", "untouched"]
    endpoint.flow()
    assert control.describe_flow_definition(FlowDefinitionName="flow")["FlowDefinitionStatus"] == "Active"


@on_either_database
def test_deleting_a_loop_loses_neither_its_event_nor_its_output(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    is_down = [True]

    def tell(event: dict[str, Any]) -> None:
        if is_down[0]:
            raise StoreUnavailable("down")
        endpoint.events.append(event)

    endpoint.review.on_status_change = tell
    start(endpoint, flow)
    task = next_task(endpoint.review, endpoint.users[0])
    assert task is not None
    submit_answer(endpoint.review, task.id, endpoint.users[0], ANSWER, 1)
    runtime.delete_human_loop(HumanLoopName="loop-1")
    with refused("ResourceNotFoundException"):
        runtime.delete_human_loop(HumanLoopName="loop-1")
    with refused("ConflictException"):
        start(endpoint, flow)
    is_down[0] = False
    endpoint.offset = timedelta(seconds=70)
    sweep(endpoint.review)
    sweep(endpoint.review)

    [event] = endpoint.events
    assert event["detail"]["humanLoopStatus"] == "Completed"
    assert json.loads(endpoint.review.blobs.get(event["detail"]["humanLoopOutput"]["outputS3Uri"]))["humanAnswers"]
    start(endpoint, flow)


def test_an_event_told_twice_has_the_same_id_and_time_and_the_output_is_written_once(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow, tries, written = endpoint.flow(), [], []

    def tell(event: dict[str, Any]) -> None:
        tries.append(event)
        if len(tries) < 3:
            raise StoreUnavailable("down")

    put = endpoint.review.blobs.put_uri
    monkeypatch.setattr(endpoint.review.blobs, "put_uri", lambda uri, *rest: (written.append(uri), put(uri, *rest)))
    endpoint.review.on_status_change = tell
    start(endpoint, flow)
    task = next_task(endpoint.review, endpoint.users[0])
    assert task is not None
    submit_answer(endpoint.review, task.id, endpoint.users[0], ANSWER, 1)
    sweep(endpoint.review)
    at_once = len(tries)
    for seconds in (2, 10, 20):
        endpoint.offset = timedelta(seconds=seconds)
        sweep(endpoint.review)

    assert at_once == 1, "not again before a pause"
    assert len(tries) == 3
    assert len({(event["id"], event["time"]) for event in tries}) == 1
    assert len(written) == 1


def test_pages_do_not_shift_when_loops_come_in_between(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    for number in range(4):
        start(endpoint, flow, f"old-{number}", {"n": number})
    first = runtime.list_human_loops(FlowDefinitionArn=flow, MaxResults=2)
    start(endpoint, flow, "new", {"n": "new"})
    second = runtime.list_human_loops(FlowDefinitionArn=flow, MaxResults=2, NextToken=first["NextToken"])
    names = [loop["HumanLoopName"] for page in (first, second) for loop in page["HumanLoopSummaries"]]

    assert names == ["old-3", "old-2", "old-1", "old-0"]
    assert "NextToken" not in second
    control = endpoint.client("sagemaker")
    by_name = control.list_human_task_uis(MaxResults=1)
    assert len(by_name["HumanTaskUiSummaries"]) == 1


HUGE = base64.urlsafe_b64encode(json.dumps(["9" * 3000, "x"]).encode()).decode()
NOT_A_TIME = base64.urlsafe_b64encode(json.dumps(["tomorrow", "x"]).encode()).decode()
OLD = base64.urlsafe_b64encode(b'{"offset": 99999999999999999999999999}').decode()


@pytest.mark.parametrize("token", ["x", "ä", "", HUGE, NOT_A_TIME, OLD, "bnVsbA==", "W10=", "A" * 8000])
def test_a_token_that_is_none_of_ours_is_refused(endpoint: Endpoint, token: str) -> None:
    flow = endpoint.flow()
    with refused("ValidationException"):
        endpoint.client("sagemaker-a2i-runtime").list_human_loops(FlowDefinitionArn=flow, NextToken=token or "?")


def test_a_flow_of_another_account_has_no_loops_here(endpoint: Endpoint) -> None:
    flow = endpoint.flow().replace(":000000000000:", ":111122223333:")
    with refused("ResourceNotFoundException"):
        endpoint.client("sagemaker-a2i-runtime").list_human_loops(FlowDefinitionArn=flow)


def test_limits_are_answered_as_amazon_answers_them(endpoint: Endpoint) -> None:
    flow, control = endpoint.flow(), endpoint.client("sagemaker")
    endpoint.review.most_loops = 1
    start(endpoint, flow, "one")
    start(endpoint, flow, "one")
    with refused("ServiceQuotaExceededException"):
        start(endpoint, flow, "two")
    members = [{"OidcMemberDefinition": {"Groups": ["g"]}}]
    for number in range(24):
        control.create_workteam(WorkteamName=f"team-{number}", Description="d", MemberDefinitions=members)
    with refused("ResourceLimitExceeded"):
        control.create_workteam(WorkteamName="team-24", Description="d", MemberDefinitions=members)


def test_an_input_of_full_size_in_another_script_is_taken(endpoint: Endpoint) -> None:
    flow = endpoint.flow()
    text = json.dumps({"x": "ж" * 3_145_000}, ensure_ascii=False)
    runtime = endpoint.client("sagemaker-a2i-runtime")
    runtime.start_human_loop(HumanLoopName="big", FlowDefinitionArn=flow, HumanLoopInput={"InputContent": text})

    assert runtime.describe_human_loop(HumanLoopName="big")["HumanLoopStatus"] == "InProgress"


def test_a_templates_address_gives_its_text(endpoint: Endpoint) -> None:
    endpoint.flow()
    described = endpoint.client("sagemaker").describe_human_task_ui(HumanTaskUiName="ui")
    with urllib.request.urlopen(described["UiTemplate"]["Url"], timeout=PATIENCE_SECONDS) as answer:
        assert answer.read() == b"<p>{{ task.input.x }}</p>"
        assert answer.headers["Content-Disposition"] == "attachment"


def test_a_signature_is_for_one_service(endpoint: Endpoint) -> None:
    s3 = endpoint.client("s3", url=endpoint.url)
    with refused("InvalidSignatureException|403"):
        s3.list_buckets()


def test_signatures_can_be_switched_off_on_loopback_only(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MODERATION_A2I_CHECK_SIGNATURES"):
        A2IServer(load_settings(data=tmp_path, host="0.0.0.0", a2i_check_signatures=False, port=0))
    with A2IServer(load_settings(data=tmp_path, a2i_check_signatures=False, port=0)) as server:
        server.start()
        headers = {"X-Amz-Target": "SageMaker.ListWorkteams"}
        request = urllib.request.Request(f"{server.url}/a2i/", b"{}", headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            assert json.load(answer) == {"Workteams": []}
