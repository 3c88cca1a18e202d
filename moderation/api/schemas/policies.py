"""Policies in force, and how their rules do."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class PolicyView(BaseModel):
    """A policy in force.

    Attributes:
        name: of the policy.
        description: for people.
        content_types: what it is for.
        apps: what apps it is for; null for all.
        queues: where it sends reviews.
        needs: detectors without which it says nothing.
    """

    name: str
    version: str = Field(description="SHA-256 of the file.")
    description: str
    content_types: list[str]
    apps: list[str] | None
    queues: list[str]
    needs: list[str]


class RuleView(BaseModel):
    """How a rule, or a side of a band, does today (UTC), and whether that is as usual.

    Attributes:
        rule: its id, or a side of a band.
        rejected_today: items that it rejected.
    """

    rule: str
    fired_today: int = Field(description="Items for which it was true; of rules on trial too.")
    rejected_today: int
    at_most_per_day: int | None = Field(description="Its daily cap of rejects.")
    items_today: int = Field(description="Items that its policy judged.")
    usual_share: float | None = Field(description="Share of items, 0-1, over the 28 days before; null with too few.")
    alarm: Literal["more", "less"] | None = Field(description="It fires more or less often than its past explains.")


class PolicyText(PolicyView):
    """A policy with its text, and how its rules do.

    Attributes:
        text: of the file.
        rules: in the order of the file.
    """

    text: str
    rules: list[RuleView]


class WaitingPolicy(BaseModel):
    """A policy that is not in force, and why.

    Attributes:
        name: of the policy.
        why: what it waits for.
    """

    name: str
    why: str


class PolicyList(BaseModel):
    """All policies.

    Attributes:
        policies: those in force, by name.
        not_in_force: those that wait for something.
    """

    policies: list[PolicyView]
    not_in_force: list[WaitingPolicy]
    faults: list[str] = Field(description="What keeps changed files from coming into force; the last good ones act.")
