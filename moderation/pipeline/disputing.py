"""Disputing: what an out-of-court body has reversed becomes one more decision on the item, like that of an appeal."""

from __future__ import annotations

import contextlib
import logging

from ground.rounds import Rounds
from moderation.core.decisions import Decision
from moderation.core.errors import NotFound
from moderation.pipeline.deciding import decide_by_people
from moderation.pipeline.path import Pipeline
from moderation.pipeline.people import LOCKED
from moderation.storage.disputes import Dispute, Disputes

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 10.0
AT_ONCE = 50


class Disputing:
    """Follows what bodies have said. Every step may run twice and has one effect.

    Attributes:
        rounds: do it in the background.
    """

    def __init__(self, disputes: Disputes, pipeline: Pipeline) -> None:
        self._disputes, self._ports = disputes, pipeline.ports
        self.rounds = Rounds("disputes", self.look, pause_seconds=PAUSE_SECONDS)

    def look(self) -> None:
        """Decide anew what was reversed. An item that people look at just now waits until they have decided."""
        for dispute in self._disputes.to_follow(AT_ONCE):
            with contextlib.suppress(NotFound):  # withdrawn meanwhile
                if self._follow(dispute):
                    self._disputes.followed(dispute.id, self._ports.clock())

    def _follow(self, dispute: Dispute) -> bool:
        """True once the item stands as the body said."""
        ports, record = self._ports, self._ports.store.get_item(dispute.item_id)
        if record.status != "decided" or record.decision is None:
            return False
        disputed, last = record.decisions[dispute.number - 1], record.decision
        wanted = "approve" if disputed.outcome == "reject" else "reject"
        if last.outcome == wanted:
            return True
        if wanted == "approve" and record.ruling is not None and record.ruling.has_locked_reject:
            logger.error("item=%s dispute=%s cannot be followed: %s", dispute.item_id, dispute.id, LOCKED)
            self._disputes.not_followed(dispute.id, LOCKED, ports.clock())
            return False
        decision = Decision(
            outcome=wanted,
            decided_by="people",
            labels=disputed.labels if wanted == "reject" else (),
            reason=f"Out-of-court dispute settlement: {dispute.body} has reversed decision {dispute.number}.",
            policy=last.policy,
            actions=last.actions,
            decided_at=ports.clock(),
        )
        decide_by_people(ports, record, decision, (), is_anew=True)
        logger.info("item=%s dispute=%s is followed", dispute.item_id, dispute.id)
        after = ports.store.get_item(dispute.item_id).decision  # unchanged where somebody appealed it just now
        return after is not None and after.outcome == wanted
