"""Decisions: the final approve or reject on an item. Appended, never edited; a later one supersedes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from moderation.core.items import Frozen

FinalOutcome = Literal["approve", "reject"]
DecidedBy = Literal["rules", "people"]


class PolicyRef(Frozen):
    """The policy text that was in force: its name, and the SHA-256 digest of its bytes as `version`."""

    name: str
    version: str


class Decision(Frozen):
    """The end of an item's path, as it is delivered to the app.

    Attributes:
        outcome: ``approve`` or ``reject``.
        decided_by: ``rules`` when no person was asked, else ``people``.
        labels: the labels that led to it, most serious first; empty for a clean approval.
        reason: one or two sentences that can be shown to people; carries no content of the item.
        policy: the policy that decided.
        decided_at: UTC.
        supersedes: `decided_at`-ordered predecessor's number (1-based) on this item; None for the first.
    """

    outcome: FinalOutcome
    decided_by: DecidedBy
    labels: tuple[str, ...] = ()
    reason: str
    policy: PolicyRef
    decided_at: datetime
    supersedes: int | None = None
