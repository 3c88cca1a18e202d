"""What a detector's process writes beside its answers is never taken for one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ground.blobs import FolderBlobs
from moderation.core.coverage import Coverage
from moderation.core.items import Item, Part
from moderation.detection.judge import Judge
from moderation.settings import load_settings

PLUGIN = '''
import json, os, struct, subprocess, sys, threading, time
from moderation import hookimpl
from moderation.core.coverage import Coverage
from moderation.core.detections import Detection

WRITES = """
import os, struct
bodies = [b'{"found": []}', *(b'{"call": %d, "found": []}' % number for number in range(20))]
frames = [struct.pack(">I", len(seal + body)) + seal + body for body in bodies for seal in (b"", bytes(32))]
def write_everywhere():
    for name in os.listdir("/proc/self/fd"):
        for frame in frames:
            try:
                os.set_blocking(int(name), False)
                os.write(int(name), frame)
            except OSError:
                pass
"""
exec(WRITES)

class Forger:
    version, reads, labels, min_confidence, time_limit_seconds = "1", ("text",), ("Weapons",), 0, 2.0
    def __init__(self, name): self.name = "forger." + name
    def detect(self, part, context):
        return getattr(self, self.name[7:])(part) or []
    def and_hangs(self, part):
        write_everywhere()
        time.sleep(60)
    def and_answers(self, part):
        write_everywhere()
        return [Detection(label="Weapons", confidence=99)]
    def and_exits(self, part):
        write_everywhere()
        os._exit(0)
    def half_a_frame(self, part):
        for name in os.listdir("/proc/self/fd"):
            try: os.write(int(name), struct.pack(">I", 13) + b'{"fou')
            except OSError: pass
    def late(self, part):
        threading.Timer(0.01, write_everywhere).start()
        return [Detection(label="Weapons", confidence=99)]
    def by_its_child(self, part):
        subprocess.run([sys.executable, "-c", WRITES + "write_everywhere()"], close_fds=False, check=True)
        return [Detection(label="Weapons", confidence=99)]
    def by_its_fork(self, part):
        child = os.fork()
        if child == 0:
            write_everywhere()
            os._exit(0)
        os.waitpid(child, 0)
        return [Detection(label="Weapons", confidence=99)]
    def to_the_standard_streams(self, part):
        for number in (0, 1, 2):
            for frame in frames:
                try: os.write(number, frame)
                except OSError: pass
        return [Detection(label="Weapons", confidence=99)]

@hookimpl
def register_detectors(settings):
    names = "and_hangs and_answers and_exits half_a_frame late by_its_child by_its_fork to_the_standard_streams"
    return [Forger(name) for name in names.split()]
'''
POLICY = """
policy: {name}
format: 1
description: A test.
applies_to: {{content_type: [text], app: [{name}]}}
needs: [forger.{name}]
if_nothing_matches: approve
if_a_detector_fails: reject
rules:
  - id: weapons
    why: Weapons
    when: {{label: Weapons, at_least: 50, detector: forger.{name}}}
    then: reject
"""
ITSELF = ("and_hangs", "and_answers", "and_exits", "half_a_frame")
OTHERS = ("by_its_child", "by_its_fork", "to_the_standard_streams")


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    folder = tmp_path_factory.mktemp("installation")
    for name in ("plugins", "rules"):
        (folder / name).mkdir()
    (folder / "plugins" / "forging.py").write_text(PLUGIN)
    for name in (*ITSELF, *OTHERS, "late"):
        (folder / "rules" / f"{name}.yml").write_text(POLICY.format(name=name))
    settings = load_settings(data=folder / "data", plugins_dir=folder / "plugins", rules=folder / "rules")
    opened = Judge.open(settings, FolderBlobs(folder / "media", "moderation"))
    yield opened
    opened.close()


def outcome(judge: Judge, app: str, text: str = "hello") -> tuple[str, list[str], int]:
    """What becomes of an item, the kinds of the forger's failures on it, and how much the forger found."""
    part = Part(id="p0", type="text", text=text)
    name = f"forger.{app}"
    answers = judge.runner.look(app, [part], lambda detector: detector.name == name)
    item = Item(id="i", app=app, parts=(part,), created_at=datetime.now(UTC))
    coverage = Coverage((), ())
    judged = judge.conclude(item, [part], answers.detections, answers.failures, judge.policies, coverage)
    return judged.verdict.outcome, [failure.kind for failure in answers.failures], len(answers.detections)


@pytest.mark.parametrize("app", ITSELF)
def test_an_answer_that_the_detectors_process_writes_past_the_service_is_refused(judge: Judge, app: str) -> None:
    assert outcome(judge, app) == ("reject", ["invalid_answer"], 0)
    assert outcome(judge, app) == ("reject", ["invalid_answer"], 0), "nothing of it is left for the next item"


def test_an_answer_that_comes_unasked_does_not_answer_the_next_call(judge: Judge) -> None:
    seen = [outcome(judge, "late", f"hello {number}") for number in range(6)]

    assert {verdict for verdict, _, _ in seen} == {"reject"}
    assert all(kinds == ["invalid_answer"] or found == 1 for _, kinds, found in seen)


@pytest.mark.parametrize("app", OTHERS)
def test_what_a_detector_starts_or_prints_reaches_the_service_by_no_descriptor(judge: Judge, app: str) -> None:
    assert outcome(judge, app) == ("reject", [], 1)


def test_the_processes_of_detectors_leave_no_descriptor_behind(judge: Judge) -> None:
    outcome(judge, "and_exits")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        outcome(judge, "and_exits")

    assert len(os.listdir("/proc/self/fd")) <= before + 1
