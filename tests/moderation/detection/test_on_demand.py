"""Detectors and extractors whose calls cost money are asked only about items whose policies name them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ground.blobs import FolderBlobs
from moderation.cli import run
from moderation.core.items import Item, Part
from moderation.detection.judge import Judge
from moderation.settings import load_settings

PLUGIN = """
from moderation import hookimpl
from moderation.core.detections import Detection
from moderation.core.items import Part

class Paid:
    name, version, reads, labels = "paid.text", "1", ("text",), ("Hate Symbols",)
    min_confidence, time_limit_seconds, on_demand = 0, 5.0, True
    def detect(self, part, context):
        return [Detection(label="Hate Symbols", confidence=99)]

class PaidCopy:
    name, version, reads, makes, time_limit_seconds, on_demand = "paid.copy", "1", ("text",), ("text",), 5.0, True
    def extract(self, part, context):
        return [Part(type="text", text="a copy")]

@hookimpl
def register_detectors(settings):
    return [Paid()]

@hookimpl
def register_extractors(settings):
    return [PaidCopy()]
"""
POLICY = """
policy: {app}
format: 1
description: A test.
applies_to: {{content_type: [text], app: [{app}]}}
needs: [{needs}]
if_nothing_matches: approve
if_a_detector_fails: reject
rules:
  - id: weapons
    why: Hate symbols
    when: {{label: Hate Symbols, at_least: 50}}
    then: reject
"""


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    folder = tmp_path_factory.mktemp("installation")
    for name in ("plugins", "rules"):
        (folder / name).mkdir()
    (folder / "plugins" / "paid.py").write_text(PLUGIN)
    for app, needs in (("rich", "paid.text, paid.copy"), ("poor", "text.blocklist")):
        (folder / "rules" / f"{app}.yml").write_text(POLICY.format(app=app, needs=needs))
    settings = load_settings(data=folder / "data", plugins_dir=folder / "plugins", rules=folder / "rules")
    opened = Judge.open(settings, FolderBlobs(folder / "media", "moderation"))
    yield opened
    opened.close()


def item(app: str) -> Item:
    return Item(id="i", app=app, parts=(Part(id="p0", type="text", text="hello"),), created_at=datetime.now(UTC))


def test_one_that_a_policy_names_is_asked(judge: Judge) -> None:
    judgement = judge.judge(item("rich"))

    assert judgement.verdict.outcome == "reject"
    assert [part.id for part in judgement.parts] == ["p0", "p0.0"]


def test_one_that_no_policy_of_the_item_names_is_not(judge: Judge) -> None:
    judgement = judge.judge(item("poor"))

    assert (judgement.verdict.outcome, judgement.detections, judgement.failures) == ("approve", (), ())
    assert len(judgement.parts) == 1


def test_a_policy_that_looks_for_what_nobody_is_asked_about_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "paid.py").write_text(PLUGIN)
    for app, needs in (("rich", "paid.text"), ("poor", "text.blocklist")):
        (tmp_path / f"{app}.yml").write_text(POLICY.format(app=app, needs=needs))
    monkeypatch.setenv("MODERATION_PLUGINS_DIR", str(tmp_path / "plugins"))

    run(["rules", "lint", str(tmp_path / "poor.yml")])
    assert "W201 only paid.text" in capsys.readouterr().out
    run(["rules", "lint", str(tmp_path / "rich.yml")])
    assert "W201" not in capsys.readouterr().out


def test_an_item_that_is_given_up_counts_only_those_who_would_have_looked_as_failed(judge: Judge) -> None:
    assert "paid.text" in {f.detector.name for f in judge.give_up(item("rich"), "given up").failures}
    assert "paid.text" not in {f.detector.name for f in judge.give_up(item("poor"), "given up").failures}
