"""What the configuration may say, how faults are told, what calls cost, and Bedrock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from moderation_aws import clients
from moderation_llm import register_detectors

from moderation.cli import run
from moderation.core.cards import card_of
from moderation.core.errors import PolicyFault, SettingsError
from moderation.core.policy.policies import PolicyWords
from moderation.hookspecs import Unavailable
from moderation.plugins import load_plugins
from moderation.settings import Settings, load_settings
from moderation.testing import FakeContext
from plugins.llm.tests.stub import Endpoint

PETS = PolicyWords(name="market", version="1", description="No living animals.", labels=("Custom/PETS",))
Configured = Callable[..., Settings]


def test_nothing_is_offered_where_no_model_is_named(tmp_path: Path) -> None:
    assert register_detectors(load_settings(data=tmp_path)) == []


def test_the_detector_is_as_configured_and_its_version_says_so(configured: Configured) -> None:
    def made(**content: Any) -> Any:
        plugins = load_plugins(configured(**content))
        return next(each for each in plugins.detectors if each.name == "llm.policy")

    first, second = made(), made(model="other", examines=False, report_from=50)

    assert (first.labels, first.reads, first.on_demand, first.examines) == (("Custom/PETS",), ("text",), True, True)
    assert (second.examines, second.min_confidence) == (False, 50)
    assert first.version != second.version
    labels = made(labels=None).labels
    assert {"Violence", "Weapons", "Toxicity/INSULT"} <= set(labels)
    assert not [label for label in labels if label.startswith(("PII", "Custom", "PPE", "Face"))]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"endpoint": "ftp://models"}, r"llm.yml:1:\d+: E102 an http or https address is wanted"),
        ({"endpoint": "http://user:word@models/v1"}, r"llm.yml:1:\d+: E102 no passwords in the address"),
        ({"endpoint": None}, r"llm.yml:.* E102 via: openai needs an endpoint"),
        ({"via": "bedrock"}, r"llm.yml:1:\d+: E102 via: openai needs an endpoint, and via: bedrock has none"),
        ({"labels": {"Weapon": ""}}, r"llm.yml:3:\d+: E102 unknown label 'Weapon'[^$]*did you mean 'Weapons'"),
        ({"body": {"temperature": 2}}, r"llm.yml:2:\d+: E102 temperature cannot be set here"),
        ({"modell": "x"}, r"llm.yml:\d:1: E101 unknown key 'modell'[^$]*did you mean 'model'"),
        ({"reads": ["video"]}, r"llm.yml:.* E102 'video' is not one of text, image"),
        ({"wait_seconds": 0}, r"llm.yml:.* E102 0 is wrong here: at least 1"),
        ({"model": None}, r"llm.yml:.* E103 'model' is missing"),
    ],
)
def test_a_wrong_value_is_told_by_its_place(configured: Configured, content: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyFault, match=message):
        register_detectors(configured(**content))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyFault, match=r"none.yml: E100 cannot be read: .*mend MODERATION_LLM_CONFIG"):
        register_detectors(load_settings(llm_config=tmp_path / "none.yml"))
    (tmp_path / "list.yml").write_text("- a")
    with pytest.raises(PolicyFault, match="E102 a mapping of keys to values is wanted"):
        register_detectors(load_settings(llm_config=tmp_path / "list.yml"))
    (tmp_path / "bedrock.yml").write_text("{via: bedrock, model: m}")
    with pytest.raises(SettingsError, match="set MODERATION_AWS_REGION"):
        register_detectors(load_settings(llm_config=tmp_path / "bedrock.yml"))


def test_what_calls_cost_is_told_by_app(
    configured: Configured, endpoint: Endpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = configured(prices={"input": 2.0, "output": 10.0})
    (judge,) = register_detectors(settings)
    for app in ("shop", "shop", "forum"):
        context = FakeContext(tmp_path, app=app, policies=[PETS])
        judge.detect(context.text("I sell a chair"), context)
    endpoint.say = lambda request: "no answer, and paid for all the same"
    with pytest.raises(Unavailable):
        judge.detect(context.text("I sell a chair"), context)

    assert run(["costs", "--json", "--data", str(settings.data)]) == 0

    told = [
        (row["app"], row["detector"], row["operation"], row["calls"], row["dollars"])
        for row in json.loads(capsys.readouterr().out)
    ]
    once = (1000 * 2.0 + 100 * 10.0) / 1e6
    assert told == [
        ("forum", "llm.policy", "llm.judge", 3, pytest.approx(3 * once)),
        ("shop", "llm.policy", "llm.judge", 2, pytest.approx(2 * once)),
    ]


@pytest.fixture
def bedrock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stubber, Any]]:
    """Bedrock's answers, and the detector that asks there."""
    client = boto3.client("bedrock-runtime", "us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    monkeypatch.setattr(clients, "_client", lambda service, region: client)
    (tmp_path / "data").mkdir()
    (tmp_path / "llm.yml").write_text(
        "{via: bedrock, model: acme.judge-1, labels: {Custom/PETS: ''}, prices: {input: 1, output: 1}}"
    )
    settings = load_settings(data=tmp_path / "data", llm_config=tmp_path / "llm.yml", aws_region="us-east-1")
    with Stubber(client) as stubber:
        yield stubber, register_detectors(settings)[0]


def conversed(text: str, reason: str = "end_turn") -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": reason,
        "usage": {"inputTokens": 500_000, "outputTokens": 500_000, "totalTokens": 1_000_000},
        "metrics": {"latencyMs": 1},
    }


