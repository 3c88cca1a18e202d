"""What people choose for themselves: severe content or none, the veil over media, a break."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import insert_or_nothing
from ground.errors import InputError
from review_ui.a2i.tables import tasks
from review_ui.care.exposure import SEVERE
from review_ui.desk.tasks import release_task
from review_ui.service import ReviewService
from review_ui.tables import loop_harms, preferences

BLURS = ("none", "light", "medium", "strong", "strongest")
"""Strengths of the blur over media, by number; ``style/task.css`` has them."""
GREYS = ("full colour", "half grey", "grey")


@dataclass(frozen=True)
class Preferences:
    """One person's choices. Everybody begins with these.

    Attributes:
        takes_severe: True for who opted in to severe tasks.
        blur, grey: places in `BLURS` and `GREYS`.
        break_until: end of a break that they took themselves.
    """

    takes_severe: bool = False
    blur: int = 3
    grey: int = 2
    break_until: datetime | None = None


def preferences_of(review: ReviewService, user_id: str) -> Preferences:
    """What this person chose."""
    query = sa.select(preferences).where(preferences.c.user_id == user_id)
    row = review.database.read(lambda c: c.execute(query).first())
    return Preferences(row.takes_severe, row.blur, row.grey, row.break_until) if row is not None else Preferences()


def takes(review: ReviewService, user_id: str, task_id: str) -> bool:
    """False when the task is severe, and this person did not opt in to such tasks."""
    if not review.care.severe_by_choice or preferences_of(review, user_id).takes_severe:
        return True
    query = sa.select(tasks.c.id).where(tasks.c.id == task_id, _is_severe())
    return review.database.read(lambda c: c.execute(query).first()) is None


def set_veil(review: ReviewService, user_id: str, blur: int, grey: int) -> None:
    """Remember how strong the veil is. Raises `InputError` for a strength that there is none."""
    if not 0 <= blur < len(BLURS) or not 0 <= grey < len(GREYS):
        raise InputError(f"blur goes from 0 to {len(BLURS) - 1}, grey from 0 to {len(GREYS) - 1}")
    _set(review, user_id, blur=blur, grey=grey)


def choose_severe(review: ReviewService, user_id: str, *, takes_severe: bool) -> None:
    """Opt in to severe tasks, or out at once: severe tasks in hand go back, and so does what was assigned."""
    _set(review, user_id, takes_severe=takes_severe)
    if takes_severe or not review.care.severe_by_choice:
        return
    _release(review, user_id, _is_severe())
    assigned = (tasks.c.assigned_to == user_id) & (tasks.c.state == "waiting") & _is_severe()
    review.database.write(
        lambda c: c.execute(sa.update(tasks).where(assigned).values(assigned_to=None)), step="tasks.unassign_severe"
    )


def take_break(review: ReviewService, user_id: str) -> None:
    """No tasks from now on, for the length of a break; what is in hand goes back."""
    _set(review, user_id, break_until=review.clock() + review.care.pause)
    _release(review, user_id, sa.true())


def end_break(review: ReviewService, user_id: str) -> None:
    """End a break that they took themselves; one that is enforced goes on."""
    _set(review, user_id, break_until=None)


def _is_severe() -> sa.ColumnElement[bool]:
    there_is = sa.exists().where(loop_harms.c.loop_name == tasks.c.loop_name, loop_harms.c.harm == SEVERE)
    return there_is.correlate(tasks)


def _release(review: ReviewService, user_id: str, which: sa.ColumnElement[bool]) -> None:
    held = sa.select(tasks.c.id).where(tasks.c.user_id == user_id, tasks.c.state == "claimed", which)
    for task_id in review.database.read(lambda c: list(c.execute(held).scalars())):
        release_task(review, task_id, user_id)


def _set(review: ReviewService, user_id: str, **values: Any) -> None:
    def work(c: Connection) -> None:
        c.execute(insert_or_nothing(c, preferences).values(user_id=user_id))
        c.execute(sa.update(preferences).where(preferences.c.user_id == user_id).values(values))

    review.database.write(work, step="preferences.set")
