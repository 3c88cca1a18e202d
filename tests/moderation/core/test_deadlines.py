"""Until when people are to decide an item: by the pure rules, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.deadlines import deadline, due_after
from moderation.core.detections import Detection
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy
from moderation.core.policy.within import ClockStop
from moderation.core.taxonomy import Taxonomy

TAXONOMY = Taxonomy()
FRIDAY = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
WEEKEND = {"weekday": ["sat", "sun"], "why": "nobody works then"}


def document(queue: Any = None, **more: Any) -> dict[str, Any]:
    own = {"name": "people", "a2i_flow": "people"} | ({"decide_within": queue} if queue is not None else {})
    return {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["text", "image"]},
        "if_nothing_matches": {"review": "people"},
        "if_a_detector_fails": "reject",
        "queues": [own],
        **more,
    }


def policy(queue: Any = None, **more: Any) -> Policy:
    made, slips = parse_policy(document(queue, **more), TAXONOMY)
    assert made is not None, slips
    return made


def found(label: str, confidence: float) -> Detection:
    return Detection(label=label, parents=TAXONOMY.parents(label), confidence=confidence)


def due(asked: Policy, *detections: Detection, also: tuple[Policy, ...] = ()) -> tuple[timedelta, str] | None:
    made = deadline((asked, *also), asked, "people", detections, FRIDAY)
    return None if made is None else (made.due_at - FRIDAY, made.because)


def test_where_no_policy_sets_a_time_nothing_is_due() -> None:
    assert due(policy()) is None


def test_the_earliest_of_the_times_of_policy_and_queue_counts() -> None:
    assert due(policy("24h", decide_within="48h")) == (timedelta(hours=24), "queue 'people' of policy 'p' says 24h")
    assert due(policy("3d", decide_within="48h")) == (timedelta(hours=48), "policy 'p' says 48h")


def test_every_policy_for_the_item_has_its_say_but_of_queues_only_the_one_it_goes_to() -> None:
    stricter, _ = parse_policy(document("1m", decide_within="30m") | {"policy": "q"}, TAXONOMY)
    assert stricter is not None

    assert due(policy("24h"), also=(stricter,)) == (timedelta(minutes=30), "policy 'q' says 30m")


@pytest.mark.parametrize(
    ("detections", "hours"),
    [
        ((), 48),
        ((found("Weapons", 90),), 4),
        ((found("Weapons", 49.9),), 48),
        ((found("Weapons", 90), found("Alcohol", 60)), 2),
        ((found("Gambling", 90),), 48),
    ],
)
def test_a_label_that_was_found_has_a_time_of_its_own(detections: tuple[Detection, ...], hours: int) -> None:
    asked = policy(decide_within={"by": "label", "Violence": "4h", "Alcohol": "2h", "default": "48h"})

    time, because = due(asked, *detections) or (None, "")
    assert time == timedelta(hours=hours)
    assert ("for Alcohol" in because, "for Violence" in because) == (hours == 2, hours == 4)


def test_a_table_without_a_default_is_for_its_labels_alone() -> None:
    asked = policy(decide_within={"by": "label", "Violence": "4h"})

    assert due(asked) is None
    assert due(asked, found("Violence", 50)) is not None


def test_a_clock_stands_only_by_rule_and_says_for_how_long_and_why() -> None:
    asked = policy(decide_within="24h", clock_stops=[WEEKEND])

    assert due(asked) == (timedelta(hours=72), "policy 'p' says 24h; the clock stands 48 h: nobody works then")


def test_days_begin_in_the_zone_of_the_stop_and_a_change_of_the_clocks_is_kept() -> None:
    zurich = ZoneInfo("Europe/Zurich")
    stop = ClockStop(days=[date(2026, 10, 25)], zone="Europe/Zurich", why="the day that has 25 hours")
    began = datetime(2026, 10, 24, 23, 0, tzinfo=zurich)

    due_at, stood = due_after(began, timedelta(hours=2), [stop])

    assert due_at == datetime(2026, 10, 26, 1, 0, tzinfo=zurich)
    assert stood == [("the day that has 25 hours", timedelta(hours=25))]


def test_a_clock_that_begins_on_a_day_on_which_it_stands_begins_when_that_is_over() -> None:
    saturday = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)

    due_at, _ = due_after(saturday, timedelta(hours=1), [ClockStop.model_validate(WEEKEND)])

    assert due_at == datetime(2026, 11, 30, 1, 0, tzinfo=UTC)


_DAYS = st.lists(st.dates(date(2026, 11, 1), date(2026, 12, 31)), min_size=1, max_size=20)
_STOPS = st.lists(
    st.builds(
        lambda days, zone: ClockStop(days=days, zone=zone, why="a holiday"),
        _DAYS,
        st.sampled_from([None, "Asia/Kolkata", "America/New_York"]),
    ),
    max_size=3,
)


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=20)), _STOPS)
def test_the_time_to_a_deadline_is_the_time_given_and_the_time_the_clock_stood(
    time: timedelta, stops: list[ClockStop]
) -> None:
    due_at, stood = due_after(FRIDAY, time, stops)
    longer, _ = due_after(FRIDAY, time + timedelta(minutes=1), stops)

    assert due_at - FRIDAY == time + sum((each for _, each in stood), timedelta())
    assert longer > due_at


@pytest.mark.parametrize(
    ("change", "path", "says"),
    [
        ({"decide_within": "2 hours"}, ("decide_within",), "whole number of minutes, hours or days"),
        ({"decide_within": {"by": "label", "Violnce": "4h"}}, ("decide_within", "Violnce"), "unknown label"),
        ({"decide_within": {"by": "app", "x": "4h"}}, ("decide_within", "by"), "goes by the label"),
        ({"decide_within": {"by": "label", "default": "4h"}}, ("decide_within",), "a row for one label"),
        ({"clock_stops": [{"why": "x"}]}, ("clock_stops", 0), "on weekday or on days"),
        ({"clock_stops": [{"weekday": ["sat"]}]}, ("clock_stops", 0), "'why' is missing"),
        (
            {"clock_stops": [WEEKEND, {"weekday": ["mon", "tue", "wed", "thu", "fri"], "why": "x"}]},
            ("clock_stops",),
            "nothing would ever be due",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(change: dict[str, Any], path: tuple[Any, ...], says: str) -> None:
    made, slips = parse_policy(document(**change), TAXONOMY)

    assert made is None
    assert [(slip.path, says in slip.message) for slip in slips] == [(path, True)]


def test_a_label_with_a_time_of_its_own_is_no_look_for_that_label() -> None:
    asked = policy(decide_within={"by": "label", "Violence": "4h"})

    assert "Violence" not in asked.labels()
