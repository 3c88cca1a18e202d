"""Load of reviewers: by name, answers and their median, severe minutes against the limit; nobody is ranked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from review_ui.desk.answers import submit_answer
from review_ui.desk.load import loads
from review_ui.desk.preferences import choose_severe
from review_ui.desk.tasks import next_task
from tests.content import found, text
from tests.houses.desk import Desk, person, words_of

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
DECISION = {"decision": {"approve": True, "reject": False}}


def work(desk: Desk, user: str, seconds: float, *, at: datetime) -> None:
    """Take a task at a time, and answer it after so many seconds."""
    desk.review.clock = lambda: at
    task = next_task(desk.review, user)
    assert task is not None
    desk.review.clock = lambda: at + timedelta(seconds=seconds)
    submit_answer(desk.review, task.id, user, DECISION, seconds)


def test_each_reviewer_stands_by_name_with_answers_median_and_severe_minutes(desk: Desk) -> None:
    desk.review.clock = lambda: NOON - timedelta(days=10)
    for number in range(8):
        desk.start_item(text(f"task {number}"), detections=[found("Explicit", "p0")])
    lead = desk.client("lead", name="Zoe")
    bob, ann = person(desk, "bob"), person(desk, "Ann")
    desk.client("policy_owner", name="carl")
    person(desk, "gone")
    desk.people.disable("gone")
    for user in (ann, bob):
        choose_severe(desk.review, user, takes_severe=True)
    work(desk, bob, 10, at=NOON - timedelta(days=9))
    for seconds, back in ((30, 50), (60, 40), (600, 30)):
        work(desk, bob, seconds, at=NOON - timedelta(hours=back))
    work(desk, ann, 120, at=NOON - timedelta(hours=2))
    work(desk, ann, 60, at=NOON - timedelta(hours=1))
    desk.review.clock = lambda: NOON
    desk.review.care = replace(desk.review.care, daily_minutes={"severe": 3.0})
    lead_id = next(user.id for user in desk.people.list() if user.name == "Zoe")
    seen = loads(desk.review, lead_id)

    assert [each.name for each in seen] == ["Ann", "bob", "Zoe"]
    assert [(each.answers, each.median_seconds) for each in seen] == [(2, 90), (3, 60), (0, None)]
    assert [(round(e.severe_today, 1), round(e.severe_minutes, 1)) for e in seen] == [(3, 3), (0, 11.5), (0, 0)]
    assert [each.is_at_limit for each in seen] == [True, False, False]
    desk.review.clock = lambda: datetime.now(UTC)
    page = words_of(lead, "/lead/people")
    assert page.index("Ann") < page.index("bob") < page.index("Zoe", page.index("bob"))


def test_what_is_before_somebodys_eyes_now_counts(desk: Desk) -> None:
    desk.start_item(text("hard"), detections=[found("Explicit", "p0")])
    ann = person(desk, "ann")
    choose_severe(desk.review, ann, takes_severe=True)
    assert next_task(desk.review, ann) is not None
    desk.pass_time(minutes=5)

    assert round(loads(desk.review, ann)[0].severe_today) in (0, 5), "it may have begun before midnight"
    assert round(loads(desk.review, ann)[0].severe_minutes) == 5
