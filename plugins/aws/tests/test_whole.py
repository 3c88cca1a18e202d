"""The plugin in the service: items judged by shipped policies with detectors in their own processes; data and docs."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore.model import ServiceModel
from moderation_aws.calls import ANSWERS
from moderation_aws.configuration import default_rates, load_config
from moderation_aws.costs import price_table

from ground.blobs import FolderBlobs
from ground.media.limits import Limits
from moderation.core.items import Item, Part
from moderation.core.shipped import SHIPPED_TOOLS
from moderation.detection.judge import Judge
from moderation.detection.judgement import Judgement
from moderation.detection.runner import Runner
from moderation.media.inspecting import inspect, store_media
from moderation.plugins import load_plugins
from moderation.policies.files import load_policies, shipped_rules
from moderation.settings import Settings
from tests.aws_double import AwsDouble, Fault
from tests.aws_double.examples import FOUR_PEOPLE, PICTURE, WORKER, picture

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "aws-detectors.md").read_text(encoding="utf-8")
NOTHING = {"ModerationLabels": [], "ModerationModelVersion": "7.0"}


@pytest.fixture
def judged(aws: AwsDouble, configured: Callable[..., Settings], tmp_path: Path) -> Iterator[Callable[..., Judgement]]:
    """Judges a picture of an app by the shipped policies."""
    settings = configured("ppe: {min_confidence: 80}")
    blobs = FolderBlobs(tmp_path / "media", "moderation")
    plugins = load_plugins(settings)
    rules = tmp_path / "rules"
    shutil.copytree(shipped_rules(), rules)
    # The site's own policy, by Amazon: what the shipped one says of helmets, and nothing of vests.
    site = (rules / "site-ppe.yml").read_text(encoding="utf-8")
    site = site[: site.index("  - id: vest-unsure")].replace("vision.ppe", "rekognition.ppe")
    (rules / "site-ppe.yml").write_text(site, encoding="utf-8")
    policies = load_policies(rules, plugins.taxonomy, plugins.tools)
    # The embedded detectors would take seconds to start, and have nothing to say here.
    ours = tuple(d for d in plugins.detectors if d.name in ("rekognition.moderation", "rekognition.ppe"))
    plugins = dataclasses.replace(plugins, detectors=ours, extractors=())
    runner = Runner(plugins, None, lambda part: blobs.local_path(part.media.uri if part.media else ""))
    judge = Judge(plugins, policies, runner, blobs, Limits())
    aws.answer("rekognition.DetectModerationLabels", NOTHING)

    def look(app: str) -> Judgement:
        data = picture()
        media = store_media(blobs, data, inspect(data, Limits(), None), None)
        part = Part(id="p0", type="image", media=media)
        return judge.judge(Item(id="i", app=app, parts=(part,), created_at=datetime.now(UTC)))

    yield look
    judge.close()


def test_items_are_judged_by_what_aws_saw(aws: AwsDouble, judged: Callable[..., Judgement]) -> None:
    """One test, because opening the service costs seconds."""
    aws.answer("rekognition.DetectProtectiveEquipment", WORKER)
    worker = judged("site-cameras")
    assert worker.failures == ()
    assert {d.label for d in worker.detections} == {"Person", "PPE/FACE_COVER", "PPE/HAND_COVER", "PPE/HEAD_COVER"}
    assert judged("shop").detections == ()
    assert aws.count("rekognition.DetectProtectiveEquipment") == 1, "no policy of the shop's needs it"

    aws.answer("rekognition.DetectProtectiveEquipment", FOUR_PEOPLE)
    site = next(p for p in judged("site-cameras").verdict.policies if p.policy.name == "site-ppe")
    assert (site.outcome, [rule.rule for rule in site.deciding]) == ("reject", ["helmet-missing"])

    aws.answer("rekognition.DetectModerationLabels", PICTURE)
    verdict = judged("shop").verdict
    assert (verdict.outcome, verdict.labels) == ("reject", ("Weapons",))

    aws.fail("rekognition.DetectModerationLabels", Fault("AccessDeniedException"))
    failed = judged("shop")
    assert failed.verdict.outcome == "review", "nothing is approved because AWS said no"
    assert [(f.detector.name, f.kind) for f in failed.failures] == [("rekognition.moderation", "unavailable")]
    assert "allow the action" in failed.failures[0].message
    assert aws.refused == []


@lru_cache
def model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


@pytest.mark.parametrize(
    "names", [default_rates("us-east-1"), ANSWERS, price_table({})], ids=["rates", "answers", "prices"]
)
def test_tables_name_operations_that_exist(names: Any) -> None:
    for name in set(names) - {"rekognition.custom_labels.hour"}:
        service, _, operation = name.partition(".")
        assert operation in model(service).operation_names, name


def test_answers_have_the_members_that_are_waited_for() -> None:
    for name, member in ANSWERS.items():
        service, _, operation = name.partition(".")
        assert member in model(service).operation_model(operation).output_shape.members, name


def test_the_services_role_may_do_what_detectors_do() -> None:
    policy = json.loads((ROOT / "deploy" / "iam" / "service.json").read_text(encoding="utf-8"))
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    # Models, endpoints and guardrails of one's own are narrowed to their names: docs/aws-detectors.md.
    calls = {name.replace(".", ":") for name in default_rates("us-east-1") if not name.startswith("bedrock")}

    assert calls - {"rekognition:DetectCustomLabels"} <= allowed


def test_quotas_follow_the_region() -> None:
    assert default_rates("us-east-1")["rekognition.DetectModerationLabels"] == 50
    assert default_rates("eu-central-1")["rekognition.DetectModerationLabels"] == 5
    assert default_rates("us-east-1")["rekognition.DetectProtectiveEquipment"] == 5


def test_every_operation_that_is_priced_by_use_has_a_price_and_a_pace() -> None:
    rates = set(yaml.safe_load((files("moderation_aws") / "quotas.yml").read_text(encoding="utf-8"))["operations"])
    free = {name for name in rates if ".Get" in name}

    assert rates - free <= set(price_table({}))


def test_the_configuration_in_the_docs_is_one(configured: Callable[..., Settings]) -> None:
    [example] = re.findall(r"^```yaml\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
    settings = configured(example)
    config = load_config(settings)

    assert set(yaml.safe_load(example)) == set(type(config).model_fields), "every key is shown"
    offered = load_plugins(settings).names
    named = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)`", DOCS, re.MULTILINE))
    aws_names = {name for name in offered if re.match(r"rekognition|comprehend|transcribe", name)}
    assert aws_names == named
    assert aws_names <= set(SHIPPED_TOOLS)


def test_all_detectors_are_on_demand_and_have_a_row_of_labels(configured: Callable[..., Settings]) -> None:
    plugins = load_plugins(configured("bucket: work"))
    ours = [t for t in (*plugins.detectors, *plugins.extractors) if type(t).__module__.startswith("moderation_aws")]

    assert len(ours) == 9
    assert all(getattr(tool, "on_demand", False) for tool in ours)
