"""Looking at human loops: one that cannot be started or asked about holds up no other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from moderation.core.decisions import PolicyRef
from moderation.core.items import Item, Part
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import PolicySet
from moderation.core.rulings import Ruling
from moderation.core.taxonomy import Taxonomy
from moderation.pipeline.people import look_at_loops
from moderation.pipeline.ports import Ports
from moderation.storage.records import ItemRecord, LoopRecord

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DOCUMENT = {
    "policy": "words",
    "format": 1,
    "applies_to": {"content_type": ["text"]},
    "if_nothing_matches": "approve",
    "if_a_detector_fails": {"review": "people"},
    "queues": [{"name": "people", "a2i_flow": "people"}],
    "rules": [{"id": "weapons", "when": {"label": "Weapons"}, "then": {"review": "people"}}],
}


def loop(name: str, policy: str) -> LoopRecord:
    return LoopRecord(name, "i", 1, policy, "0" * 64, "people", "people", "starting", looks=0, created_at=NOW)


class World:
    """A store of loops that are due, one of them of a policy that nobody knows any more, and A2I."""

    def __init__(self, *due: LoopRecord) -> None:
        policy, problems = parse_policy(DOCUMENT, Taxonomy())
        assert policy is not None, problems
        self.due, self.noted, self.started = due, dict[str, Mapping[str, Any]](), list[str]()
        ruling = Ruling(form=2, outcome="review", policy=PolicyRef(name="words", version="1"), reason="a rule fired")
        item = Item(id="i", app="shop", parts=(Part(id="p0", type="text", text="hello"),), created_at=NOW)
        self.record = ItemRecord(item, "in_review", item.parts, ruling=ruling)
        own: Any = self
        judge: Any = SimpleNamespace(policies=PolicySet((policy,)))
        self.ports = Ports(
            store=own,
            judge=judge,
            human_loops=own,
            ring=lambda: None,
            deliver=lambda: None,
            ask=lambda: None,
            decided=lambda **_: None,
            old_policy=lambda _: None,
            earlier=lambda _: (),
            holding=own,
            lease_seconds=60,
            max_attempts=3,
            poll_seconds=1,
            clock=lambda: NOW,
        )

    def due_loops(self, now: datetime, limit: int, besides: Any, here_only: bool) -> tuple[LoopRecord, ...]:
        return self.due

    def get_item(self, item_id: str) -> ItemRecord:
        return self.record

    def note_loop(self, name: str, **noted: Any) -> bool:
        self.noted[name] = noted
        return True

    def start(self, name: str, flow: str, content: Any) -> str:
        self.started.append(name)
        return f"arn:{name}"


def test_a_loop_whose_policy_is_not_known_any_more_says_so_and_holds_up_no_other() -> None:
    world = World(loop("lost", "gone"), loop("fine", "words"))

    assert look_at_loops(world.ports) == 2

    assert world.started == ["fine"]
    assert world.noted["fine"]["state"] == "open"
    assert world.noted["lost"]["state"] == "starting"
    assert world.noted["lost"]["problem"] == "policy 'gone' has no queue 'people' any more"
    assert world.noted["lost"]["next_look_at"] > NOW
