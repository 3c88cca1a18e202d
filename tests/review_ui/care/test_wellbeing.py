"""Exposure is kept and limited: severe tasks by choice, budgets, breaks; and the veil that everybody sets for themselves."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from moderation.core.errors import InputError
from review_ui.a2i.loops import delete
from review_ui.a2i.loops import stop as stop_loop
from review_ui.care.exposure import Care, seen_since
from review_ui.care.severity import SEVERITY, harms_of
from review_ui.desk.answers import submit_answer, undo
from review_ui.desk.leading import assign, take_back
from review_ui.desk.preferences import choose_severe, end_break, take_break
from review_ui.desk.tasks import kept_away, next_task, outlook, release_task, waiting
from review_ui.opening import open_review
from review_ui.tables import loop_harms
from tests.content import found, picture, text
from tests.houses.desk import PASSWORD, Desk, post, words_of
from tests.pages import Reviewer, start, until, veil

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
ANSWER = {"decision": {"approve": True, "reject": False}}


class Shift:
    """One reviewer at work by a clock of the test's own."""

    def __init__(self, desk: Desk, **care: Any) -> None:
        self.desk, self.review, self.now, self.added = desk, desk.review, NOON, 0
        given: dict[str, Any] = {"severity": SEVERITY, "daily_minutes": {}, "severe_by_choice": False}
        self.review.care = Care(**given | care)
        self.review.clock = lambda: self.now
        self.user = desk.people.add("ann", "reviewer", PASSWORD).id

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def add(self, *labels: str, count: int = 1) -> list[str]:
        """Start loops, one after the other, an hour ago."""
        made = []
        for _ in range(count):
            self.added += 1
            self.review.clock = lambda: NOON - timedelta(hours=1, seconds=-self.added)
            made.append(self.desk.start_item(text("t"), detections=[found(label, "p0") for label in labels]))
        self.review.clock = lambda: self.now
        return made

    def look(self, minutes: float) -> bool:
        """Take a task, look, answer; False when there is none."""
        task = next_task(self.review, self.user)
        if task is None:
            return False
        self.wait(minutes)
        submit_answer(self.review, task.id, self.user, ANSWER, minutes * 60)
        return True

    def seen(self) -> dict[str, tuple[int, float]]:
        """Items and minutes of today, by harm."""
        today = self.now.replace(hour=0, minute=0, second=0)
        found = self.review.database.read(lambda c: seen_since(c, self.user, today, self.now))
        return {harm: (seen.items, seen.seconds / 60) for harm, seen in found.items()}

    def limits(self) -> list[tuple[str, str]]:
        return [(limit.kind, limit.harm) for limit in kept_away(self.review, self.user)[0].limits]


@pytest.mark.parametrize(
    ("content", "harms"),
    [
        ({}, {"mild"}),
        ({"detections": [found("Alcohol", "p0")]}, {"mild"}),
        ({"detections": [found("Violence", "p0")]}, {"moderate", "Violence"}),
        (
            {"detections": [found("Blood & Gore", "p0") | {"parents": ["Graphic Violence", "Violence"]}]},
            {"severe", "Graphic Violence", "Violence"},
        ),
        ({"detections": [found("Explicit", "p0", 49.9)]}, {"mild"}),
        ({"detections": [found("Explicit", "p0", 50)]}, {"severe", "Explicit"}),
        ({"harms": ["Explicit", "Smoking"]}, {"severe", "Explicit"}),
        (
            {"aiServiceResponse": {"moderationLabels": [{"name": "Corpses", "parentName": "Visually Disturbing"}]}},
            {"severe", "Visually Disturbing"},
        ),
        ({"aiServiceResponse": {"moderationLabels": "x"}}, {"mild"}),
        ({"harms": "Explicit", "detections": {"label": "Explicit"}}, {"mild"}),
        ({"harms": [["Explicit"], None, 3], "detections": [None, {"label": ["x"], "parents": 3}]}, {"mild"}),
        ({"detections": [{"label": "Explicit", "confidence": "high"}]}, {"severe", "Explicit"}),
    ],
)
def test_a_task_is_as_severe_as_the_hardest_label_in_its_input(content: dict[str, Any], harms: set[str]) -> None:
    assert harms_of(content, SEVERITY, 50.0) == harms


def test_exposure_runs_from_the_claim_to_the_answer_and_at_most_for_the_lease(desk: Desk) -> None:
    shift = Shift(desk)
    shift.add("Explicit", count=4)
    shift.look(3)
    task = next_task(desk.review, shift.user)
    assert task is not None
    shift.wait(2)

    assert shift.seen() == {"severe": (2, 5.0), "Explicit": (2, 5.0)}, "what is in hand counts"
    release_task(desk.review, task.id, shift.user)
    shift.wait(7)
    assert shift.seen()["severe"] == (2, 5.0)
    next_task(desk.review, shift.user)
    shift.wait(200)
    assert shift.seen()["severe"] == (3, 65.0), "the lease of an hour caps a look that nobody ended"
    shift.wait(13 * 60)
    assert shift.seen() == {}, "a new day"


