"""Custom Labels models: asked all at once, started and stopped when told to, and what they cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moderation_aws import commands
from moderation_aws.calls import Account
from moderation_aws.custom_labels import CustomLabels, ModelOptions
from moderation_aws.pictures import Fitting

from moderation.cli import run
from moderation.core.errors import SettingsError
from moderation.hookspecs import Unavailable
from moderation.plugins import load_plugins
from moderation.settings import Settings
from moderation.testing import DetectorContract, FakeContext
from tests.aws_double import AwsDouble, AwsError, Fault
from tests.aws_double.examples import box, picture

PROJECT = "arn:aws:rekognition:us-east-1:111122223333:project/safety"
VEST, SHOES = f"{PROJECT}/version/vest.v1/1690474772815", f"{PROJECT}/version/shoes/1690474772816"
MODELS = (
    ModelOptions(project_version=VEST, names={"vest": "Custom/HIGH_VISIBILITY_VEST", "helmet": "PPE/HEAD_COVER"}),
    ModelOptions(project_version=SHOES, names={"boot": "Custom/SAFETY_SHOE"}, min_confidence=70),
)
PHOTO = picture()


def seen(given: dict[str, Any]) -> dict[str, Any]:
    place = {"BoundingBox": box(0.1, 0.1, 0.3, 0.3)}
    if given["ProjectVersionArn"] == VEST:
        return {
            "CustomLabels": [
                {"Name": "vest", "Confidence": 91.5, "Geometry": place},
                {"Name": "tree", "Confidence": 99.0},
            ]
        }
    return {"CustomLabels": [{"Name": "boot", "Confidence": 80.0}]}


class TestCustomLabelsContract(DetectorContract):
    finds = ((PHOTO, ("Custom/HIGH_VISIBILITY_VEST", "Custom/SAFETY_SHOE")),)

    @pytest.fixture(autouse=True)
    def _answers(self, aws: AwsDouble, account: Account) -> Any:
        self.account = account
        aws.answer("rekognition.DetectCustomLabels", seen)
        yield
        assert aws.refused == []

    def detector(self) -> CustomLabels:
        return CustomLabels(self.account, Fitting(), MODELS)


def test_things_are_named_as_configured_and_say_which_model_saw_them(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    aws.answer("rekognition.DetectCustomLabels", seen)
    context = FakeContext(tmp_path)
    vest, shoe = CustomLabels(account, Fitting(), MODELS).detect(context.media(PHOTO), context)

    assert (vest.label, vest.confidence, vest.attributes["model"]) == (
        "Custom/HIGH_VISIBILITY_VEST",
        91.5,
        "safety/vest.v1",
    )
    assert vest.box is not None
    assert shoe.box is None
    assert {c.given["MinConfidence"] for c in aws.calls} == {50, 70}


def test_one_model_without_an_answer_leaves_none(aws: AwsDouble, account: Account, tmp_path: Path) -> None:
    aws.answer("rekognition.DetectCustomLabels", seen)
    aws.fail("rekognition.DetectCustomLabels", Fault("ResourceNotReadyException"))
    context = FakeContext(tmp_path)

    with pytest.raises(Unavailable, match="moderation aws models start"):
        CustomLabels(account, Fitting(), MODELS).detect(context.media(PHOTO), context)
    assert aws.count("rekognition.StartProjectVersion") == 0, "nothing that costs by the hour starts in passing"


def test_a_stopped_model_is_started_where_the_configuration_says_so(
    aws: AwsDouble, account: Account, tmp_path: Path
) -> None:
    aws.fail("rekognition.DetectCustomLabels", Fault("ResourceNotReadyException"))
    aws.answer("rekognition.StartProjectVersion", {"Status": "STARTING"})
    model = MODELS[0].model_copy(update={"start_when_needed": True, "inference_units": 2})
    context = FakeContext(tmp_path)

    with pytest.raises(Unavailable, match="was stopped, and is being started"):
        CustomLabels(account, Fitting(), [model]).detect(context.media(PHOTO), context)
    assert aws.last("rekognition.StartProjectVersion") == {"ProjectVersionArn": VEST, "MinInferenceUnits": 2}


CONFIG = f"""
custom_labels:
  - project_version: {VEST}
    names: {{vest: Custom/HIGH_VISIBILITY_VEST}}
    inference_units: 2
    stop_when_idle_minutes: 30
