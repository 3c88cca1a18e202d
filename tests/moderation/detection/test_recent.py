"""The same bytes are looked at once: until something about the question is different, or the time is over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from moderation.core.items import Extraction, Media, Part, Tool
from moderation.detection import recent as recents
from moderation.detection.recent import KEEP_SECONDS, RecentFindings
from moderation.detection.runner import Runner
from moderation.plugins import load_plugins
from moderation.settings import load_settings

PLUGIN = """
from pathlib import Path
from moderation import hookimpl
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Unreadable

SEEN = Path(__file__).with_suffix(".seen")

class Counts:
    reads, labels, min_confidence, time_limit_seconds = ("text", "image"), ("Weapons",), 0, 60.0
    def __init__(self, name, version, confidence):
        self.name, self.version, self.confidence = name, version, confidence
    def detect(self, part, context):
        with SEEN.open("a") as file:
            file.write(self.name + "\\n")
        if self.name == "counts.badly":
            raise Unreadable("odd")
        if self.name == "counts.wrongly":
            return [Detection(label="Alcohol", confidence=1)]
        return [Detection(label="Weapons", confidence=self.confidence)]

class Copies:
    name, version, reads, makes, time_limit_seconds = "counts.copies", "1", ("image",), ("text",), 60.0
    def extract(self, part, context):
        with SEEN.open("a") as file:
            file.write(self.name + "\\n")
        return [Part(type="text", text="a copy")]

@hookimpl
def register_detectors(settings):
    version, confidence = Path(__file__).with_suffix(".made").read_text().split()
    others = [Counts(name, version, 1.0) for name in ("counts.badly", "counts.wrongly")]
    return [Counts("counts.well", version, float(confidence)), *others]

@hookimpl
def register_extractors(settings):
    return [Copies()]
"""
MEDIA = Media(uri="s3://b/1", sha256="a" * 64, content_type="image/png", size_bytes=3, width=1, height=1, frames=1)
PICTURE = Part(id="p0", type="image", media=MEDIA)
TEXT = Part(id="p0", type="text", text="hello")


class House:
    """Runners over one plugin, which notes whom it asked, and one memory."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.recent = folder, RecentFindings()
        (folder / "counts.py").write_text(PLUGIN)
        (folder / "picture").write_bytes(b"abc")
        self.runners: list[Runner] = []
        self.open()

    def open(self, version: str = "1", confidence: float = 50.0) -> None:
        (self.folder / "counts.made").write_text(f"{version} {confidence}")
        plugins = load_plugins(load_settings(plugins_dir=self.folder))
        self.runners.append(Runner(plugins, self.folder, lambda part: self.folder / "picture", recent=self.recent))

    def look(self, part: Part, app: str = "shop", name: str = "counts.well") -> tuple[list[Any], list[Any]]:
        answers = self.runners[-1].look(app, [part], lambda tool: tool.name == name)
        return answers.detections, answers.failures

    def seen(self) -> int:
        """How many looks there were since this was asked last."""
        file = self.folder / "counts.seen"
        looks = len(file.read_text().split()) if file.exists() else 0
        file.write_text("")
        return looks


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    for runner in opened.runners:
        runner.close()


@pytest.mark.parametrize("part", [TEXT, PICTURE], ids=["a text", "a picture"])
def test_the_same_content_is_looked_at_once_wherever_it_lies(house: House, part: Part) -> None:
    [first], _ = house.look(part)
    elsewhere = part.media.model_copy(update={"uri": "s3://b/2"}) if part.media else None
    [again], failures = house.look(part.model_copy(update={"id": "p7", "media": elsewhere}))

    assert house.seen() == 1
    assert (first.part, again.part, failures) == ("p0", "p7", [])
    assert again.model_copy(update={"part": "p0"}) == first


