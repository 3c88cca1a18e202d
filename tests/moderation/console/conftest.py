"""The application with people at its pages, shared by the tests of a module."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.houses.console import Console


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    from moderation.settings import Settings
    from tests.houses.api import NOBODY
    from tests.houses.console import Console

    opened = Console.open(Settings(data=tmp_path_factory.mktemp("console"), a2i_endpoint_url=NOBODY, workers=2))
    yield opened
    opened.close()


RULES = """\
policy: words
format: 1
description: What people write.
applies_to: {content_type: [text]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
bands:
  numbers: {label: PII/SSN, review_from: 60, reject_from: 95, queue: people, why: A number}
tests:
  - name: a number is rejected
    item: {content_type: text, detections: [{PII/SSN: 95}]}
    expect: reject
  - name: nearly
    item: {content_type: text, detections: [{PII/SSN: 94.5}]}
    expect: {review: people}
  - name: perhaps
    item: {content_type: text, detections: [{PII/SSN: 60}]}
    expect: {review: people}
  - name: hardly
    item: {content_type: text, detections: [{PII/SSN: 59.5}]}
    expect: approve
"""


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens the application over one policy file, with the settings given; policies are watched."""
    from moderation.settings import Settings
    from tests.houses.api import NOBODY
    from tests.houses.console import Console

    opened: list[Console] = []

    def open_with(**given: Any) -> Console:
        rules = tmp_path / "rules"
        rules.mkdir()
        (rules / "words.yml").write_text(RULES)
        made = Console.open(
            Settings(
                data=tmp_path / "data", rules=rules, rules_seconds=0.1, a2i_endpoint_url=NOBODY, workers=1, **given
            )
        )
        made.api.service.watch_policies()
        opened.append(made)
        return made

    yield open_with
    for each in opened:
        each.close()
    shutil.rmtree(tmp_path, ignore_errors=True)