"""


@pytest.fixture
def installation(
    aws: AwsDouble, configured: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """Runs a command on an installation with a model whose status goes through `statuses`."""
    settings = configured(CONFIG)
    monkeypatch.setenv("MODERATION_AWS_REGION", "us-east-1")
    monkeypatch.setenv("MODERATION_AWS_CONFIG", str(settings.aws_config))
    monkeypatch.setattr(commands, "POLL_SECONDS", 0.0)

    def command(*arguments: str, statuses: tuple[str, ...] = ("RUNNING",)) -> int:
        left = list(statuses)

        def describe(given: dict[str, Any]) -> dict[str, Any]:
            status = left.pop(0) if len(left) > 1 else left[0]
            other = {"ProjectVersionArn": VEST[:-1] + "9", "Status": "FAILED"}
            if "NextToken" not in given:
                return {"ProjectVersionDescriptions": [other], "NextToken": "more"}
            return {"ProjectVersionDescriptions": [{"ProjectVersionArn": VEST, "Status": status}]}

        aws.answer(
            "rekognition.DescribeProjects", {"ProjectDescriptions": [{"ProjectArn": f"{PROJECT}/1690474772000"}]}
        )
        aws.answer("rekognition.DescribeProjectVersions", describe)
        aws.answer("rekognition.StartProjectVersion", {"Status": "STARTING"})
        aws.answer("rekognition.StopProjectVersion", {"Status": "STOPPING"})
        code = run([*arguments, "--data", str(settings.data)])
        assert aws.refused == []
        return code

    return command


def test_starting_shows_progress_and_the_price_of_an_hour(
    aws: AwsDouble, installation: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert installation("aws", "models", "start", statuses=("STARTING", "STARTING", "STARTING", "RUNNING")) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "safety/vest.v1  starting  8.00 USD an hour while it runs (2 inference unit(s))",
        "safety/vest.v1  STARTING",
        "safety/vest.v1  RUNNING",
    ]


def test_a_model_that_fails_to_start_is_a_failed_command(installation: Callable[..., int]) -> None:
    assert installation("aws", "models", "start", "safety/vest.v1", statuses=("FAILED",)) == 1


def test_starting_what_runs_already_is_fine(aws: AwsDouble, installation: Callable[..., int]) -> None:
    aws.fail("rekognition.StartProjectVersion", Fault("ResourceInUseException"))

    assert installation("aws", "models", "start", "--no-wait") == 0


def test_an_idle_model_is_stopped_and_a_busy_one_is_not(
    aws: AwsDouble,
    installation: Callable[..., int],
    account: Account,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    from moderation_aws.shared import SqliteStore

    (tmp_path / "data").mkdir()
    SqliteStore(tmp_path / "data" / "aws.db").used(
        "a", "rekognition.custom_labels", "rekognition.DetectCustomLabels", 1
    )
    assert installation("aws", "models", "stop", "--idle") == 0
    assert "none is idle" in capsys.readouterr().out
    (tmp_path / "data" / "aws.db").unlink()
    assert installation("aws", "models", "stop", "--idle", statuses=("STOPPED",)) == 0

    assert aws.count("rekognition.StopProjectVersion") == 1


def test_the_list_says_status_and_price(installation: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert installation("aws", "models", "list") == 0

    assert "safety/vest.v1  RUNNING  8.00 USD an hour" in capsys.readouterr().out


def test_what_went_wrong_is_a_sentence(
    aws: AwsDouble, installation: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert installation("aws", "models", "start", "no/such") == 2
    assert "no model 'no/such' is configured; there are safety/vest.v1" in capsys.readouterr().err

    def refuse(given: dict[str, Any]) -> dict[str, Any]:
        raise AwsError("AccessDeniedException")

    aws.fail("rekognition.StartProjectVersion", Fault("AccessDeniedException"))
    assert installation("aws", "models", "start") == 2
    assert "allow the action" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("moderation: {min_confidence: 101}", "moderation.min_confidence"),
        ("moderashun: {}", "moderashun"),
        ("- x", "expected a mapping"),
        ("{", "cannot be read"),
        ("labels: {names: {Gun: Weapon}}", "did you mean 'Weapons'"),
        ("custom_labels: [{project_version: arn, names: {a: Custom/A}}]", "custom_labels.0.project_version"),
        ("calls_per_second: {rekognition.DetectText: 0}", "calls_per_second.rekognition.DetectText"),
    ],
)
def test_a_mistake_in_the_configuration_stops_the_start_and_is_named(
    configured: Callable[..., Settings], content: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=r"aws\.yml") as caught:
        load_plugins(configured(content))

    assert said in str(caught.value)


def test_nothing_is_offered_without_a_region(configured: Callable[..., Settings]) -> None:
    offered = {d.name for d in load_plugins(configured(aws_region=None)).detectors}

    assert not [name for name in offered if name.startswith(("rekognition.", "comprehend"))]


def test_policies_for_rekognition_come_into_force_with_a_region(configured: Callable[..., Settings]) -> None:
    from moderation.policies.files import load_policies, shipped_rules

    plugins = load_plugins(configured())
    names = {policy.name for policy in load_policies(shipped_rules(), plugins.taxonomy, plugins.tools).policies}

    assert {"image-moderation", "site-ppe"} <= names


def test_costs_are_counts_times_prices(
    configured: Callable[..., Settings], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation_aws.shared import open_store

    settings = configured("prices: {rekognition.DetectText: 0.5}")
    monkeypatch.setenv("MODERATION_AWS_CONFIG", str(settings.aws_config))
    settings.data.mkdir(exist_ok=True)
    store = open_store(settings)
    for _ in range(3):
        store.used("shop", "rekognition.moderation", "rekognition.DetectModerationLabels", 1)
    store.used("blog", "rekognition.text", "rekognition.DetectText", 1)

    assert run(["costs", "--json", "--data", str(settings.data)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(r["app"], r["calls"], r["unit"], round(r["dollars"], 4)) for r in rows] == [
        ("blog", 1, "picture", 0.5),
        ("shop", 3, "picture", 0.003),
    ]
    assert run(["costs", "--data", str(settings.data)]) == 0
    assert "0.5030 USD since" in capsys.readouterr().out
    assert run(["costs", "--since", "yesterday", "--data", str(settings.data)]) == 2
    today = datetime.now(UTC).date()
    reports = [
        load_plugins(settings).manager.hook.report_costs(settings=settings, since=since, until=until)
        for since, until in ((today, today), (today - timedelta(days=9), today - timedelta(days=2)))
    ]
    [by_day, earlier] = [[each for of_plugin in report for each in of_plugin] for report in reports]
    assert [(s.day, s.app, s.calls, s.unit, s.dollars) for s in by_day] == [
        (today, "blog", 1, "picture", 0.5),
        (today, "shop", 3, "picture", pytest.approx(0.003)),
    ]
    assert earlier == []
