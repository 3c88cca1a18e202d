"""A detector that judges by policies is told what those for the item say that name it, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ground.blobs import FolderBlobs
from moderation.core.items import Item, Part
from moderation.core.taxonomy import Taxonomy
from moderation.detection.judge import Judge
from moderation.policies.files import load_policies
from moderation.settings import load_settings

PLUGIN = """
import itertools
from moderation import hookimpl
from moderation.core.detections import Detection

CALLS = itertools.count(1)

class Reader:
    name, version, reads, labels = "test.reader", "1", ("text",), ("Weapons",)
    min_confidence, time_limit_seconds, reads_policies = 0, 5.0, True
    def detect(self, part, context):
        told = [[p.name, p.description, list(p.labels)] for p in context.policies]
        return [Detection(label="Weapons", confidence=1, attributes={"told": told, "call": next(CALLS)})]

class Other(Reader):
    name, reads_policies = "test.other", False

@hookimpl
def register_detectors(settings):
    return [Reader(), Other()]
"""
POLICY = """
policy: {name}
format: 1
description: {words}
applies_to: {{content_type: [text], app: [{app}]}}
needs: [{needs}]
if_nothing_matches: approve
if_a_detector_fails: reject
rules:
  - id: weapons
    why: Weapons
    when: {{label: Weapons, at_least: 50}}
    then: reject
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("installation")
    for name in ("plugins", "rules"):
        (made / name).mkdir()
    (made / "plugins" / "reading.py").write_text(PLUGIN)
    write(made, "beside", needs="text.blocklist")
    write(made, "elsewhere", app="forum")
    write(made, "ours")
    return made


@pytest.fixture(scope="module")
def judge(folder: Path) -> Iterator[Judge]:
    settings = load_settings(data=folder / "data", plugins_dir=folder / "plugins", rules=folder / "rules")
    opened = Judge.open(settings, FolderBlobs(folder / "media", "moderation"))
    yield opened
    opened.close()


def write(folder: Path, name: str, words: str = "No knives.", app: str = "shop", needs: str = "test.reader") -> None:
    (folder / "rules" / f"{name}.yml").write_text(POLICY.format(name=name, words=words, app=app, needs=needs))


def told(judge: Judge, detector: str = "test.reader") -> tuple[object, object]:
    """What the detector was told, and in which of its calls."""
    part = Part(id="p0", type="text", text="hello")
    judgement = judge.judge(Item(id="i", app="shop", parts=(part,), created_at=datetime.now(UTC)))
    (found,) = (d for d in judgement.detections if d.detector is not None and d.detector.name == detector)
    return found.attributes["told"], found.attributes["call"]


def test_it_is_told_of_the_policies_for_the_item_that_name_it(judge: Judge) -> None:
    assert told(judge)[0] == [["ours", "No knives.", ["Weapons"]]]


def test_one_that_does_not_read_policies_is_told_of_none(judge: Judge) -> None:
    assert told(judge, "test.other")[0] == []


def test_a_policy_that_says_something_else_is_asked_about_anew(judge: Judge, folder: Path) -> None:
    before = told(judge)
    assert told(judge) == before

    write(folder, "ours", words="No swords.")
    judge.policies = load_policies(folder / "rules", Taxonomy(), judge.plugins.tools)
    after = told(judge)

    assert after[0] == [["ours", "No swords.", ["Weapons"]]]
    assert after[1] != before[1]


def test_texts_that_wait_together_are_judged_one_by_one(judge: Judge) -> None:
    part = Part(id="p0", type="text", text="hello")
    items = [Item(id=name, app="shop", parts=(part,), created_at=datetime.now(UTC)) for name in "ab"]

    assert judge.judge_texts(items) is None
