"""Sixty damaged films through the door and through the processes that look: each has an answer, and none is approved unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from ground.media.limits import Limits
from moderation.core.detections import Failure
from moderation.core.errors import MediaRefused
from moderation.core.items import Part
from moderation.detection.runner import Runner
from moderation.media.inspecting import MediaFacts, inspect, media_at
from moderation.plugins import load_plugins
from moderation.settings import Settings
from plugins.film.tests.damaged import films

pytestmark = pytest.mark.faults
COUNT = 60


def test_damaged_films_are_refused_looked_at_or_told_of(tmp_path: Path) -> None:
    """Each is inspected as a post is, looked at whatever was said of it, and redacted; a process that dies is replaced."""
    runner = Runner(load_plugins(Settings(data=tmp_path)), None, lambda part: tmp_path)
    ways: dict[str, int] = {"refused at the door": 0, "looked at": 0, "told": 0, "copied": 0, "no copy": 0}
    try:
        for number, content_type, data in films(COUNT):
            try:
                facts = inspect(data, Limits(), "video")
            except MediaRefused:
                ways["refused at the door"] += 1
                facts = MediaFacts("video", content_type, seconds=4.0)
            part = Part(id="p0", type="video", data=data, media=media_at(f"damaged:{number}", data, facts))
            made, answers = runner.extract("shop", [part], lambda tool: tool.name == "film.frames")
            assert made or answers.failures, f"film {number}: neither pictures nor a reason"
            ways["looked at"] += bool(made)
            ways["told"] += bool(answers.failures)
            assert all("traceback" not in failure.message.lower() for failure in answers.failures)
            copy = runner.redact("shop", part, [])
            ways["no copy" if isinstance(copy, Failure) else "copied"] += 1
    finally:
        runner.close()

    assert ways["refused at the door"] >= 5, "the damage reaches the containers"
    assert ways["looked at"] >= 10, "and leaves films that can be seen"
    assert ways["told"] >= 20
