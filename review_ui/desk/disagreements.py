"""Disagreements: items that people judged differently, with what each of them said, and where a lead can settle it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.prepared import among
from review_ui.a2i.answer_content import outcome_of
from review_ui.a2i.tables import flow_definitions, human_loops, tasks
from review_ui.clearance import is_cleared, shown_loops
from review_ui.desk.routing import flows_of, is_free_for
from review_ui.desk.tasks import title_of
from review_ui.quality.golden import GOLDEN
from review_ui.service import ReviewService
from review_ui.tables import golden_items, users

LISTED = 50
LOOKED_AT = 1000
"""Newest loops with several answers; whether they differ is seen in each."""


@dataclass(frozen=True)
class Said:
    """One of the answers.

    Attributes:
        outcome: ``approve`` or ``reject``.
    """

    who: str
    outcome: str
    answer: Mapping[str, Any]
    at: datetime

    @property
    def labels(self) -> list[str]:
        """What was ticked."""
        ticked = self.answer.get("labels")
        return sorted(str(name) for name, on in ticked.items() if on is True) if isinstance(ticked, Mapping) else []

    @property
    def note(self) -> str:
        """Their words; empty where they wrote none."""
        note = self.answer.get("note")
        return note if isinstance(note, str) else ""


@dataclass(frozen=True)
class OpenTask:
    """A task whose answer still counts for the item: of the same loop, or of one that asks again."""

    id: str
    flow: str


@dataclass(frozen=True)
class Disagreement:
    """A loop whose answers differ.

    Attributes:
        said: the answers, first ones first.
        is_ended: nobody is asked in this loop any more; what then follows is the policy's to say.
        task: what this lead may answer to settle it; None where nothing waits for them.
    """

    loop_name: str
    flow: str
    title: str
    content: Mapping[str, Any]
    said: tuple[Said, ...]
    is_ended: bool
    task: OpenTask | None

    @property
    def at(self) -> datetime:
        """When the last of them was given."""
        return max(each.at for each in self.said)

    @property
    def item_id(self) -> str:
        """The item as its app's service knows it; empty for loops of others."""
        return _item_id(self.content)


def disagreements(review: ReviewService, user_id: str, days: int) -> Sequence[Disagreement]:
    """The newest disagreements in the queues of this lead's teams, `LISTED` at most.

    Those to which a golden item says what is right are settled and left out; so are golden items themselves, and
    answers that are given by the batch.
    """
    since = review.clock() - timedelta(days=days)
    counts = tasks.c.state.in_(("given", "answered")) & tasks.c.batch.is_(None)

    def work(c: Connection) -> list[Disagreement]:
        several = (
            sa.select(tasks.c.loop_name)
            .join(human_loops, human_loops.c.name == tasks.c.loop_name)
            .where(counts, tasks.c.flow.in_(flows_of(c, user_id)), tasks.c.submitted_at > since, is_cleared(user_id))
            .where(human_loops.c.status != GOLDEN, tasks.c.loop_name.not_in(sa.select(golden_items.c.source)))
            .group_by(tasks.c.loop_name)
            .having(sa.func.count() > 1)
            .order_by(sa.func.max(tasks.c.submitted_at).desc(), tasks.c.loop_name)
            .limit(LOOKED_AT)
        )
        names = list(c.execute(several).scalars())
        query = sa.select(tasks, users.c.name.label("who")).join(users, users.c.id == tasks.c.user_id)
        query = query.where(counts, among(c, tasks.c.loop_name, names)).order_by(tasks.c.submitted_at, tasks.c.id)
        said: dict[str, list[Said]] = {name: [] for name in names}
        for row in c.execute(query):
            said[row.loop_name].append(Said(row.who, outcome_of(row.answer), row.answer or {}, row.submitted_at))
        split = [name for name, all_of in said.items() if {"approve", "reject"} <= {each.outcome for each in all_of}]
        return _read(c, user_id, {name: said[name] for name in split[:LISTED]})

    return review.database.read(work)


def _read(c: Connection, user_id: str, said: Mapping[str, Sequence[Said]]) -> list[Disagreement]:
    shown = shown_loops(user_id)
    query = sa.select(shown, flow_definitions.c.document)
    query = query.join(flow_definitions, flow_definitions.c.name == shown.c.flow)
    loops = {row.name: row for row in c.execute(query.where(shown.c.name.in_(list(said))))}
    contents = {name: json.loads(loop.input_content) for name, loop in loops.items()}
    ids = {name: _item_id(content) for name, content in contents.items()}
    waiting = _waiting(c, user_id, list(said), [each for each in ids.values() if each])
    return [
        Disagreement(
            loop_name=name,
            flow=loops[name].flow,
            title=title_of(loops[name].document),
            content=contents[name],
            said=tuple(given),
            is_ended=loops[name].status != "InProgress",
            task=next(
                (task for loop, task in waiting if loop == name or (ids[name] and loop.startswith(f"{ids[name]}-"))),
                None,
            ),
        )
        for name, given in said.items()
    ]


def _waiting(
    c: Connection, user_id: str, names: Sequence[str], item_ids: Sequence[str]
) -> Sequence[tuple[str, OpenTask]]:
    """The tasks that this lead may answer of these loops, or of others over these items: their names begin with it."""
    again = [tasks.c.loop_name.startswith(f"{each}-", autoescape=True) for each in item_ids]
    query = sa.select(tasks.c.id, tasks.c.flow, tasks.c.loop_name).where(is_free_for(c, user_id))
    query = query.where(sa.or_(among(c, tasks.c.loop_name, names), *again)).order_by(tasks.c.created_at, tasks.c.id)
    return [(row.loop_name, OpenTask(row.id, row.flow)) for row in c.execute(query)]


def _item_id(content: Mapping[str, Any]) -> str:
    item = content.get("item")
    named = item.get("id") if isinstance(item, Mapping) else None
    return named if isinstance(named, str) else ""
