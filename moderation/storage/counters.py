"""Counters in the database: how many items came before one, and the marks by which each is counted in its turn.

Marks are written in the transaction that stores an item's outcome, and only when what the rules were told still holds
there: two posts of one author that are judged at the same time are judged one after the other, wherever that matters.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from ground.prepared import insert_many
from moderation.core.counting import Counted, KeyedHash, Mark, Marks, Question
from moderation.core.errors import CountsMoved
from moderation.core.fingerprints import BITS
from moderation.core.policy.words.counter import KNOWN_DAYS, MOST
from moderation.storage.records import first_item_id
from moderation.storage.tables import IS_PASSING, counter_marks, own_secrets

CANDIDATES = 2000
"""Newest marks under one key that are looked at one by one; what is older is left out."""
_NAME = "counters"

Found = int | set[str]
"""How many, where they need not be told apart; else what was found."""


def keyed_hash(database: Database, now: datetime) -> KeyedHash:
    """The hash of what items are counted by: HMAC-SHA-256 under a key of this installation, 128 bits of it.

    The key is made when it is first asked for, and lies in the database, which all processes have.
    """
    query = sa.select(own_secrets.c.secret).where(own_secrets.c.name == _NAME)
    secret = database.read(lambda c: c.execute(query).scalar())
    if secret is None:
        fresh = {"name": _NAME, "secret": secrets.token_bytes(32), "created_at": now}

        def work(c: Connection) -> Any:
            c.execute(insert_or_nothing(c, own_secrets).values(fresh))
            return c.execute(query).scalar_one()

        secret = database.write(work, step="counters.make_key")
    first = hmac.new(bytes(secret), digestmod=hashlib.sha256)

    def keyed(text: str) -> str:
        hashed = first.copy()
        hashed.update(text.encode())
        return base64.urlsafe_b64encode(hashed.digest()[:16]).rstrip(b"=").decode()

    return keyed


class Counters:
    """Answers how many came before."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def found(self, asked: Sequence[Sequence[Question]]) -> list[list[Found]]:
        """What was found for the questions of each of several items.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        if not any(asked):
            return [[] for _ in asked]
        return self._db.read(lambda c: [[look_up(c, question) for question in each] for each in asked])


def number_of(question: Question, found: Found, among: Sequence[Mark] = ()) -> int:
    """The number for what the database has, and for marks that are still on their way there."""
    if isinstance(found, set):
        return question.number(found | question.found(among))
    return min(found + len(question.found(among)), MOST)


def look_up(c: Connection, question: Question) -> Found:
    """What the database has for a question: one look at an index for each of its keys."""
    marks = counter_marks.c
    between = (marks.item_id > question.after) & (marks.item_id != question.own)
    if not question.keys:
        return set() if question.is_days or question.is_distinct else 0
    keys = [key for key, _ in question.keys]
    is_plain = len(keys) == 1 and question.keys[0][1] is None
    if question.is_days:
        first = sa.select(sa.func.min(marks.item_id)).where(marks.key.in_(keys), between)
        return {each for each in c.execute(first).scalars() if each is not None}
    if is_plain and not question.is_distinct:
        some = sa.select(sa.literal(1)).where(marks.key == keys[0], between).limit(MOST).subquery()
        return c.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    if is_plain:
        newest = sa.select(marks.who).where(marks.key == keys[0], between).order_by(marks.item_id.desc()).limit(MOST)
        return set(c.execute(sa.select(newest.subquery().c.who).distinct()).scalars())
    found: set[str] = set()
    for key in keys:
        candidates = sa.select(counter_marks).where(marks.key == key, between).order_by(marks.item_id.desc())
        found |= question.found(_mark(row) for row in c.execute(candidates.limit(CANDIDATES)))
    return found


def check_and_mark(c: Connection, given: Sequence[Marks]) -> None:
    """Write the marks of items, in order, when what the rules were told of each still holds.

    Args:
        c: of a write.

    Raises:
        CountsMoved: it does not.
    """
    _take_turns(c, given)
    before: list[Mark] = []
    for each in given:
        if each.counted is not None:
            _check(c, each.counted, before)
        before += each.marks
    for each in given:
        if each.replaces:
            theirs = (counter_marks.c.item_id == each.item_id) & IS_PASSING
            c.execute(sa.delete(counter_marks).where(theirs, counter_marks.c.of.not_in(("posted", "review"))))
    firsts = [mark for mark in before if mark.of == KNOWN_DAYS and not _is_known(c, mark.key)]
    rows = [_row(mark) for mark in (*firsts, *(mark for mark in before if mark.of != KNOWN_DAYS))]
    insert_many(c, counter_marks, rows, or_nothing=True)


def prune_marks(c: Connection, before: datetime, limit: int) -> int:
    """Delete up to `limit` marks of items that were posted earlier than any counter looks back; says how many."""
    keys = list(counter_marks.primary_key.columns)
    old = sa.select(*keys).where(IS_PASSING, counter_marks.c.item_id < first_item_id(before)).limit(limit)
    return c.execute(sa.delete(counter_marks).where(sa.tuple_(*keys).in_(old))).rowcount


def _check(c: Connection, counted: Counted, before: Sequence[Mark]) -> None:
    for question in counted.questions:
        told = counted.numbers[question.name]
        if told is not None and not question.is_alike(told, number_of(question, look_up(c, question), before)):
            raise CountsMoved(f"counter {question.name} has moved")


def _take_turns(c: Connection, given: Sequence[Marks]) -> None:
    """Where transactions run side by side, those that count by the same wait for each other, in one order."""
    if c.dialect.name != "postgresql":
        return
    keys = {key for each in given if each.counted for question in each.counted.questions for key, _ in question.keys}
    keys |= {mark.key for each in given for mark in each.marks}
    for number in sorted(int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) >> 1 for key in keys):
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _is_known(c: Connection, key: str) -> bool:
    return c.execute(sa.select(sa.literal(1)).where(counter_marks.c.key == key).limit(1)).first() is not None


def _row(mark: Mark) -> dict[str, Any]:
    bits = None if mark.bits is None else mark.bits - (1 << BITS) if mark.bits >> BITS - 1 else mark.bits
    return {"key": mark.key, "item_id": mark.item_id, "who": mark.who, "of": mark.of, "bits": bits}


def _mark(row: Any) -> Mark:
    bits = None if row.bits is None else row.bits & (1 << BITS) - 1
    return Mark(row.key, row.item_id, row.of, row.who, bits)