def test_an_undone_answer_is_one_item_and_two_looks(desk: Desk) -> None:
    shift = Shift(desk)
    desk.review.undo_seconds = 10
    shift.add("Toxicity")
    task = next_task(desk.review, shift.user)
    assert task is not None
    shift.wait(1)
    submit_answer(desk.review, task.id, shift.user, ANSWER, 60)
    undo(desk.review, task.id, shift.user)
    shift.wait(2)
    submit_answer(desk.review, task.id, shift.user, ANSWER, 60)

    assert shift.seen() == {"moderate": (1, 3.0), "Toxicity": (1, 3.0)}


def test_a_lead_who_takes_a_task_back_ends_the_look(desk: Desk) -> None:
    shift = Shift(desk)
    shift.add("Explicit")
    task = next_task(desk.review, shift.user)
    assert task is not None
    shift.wait(4)
    take_back(desk.review, task.id, desk.people.add("lea", "lead", PASSWORD).id)
    shift.wait(30)

    assert shift.seen()["severe"] == (1, 4.0)


def test_a_budget_of_minutes_ends_with_the_day_and_leaves_other_tasks_open(desk: Desk) -> None:
    shift = Shift(desk, daily_minutes={"severe": 10})
    shift.add("Explicit", count=3)
    mild = shift.add("Alcohol")
    while shift.look(5) and shift.limits() == []:
        pass

    assert shift.limits() == [("minutes", "severe")]
    assert [q.waiting for q in waiting(desk.review, shift.user)] == [1]
    assert outlook(desk.review, shift.user).upcoming is not None
    task = next_task(desk.review, shift.user)
    assert task is not None
    assert task.loop_name == mild[0]
    submit_answer(desk.review, task.id, shift.user, ANSWER, 1)
    assert next_task(desk.review, shift.user) is None
    assert outlook(desk.review, shift.user).upcoming is None, "nothing of it is loaded ahead either"
    shift.now = NOON.replace(hour=23, minute=59)
    assert next_task(desk.review, shift.user) is None
    shift.wait(1)
    assert next_task(desk.review, shift.user) is not None


