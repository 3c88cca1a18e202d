"""The path of an item, as the rest of the service walks it: the steps of this package over one set of ports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from moderation.core.items import MODERATED, Item, Lane
from moderation.pipeline import again, deciding, moderate, people, sweeping
from moderation.pipeline import intake as taking_in
from moderation.pipeline.again import Became
from moderation.pipeline.intake import Submission
from moderation.pipeline.ports import Ports
from moderation.storage.idempotency import KeyedAnswer
from moderation.storage.records import ItemRecord, Line, LoopRecord


class Pipeline:
    """The steps, each as the function of the same name says."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    def now(self) -> datetime:
        """The wall time that the steps go by."""
        return self.ports.clock()

    def prepare(self, submission: Submission) -> Item:
        """The item that a submission becomes; nothing is stored."""
        return taking_in.prepare(self.ports, submission)

    def intake(self, items: Sequence[Item], keyed: KeyedAnswer | None = None) -> Mapping[str, Any] | None:
        """Store prepared items in one durable commit, then say that there is work."""
        return taking_in.intake(self.ports, items, keyed)

    def wait_decided(self, item_id: str, seconds: float) -> ItemRecord:
        """The item as soon as it is decided or people are asked, or as it is when the time is over."""
        return deciding.wait_decided(self.ports, item_id, seconds)

    def moderate_waiting(
        self,
        lanes: Sequence[Lane] = MODERATED,
        make_ready: Callable[[Lane], None] = lambda _: None,
        *,
        of_few: bool = False,
    ) -> int:
        """Claim waiting items of these lanes, each once it is made ready, and moderate them; says how many."""
        return moderate.moderate_waiting(self.ports, lanes, make_ready, of_few=of_few)

    def due_loops(self, limit: int, besides: Collection[Line], here_only: bool) -> Sequence[LoopRecord]:
        """Human loops whose time has come."""
        return people.due_loops(self.ports, limit, besides, here_only)

    def look_at(self, loop: LoopRecord) -> None:
        """Start a human loop whose time has come, or ask about it."""
        people.look_at(self.ports, loop)

    def look_at_loops(self) -> int:
        """Start and follow human loops whose time has come, one after the other; says how many."""
        return people.look_at_loops(self.ports)

    def answer(self, loop_name: str) -> None:
        """See how a human loop stands, and decide the item when it has ended."""
        people.answer(self.ports, loop_name)

    def sweep(self) -> None:
        """Ask people about items in review about which nobody is asked."""
        sweeping.sweep(self.ports)

    def judge_anew(self, item_id: str) -> Became:
        """Judge a decided item by the policies in force, and act where they want another outcome."""
        return again.judge_anew(self.ports, item_id)

    def appeal(self, record: ItemRecord, reason: str) -> None:
        """Ask people to decide an item anew."""
        people.appeal(self.ports, record, reason)
