"""Retention: how long the media of a decided item is kept. Policies say it; what none of them says, a setting does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from moderation.core.decisions import FinalOutcome
from moderation.core.policy.policies import Policy

EXPIRY_DAYS = (1, 7, 30, 90, 180, 365, 730, 1825, 3650)
"""Ages at which lifecycle rules of a bucket remove tagged objects: a net below our own deletion, never earlier."""


def media_until(
    policies: Sequence[Policy], outcome: FinalOutcome, decided_at: datetime, default_days: int | None
) -> datetime | None:
    """When the media of an item may go; None for never.

    Of several policies the one that keeps it longest has its way, so that none loses what it needs.

    Args:
        policies: those that are for the item.
        default_days: when none of them says anything about this outcome; None for good.
    """
    said = [policy.file.keep_media_days for policy in policies if policy.file.keep_media_days is not None]
    wanted = [each.approve if outcome == "approve" else each.reject for each in said]
    days = max((each for each in wanted if each is not None), default=default_days)
    return None if days is None else decided_at + timedelta(days=days)


def expiry_days(stored_at: datetime, until: datetime) -> int | None:
    """The lifecycle rule for an object: the first that does not remove it before `until`; None when none waits so long.

    Lifecycle rules count from when the object was stored, in whole days.
    """
    needed = math.ceil((until - stored_at).total_seconds() / 86_400)
    return next((days for days in EXPIRY_DAYS if days >= needed), None)
