"""Sampling and roll-outs: which items are picked. Repeatable: the same item is picked every time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from moderation.core.policy.policies import Policy
from moderation.core.rules.branches import Branch
from moderation.core.verdicts import Outcome, Sample

_MILLION = 1_000_000


def is_sampled(policy: str, sampling: str, item_id: str, percent: float) -> bool:
    """True when the item is among the sampled `percent`; raising the percent keeps earlier picks.

    The SHA-256 digest of the three texts, joined by line feeds, as a number modulo 10^6, is less than percent x 10^4.
    """
    digest = hashlib.sha256(f"{policy}\n{sampling}\n{item_id}".encode()).digest()
    return int.from_bytes(digest, "big") % _MILLION < percent * 10_000


def acts(policy: str, branch: Branch, item_id: str) -> bool:
    """True unless the rule is on trial, or rolled out to a share of the items and this is none of them.

    Without an id, as in a policy's own tests, a rule that is rolled out to a share acts.
    """
    mode = branch.mode
    if mode is None:
        return True
    if mode.percent is None:
        return False
    return not item_id or is_sampled(policy, f"mode/{branch.name}", item_id, mode.percent)


def samples(policies: Sequence[Policy], outcome: Outcome, item_id: str) -> tuple[Sample, ...]:
    """The samplings that pick an item with this final outcome; none without an id."""
    found: list[Sample] = []
    for policy in policies:
        for sampling in policy.file.sampling:
            picks = sampling.of == outcome and item_id
            if picks and is_sampled(policy.name, sampling.id, item_id, sampling.percent):
                found.append(
                    Sample(
                        policy=policy.name,
                        id=sampling.id,
                        queue=sampling.queue,
                        hold=sampling.hold,
                        blind=sampling.blind,
                    )
                )
    return tuple(found)
