"""Decisions: the final approve or reject on an item. Appended, never edited; a later one supersedes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from moderation.core.items import Frozen

FinalOutcome = Literal["approve", "reject"]
DecidedBy = Literal["rules", "people"]


class PolicyRef(Frozen):
    """The policy text that was in force: its name, and the SHA-256 digest of its bytes as `version`.

    Attributes:
        name: of the policy.
        version: SHA-256 of its file, in hex.
    """

    name: str
    version: str


class Action(Frozen):
    """What a rule asks the app to do beside the outcome: an age gate, a warning, less reach.

    Attributes:
        name: the policy's word for it, which policy and app have agreed upon.
        value: a text, a number, true or false, of the type that the policy file has.
        policy: whose rule asks for it.
        rule: its id.
    """

    name: str
    value: str | int | float | bool
    policy: str
    rule: str


class Decision(Frozen):
    """The end of an item's path, as it is delivered to the app.

    Attributes:
        outcome: ``approve`` or ``reject``.
        decided_by: ``rules`` when no person was asked, else ``people``.
        labels: the labels that led to it, most serious first; empty for a clean approval.
        reasons: names of those that reviewers chose, of the policy's own, most often chosen first.
        reason: one or two sentences that can be shown to people; carries no content of the item.
        policy: the policy that decided.
        actions: what rules that are true of the item ask the app to do beside, by policy and rule; people's word on the
            outcome leaves them.
        decided_at: UTC.
        supersedes: `decided_at`-ordered predecessor's number (1-based) on this item; None for the first.
    """

    outcome: FinalOutcome
    decided_by: DecidedBy
    labels: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    reason: str
    policy: PolicyRef
    actions: tuple[Action, ...] = ()
    decided_at: datetime
    supersedes: int | None = None
