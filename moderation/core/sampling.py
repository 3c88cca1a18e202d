"""Sampling: which decided items people look at all the same. Repeatable: the same item is picked every time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from moderation.core.policies import Policy
from moderation.core.verdicts import Outcome, Sample

_MILLION = 1_000_000


def is_sampled(policy: str, sampling: str, item_id: str, percent: float) -> bool:
    """True when the item is among the sampled `percent`; raising the percent keeps earlier picks.

    The SHA-256 digest of the three texts, joined by line feeds, as a number modulo 10^6, is less than percent x 10^4.
    """
    digest = hashlib.sha256(f"{policy}\n{sampling}\n{item_id}".encode()).digest()
    return int.from_bytes(digest, "big") % _MILLION < percent * 10_000


def samples(policies: Sequence[Policy], outcome: Outcome, item_id: str) -> tuple[Sample, ...]:
    """The samplings that pick an item with this final outcome; none without an id."""
    return tuple(
        Sample(policy=policy.name, id=sampling.id, queue=sampling.queue, hold=sampling.hold, blind=sampling.blind)
        for policy in policies
        if policy.file.sampling and item_id
        for sampling in policy.file.sampling
        if sampling.of == outcome and is_sampled(policy.name, sampling.id, item_id, sampling.percent)
    )
