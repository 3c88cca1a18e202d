"""Flows for Textract's forms: which pairs start a loop, what people are shown of them, and what the output names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.houses.endpoint import Endpoint, refused, start

TEXTRACT = "AWS/Textract/AnalyzeDocument/Forms/V1"


def pair(number: int, key: str, value: str, sure: float, word: float = 99.0) -> list[dict[str, Any]]:
    """A key-value pair as Textract answers it."""

    def words(text: str, of: str) -> list[dict[str, Any]]:
        return [
            {"BlockType": "WORD", "Id": f"{of}{n}", "Text": each, "Confidence": word}
            for n, each in enumerate(text.split())
        ]

    def block(of: str, kind: str, inside: list[dict[str, Any]], *links: dict[str, Any]) -> dict[str, Any]:
        child = {"Type": "CHILD", "Ids": [each["Id"] for each in inside]}
        found = {"BlockType": "KEY_VALUE_SET", "Id": of, "EntityTypes": [kind], "Confidence": sure}
        return {**found, "Relationships": [child, *links]}

    keys, values = words(key, f"kw{number}-"), words(value, f"vw{number}-")
    to_value = {"Type": "VALUE", "Ids": [f"v{number}"]}
    return [block(f"k{number}", "KEY", keys, to_value), block(f"v{number}", "VALUE", values), *keys, *values]


BLOCKS = [
    {"BlockType": "PAGE", "Id": "page"},
    *pair(1, "Full Name", "Jane Doe", 55.0),
    *pair(2, "Pay Date", "1 May", 97.0, word=40.0),
    *pair(3, "Town", "Oporto", 98.0),
]
NAME = {"ImportantFormKey": "Name", "ImportantFormKeyAliases": ["Full Name"]}


def condition(kind: str, **given: Any) -> dict[str, Any]:
    return {"ConditionType": kind, "ConditionParameters": given}


def flow_of(endpoint: Endpoint, *conditions: dict[str, Any]) -> str:
    text = json.dumps({"Conditions": list(conditions)})
    control = endpoint.client("sagemaker")
    described = control.describe_flow_definition(FlowDefinitionName=endpoint.flow("plain").rpartition("/")[2])
    config = {"HumanLoopActivationConditionsConfig": {"HumanLoopActivationConditions": text}}
    made = control.create_flow_definition(
        FlowDefinitionName="forms",
        HumanLoopConfig=described["HumanLoopConfig"],
        OutputConfig=described["OutputConfig"],
        RoleArn=described["RoleArn"],
        HumanLoopRequestSource={"AwsManagedHumanLoopRequestSource": TEXTRACT},
        **({"HumanLoopActivationConfig": config} if conditions else {}),
    )
    return str(made["FlowDefinitionArn"])


def looked_at(endpoint: Endpoint, *conditions: dict[str, Any]) -> dict[str, Any] | None:
    """The input of the loop that Textract's answer starts; None when it starts none."""
    arn = flow_of(endpoint, *conditions)
    content = {
        "aiServiceRequest": {"Document": {"S3Object": {"Bucket": "in", "Name": "a.png"}}},
        "aiServiceResponse": {"Blocks": BLOCKS},
    }
    if "HumanLoopArn" not in start(endpoint, arn, "form", content):
        return None
    import sqlalchemy as sa

    from review_ui.a2i.tables import tasks
    from review_ui.desk.tasks import content_of

    task = endpoint.review.database.read(lambda c: c.execute(sa.select(tasks.c.id)).scalar_one())
    return dict(content_of(endpoint.review, task, "nobody"))


def ids(content: dict[str, Any] | None) -> set[str]:
    assert content is not None
    return {block["id"] for block in content["selectedAiServiceResponse"]["blocks"]}


def test_pairs_that_are_not_sure_enough_are_shown_with_their_words(endpoint: Endpoint) -> None:
    content = looked_at(
        endpoint, condition("ImportantFormKeyConfidenceCheck", **NAME, KeyValueBlockConfidenceLessThan=60)
    )

    assert ids(content) == {"k1", "v1", "kw1-0", "kw1-1", "vw1-0", "vw1-1"}
    keys = [{"importantFormKey": "Name", "importantFormKeyAliases": ["Full Name"]}]
    assert content is not None
    assert content["humanLoopContext"] == {"importantFormKeys": keys}
    assert content["humanTaskActivationConditionResults"]["Conditions"][0]["EvaluationResult"] is True
    assert len(content["aiServiceResponse"]["blocks"]) == len(BLOCKS)


def test_each_word_has_to_meet_a_condition_on_words(endpoint: Endpoint) -> None:
    content = looked_at(
        endpoint, condition("ImportantFormKeyConfidenceCheck", ImportantFormKey="*", WordBlockConfidenceLessThan=50)
    )

    assert {"k2", "v2"} < ids(content)
    assert not {"k1", "k3"} & ids(content)
    assert content is not None
    assert content["humanLoopContext"] == {"importantFormKeys": []}


def test_a_key_that_is_missing_is_looked_for_without_what_was_found(endpoint: Endpoint) -> None:
    content = looked_at(
        endpoint,
        condition("MissingImportantFormKey", ImportantFormKey="Zip"),
        condition("MissingImportantFormKey", **NAME),
    )

    assert ids(content) == set()
    assert content is not None
    assert [each["importantFormKey"] for each in content["humanLoopContext"]["importantFormKeys"]] == ["Zip"]


def test_nobody_is_asked_when_no_condition_is_true(endpoint: Endpoint) -> None:
    sure = condition("ImportantFormKeyConfidenceCheck", ImportantFormKey="Town", KeyValueBlockConfidenceLessThan=90)

    assert looked_at(endpoint, sure, condition("MissingImportantFormKey", **NAME)) is None


def test_sampling_alone_and_no_conditions_show_every_pair(endpoint: Endpoint) -> None:
    content = looked_at(endpoint, condition("Sampling", RandomSamplingPercentage=100))

    assert {"k1", "k2", "k3"} < ids(content)
    assert "page" not in ids(content)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (condition("ModerationLabelConfidenceCheck", ModerationLabelName="*", ConfidenceLessThan=5), "ConditionType is ImportantFormKey"),
        (condition("MissingImportantFormKey", ImportantFormKey="a", ConfidenceLessThan=5), "ConfidenceLessThan"),
        (condition("MissingImportantFormKey", ImportantFormKey=""), "ImportantFormKey is a text"),
        (condition("ImportantFormKeyConfidenceCheck", ImportantFormKey="a"), "no comparison"),
        (condition("ImportantFormKeyConfidenceCheck", ImportantFormKey="a", WordBlockConfidenceEquals=101), "from 0 to 100"),
        (condition("MissingImportantFormKey", ImportantFormKey="a", ImportantFormKeyAliases="b"), "list of texts"),
    ],
)  # fmt: skip
def test_conditions_that_are_not_of_forms_are_refused(endpoint: Endpoint, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said):
        flow_of(endpoint, wrong)


def test_what_is_no_answer_of_textract_is_refused(endpoint: Endpoint) -> None:
    arn = flow_of(endpoint)

    with refused("ValidationException"):
        start(endpoint, arn, "form", {"aiServiceRequest": {}, "aiServiceResponse": {"moderationLabels": []}})
