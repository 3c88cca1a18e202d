"""Alarms are said once when they begin, and again when they begin again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation.core.rules.caps import RuleName
from moderation.evidence.alarms import Alarms
from moderation.evidence.hit_rates import HitRate
from moderation.evidence.overturns import OverturnRate


class Counted(Alarms):
    """Alarms of rates that the test sets."""

    def __init__(self) -> None:
        nothing: Any = None
        super().__init__(nothing, 10.0, lambda: datetime(2026, 1, 1, tzinfo=UTC))
        self.rates: dict[RuleName, HitRate] = {}
        self.shares: list[OverturnRate] = []

    def hit_rates(self) -> Mapping[RuleName, HitRate]:
        return self.rates

    def overturns(self) -> Sequence[OverturnRate]:
        return self.shares


def test_a_rule_that_begins_to_fire_more_often_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    alarms = Counted()
    usual, often = HitRate(100, 1, 0), HitRate(100, 50, 0, 0.01, 0.005, 0.02, "more", 0.0)
    said = []
    for rate in (usual, often, often, usual, often):
        alarms.rates = {("words", "numbers.reject"): rate}
        alarms.look()
        said.append(len(caplog.records))

    assert said == [0, 1, 1, 1, 2]
    assert caplog.messages[0] == (
        "rule words/numbers.reject fires more often than usual: 50 of 100 items today, usual 0.50% to 2.00%"
    )


def test_a_sampling_that_people_overturn_too_often_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    alarms = Counted()
    alarms.shares = [OverturnRate("words", "quality", "reject", 20, 10, 0.5, 0.3, 0.7, alarm=True)]
    alarms.look()
    alarms.look()

    assert caplog.messages == ["policy words, sampling quality: people overturned reject: 10 of 20, 30.0% to 70.0%"]
