"""Routing: which waiting task goes to whom, and in what order."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from review_ui.a2i.flows import has_active_loops
from review_ui.a2i.tables import flow_definitions, human_loops, not_for, tasks, workteams
from review_ui.a2i.worker_ids import worker_id
from review_ui.clearance import is_cleared, needed_for
from review_ui.desk.deadlines import earliest_first
from review_ui.people.authorship import is_own
from review_ui.tables import queue_controls, user_groups, users

LEADS = ("lead", "admin")
"""Roles that get escalated tasks."""


def is_free_for(c: Connection, user_id: str) -> sa.ColumnElement[bool]:
    """True of the waiting tasks that this person may be given now.

    Nobody gets two tasks of one loop, a loop that leaves them out, a queue of another work team, a paused queue, a task
    assigned to somebody else, what they wrote themselves or are not cleared for, or, without being a lead, an escalated
    one.
    """
    role = c.execute(sa.select(users.c.role).where(users.c.id == user_id)).scalar()
    own = tasks.alias("own")

    def there_is(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return sa.exists().where(*conditions).correlate(tasks)

    had = there_is(own.c.loop_name == tasks.c.loop_name, own.c.user_id == user_id)
    left_out = there_is(not_for.c.loop_name == tasks.c.loop_name, not_for.c.worker_id == worker_id(user_id))
    paused = there_is(queue_controls.c.flow == tasks.c.flow, queue_controls.c.paused_at.is_not(None))
    running = there_is(human_loops.c.name == tasks.c.loop_name, human_loops.c.status == "InProgress")
    return sa.and_(
        tasks.c.state == "waiting",
        running,
        tasks.c.flow.in_(flows_of(c, user_id)),
        sa.or_(tasks.c.assigned_to.is_(None), tasks.c.assigned_to == user_id),
        sa.true() if role in LEADS else tasks.c.level == "reviewer",
        ~had,
        ~left_out,
        ~is_own(user_id),
        is_cleared(user_id),
        ~paused,
    )


def kept_from(c: Connection, user_id: str, task_id: str) -> str | None:
    """Why somebody may not decide about a task, as what is said of them; None where they may."""
    mine = tasks.c.id == task_id
    if lacking := needed_for(c, task_id, user_id):
        return f"does not hold {', '.join(lacking)}"
    if c.execute(sa.select(tasks.c.id).where(mine, is_own(user_id))).first() is not None:
        return "wrote this"
    own = tasks.alias("own")
    loop = sa.select(tasks.c.loop_name).where(mine).scalar_subquery()
    seen = sa.select(not_for.c.loop_name).where(not_for.c.loop_name == loop, not_for.c.worker_id == worker_id(user_id))
    answered = sa.select(own.c.id).where(own.c.loop_name == loop, own.c.user_id == user_id, own.c.id != task_id)
    if c.execute(seen).first() is not None or c.execute(answered).first() is not None:
        return "has decided about this before"
    return None


def order_for(user_id: str) -> tuple[sa.ColumnElement[Any], ...]:
    """What comes first: what is assigned to this person, what leads put first, the earliest deadline, the oldest.

    What this person gave back comes last for them, or they would get it again at once.
    """
    of_queue = sa.select(queue_controls.c.priority).where(queue_controls.c.flow == tasks.c.flow).scalar_subquery()
    mine = sa.case((tasks.c.assigned_to == user_id, 0), else_=1)
    left = sa.case((tasks.c.left_by == user_id, 1), else_=0)
    return mine, left, sa.func.coalesce(of_queue, 0).desc(), tasks.c.priority.desc(), *earliest_first()


def flows_of(c: Connection, user_id: str) -> list[str]:
    """The flows whose work team this person is in. Who is in no group works for every team."""
    groups = set(c.execute(sa.select(user_groups.c.name).where(user_groups.c.user_id == user_id)).scalars())
    there = flow_definitions.c.deleting_at.is_(None) | has_active_loops()
    flows = list(c.execute(sa.select(flow_definitions.c.name, flow_definitions.c.document).where(there)))
    if not groups:
        return [flow.name for flow in flows]
    teams = {row.name: groups_of(row.document) for row in c.execute(sa.select(workteams))}
    return [flow.name for flow in flows if groups & teams.get(_team(flow.document), set())]


def groups_of(team: dict[str, Any]) -> set[str]:
    """The groups that a work team's document names: of an OIDC provider, or of a Cognito user pool."""
    named: set[str] = set()
    for member in team.get("MemberDefinitions", ()):
        named |= set(member.get("OidcMemberDefinition", {}).get("Groups", ()))
        if group := member.get("CognitoMemberDefinition", {}).get("UserGroup"):
            named.add(group)
    return named


def _team(flow: dict[str, Any]) -> str:
    return str(flow["HumanLoopConfig"]["WorkteamArn"]).rpartition("/")[2]
