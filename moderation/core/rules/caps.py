"""Daily caps: how many items a rule may reject a day before people look (`at_most_per_day`)."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.core.policy.file import PolicyFile
from moderation.core.policy.policies import PolicySet
from moderation.core.rulings import Ruling

RuleName = tuple[str, str]
"""A policy's name and a rule's, or a side of a band's."""


def fired(ruling: Ruling) -> Mapping[RuleName, bool]:
    """Every rule that was true of the item, on trial or not, and whether it is what rejects the item."""
    found: dict[RuleName, bool] = {}
    for policy in ruling.policies:
        name = policy.policy.name
        rejects = policy.outcome == ruling.outcome == "reject"
        for rule in policy.deciding:
            found[name, rule] = rejects
        for rule in (*policy.also_true, *policy.on_trial):
            found[name, rule] = False
    return found


def caps(ruling: Ruling, policies: PolicySet) -> Mapping[RuleName, int]:
    """The daily caps of the rules that reject the item."""
    found: dict[RuleName, int] = {}
    for (policy, rule), rejects in fired(ruling).items():
        if rejects and (cap := _cap(policies, policy, rule)) is not None:
            found[policy, rule] = cap
    return found


def _cap(policies: PolicySet, policy: str, rule: str) -> int | None:
    try:
        return cap_of(policies.get(policy).file, rule)
    except KeyError:
        return None  # replaced while the item was judged


def cap_of(file: PolicyFile, rule: str) -> int | None:
    """The daily cap of a rule, or of the side of a band that rejects; None when it has none."""
    band = file.bands.get(rule.removesuffix(".reject"))
    if band is not None and rule.endswith(".reject"):
        return band.at_most_per_day
    return next((each.at_most_per_day for each in file.rules if each.id == rule), None)
