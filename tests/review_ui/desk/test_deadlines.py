"""Deadlines at the desk: the earliest first, what is late and will be, and who is told."""

from __future__ import annotations

import heapq
import random
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review_ui.a2i.tables import flow_definitions, tasks
from review_ui.desk.deadlines import Clock, earliest_first, look_ahead, urgency
from review_ui.desk.leading import queue_states, set_due
from review_ui.quality.golden import QueueQuality, add_golden, set_quality
from tests.content import text
from tests.houses.desk import Desk, form_token, words_of

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path / "data")
    yield opened
    opened.review.close()


def simulated(order: Callable[[Clock], Any], clocks: list[Clock], seconds: list[float], reviewers: int) -> int:
    """How many are late when so many people, whenever they are free, take what comes first of what is there."""
    arrivals = sorted(zip(clocks, seconds, strict=True), key=lambda each: each[0].created_at)
    free = [arrivals[0][0].created_at] * reviewers
    heap: list[tuple[Any, Clock, float]] = []
    number = late = 0
    while number < len(arrivals) or heap:
        at = heapq.heappop(free)
        if not heap and number < len(arrivals):
            at = max(at, arrivals[number][0].created_at)
        while number < len(arrivals) and arrivals[number][0].created_at <= at:
            clock, length = arrivals[number]
            heapq.heappush(heap, (order(clock), clock, length))
            number += 1
        if not heap:
            return late
        _, clock, length = heapq.heappop(heap)
        done = at + timedelta(seconds=length)
        late += clock.due_at is not None and done > clock.due_at
        heapq.heappush(free, done)
    return late


def test_of_ten_thousand_tasks_on_three_clocks_none_is_late_while_people_suffice() -> None:
    chance = random.Random(22)
    clocks, seconds = [], []
    for number in range(10_000):
        # Half of the day's items come within one hour; the shortest clock runs for an hour.
        hours = chance.uniform(8, 9) if number % 2 else chance.uniform(0, 24)
        created_at, within = NOW + timedelta(hours=hours), chance.choice((1, 24, 48))
        clocks.append(Clock(f"{number:05}", created_at, created_at + timedelta(hours=within)))
        seconds.append(chance.uniform(20, 100))
    people = 35  # 10,000 answers of a minute in a day of 24 hours keep 7 busy; the hour's peak of one-hour clocks, 32

    assert simulated(urgency, clocks, seconds, people) == 0
    assert simulated(lambda clock: clock.created_at, clocks, seconds, people) > 500, "the oldest first is too late"


def _task(at: datetime, due_at: datetime | None, flow: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "loop_name": "loop",
        "flow": flow,
        "state": "waiting",
        "created_at": at,
        "due_at": due_at,
    }


_HOURS = st.integers(0, 6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.tuples(_HOURS, st.none() | _HOURS, st.booleans()), min_size=1, max_size=12))
def test_the_database_sorts_by_the_same_order(desk: Desk, made: list[tuple[int, int | None, bool]]) -> None:
    user = desk.people.list()[0].id if desk.people.list() else desk.people.add("lea", "lead", "a long enough one").id
    if not desk.review.database.read(lambda c: "other" in _flows(c)):
        desk.add_flow("other")
        set_due(desk.review, "other", user, 90)
    rows, clocks = [], []
    for created, due, is_other in made:
        at, due_at = NOW + timedelta(hours=created), None if due is None else NOW + timedelta(hours=due)
        rows.append(_task(at, due_at, "other" if is_other else "general"))
        effective = due_at or (at + timedelta(minutes=90) if is_other else None)
        clocks.append(Clock(rows[-1]["id"], at, effective))

    def work(c: Any) -> list[str]:
        c.execute(sa.delete(tasks))
        c.execute(sa.insert(tasks), rows)
        return list(c.execute(sa.select(tasks.c.id).order_by(*earliest_first())).scalars())

    loop = desk.start_item(text("one"))
    for row in rows:
        row["loop_name"] = loop
    found = desk.review.database.write(work, step="test")

    assert found == [clock.id for clock in sorted(clocks, key=urgency)]


def _flows(c: Any) -> list[str]:
    return list(c.execute(sa.select(flow_definitions.c.name)).scalars())


def start(desk: Desk, words: str, hours: float | None, flow: str = "general") -> str:
    due = {} if hours is None else {"decide_by": (datetime.now(UTC) + timedelta(hours=hours)).isoformat()}
    return desk.start_item(text(words), flow=flow, **due)


def seen(client: Any, flow: str = "") -> str:
    """The page of the next task."""
    where = client.get(f"/review/next?flow={flow}").headers["Location"]
    return str(client.get(where).get_data(as_text=True))


