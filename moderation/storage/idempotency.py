"""Idempotency keys: the answer to a post is stored in the commit of its items, so that the same post gets it again.

Nothing is written before that commit, and so a post that is refused, or killed on its way, leaves no key behind. Of
several with one key at once, the database lets one store its items; the others learn its answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import insert_unless
from moderation.core.errors import IdempotencyConflict, IdempotencyInFlight
from moderation.storage.tables import idempotency_keys

Answer = Mapping[str, Any]
"""What a post is answered: ``status``, ``location``, ``body``."""

_keys = idempotency_keys.c


@dataclass(frozen=True)
class KeyedPost:
    """A post that came with an idempotency key.

    Attributes:
        body_sha256: what makes a post the same post.
    """

    app: str
    key: str
    body_sha256: str

    @property
    def name(self) -> str:
        """The key with its app, as one name."""
        return f"{self.app}\n{self.key}"  # neither can hold a line break


@dataclass(frozen=True)
class KeyedAnswer:
    """The answer that is stored with the items of a post.

    Attributes:
        answered_at: the wall time.
        in_flight_until: while the post waits for its decision, the end of the lease under which it does; until then the
            answer is not final. None for one that is.
    """

    post: KeyedPost
    answer: Answer
    answered_at: datetime
    in_flight_until: datetime | None = None


def kept_answer(c: Connection, post: KeyedPost, now: datetime) -> Answer | None:
    """What this very post was answered before; None when it was not.

    Raises:
        IdempotencyConflict: the key was used with another body.
        IdempotencyInFlight: the first post waits for its decision.
    """
    row = c.execute(sa.select(idempotency_keys).where(_is(post))).first()
    if row is None or row.response is None:
        # Without an answer it is a reservation of the version before, which made them ahead of the commit.
        return None
    if row.body_sha256 != post.body_sha256:
        raise IdempotencyConflict(f"idempotency key {post.key!r} was used with another body; use a new key")
    if row.in_flight_until is not None and row.in_flight_until > now:
        raise IdempotencyInFlight(f"the first post with idempotency key {post.key!r} waits for its decision")
    answer: Answer = row.response
    return answer


def keep_answer(c: Connection, keyed: KeyedAnswer) -> bool:
    """Store an answer; False when the key has one already."""
    values = {
        "body_sha256": keyed.post.body_sha256,
        "response": dict(keyed.answer),
        "created_at": keyed.answered_at,
        "in_flight_until": keyed.in_flight_until,
    }
    insert = insert_unless(c, idempotency_keys).values(app=keyed.post.app, key=keyed.post.key, **values)
    # A reservation of the version before goes to who commits first: its holder then finds it answered, and stores none.
    unless = insert.on_conflict_do_update(index_elements=["app", "key"], set_=values, where=_keys.response.is_(None))
    stored: bool = c.execute(unless).rowcount == 1
    return stored


def make_final(c: Connection, post: KeyedPost, answer: Answer) -> None:
    """Store the answer after the wait, in place of the one that came before it."""
    values = {"response": dict(answer), "in_flight_until": None}
    c.execute(sa.update(idempotency_keys).where(_is(post)).values(values))


def move_waits(c: Connection, names: Collection[str], held_until: datetime, until: datetime) -> None:
    """Move the ends of leases under which posts wait, by `KeyedPost.name`."""
    for name in names:
        app, _, key = name.partition("\n")
        mine = (_keys.app == app) & (_keys.key == key) & (_keys.in_flight_until == held_until)
        c.execute(sa.update(idempotency_keys).where(mine).values(in_flight_until=until))


def _is(post: KeyedPost) -> sa.ColumnElement[bool]:
    return (_keys.app == post.app) & (_keys.key == post.key)
