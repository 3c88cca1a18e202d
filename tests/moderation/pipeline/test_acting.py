"""Acting on a judgement: what comes up on the way is judged again, with all that is known by then, until it is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation.core.decisions import Decision, PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.errors import CapReached
from moderation.core.items import Item, Part, Tool
from moderation.core.policy.policies import PolicySet
from moderation.core.rulings import PolicyRuling, Ruling
from moderation.detection.judgement import Judgement
from moderation.pipeline.moderate import conclude
from moderation.pipeline.ports import Ports
from moderation.storage.findings import Findings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ITEM = Item(id="i", app="shop", parts=(Part(id="p0", type="text", text="hello"),), created_at=NOW)
POLICY = PolicyRef(name="words", version="1")
FOUND = Detection(
    label="PII/EMAIL", parents=("PII",), confidence=90, part="p0", detector=Tool(name="pii.text", version="1")
)
RULING = Ruling(
    form=2,
    outcome="approve",
    policy=POLICY,
    reason="nothing fired",
    policies=(PolicyRuling(policy=POLICY, outcome="approve", because="nothing fired", redact=("PII",)),),
)
FIRST = Judgement(Findings(ITEM.parts, (FOUND,), ()), RULING, PolicySet(()))


def failure(detector: str, part: str = "p0") -> Failure:
    return Failure(detector=Tool(name=detector, version="1"), part=part, kind="raised", message="no")


class World:
    """A judge and a store of which the test says what comes up at each try, in order; then nothing does."""

    def __init__(self, redactions: Sequence[list[Failure]] = (), caps: Sequence[set[str]] = ()) -> None:
        self.redactions, self.caps = list(redactions), list(caps)
        self.known: list[tuple[set[str], set[str]]] = []
        self.decided: list[Decision] = []
        nothing: Any = None
        own: Any = self
        self.ports = Ports(
            store=own,
            judge=own,
            human_loops=nothing,
            ring=lambda: None,
            deliver=lambda: None,
            ask=lambda: None,
            decided=lambda item, decision: self.decided.append(decision),
            old_policy=lambda _: None,
            earlier=lambda _: (),
            holding=own,
            lease_seconds=60,
            max_attempts=3,
            poll_seconds=1,
            clock=lambda: NOW,
        )

    def redact(self, *_: object) -> tuple[list[Any], list[Failure]]:
        return [], self.redactions.pop(0) if self.redactions else []

    def judge_again(
        self, item: Item, judgement: Judgement, spent: Collection[str], failures: Sequence[Failure] = ()
    ) -> Judgement:
        assert judgement is FIRST
        self.known.append((set(spent), {f.detector.name for f in failures}))
        return Judgement(Findings(ITEM.parts, (FOUND,), tuple(failures)), RULING, PolicySet(()))

    def decide(self, item_id: str, decision: Decision, *_: object, **__: object) -> Decision:
        if self.caps:
            raise CapReached(frozenset(self.caps.pop(0)))
        return decision


def test_an_item_is_decided_at_once_when_nothing_comes_up() -> None:
    world = World()
    conclude(world.ports, ITEM, FIRST)

    assert [decision.outcome for decision in world.decided] == ["approve"]
    assert world.known == []


def test_each_time_all_that_is_known_is_judged_with() -> None:
    world = World(
        redactions=[[failure("blur")], [], [failure("blur"), failure("mask")], [failure("mask")], [failure("blur")]],
        caps=[{"words/a"}, {"words/b"}],
    )
    conclude(world.ports, ITEM, FIRST)

    assert world.known == [
        (set(), {"blur"}),
        ({"words/a"}, {"blur"}),
        ({"words/a"}, {"blur", "mask"}),
        ({"words/a", "words/b"}, {"blur", "mask"}),
    ]
    assert len(world.decided) == 1


def test_a_failure_that_the_judgement_knew_is_nothing_new() -> None:
    known = Judgement(Findings(ITEM.parts, (FOUND,), (failure("blur"),)), RULING, PolicySet(()))
    world = World(redactions=[[failure("blur")]])
    conclude(world.ports, ITEM, known)

    assert len(world.decided) == 1
    assert world.known == []


def test_an_item_is_not_judged_again_and_again_over_nothing_new() -> None:
    world = World(caps=[{"words/a"}] * 1000)

    with pytest.raises(RuntimeError, match="nothing new"):
        conclude(world.ports, ITEM, FIRST)

    assert len(world.known) == 1
    assert world.decided == []