def test_the_earliest_deadline_is_handed_out_first_and_undated_tasks_last(desk: Desk) -> None:
    desk.add_flow("other")
    start(desk, "undated", None)
    start(desk, "in two days", 48)
    start(desk, "in half an hour", 0.5, flow="other")
    start(desk, "yesterday", -24)
    client = desk.client()

    met = []
    for _ in range(4):
        where = client.get("/review/next").headers["Location"]
        page = client.get(where).get_data(as_text=True)
        met.append(next(w for w in ("undated", "in two days", "in half an hour", "yesterday") if f">{w}<" in page))
        client.post(where, data={"csrf": form_token(client), "decision": "approve"})

    assert met == ["yesterday", "in half an hour", "in two days", "undated"]


def test_who_gave_a_task_back_gets_others_first_and_others_get_it_by_its_deadline(desk: Desk) -> None:
    start(desk, "the urgent one", 1)
    start(desk, "the other one", 48)
    ann, bob = desk.client(), desk.client()
    task = ann.get("/review/next").headers["Location"].partition("?")[0]
    ann.post(f"{task}/release", data={"csrf": form_token(ann), "to": "others", "reason": "language"})

    assert ">the other one<" in seen(ann)
    assert ">the urgent one<" in seen(bob)


def test_what_is_no_time_is_another_programs_own_word(desk: Desk) -> None:
    for said in ("tomorrow", "2026-11-27T12:00:00", 5, None, "9999-99-99T00:00:00Z", "0001-01-01T00:00:00+14:00", {}):
        desk.start_item(text("hello"), decide_by=said)

    assert 'class="due' not in seen(desk.client())
    assert desk.review.database.read(lambda c: set(c.execute(sa.select(tasks.c.due_at)).scalars())) == {None}


def test_the_task_says_when_it_is_due_and_what_says_so(desk: Desk) -> None:
    at = datetime.now(UTC) + timedelta(minutes=59, seconds=30)
    because = "queue 'general' of policy 'general' says 48h; the clock stands 24 h: a holiday"
    desk.start_item(text("hello"), decide_by=at.isoformat(), decide_by_because=because)
    client = desk.client()
    page = seen(client)

    assert "due in 59 min" in page
    assert "the clock stands 24 h: a holiday" in page


def test_leads_are_told_an_hour_before_and_what_will_be_late(desk: Desk) -> None:
    for hours in (-1, 0.5, 0.9, 47, 48):
        start(desk, f"due in {hours}", hours)
    lead, reviewer = desk.client("lead"), desk.client()
    before = words_of(lead, "/lead")
    queues, tasks_page = words_of(reviewer, "/"), words_of(lead, "/lead/queues/general")

    assert "Due within the hour general : 2 tasks, due in 29 min" in before
    assert "1 due within the hour" not in before
    assert "1 h 0 min late" in queues
    assert "4 will be late at the pace of the last hour" in tasks_page
    [state] = queue_states(desk.review, desk.people.list()[0].id)
    assert (state.lateness.late, state.lateness.soon, state.lateness.will_be_late) == (1, 2, 4), "nobody works"


def test_the_forecast_goes_by_the_pace_and_by_the_order_of_deadlines() -> None:
    def due(*hours: float) -> list[Clock]:
        return [Clock(str(n), NOW, NOW + timedelta(hours=each)) for n, each in enumerate(hours)]

    assert look_ahead([], 10, NOW).will_be_late is None
    assert look_ahead(due(3, 1, 2), 1, NOW).will_be_late == 0
    assert look_ahead(due(1, 1, 1), 1, NOW).will_be_late == 2
    assert look_ahead(due(-1, 1, 2, 3), 1, NOW).will_be_late == 3, "what is late is answered first"
    assert look_ahead(due(1, 2), 0, NOW).will_be_late == 2
    assert look_ahead([*due(1), Clock("x", NOW - timedelta(days=9), None)], 1, NOW).will_be_late == 0


def test_a_task_with_a_known_answer_is_due_like_the_one_it_stands_for(desk: Desk) -> None:
    source = start(desk, "known", 5)
    reviewer, other = desk.client(), desk.client()
    where = reviewer.get("/review/next").headers["Location"]
    reviewer.post(where, data={"csrf": form_token(reviewer), "decision": "approve"})
    add_golden(desk.review, source, "approve", "", "lea")
    set_quality(desk.review, "general", QueueQuality(30.0, gives_feedback=False))
    desk.review.chance = lambda: 0.0
    start(desk, "fresh", 0.75)

    page = seen(other)
    assert ">known<" in page
    assert "due in 44 min" in page
