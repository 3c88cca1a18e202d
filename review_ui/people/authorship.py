"""Authorship: which authors of apps a person is, so that nobody decides about what they wrote themselves.

An app's name for the author is not kept, only the digest by which human loops know theirs (`review_ui.desk.authors`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import InputError, NotFound
from ground.named_by_apps import author_digest
from review_ui.a2i.chain import note_change
from review_ui.a2i.settling import HANDS, WAITING
from review_ui.a2i.tables import tasks
from review_ui.acts import add_act
from review_ui.service import ReviewService
from review_ui.tables import loop_authors, user_authors, users

MOST = 50
"""Authors that one person may be."""
LONGEST = 200


@dataclass(frozen=True)
class Authorship:
    """That somebody is an author of an app.

    Attributes:
        digest: by which the author is recognised.
    """

    app: str
    digest: str
    at: datetime


def link_author(review: ReviewService, name: str, app: str, author: str, by: str | None) -> None:
    """Say that somebody is this author; what they have in hand of the author's goes back to the others.

    Args:
        author: as the app names them in items.
        by: id of who says so, for the log; None for a command.

    Raises:
        NotFound: nobody is called so.
        InputError: app or author are none, or the person is too many already.
    """
    app, author = _said("app", app), _said("author", author)
    now, digest = review.clock(), author_digest(app, author)

    def work(c: Connection) -> None:
        user_id = _user(c, name)
        mine = user_authors.c.user_id == user_id
        known = set(c.execute(sa.select(user_authors.c.author_sha256).where(mine)).scalars())
        if digest in known:
            return
        if len(known) >= MOST:
            raise InputError(f"'{name}' is {MOST} authors already; that is all there is")
        c.execute(sa.insert(user_authors).values(user_id=user_id, author_sha256=digest, app=app, at=now))
        of_author = sa.select(loop_authors.c.loop_name).where(loop_authors.c.author_sha256 == digest)
        theirs = tasks.c.loop_name.in_(of_author)
        held = list(
            c.execute(
                sa.select(tasks.c.id).where(theirs, tasks.c.state == "claimed", tasks.c.user_id == user_id)
            ).scalars()
        )
        if held:
            HANDS.release(c, held, **WAITING)
        assigned = theirs & (tasks.c.assigned_to == user_id) & (tasks.c.state == "waiting")
        c.execute(sa.update(tasks).where(assigned).values(assigned_to=None))
        _note(c, "author linked", by, name, app, now)

    review.database.write(work, step="people.link_author")


def unlink_author(review: ReviewService, name: str, app: str, author: str, by: str | None) -> None:
    """Say that somebody is not this author. Raises `NotFound`."""
    now, digest = review.clock(), author_digest(_said("app", app), _said("author", author))

    def work(c: Connection) -> None:
        mine = (user_authors.c.user_id == _user(c, name)) & (user_authors.c.author_sha256 == digest)
        if not c.execute(sa.delete(user_authors).where(mine)).rowcount:
            raise NotFound(f"'{name}' is not linked to this author of app '{app}'")
        _note(c, "author unlinked", by, name, app, now)

    review.database.write(work, step="people.unlink_author")


def authorships(review: ReviewService) -> dict[str, list[Authorship]]:
    """Who is which authors: names of people to what is kept, oldest first."""
    query = sa.select(users.c.name, user_authors).join(users, users.c.id == user_authors.c.user_id)
    query = query.order_by(users.c.name, user_authors.c.at, user_authors.c.author_sha256)

    def work(c: Connection) -> dict[str, list[Authorship]]:
        found: dict[str, list[Authorship]] = {}
        for row in c.execute(query):
            found.setdefault(row.name, []).append(Authorship(row.app, row.author_sha256, row.at))
        return found

    return review.database.read(work)


def is_own(user_id: str) -> sa.ColumnElement[bool]:
    """True of tasks over what this person wrote. Correlates with `tasks`."""
    mine = sa.select(user_authors.c.author_sha256).where(user_authors.c.user_id == user_id)
    return (
        sa.exists()
        .where(loop_authors.c.loop_name == tasks.c.loop_name, loop_authors.c.author_sha256.in_(mine))
        .correlate(tasks)
    )


def _user(c: Connection, name: str) -> str:
    found: str | None = c.execute(sa.select(users.c.id).where(users.c.name == name).with_for_update()).scalar()
    if found is None:
        raise NotFound(f"no user '{name}'")
    return found


def _said(field: str, value: str) -> str:
    value = value.strip()
    if not 0 < len(value) <= LONGEST:
        raise InputError(f"{field}: 1 to {LONGEST} characters")
    return value


def _note(c: Connection, kind: str, by: str | None, name: str, app: str, now: datetime) -> None:
    """Record what is said of somebody, with the app; the author's name is kept nowhere."""
    if by is not None:
        add_act(c, now, kind, by, detail=f"an author of {app}", subject=f"person:{name}")
    else:
        note_change(c, kind, f"person:{name}", now, detail=f"an author of {app}", by="command")
