"""Load: how much each reviewer answered, how long half of it took, and how much severe content they saw.

For leads, to plan breaks and shares by: by name, never by who is faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from review_ui.a2i.tables import tasks
from review_ui.care.exposure import SEVERE, seen_of_all
from review_ui.desk.routing import flows_of
from review_ui.people.people import MAY_REVIEW
from review_ui.service import ReviewService
from review_ui.tables import users

DAYS = 7


@dataclass(frozen=True)
class Load:
    """What one person had.

    Attributes:
        answers: in the last `DAYS` days, in the queues of the lead who asks; batches and tasks answered together with
            others, which nobody looked at one by one, aside.
        median_seconds: that half of them took at most; None without any.
        severe_today, severe_minutes: minutes of severe content today (UTC), and in the last `DAYS` days.
        most_today: what the day's limit is; None where there is none.
    """

    name: str
    answers: int
    median_seconds: float | None
    severe_today: float
    severe_minutes: float
    most_today: float | None

    @property
    def is_at_limit(self) -> bool:
        """True when they are given nothing severe any more today."""
        return self.most_today is not None and self.severe_today >= self.most_today


def loads(review: ReviewService, user_id: str) -> Sequence[Load]:
    """Everybody who reviews, by name, as far as this lead's queues go; exposure is of all queues, as its limit is."""
    now = review.clock()
    week, today = now - timedelta(days=DAYS), now.replace(hour=0, minute=0, second=0, microsecond=0)
    most = (review.care.daily_minutes or {}).get(SEVERE)
    people = sa.select(users.c.id, users.c.name).where(users.c.role.in_(MAY_REVIEW), users.c.disabled_at.is_(None))

    def work(c: Connection) -> list[Load]:
        paces = _paces(c, flows_of(c, user_id), week)
        severe, severe_today = (seen_of_all(c, SEVERE, since, now) for since in (week, today))
        found = []
        for person in sorted(c.execute(people), key=lambda row: (row.name.casefold(), row.name)):
            answers, median = paces.get(person.id, (0, None))
            now_seen, all_seen = (seen.get(person.id, 0.0) / 60 for seen in (severe_today, severe))
            found.append(Load(person.name, answers, median, now_seen, all_seen, most))
        return found

    return review.database.read(work)


def _paces(c: Connection, flows: Sequence[str], since: datetime) -> Mapping[str, tuple[int, float]]:
    """By person, how many answers and the median of their seconds, worked out by the database."""
    is_answer = tasks.c.state.in_(("given", "answered")) & tasks.c.batch.is_(None) & tasks.c.flow.in_(flows)
    ranked = (
        sa.select(
            tasks.c.user_id,
            tasks.c.seconds,
            sa.func.row_number().over(partition_by=tasks.c.user_id, order_by=tasks.c.seconds).label("place"),
            sa.func.count().over(partition_by=tasks.c.user_id).label("total"),
        )
        .where(is_answer, tasks.c.submitted_at > since)
        .subquery()
    )
    middle = (ranked.c.place * 2 >= ranked.c.total) & (ranked.c.place * 2 <= ranked.c.total + 2)
    query = sa.select(ranked.c.user_id, ranked.c.total, sa.func.avg(ranked.c.seconds).label("median"))
    query = query.where(middle).group_by(ranked.c.user_id, ranked.c.total)
    return {row.user_id: (row.total, row.median) for row in c.execute(query)}
