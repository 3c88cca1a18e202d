"""Alarms: rules that fire more or less often than they used to, and samples that people overturn too often."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from ground.database import Database
from ground.rounds import Rounds
from moderation.core.rules.caps import RuleName
from moderation.evidence.hit_rates import PAST_DAYS, HitRate, hit_rates
from moderation.evidence.overturns import DAYS as OVERTURN_DAYS
from moderation.evidence.overturns import OverturnRate, overturns
from moderation.storage.rule_counts import RuleCounts, day_of

logger = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""Pause between looks at how often rules fire."""


class Alarms:
    """Counts, and says it once in the log when an alarm begins.

    Args:
        overturn_percent: the share of samples that people may overturn, in percent.
        clock: the wall time.

    Attributes:
        rounds: look now and then.
    """

    def __init__(self, database: Database, overturn_percent: float, clock: Callable[[], datetime]) -> None:
        self._database, self._counts = database, RuleCounts(database)
        self._overturn_percent, self._clock = overturn_percent, clock
        self._rules: set[RuleName] = set()
        self._samplings: set[tuple[str, str, str]] = set()
        self.rounds = Rounds("alarms", self.look, pause_seconds=LOOK_SECONDS)

    def hit_rates(self) -> Mapping[RuleName, HitRate]:
        """How often each rule fires today and did in the weeks before, with alarms."""
        now = self._clock()
        return hit_rates(self._counts.days(day_of(now - timedelta(days=PAST_DAYS))), day_of(now))

    def overturns(self) -> Sequence[OverturnRate]:
        """How often people, asked about samples of the last weeks, overturned what the rules wanted, with alarms."""
        return overturns(self._database, self._clock() - timedelta(days=OVERTURN_DAYS), self._overturn_percent)

    def look(self) -> None:
        """Log the alarms that there were not at the last look."""
        rules = {name: rate for name, rate in self.hit_rates().items() if rate.alarm}
        samplings = {(o.policy, o.sampling, o.outcome): o for o in self.overturns() if o.alarm}
        for (policy, rule), rate in rules.items():
            if (policy, rule) not in self._rules:
                usual = f"{rate.low:.2%} to {rate.high:.2%}"
                shown = (policy, rule, rate.alarm, rate.fired, rate.items, usual)
                logger.error("rule %s/%s fires %s often than usual: %d of %d items today, usual %s", *shown)
        for group, share in samplings.items():
            if group not in self._samplings:
                counts = (share.overturned, share.looked_at, f"{share.low:.1%} to {share.high:.1%}")
                logger.error("policy %s, sampling %s: people overturned %s: %d of %d, %s", *group, *counts)
        self._rules, self._samplings = set(rules), set(samplings)