ANSWER = '{"answers": [{"label": "Custom/PETS", "confidence": 91, "quote": "puppy", "reason": "A dog is sold."}]}'
ASKED = {
    "modelId": "acme.judge-1", "system": ANY, "messages": ANY, "inferenceConfig": {"temperature": 0.0, "maxTokens": 2000},
}  # fmt: skip


def test_bedrock_is_asked_with_the_same_words(
    bedrock: tuple[Stubber, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stubber, judge = bedrock
    stubber.add_response("converse", conversed(ANSWER), ASKED)
    context = FakeContext(tmp_path, app="shop", policies=[PETS])

    (found,) = judge.detect(context.text("I sell a puppy"), context)

    assert (found.confidence, found.attributes["reason"]) == (91, "A dog is sold.")
    stubber.assert_no_pending_responses()
    run(["costs", "--json", "--data", str(tmp_path / "data")])
    assert [(row["operation"], row["dollars"]) for row in json.loads(capsys.readouterr().out)] == [
        ("llm.acme.judge-1", 1.0)
    ]


@pytest.mark.parametrize(
    ("text", "reason", "message"),
    [
        (ANSWER, "guardrail_intervened", "broke off .guardrail_intervened"),
        (ANSWER, "max_tokens", "broke off .max_tokens"),
        ("Approved.", "end_turn", "not of the form"),
    ],
)
def test_bedrocks_refusals_and_lies_are_failures(
    bedrock: tuple[Stubber, Any], tmp_path: Path, text: str, reason: str, message: str
) -> None:
    stubber, judge = bedrock
    for _ in range(2):
        stubber.add_response("converse", conversed(text, reason), ASKED)
    context = FakeContext(tmp_path, policies=[PETS])

    with pytest.raises(Unavailable, match=message):
        judge.detect(context.text("I sell a puppy"), context)

    stubber.assert_no_pending_responses()


def test_what_bedrock_does_not_allow_is_told_with_a_remedy(bedrock: tuple[Stubber, Any], tmp_path: Path) -> None:
    stubber, judge = bedrock
    stubber.add_client_error("converse", "AccessDeniedException", http_status_code=403)
    context = FakeContext(tmp_path, policies=[PETS])

    with pytest.raises(Unavailable, match=r"AccessDeniedException .allow the action"):
        judge.detect(context.text("I sell a puppy"), context)


def test_doctor_says_which_model_is_asked_where(configured: Configured, endpoint: Endpoint) -> None:
    settings = configured()

    found = load_plugins(settings).manager.hook.examine(settings=settings, services=())

    texts = [finding.text for findings in found for finding in findings]
    assert f"llm.policy asks judge at {endpoint.url}, about text" in texts


@pytest.mark.parametrize(
    ("address", "leaves"),
    [("http://127.0.0.1:8080/v1", False), ("http://[::1]:8080/v1", False), ("https://models.example/v1", True)],
)
def test_its_card_says_whether_content_leaves_the_machine(configured: Configured, address: str, leaves: bool) -> None:
    (judge,) = register_detectors(configured(endpoint=address))

    card = card_of(judge)

    assert card is not None
    assert card.leaves_machine == leaves
    assert "judge" in card.sees
