"""Overturns: what people say of samples is held against the rules, shown with an interval, and raises an alarm."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ground.statistics import wilson
from moderation.cli import run
from moderation.evidence.overturns import LEAST, overturn_rates, overturns
from moderation.serving.app import create_app
from review_ui.opening import open_review
from review_ui.people.people import People
from tests.houses.desk import PASSWORD, sign_in
from tests.houses.service import NUMBER, REJECTS, House
from tests.waiting import wait_for

SAMPLED = REJECTS + "sampling:\n  - {id: qa, of: reject, percent: 100, queue: quality, blind: true}\n"


def looks(number: int, overturned: int) -> list[tuple[str, str, str, str]]:
    return [("words", "qa", "reject", "approve" if each < overturned else "reject") for each in range(number)]


@pytest.mark.parametrize(
    ("number", "overturned", "alarm"),
    [
        (100, 0, False),
        (100, 10, False),
        (100, 15, False),
        (100, 16, True),
        (LEAST - 1, LEAST - 1, False),
        (LEAST, 4, True),
    ],
)
def test_an_alarm_means_that_even_the_low_end_is_too_much(number: int, overturned: int, alarm: bool) -> None:
    (rate,) = overturn_rates(looks(number, overturned), 10.0)
    expected = wilson(overturned, number)

    assert expected is not None
    assert (rate.share, rate.low, rate.high) == (expected.share, expected.low, expected.high)
    assert (rate.looked_at, rate.overturned, rate.alarm) == (number, overturned, alarm)


def test_outcomes_and_samplings_are_counted_apart_and_what_went_to_people_is_not() -> None:
    rates = overturn_rates(
        [("w", "qa", "approve", "reject"), ("w", "qa", "reject", "reject"), ("w", "other", "approve", "approve"), ("w", "qa", "review", "reject")],
        10.0,
    )  # fmt: skip

    assert [(r.sampling, r.outcome, r.looked_at, r.overturned) for r in rates] == [
        ("other", "approve", 1, 0),
        ("qa", "approve", 1, 1),
        ("qa", "reject", 1, 0),
    ]


def test_the_service_tells_leads_the_metrics_and_the_command_line(
    open_house: Callable[[str], House],
    capsys: pytest.CaptureFixture[str],
) -> None:
    house = open_house(SAMPLED)
    names = [f"{house.post(NUMBER).item.id}-s1" for _ in range(LEAST)]
    wait_for(lambda: set(names) <= house.people.started.keys())
    for number, name in enumerate(names):
        house.people.said[name] = "approve" if number < 6 else "reject"
    wait_for(lambda: sum(rate.looked_at for rate in house.service.overturns()) == LEAST)
    review = open_review(house.settings, blobs=house.service.blobs)
    client = create_app(house.service, review).test_client()
    metrics = client.get("/metrics").get_data(as_text=True)
    People(review.database).add("lea", "lead", PASSWORD)
    sign_in(client, "lea")
    page = client.get("/review/lead/quality").get_data(as_text=True)
    review.close()
    data = ["--data", str(house.settings.data)]
    code, words = run(["quality", "overturns", *data]), capsys.readouterr().out
    as_json = run(["quality", "overturns", "--json", *data]), json.loads(capsys.readouterr().out)
    later = datetime.now(UTC) + timedelta(minutes=1)

    group = '{outcome="reject",policy="words",sampling="qa"}'
    assert f"moderation_sampled_items{group} {LEAST}.0" in metrics
    assert f"moderation_sampled_items_overturned{group} 6.0" in metrics
    assert f"moderation_overturn_alarm{group} 1.0" in metrics
    assert "60.0 % <small>31.3 – 83.2</small>" in page
    assert "Too many" in page
    assert (code, words) == (1, f"words/qa reject: 6 of {LEAST}, 60.0% (31.3% to 83.2%)  ALARM\n")
    assert (as_json[0], as_json[1][0]["alarm"]) == (1, True)
    assert overturns(house.service.database, later, 10.0) == []


def test_a_sample_that_was_held_counts_too(open_house: Callable[[str], House]) -> None:
    house = open_house(SAMPLED.replace("blind: true", "hold: true"))
    record = house.post(NUMBER)
    name = f"{record.item.id}-1"
    wait_for(lambda: name in house.people.started)
    house.people.said[name] = "approve"
    house.wait(record.item.id, lambda r: r.status == "decided")

    assert [(rate.looked_at, rate.overturned) for rate in house.service.overturns()] == [(1, 1)]