def test_what_is_extracted_is_extracted_once_and_hangs_on_its_own_part(house: House) -> None:
    def is_ours(tool: Any) -> bool:
        return bool(tool.name == "counts.copies")

    [first], _ = house.runners[0].extract("shop", [PICTURE], is_ours)
    [again], _ = house.runners[0].extract("shop", [PICTURE.model_copy(update={"id": "p7"})], is_ours)

    assert house.seen() == 1
    assert (first.extraction.part, again.extraction.part) == ("p0", "p7")
    assert house.look(first)[0]
    assert house.look(again)[0]
    assert house.seen() == 1, "the texts are the same, too"


@pytest.mark.parametrize(
    "change",
    [
        {"text": "hello!"},
        {"is_document": True},
        {"extraction": Extraction(part="p1", extractor=Tool(name="a.b", version="1"))},
    ],
)
def test_another_text_is_looked_at(house: House, change: dict[str, Any]) -> None:
    house.look(TEXT)
    house.look(TEXT.model_copy(update=change))

    assert house.seen() == 2


def test_another_app_version_or_set_up_looks_again(house: House) -> None:
    house.look(PICTURE)
    house.look(PICTURE, app="forum")
    assert house.seen() == 2
    house.open(version="2")
    assert house.look(PICTURE)[0][0].detector == Tool(name="counts.well", version="2")
    assert house.seen() == 1
    house.open(version="2", confidence=70)
    assert house.look(PICTURE)[0][0].confidence == 70
    assert house.seen() == 1
    house.open(version="2", confidence=70)
    house.look(PICTURE)
    assert house.seen() == 0, "nothing is different"


@pytest.mark.parametrize(("name", "kind"), [("badly", "unreadable"), ("wrongly", "invalid_answer")])
def test_who_gave_no_answer_is_asked_again(house: House, name: str, kind: str) -> None:
    for _ in range(2):
        found, [failure] = house.look(TEXT, name=f"counts.{name}")
        assert (found, failure.kind) == ([], kind)

    assert house.seen() == 2


def test_what_is_deleted_is_forgotten(house: House) -> None:
    house.look(TEXT)
    house.runners[-1].forget_findings()
    house.look(TEXT)

    assert house.seen() == 2


def test_a_finding_is_kept_for_its_time_from_when_it_was_made() -> None:
    clock, looks = SimpleNamespace(now=0.0), []

    def look() -> list[int]:
        looks.append(clock.now)
        return [1]

    recent = RecentFindings(lambda: clock.now)
    for now in (0.0, KEEP_SECONDS - 1, KEEP_SECONDS, KEEP_SECONDS + 1):
        clock.now = now
        assert recent.find("a", look) == [1]
    clock.now = 3 * KEEP_SECONDS
    recent.drop_old()

    assert looks == [0.0, KEEP_SECONDS]
    assert (recent._kept, recent._bytes) == ({}, 0)


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recents, "MOST_BYTES", 100)
    monkeypatch.setattr(recents, "MOST_BYTES_OF_ONE", 40)
    recent = RecentFindings()
    for number in range(50):
        recent.find(str(number), lambda: ["x" * 20])
    recent.find("large", lambda: ["x" * 60])

    assert sorted(recent._kept) == ["46", "47", "48", "49"]
    assert recent._bytes == sum(len(kept.found) for kept in recent._kept.values()) <= 100


def test_those_who_ask_at_the_same_time_share_one_look_and_a_failed_one_is_shared_by_nobody() -> None:
    recent, looks = RecentFindings(), []
    waiting = threading.Barrier(4)

    def ask(look: Callable[[], list[int]]) -> Any:
        waiting.wait(30)
        try:
            return recent.find("a", look)
        except RuntimeError:
            return "failed"

    def well() -> list[int]:
        looks.append("well")
        return [1]

    def badly() -> list[int]:
        looks.append("badly")
        raise RuntimeError

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, [badly] * 4)) == ["failed"] * 4
        assert list(threads.map(ask, [well] * 4)) == [[1]] * 4
    assert looks == ["badly"] * 4 + ["well"]


def test_a_look_that_ends_after_a_deletion_is_not_kept() -> None:
    recent = RecentFindings()

    def look() -> list[int]:
        recent.drop_all()
        return [1]

    assert recent.find("a", look) == [1]
    assert not recent._kept