def test_a_budget_of_items_counts_what_is_in_hand(desk: Desk) -> None:
    shift = Shift(desk, daily_items={"Toxicity": 2})
    desk.add_flow("other")
    for flow in ("general", "general", "other"):
        desk.start_item(text("t"), flow=flow, detections=[found("Toxicity", "p0")])
    shift.look(0.1)
    held = next_task(desk.review, shift.user, "general")

    assert held is not None
    assert next_task(desk.review, shift.user, "other") is None
    assert next_task(desk.review, shift.user, "general") == held, "what is in hand may be finished"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk on SQLite, and one on a Postgres database of its own."""
    url = None
    if request.param == "postgres":
        server, name = request.getfixturevalue("postgres_url"), f"care_{uuid.uuid4().hex}"
        engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        url = f"{server.rpartition('/')[0]}/{name}"
    opened = Desk(tmp_path / "data", review_database_url=url)
    yield opened
    opened.review.close()


def test_claims_at_the_same_time_do_not_slip_past_a_budget(either_desk: Desk) -> None:
    desk = either_desk
    shift = Shift(desk, daily_items={"severe": 1})
    flows = [f"q{number}" for number in range(6)]
    for flow in flows:
        desk.add_flow(flow)
        desk.start_item(text("t"), flow=flow, detections=[found("Explicit", "p0")])
    got: list[Any] = []
    threads = [
        threading.Thread(target=lambda f=flow: got.append(next_task(desk.review, shift.user, f)))  # type: ignore[misc]
        for flow in flows
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([task for task in got if task is not None]) == 1


def test_a_break_is_proposed_then_enforced_and_over_after_its_time(desk: Desk) -> None:
    shift = Shift(desk, break_after_minutes=20, break_enforced_minutes=30, break_minutes=10)
    shift.add("Explicit", count=9)
    shift.add("Alcohol")

    def wants_break() -> bool:
        return kept_away(desk.review, shift.user)[0].wants_break

    shift.look(19)
    assert (shift.limits(), wants_break()) == ([], False)
    shift.wait(9)
    shift.look(6)
    assert (shift.limits(), wants_break()) == ([], True), "nine minutes are no break"
    shift.look(5)
    assert shift.limits() == [("break", "")]
    may, kept = kept_away(desk.review, shift.user)
    assert (may.limits[0].until, kept) == (shift.now + timedelta(minutes=10), 7)
    shift.wait(9.9)
    assert next_task(desk.review, shift.user) is None, "a break is from everything"
    shift.wait(0.1)
    assert (shift.limits(), wants_break()) == ([], False)
    assert next_task(desk.review, shift.user) is not None


def test_two_tasks_in_hand_at_once_tire_no_more_than_one(desk: Desk) -> None:
    shift = Shift(desk, break_after_minutes=20)
    desk.add_flow("other")
    for flow in ("general", "other"):
        desk.start_item(text("t"), flow=flow, detections=[found("Explicit", "p0")])
        next_task(desk.review, shift.user, flow)
    shift.wait(15)

    assert kept_away(desk.review, shift.user)[0].severe_seconds == 15 * 60


def test_who_takes_a_break_gets_no_task_until_it_ends(desk: Desk) -> None:
    shift = Shift(desk)
    shift.add("Alcohol")
    next_task(desk.review, shift.user)
    take_break(desk.review, shift.user)

    assert desk.held() == []
    assert next_task(desk.review, shift.user) is None
    end_break(desk.review, shift.user)
    assert next_task(desk.review, shift.user) is not None
    take_break(desk.review, shift.user)
    shift.wait(10)
    assert next_task(desk.review, shift.user) is not None


def test_an_enforced_break_cannot_be_ended(desk: Desk) -> None:
    shift = Shift(desk, break_enforced_minutes=30)
    shift.add("Explicit", count=2)
    shift.look(31)
    end_break(desk.review, shift.user)

    assert next_task(desk.review, shift.user) is None


def test_severe_tasks_go_only_to_who_opted_in_and_back_when_they_opt_out(desk: Desk) -> None:
    shift = Shift(desk, severe_by_choice=True)
    (loop,) = shift.add("Explicit")
    lead = desk.people.add("lea", "lead", PASSWORD).id
    choose_severe(desk.review, lead, takes_severe=True)
    task_of_lead = next_task(desk.review, lead)
    assert task_of_lead is not None

    assert next_task(desk.review, shift.user) is None
    release_task(desk.review, task_of_lead.id, lead)
    assert next_task(desk.review, shift.user) is None
    with pytest.raises(InputError, match="'ann' has not opted in"):
        assign(desk.review, task_of_lead.id, lead, "ann")
    choose_severe(desk.review, shift.user, takes_severe=True)
    assign(desk.review, task_of_lead.id, lead, "ann")
    task = next_task(desk.review, shift.user)
    assert task is not None
    assert task.loop_name == loop
    choose_severe(desk.review, shift.user, takes_severe=False)
    assert desk.held() == []
    assert next_task(desk.review, lead) is not None, "it is assigned to nobody any more"


def test_loops_from_before_exposure_was_kept_are_looked_at_when_the_service_opens(desk: Desk) -> None:
    shift = Shift(desk, severe_by_choice=True)
    shift.add("Explicit")
    desk.review.database.write(lambda c: c.execute(loop_harms.delete()), step="test.write")
    assert [q.waiting for q in waiting(desk.review, shift.user)] == [1]
    again = open_review(desk.settings, blobs=desk.blobs)

    assert [q.waiting for q in waiting(again, shift.user)] == [0]
    again.close()


def test_exposure_outlives_the_loop(desk: Desk) -> None:
    shift = Shift(desk)
    (loop,) = shift.add("Explicit")
    shift.look(3)
    stop_loop(desk.review, {"HumanLoopName": loop})
    delete(desk.review, {"HumanLoopName": loop})

    assert shift.seen()["severe"] == (1, 3.0)


def test_the_pages_say_kindly_why_nothing_comes_and_let_one_opt_in_and_out(desk: Desk) -> None:
    desk.start_item(text("t"), detections=[found("Explicit", "p0")])
    client = desk.client()

    assert "1 more task waits that is not for you now" in words_of(client, "/")
    assert client.get("/review/next").headers["Location"].endswith("/review/done")
    assert "That is all for you now Severe content waits for those who chose it." in words_of(client, "/done")
    assert post(client, "/wellbeing/severe", severe="1").status_code == 303
    assert "1 task waits for you" in words_of(client, "/")
    assert "/review/tasks/" in client.get("/review/next").headers["Location"]
    post(client, "/wellbeing/severe", severe="0")
    assert desk.held() == []


def test_the_pages_say_when_a_budget_or_a_break_ends(desk: Desk) -> None:
    shift = Shift(desk, daily_items={"Explicit": 1}, break_enforced_minutes=30)
    shift.add("Explicit", count=2)
    client = desk.client(name="bea")
    shift.user = next(user.id for user in desk.people.list() if user.name == "bea")
    shift.look(2)

    done = words_of(client, "/done")
    assert "Enough Explicit content for today." in done
    assert "There is more from 00:00 UTC, in 11 h 58 min." in done
    desk.review.care = replace(desk.review.care, daily_items={}, break_after_minutes=1, break_enforced_minutes=2)
    assert "Time for a break. You have looked at severe content for 2 minutes." in words_of(client, "/done")
    assert "in 10 min." in words_of(client, "/")
    desk.review.care = replace(desk.review.care, break_enforced_minutes=20)
    assert "How about a break?" in words_of(client, "/")
    post(client, "/wellbeing/break")
    assert "You are on a break until 12:12 UTC" in words_of(client, "/done")
    assert "How about a break?" not in words_of(client, "/")
    post(client, "/wellbeing/break", end="1")
    assert "You are on a break" not in words_of(client, "/")


def test_people_see_their_own_exposure(desk: Desk) -> None:
    shift = Shift(desk, daily_minutes={"severe": 60})
    shift.add("Explicit", count=2)
    client, other = desk.client(name="bea"), desk.client(name="cyd")
    shift.user = next(user.id for user in desk.people.list() if user.name == "bea")
    shift.look(3)
    shift.look(1.5)

    assert re.search(
        r"Severe 2 4\.5 60 minutes Moderate 0 0\.0 – Mild 0 0\.0 – Explicit 2 4\.5", words_of(client, "/wellbeing")
    )
    assert "2026-03-04 2 4.5 min" in words_of(client, "/wellbeing")
    assert "Severe 0 0.0 60 minutes" in words_of(other, "/wellbeing")


@pytest.mark.parametrize(
    "given", [{}, {"blur": "9", "grey": "0"}, {"blur": "-1", "grey": "0"}, {"blur": "x", "grey": "1"}]
)
def test_a_veil_of_a_strength_that_there_is_none_is_refused(desk: Desk, given: dict[str, str]) -> None:
    client = desk.client()

    assert post(client, "/wellbeing/veil", **given).status_code == 422


@pytest.mark.browser
def test_the_strength_of_the_veil_is_remembered_and_only_for_oneself(desk: Desk, reviewer: Reviewer) -> None:
    for name in "abc":
        desk.start_item(picture(desk, name))
    page = reviewer("rita")
    start(page)
    seen = [veil(page)]
    for key in ("v", "v", "b", "v"):
        with page.expect_response("**/wellbeing/veil") if key == "v" else nothing():
            page.keyboard.press(key)
        seen.append(veil(page))
    page.reload()
    seen.append(veil(page))
    page.goto(f"{page.root}/wellbeing")
    page.get_by_label("Blur").select_option("none")
    page.get_by_label("Colour").select_option("half grey")
    page.get_by_role("button", name="Remember").click()
    page.goto(f"{page.root}/next")
    until(page, "document.querySelector('#veil') !== null")
    page.wait_for_load_state()
    seen.append(veil(page))
    page.keyboard.press("b")
    seen.append(veil(page))
    other = reviewer("otto")
    start(other)

    grey = "grayscale(1)"
    assert seen[:5] == [f"blur({n}px) {grey}" if n else grey for n in (24, 48, 6, 0, 14)]
    assert seen[5:] == [f"blur(14px) {grey}", "grayscale(0.5)", "blur(24px) grayscale(0.5)"]
    assert veil(other) == f"blur(24px) {grey}"
    assert page.complaints == []


@pytest.mark.browser
def test_a_window_in_the_veil_shows_a_part_under_the_pointer_or_by_the_arrow_keys(
    desk: Desk, reviewer: Reviewer
) -> None:
    desk.start_item(picture(desk))
    page = reviewer("rita")
    start(page)

    def place() -> str:
        return str(page.eval_on_selector(".lens", "e => getComputedStyle(e).clipPath"))

    page.keyboard.press("c")
    seen = [place()]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    seen.append(place())
    box = page.locator(".canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    until(page, "document.querySelector('.lens').style.getPropertyValue('--y') === '50%'")
    seen.append(place())
    shown = page.eval_on_selector(".lens", "e => getComputedStyle(e).filter")
    page.keyboard.press("c")

    assert seen == [f"circle(72px at {at})" for at in ("50% 50%", "54% 46%", "25% 50%")]
    assert (shown, page.locator(".lens").count(), veil(page)) == ("none", 0, "blur(24px) grayscale(1)")
    assert page.complaints == []


class nothing:  # noqa: N801 - reads as a word beside `with`
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...
