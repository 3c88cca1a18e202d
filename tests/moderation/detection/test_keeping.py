"""What is on a list that keeps content on this machine: nothing of it leaves, in whatever order tools are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ground.media_store import open_blobs
from moderation.core.detections import Detection
from moderation.core.egress import KEEPING, leaves_machine, stays_here
from moderation.core.errors import HumanLoopRefused, PluginError
from moderation.core.items import Item, Part
from moderation.detection.answers import Answers
from moderation.detection.judge import Judge
from moderation.detection.keeping import Keeping
from moderation.pipeline.intake import Submission
from moderation.plugins import load_plugins
from moderation.review.client import HumanLoops, OwnEndpoint
from moderation.review.fallback import HumanLoopsWithFallback
from moderation.service import Service
from moderation.settings import Settings, load_settings
from tests.houses.service import HEAD, People
from tests.waiting import wait_for

LISTED, OTHER = "the text that must never leave this place", "a text like any other, about the weather"
PLUGIN = """
from moderation import hookimpl
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Unavailable

SENT = {sent!r}

class Tool:
    version, reads, min_confidence, time_limit_seconds = "1", ("text",), 0.0, 20.0
    labels, makes = ("Custom/SEEN",), ("text",)
    def __init__(self, name):
        self.name = name

class Here(Tool):
    def detect(self, part, context):
        return [Detection(label="Custom/SEEN", confidence=100)]

class Elsewhere(Tool):
    leaves_machine = True
    def detect(self, part, context):
        with open(SENT, "a") as out:
            out.write(part.text)
        return []
    def extract(self, part, context):
        with open(SENT, "a") as out:
            out.write(part.text)
        return [Part(type="text", text="made elsewhere")]

class Reads(Tool):
    def extract(self, part, context):
        return [Part(type="text", text=part.text.removeprefix("hidden: "))] if "hidden" in part.text else []

class Lists(Tool):
    keeps_on_machine = True
    labels = ("Custom/LISTED",)
    def detect(self, part, context):
        if part.text == "broken":
            raise Unavailable("the list is away")
        if part.text != {listed!r}:
            return []
        return [Detection(label="Custom/LISTED", confidence=100, attributes={{"list": "partners", "keeps_on_machine": True}})]

KINDS = {{"here": Here, "elsewhere": Elsewhere, "lists": Lists}}

@hookimpl
def register_detectors(settings):
    return [KINDS[kind](f"{{place}}.{{kind}}") for place, kind in zip("abc", {order!r})]

@hookimpl
def register_extractors(settings):
    return [Reads("m.reads"), Elsewhere("d.makes")]

@hookimpl
def item_decided(item, decision):
    with open(SENT, "a") as out:
        out.write(item.parts[0].text)
"""
POLICY = HEAD.replace("{review: people}", '{approve: "it is only a test"}') + "needs: [NEEDED]\n"


class World:
    """A judge over a policy that would approve everything, and what the tools elsewhere were sent."""

    def __init__(self, folder: Path, order: tuple[str, ...] = ("elsewhere", "here", "lists")) -> None:
        self.sent = folder / "sent"
        (folder / "plugins").mkdir(parents=True)
        text = PLUGIN.format(sent=str(self.sent), listed=LISTED, order=order)
        (folder / "plugins" / "remote.py").write_text(text)
        (folder / "rules").mkdir()
        here = f"{'abc'[order.index('here')]}.here"
        (folder / "rules" / "words.yml").write_text(POLICY.replace("NEEDED", here))
        self.settings = load_settings(
            data=folder / "data", plugins_dir=folder / "plugins", rules=folder / "rules", poll_seconds=0.1
        )

    @property
    def bytes_sent(self) -> int:
        return self.sent.stat().st_size if self.sent.exists() else 0


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., World]:
    return lambda **given: World(tmp_path / "world", **given)


def item(text: str) -> Item:
    return Item(id="i", app="shop", parts=(Part(id="p0", type="text", text=text),), created_at=datetime.now(UTC))


@pytest.mark.parametrize("order", [("elsewhere", "here", "lists"), ("lists", "here", "elsewhere")])
def test_no_byte_of_a_match_leaves_and_it_is_never_approved(make: Callable[..., World], order: tuple[str, ...]) -> None:
    world = make(order=order)
    judge = Judge.open(world.settings, open_blobs(world.settings))
    try:
        remote = f"{'abc'[order.index('elsewhere')]}.elsewhere"
        for text in (LISTED, f"hidden: {LISTED}", "broken"):
            judgement = judge.judge(item(text))

            assert world.bytes_sent == 0, text
            assert judgement.ruling.outcome == "review"
            assert stays_here(judgement.failures)
            [said] = [each for each in judgement.failures if each.detector == KEEPING]
            assert f"not asked: {', '.join(sorted([remote, 'd.makes']))}" in said.message
        assert stays_here(judge.give_up(item(LISTED), "given up").failures), "nobody could tell"
        judge.judge(item(OTHER))
        assert world.sent.read_text().count(OTHER) == 2, "the extractor's and the detector's"
    finally:
        judge.close()


class Tools:
    """Tools by name, asked in the order of a list, and what those elsewhere were sent."""

    def __init__(self, order: Sequence[str]) -> None:
        self.order, self.sent = order, list[str]()
        kinds = {"elsewhere": True, "other": True, "lists": False, "here": False}
        self.detectors = [
            SimpleNamespace(name=name, reads=("text",), leaves_machine=kinds[name], keeps_on_machine=name == "lists")
            for name in order
        ]
        self.extractors: list[Any] = []

    def look(
        self, app: str, parts: Sequence[Part], only: Any = None, policies: Any = (), *, is_cleared: bool = False
    ) -> Answers:
        assert is_cleared
        answers = Answers()
        for tool in self.detectors:
            for part in parts:
                if not only(tool):
                    continue
                if tool.leaves_machine:
                    self.sent.append(part.text or "")
                if tool.name == "lists" and part.text == LISTED:
                    about = {"list": "partners", "keeps_on_machine": True}
                    found = Detection(label="Custom/L", confidence=100, part=part.id, attributes=about)
                    answers.detections.append(found)
        return answers

    def extract(self, item: Item, asked: Any, policies: Any = ()) -> tuple[list[Part], Answers]:
        return list(item.parts), Answers()


@pytest.mark.parametrize("order", list(permutations(("elsewhere", "here", "lists", "other"))))
def test_in_whatever_order_tools_come_those_elsewhere_are_sent_nothing_of_a_match(order: tuple[str, ...]) -> None:
    tools: Any = Tools(order)
    keeping = Keeping(tools, tools, tools)

    def judged(text: str) -> Answers:
        parts, _, kept = keeping.extract(item(text), lambda tool: True)
        return keeping.look("shop", parts, lambda tool: True, (), kept)

    kept = judged(LISTED)
    assert tools.sent == []
    assert "not asked: elsewhere, other" in kept.failures[-1].message
    assert judged(OTHER).failures == []
    assert tools.sent == [OTHER, OTHER]


class ManyPeople(People):
    """Own endpoint and Amazon's, told apart."""

    def __init__(self) -> None:
        super().__init__()
        self.here: list[str] = []

    def start_here(self, name: str, flow: str, content: Any) -> str:
        self.here.append(name)
        return self.start(name, flow, content)


