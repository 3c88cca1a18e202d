"""Retention: how long media and texts of a decided item are kept. Policies say it, or where none does, a setting.

Of several policies the one that keeps it longest has its way, so that none loses what it needs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from moderation.core.decisions import FinalOutcome
from moderation.core.policy.file import KeepDays
from moderation.core.policy.policies import Policy

EXPIRY_DAYS = (1, 7, 30, 90, 180, 365, 730, 1825, 3650)
"""Ages at which lifecycle rules of a bucket remove tagged objects: a net below our own deletion, never earlier."""


def media_until(
    policies: Sequence[Policy], outcome: FinalOutcome, decided_at: datetime, default_days: int | None
) -> datetime | None:
    """When the media of an item may go; None for never.

    Args:
        policies: those that are for the item.
        default_days: when none of them says anything about this outcome; None for good.
    """
    days = _longest([policy.file.keep_media_days for policy in policies], outcome, default_days)
    return None if days is None else decided_at + timedelta(days=days)


def text_days(policies: Sequence[Policy], outcome: FinalOutcome, default_days: int | None) -> int | None:
    """Days after its last decision that the texts of an item are kept; None for as long as the item.

    Args:
        policies: those that are for the item.
        default_days: when none of them says anything about this outcome; None for as long as the item.
    """
    return _longest([policy.file.keep_text_days for policy in policies], outcome, default_days)


def soonest_text_days(policies: Sequence[Policy], outcome: FinalOutcome, default_days: int | None) -> int | None:
    """The least that `text_days` can say of items that some of these policies are for; None for as long as the item."""
    said = [_days(policy.file.keep_text_days, outcome) for policy in policies]
    return min((each for each in (*said, default_days) if each is not None), default=None)


def kept_words(policies: Sequence[Policy], media_days: int | None, text_days: int | None) -> list[str]:
    """How long media and texts of an item are kept after it is decided, in sentences, with who says so.

    Args:
        policies: those that are for the item.
        media_days: what the settings say where no policy does; None for good.
        text_days: likewise of texts.
    """
    media = {each.name: each.file.keep_media_days for each in policies}
    texts = {each.name: each.file.keep_text_days for each in policies}
    return [
        _kept_words("Media", media, media_days, "for good"),
        _kept_words("Texts", texts, text_days, "as long as the item"),
    ]


def _kept_words(what: str, said: Mapping[str, KeepDays | None], default_days: int | None, else_kept: str) -> str:
    outcomes: tuple[tuple[FinalOutcome, str], ...] = (("approve", "approved"), ("reject", "rejected"))
    words = []
    for outcome, name in outcomes:
        days = _longest(list(said.values()), outcome, default_days)
        by = [f"policy {policy}" for policy, each in said.items() if _days(each, outcome) == days is not None]
        who = ", ".join(by) or "the settings"
        words.append(f"{days} days once {name} ({who})" if days is not None else f"{else_kept} once {name}")
    return f"{what} of it: kept {words[0]}, {words[1]}."


def _longest(said: Sequence[KeepDays | None], outcome: FinalOutcome, default_days: int | None) -> int | None:
    wanted = [_days(each, outcome) for each in said]
    return max((each for each in wanted if each is not None), default=default_days)


def _days(said: KeepDays | None, outcome: FinalOutcome) -> int | None:
    if said is None:
        return None
    return said.approve if outcome == "approve" else said.reject


def expiry_days(stored_at: datetime, until: datetime) -> int | None:
    """The lifecycle rule for an object: the first that does not remove it before `until`; None when none waits so long.

    Lifecycle rules count from when the object was stored, in whole days.
    """
    needed = math.ceil((until - stored_at).total_seconds() / 86_400)
    return next((days for days in EXPIRY_DAYS if days >= needed), None)
