"""Intervals and tails, against figures worked out another way."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.statistics import at_least, at_most, wilson
from moderation.evidence.hit_rates import hit_rate, hit_rates


def test_wilsons_interval_of_textbook_counts() -> None:
    """Figures from Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3."""
    shown = [
        tuple(round(x, 4) for x in (interval.low, interval.high))
        for counts in [(81, 263), (15, 148), (0, 20), (1, 29)]
        if (interval := wilson(*counts)) is not None
    ]

    assert shown == [(0.2553, 0.3662), (0.0624, 0.1605), (0.0, 0.1611), (0.0061, 0.1718)]


def test_no_trials_say_nothing() -> None:
    assert wilson(0, 0) is None


@given(st.integers(0, 60), st.integers(1, 60), st.fractions(0, 1, max_denominator=50))
def test_the_tail_is_the_exact_sum(count: int, trials: int, share: Fraction) -> None:
    exact = sum(math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(max(0, count), trials + 1))

    assert at_least(count, trials, float(share)) == pytest.approx(float(exact), rel=1e-9, abs=1e-12)
    assert at_most(count, trials, float(share)) == pytest.approx(
        float(
            1
            - exact
            + (math.comb(trials, count) * share**count * (1 - share) ** (trials - count) if count <= trials else 0)
        ),
        rel=1e-9,
        abs=1e-12,
    )


def test_large_counts_lose_no_digits() -> None:
    share, trials = Fraction(1, 100), 3000
    exact = sum(math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(60, 200))

    assert at_least(60, trials, 0.01) == pytest.approx(float(exact), rel=1e-9)
    assert 0 < at_least(10_500, 1_000_000, 0.01) < 1e-6


def test_a_rule_that_fires_as_usual_raises_no_alarm() -> None:
    assert hit_rate(items=1000, fired=21, rejected=0, past_items=20_000, past_fired=400).alarm is None


@pytest.mark.parametrize(("fired", "alarm"), [(60, "more"), (2, "less")])
def test_a_rule_that_leaves_its_past_range_raises_an_alarm(fired: int, alarm: str) -> None:
    rate = hit_rate(items=1000, fired=fired, rejected=0, past_items=20_000, past_fired=400)

    assert rate.alarm == alarm
    assert rate.chance < 0.001


def test_with_little_past_nothing_is_said() -> None:
    assert hit_rate(items=1000, fired=900, rejected=0, past_items=100, past_fired=1).alarm is None


def test_todays_counts_are_held_against_the_days_before() -> None:
    days = [("2027-01-0" + str(n), "p", rule, fired, 0) for n in range(1, 6) for rule, fired in (("", 1000), ("r", 20))]
    days += [("2027-01-06", "p", "", 500, 3), ("2027-01-06", "p", "r", 90, 3)]

    rate = hit_rates(days, "2027-01-06")["p", "r"]

    assert (rate.items, rate.fired, rate.rejected, rate.past, rate.alarm) == (500, 90, 3, 0.02, "more")
