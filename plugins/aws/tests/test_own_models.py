"""SageMaker endpoints and Bedrock guardrails against the double of AWS: configured, asked, read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from moderation_aws.calls import Account
from moderation_aws.endpoints import Endpoint, EndpointOptions
from moderation_aws.guardrails import Guardrail, GuardrailOptions
from moderation_aws.pictures import Fitting
from pydantic import ValidationError

from moderation.core.detections import Detection
from moderation.hookspecs import Unavailable
from moderation.plugins import load_plugins
from moderation.settings import Settings
from moderation.testing import DetectorContract, FakeContext
from tests.aws_double import AwsDouble
from tests.aws_double.examples import picture
from tests.recordings import mp4

INVOKE, APPLY = "sagemaker-runtime.InvokeEndpoint", "bedrock-runtime.ApplyGuardrail"
PHOTO = picture()
TOXIC = {
    "name": "toxic_bert", "endpoint": "toxic-bert-1", "reads": ["text"], "send": "json",
    "template": {"inputs": ["$input"], "parameters": {"top_k": 3}},
    "names": {"toxic": "Toxicity/INSULT", "threat": "Toxicity/VIOLENCE_OR_THREAT"},
    "answer": {"findings": "$[*][*]", "label": "label", "confidence": "score"},
}  # fmt: skip
WEAPONS = {
    "name": "weapons", "endpoint": "yolo", "reads": ["image"], "send": "picture", "content_type": "application/x-image",
    "names": {"0": "Weapons", "vest": "Custom/VEST"},
    "answer": {"findings": "$.predictions[*]", "label": "class", "confidence": "conf", "box": "xywh", "scale": "0-100"},
}  # fmt: skip


def answers(value: Any) -> Any:
    return {"Body": json.dumps(value).encode() if not isinstance(value, bytes) else value}


def endpoint(account: Account, options: dict[str, Any], **more: Any) -> Endpoint:
    return Endpoint(account, Fitting(), EndpointOptions.model_validate({**options, **more}))


def look(detector: Any, folder: Path, sample: str | bytes) -> list[Detection]:
    context = FakeContext(folder, app="shop")
    found: list[Detection] = detector.detect(context.part(sample), context)
    return found


class TestTextEndpointContract(DetectorContract):
    finds = (("You are an idiot", "Toxicity/INSULT"),)
    ignores = ("Good morning",)

    @pytest.fixture(autouse=True)
    def _answers(self, aws: AwsDouble, account: Account) -> Any:
        self.account = account

        def judge(given: dict[str, Any]) -> Any:
            [text] = json.loads(given["Body"])["inputs"]
            return answers([[{"label": "toxic", "score": 0.98 if "idiot" in text else 0.01}]])

        aws.answer(INVOKE, judge)
        yield
        assert aws.refused == []

    def detector(self) -> Endpoint:
        return endpoint(self.account, TOXIC)


def test_a_text_model_is_sent_json_and_its_scores_are_scaled(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    scores = [{"label": "toxic", "score": 0.98}, {"label": "neutral", "score": 0.9}, {"label": "threat", "score": 0.2}]
    aws.answer(INVOKE, answers([scores]))
    found = look(endpoint(account, TOXIC), tmp_path, 'He said "idiot" $input \\ \U0001f600')
    sent = aws.last(INVOKE)

    assert [(d.label, d.confidence) for d in found] == [("Toxicity/INSULT", 98.0)]
    assert json.loads(sent["Body"]) == {"inputs": ['He said "idiot" $input \\ \U0001f600'], "parameters": {"top_k": 3}}
    assert (sent["EndpointName"], sent["ContentType"]) == ("toxic-bert-1", "application/json")
    assert aws.refused == []


def test_a_picture_model_is_sent_bytes_and_its_boxes_are_kept(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(INVOKE, answers({"predictions": [{"class": "0", "conf": 91.5, "xywh": [0.1, 0.2, 0.3, 0.4]}]}))
    [gun] = look(endpoint(account, WEAPONS, target_model="yolo.tar.gz"), tmp_path, PHOTO)

    assert (gun.label, gun.confidence) == ("Weapons", 91.5)
    assert gun.box is not None
    assert (gun.box.left, gun.box.height) == (0.1, 0.4)
    assert aws.last(INVOKE)["Body"] == PHOTO
    assert aws.last(INVOKE)["TargetModel"] == "yolo.tar.gz"


def test_labels_may_have_places_of_their_own(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(INVOKE, answers({"scores": {"nsfw": 0.75, "sfw": 0.25}}))
    detector = endpoint(
        account, {"name": "nsfw", "endpoint": "nsfw", "reads": ["image"], "send": "picture",
                  "answer": {"confidences": {"Explicit": "$.scores.nsfw"}}},
    )  # fmt: skip

    assert [(d.label, d.confidence) for d in look(detector, tmp_path, PHOTO)] == [("Explicit", 75.0)]


def test_a_film_model_is_sent_its_name_in_s3(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(INVOKE, answers({"fight": 0.9}))
    detector = endpoint(
        account, {"name": "fights", "endpoint": "fights", "reads": ["video"], "send": "uri", "template": {"s3": "$input"},
                  "answer": {"confidences": {"Physical Violence": "$.fight"}}},
    )  # fmt: skip
    film = mp4(b"vide")
    found = look(detector, tmp_path, film)

    assert [d.label for d in found] == ["Physical Violence"]
    assert json.loads(aws.last(INVOKE)["Body"])["s3"].startswith("s3://work/moderation-work/")


@pytest.mark.parametrize("answer", [[], [[]], [[], []]])
def test_an_empty_list_of_lists_is_no_finding(aws: AwsDouble, account: Account, tmp_path: Path, answer: Any) -> None:
    aws.answer(INVOKE, answers(answer))

    assert look(endpoint(account, TOXIC), tmp_path, "Hello") == []


def test_no_findings_are_no_findings(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(INVOKE, answers({"predictions": []}))

    assert look(endpoint(account, WEAPONS), tmp_path, PHOTO) == []


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>", b"", b"null", {}, {"predictions": [{"class": "0"}]}, {"predictions": [{"class": "0", "conf": "high"}]},
        {"predictions": [{"class": "0", "conf": True}]}, {"predictions": [{"class": "0", "conf": 90, "xywh": [1]}]},
        {"error": "model failed"},
    ],
)  # fmt: skip
def test_an_answer_that_is_not_as_configured_is_a_failure(
    aws: AwsDouble, account: Account, tmp_path: Path, answer: Any
) -> None:
    aws.answer(INVOKE, answers(answer))

    with pytest.raises(Unavailable):
        look(endpoint(account, WEAPONS), tmp_path, PHOTO)


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer": {"findings": "$[", "label": "x"}}, {"answer": {}}, {"names": {"toxic": "Insult"}}, {"template": None},
        {"template": {"inputs": "x"}}, {"reads": ["image"]}, {"names": {}}, {"endpoint": "a_b"}, {"name": "A"},
    ],
)  # fmt: skip
def test_mistakes_in_an_endpoints_configuration_are_found_at_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EndpointOptions.model_validate({**TOXIC, **wrong})


# Guardrails

COUNTS = dict.fromkeys(
    ("topicPolicyUnits", "contentPolicyUnits", "wordPolicyUnits", "sensitiveInformationPolicyUnits",
     "sensitiveInformationPolicyFreeUnits", "contextualGroundingPolicyUnits"), 1,
)  # fmt: skip


def assessed(**policies: Any) -> dict[str, Any]:
    return {
        "usage": COUNTS,
        "action": "GUARDRAIL_INTERVENED",
        "outputs": [{"text": "Blocked."}],
        "assessments": [policies],
    }


def insults(given: dict[str, Any]) -> dict[str, Any]:
    text = given["content"][0].get("text", {}).get("text", "")
    if "idiot" not in text:
        return {**assessed(), "action": "NONE", "outputs": []}
    return assessed(contentPolicy={"filters": [{"type": "INSULTS", "confidence": "HIGH", "action": "BLOCKED"}]})


OPTIONS = GuardrailOptions(guardrail="abc123", guardrail_version="1", reads=("text", "image"))


class TestGuardrailContract(DetectorContract):
    finds = (("You are an idiot", "Toxicity/INSULT"),)
    ignores = ("Good morning", PHOTO)

    @pytest.fixture(autouse=True)
    def _answers(self, aws: AwsDouble, account: Account) -> Any:
        self.account = account
        aws.answer(APPLY, insults)
        yield
        assert aws.refused == []

    def detector(self) -> Guardrail:
        return Guardrail(self.account, Fitting(), OPTIONS)


def test_every_policy_of_a_guardrail_is_read(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    text = "Buy gold now, damn! SSN 123-45-6789, twice: 123-45-6789. Ref ABC-1."
    aws.answer(APPLY, assessed(
        topicPolicy={"topics": [{"name": "Investment", "type": "DENY", "action": "BLOCKED"}, {"name": "Law", "type": "DENY", "action": "NONE", "detected": False}]},
        contentPolicy={"filters": [{"type": "VIOLENCE", "confidence": "LOW", "action": "NONE"}, {"type": "HATE", "confidence": "NONE", "action": "NONE"}]},
        wordPolicy={"customWords": [{"match": "GOLD", "action": "BLOCKED"}], "managedWordLists": [{"match": "damn", "type": "PROFANITY", "action": "BLOCKED"}]},
        sensitiveInformationPolicy={
            "piiEntities": [{"match": "123-45-6789", "type": "US_SOCIAL_SECURITY_NUMBER", "action": "ANONYMIZED"}],
            "regexes": [{"name": "ref", "match": "ABC-1", "regex": "[A-Z]+-[0-9]", "action": "ANONYMIZED"}],
        },
    ))  # fmt: skip
    found = look(Guardrail(account, Fitting(), OPTIONS), tmp_path, text)

    assert [(d.label, d.confidence, text[d.span.start : d.span.end]) for d in found if d.span] == [
        ("Toxicity/VIOLENCE_OR_THREAT", 40.0, text),
        ("Custom/GUARDRAIL_WORD", 100.0, "gold"),
        ("Toxicity/PROFANITY", 100.0, "damn"),
        ("PII/SSN", 100.0, "123-45-6789"),
        ("PII/SSN", 100.0, "123-45-6789"),
        ("Custom/GUARDRAIL_PATTERN", 100.0, "ABC-1"),
        ("Custom/DENIED_TOPIC", 100.0, text),
    ]
    sent = aws.last(APPLY)
    assert (sent["guardrailIdentifier"], sent["guardrailVersion"], sent["outputScope"]) == ("abc123", "1", "FULL")


def test_a_picture_has_labels_of_pictures(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(
        APPLY, assessed(contentPolicy={"filters": [{"type": "SEXUAL", "confidence": "MEDIUM", "action": "BLOCKED"}]})
    )
    [found] = look(Guardrail(account, Fitting(), OPTIONS), tmp_path, PHOTO)

    assert (found.label, found.confidence, found.span) == ("Explicit", 70.0, None)
    assert aws.last(APPLY)["content"][0]["image"]["format"] == "png"
    assert aws.last(APPLY)["content"][0]["image"]["source"]["bytes"] == PHOTO


def test_a_long_text_goes_in_pieces(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer(APPLY, insults)
    text = "A quiet sentence. " * 3000 + "You idiot."
    found = look(Guardrail(account, Fitting(), OPTIONS), tmp_path, text)

    assert aws.count(APPLY) == 3
    [insult] = found
    assert insult.span is not None
    assert "idiot" in text[insult.span.start : insult.span.end]


def test_both_are_offered_by_their_names(configured: Callable[..., Settings]) -> None:
    content = json.dumps(
        {
            "endpoints": [TOXIC, WEAPONS],
            "guardrails": [{"name": "chat", "guardrail": "abc", "guardrail_version": "DRAFT"}],
        }
    )
    names = load_plugins(configured(content)).names

    assert {"sagemaker.toxic_bert", "sagemaker.weapons", "bedrock.chat"} <= names