def test_people_here_decide_it_and_no_target_elsewhere_is_told(make: Callable[..., World]) -> None:
    world, people = make(), ManyPeople()
    topic = "arn:aws:sns:us-east-1:123456789012:decisions"
    settings = world.settings.model_copy(update={"notify": topic})
    service = Service.open(settings, human_loops=people)  # type: ignore[arg-type]
    service.start()
    try:
        ids = []
        for text in (LISTED, OTHER):
            prepared = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text=text),)))
            service.pipeline.intake([prepared])
            ids.append(prepared.id)
        name = f"{ids[0]}-1"
        wait_for(lambda: name in people.started)
        people.said[name] = "approve"
        wait_for(lambda: all(service.store.get_item(each).status == "decided" for each in ids))

        rows = service.database.read(lambda c: list(c.exec_driver_sql("SELECT item_id, payload FROM deliveries")))
        assert set(people.here) == {name}
        assert [row.item_id for row in rows] == [ids[1]]
        wait_for(lambda: OTHER in world.sent.read_text())
        assert LISTED not in world.sent.read_text()
        shown = people.started[name]["failures"]
        assert any("not asked: a.elsewhere" in each["message"] for each in shown)
    finally:
        service.close()


class Refusing:
    """An endpoint of Amazon's that must not be asked."""

    def start(self, *_: Any) -> str:
        raise AssertionError("it left the machine")

    def provision(self, queues: Any) -> list[str]:
        return []


@pytest.mark.parametrize("is_on", [True, False])
def test_a_loop_over_it_is_opened_at_the_own_endpoint_whether_or_not_that_is_the_fallback(is_on: bool) -> None:
    own: Any = ManyPeople()
    amazon: Any = Refusing()
    loops = HumanLoopsWithFallback(amazon, own, is_on=is_on, note=lambda name, why: None)

    loops.start_here("x-1", "people", {})

    assert list(own.started) == ["x-1"]


def test_a_client_of_amazon_alone_refuses_to_send_it() -> None:
    settings = Settings(a2i_endpoint_url="https://a2i-runtime.sagemaker.us-east-1.amazonaws.com")
    client = HumanLoops(settings, OwnEndpoint("http://127.0.0.1:9"), None)  # type: ignore[arg-type]

    with pytest.raises(HumanLoopRefused, match="stays on this machine"):
        client.start_here("x-1", "people", {})


def test_amazons_tools_and_models_elsewhere_say_that_content_leaves() -> None:
    plugins = load_plugins(load_settings())
    tools: list[Any] = [*plugins.detectors, *plugins.extractors]
    leaving = {tool.name for tool in tools if leaves_machine(tool)}

    amazons = {each.name for each in tools if type(each).__module__.startswith("moderation_aws")}
    assert amazons <= leaving
    assert leaving - amazons <= {"llm.policy"}


@pytest.mark.parametrize(
    ("change", "says"),
    [("leaves_machine = 'yes'", "is true or false"), ("leaves_machine = True", "only one of")],
)
def test_a_detector_that_contradicts_itself_is_refused(make: Callable[..., World], change: str, says: str) -> None:
    world = make()
    file = world.settings.plugins_dir / "remote.py"  # type: ignore[operator]
    file.write_text(
        file.read_text().replace("    keeps_on_machine = True", f"    keeps_on_machine = True\n    {change}")
    )

    with pytest.raises(PluginError, match=says):
        load_plugins(world.settings)
