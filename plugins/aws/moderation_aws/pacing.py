"""Pacing: when the next call of an operation may leave, so that all workers together keep to the account's quota.

Calls are spaced evenly (the generic cell rate algorithm without a burst): AWS counts per second, and a burst at the
edge of two seconds is throttled. A throttled call halves the pace, which then grows by one percent a second: the quota
may be lower than we think, or shared with whatever else the account runs, and this way few calls find out. Pure: the
clock and the place where state is kept belong to the caller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

QUOTA_SHARE = 0.9
"""Share of a quota that is used: calls leave with jitter, and the service counts when they arrive."""
SLOWER = 0.5
"""What a throttled call leaves of the pace."""
SLOWEST = 0.05
RECOVERY_SECONDS = 100.0
"""In which a lowered pace grows by the factor e."""
SETTLING_SECONDS = 0.25
"""Calls that were under way when the pace was lowered may still be throttled; they say nothing new."""


@dataclass(frozen=True)
class Pace:
    """The state of one operation, in seconds of a clock that all workers share.

    Attributes:
        next_at: when the next call may leave.
        share: of the full pace, as it was at `share_at`.
    """

    next_at: float = 0.0
    share: float = 1.0
    share_at: float = 0.0

    def share_now(self, now: float) -> float:
        """The share of the full pace in force; it grows back."""
        elapsed = min(max(now - self.share_at, 0.0) / RECOVERY_SECONDS, 10.0)
        return min(self.share * math.exp(elapsed), 1.0)


def take_turn(pace: Pace, per_second: float, now: float, longest_wait: float) -> tuple[Pace, float | None]:
    """The next turn.

    Args:
        per_second: the quota.
        longest_wait: seconds; a turn that comes later is not taken.

    Returns:
        The new state and the seconds to wait before the call; None when that would be too long.
    """
    # A clock that was set back must not leave everybody waiting for the old time to come again.
    latest = now + max(longest_wait, RECOVERY_SECONDS)
    leaves_at = max(now, pace.next_at if pace.next_at <= latest else now)
    if leaves_at - now > longest_wait:
        return pace, None
    step = 1.0 / (per_second * QUOTA_SHARE * pace.share_now(now))
    return Pace(leaves_at + step, pace.share, pace.share_at), leaves_at - now


def slow_down(pace: Pace, now: float) -> Pace:
    """The state after a throttled call."""
    if 0 <= now - pace.share_at < SETTLING_SECONDS and pace.share < 1.0:
        return pace
    return Pace(pace.next_at, max(pace.share_now(now) * SLOWER, SLOWEST), now)
