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
from ground.encoded_json import as_json
from ground.prepared import among, insert_many
from moderation.core.counting import KeyedHash, Mark, Marks, Question
from moderation.core.errors import CountsMoved
from moderation.core.fingerprints import BITS
from moderation.core.policy.words.counter import KNOWN_DAYS
from moderation.storage.item_ids import first_item_id
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
        every = [question for each in asked for question in each]
        found = iter(self._db.read(lambda c: look_up(c, every)) if every else ())
        return [[next(found) for _ in each] for each in asked]


def number_of(question: Question, found: Found, among: Sequence[Mark] = ()) -> int:
    """The number for what the database has, and for marks that are still on their way there."""
    if isinstance(found, set):
        return question.number(found | question.found(among))
    return min(found + len(question.found(among)), question.most)


def look_up(c: Connection, asked: Sequence[Question]) -> list[Found]:
    """What the database has for questions: for each one look at an index, those that only count in one statement."""
    plain = [question for question in asked if _is_plain(question)]
    numbers = iter(_count(c, plain) if plain else ())
    return [next(numbers) if _is_plain(question) else _find(c, question) for question in asked]


def _is_plain(question: Question) -> bool:
    """True when every mark under the question's one key is an item that counts."""
    is_one = len(question.keys) == 1 and question.keys[0][1] is None
    return is_one and not question.is_distinct and not question.is_days


def _count(c: Connection, plain: Sequence[Question]) -> list[int]:
    most = max(question.most for question in plain)
    rows = [{"n": n, "k": each.keys[0][0], "a": each.after, "o": each.own} for n, each in enumerate(plain)]
    statement = _COUNT_IN_POSTGRES if c.dialect.name == "postgresql" else _COUNT_IN_SQLITE
    return [row[0] for row in c.exec_driver_sql(statement, (as_json(rows), most))]


_COUNT = """\
WITH asked AS MATERIALIZED (SELECT j.* FROM :asked)
SELECT (
  SELECT count(*) FROM (
    SELECT 1 FROM counter_marks m WHERE m.key = asked.k AND m.item_id > asked.a AND m.item_id <> asked.o LIMIT :most
  ) AS counted
) FROM asked ORDER BY asked.n"""
_COUNT_IN_SQLITE = _COUNT.replace(":most", "?").replace(
    ":asked",
    "(SELECT value ->> 'n' AS n, value ->> 'k' AS k, value ->> 'a' AS a, value ->> 'o' AS o FROM json_each(?)) j",
)
_COUNT_IN_POSTGRES = _COUNT.replace(":most", "%s").replace(
    ":asked", "json_to_recordset(%s::JSON) AS j (n INTEGER, k VARCHAR, a VARCHAR, o VARCHAR)"
)


def _find(c: Connection, question: Question) -> set[str]:
    """What is found one by one: among the newest marks under each key."""
    marks = counter_marks.c
    others = (marks.item_id > question.after) & (marks.item_id != question.own)
    found: set[str] = set()
    for key, _ in question.keys:
        there = sa.select(counter_marks).where(marks.key == key, others)
        # Of days the first one is asked for, and nothing else.
        order, limit = (marks.item_id, 1) if question.is_days else (marks.item_id.desc(), CANDIDATES)
        found |= question.found(_mark(row) for row in c.execute(there.order_by(order).limit(limit)))
    return found


def check_and_mark(c: Connection, given: Sequence[Marks]) -> None:
    """Write the marks of items, in order, when what the rules were told of each still holds.

    Args:
        c: of a write.

    Raises:
        CountsMoved: it does not.
    """
    if not given:
        return
    _take_turns(c, given)
    _check(c, given)
    for each in given:
        if each.replaces:
            theirs = (counter_marks.c.item_id == each.item_id) & IS_PASSING
            c.execute(sa.delete(counter_marks).where(theirs, counter_marks.c.of.not_in(("posted", "review"))))
    marks = [mark for each in given for mark in each.marks]
    first = {mark.key for mark in marks if mark.of == KNOWN_DAYS}
    known = set(c.execute(sa.select(counter_marks.c.key).where(among(c, counter_marks.c.key, first))).scalars())
    rows = [_row(mark) for mark in marks if mark.of != KNOWN_DAYS or mark.key not in known]
    insert_many(c, counter_marks, rows, or_nothing=True)


def prune_marks(c: Connection, before: datetime, limit: int) -> int:
    """Delete up to `limit` marks of items that were posted earlier than any counter looks back; says how many."""
    keys = list(counter_marks.primary_key.columns)
    old = sa.select(*keys).where(IS_PASSING, counter_marks.c.item_id < first_item_id(before)).limit(limit)
    return c.execute(sa.delete(counter_marks).where(sa.tuple_(*keys).in_(old))).rowcount


def _check(c: Connection, given: Sequence[Marks]) -> None:
    asked = [question for each in given if each.counted is not None for question in each.counted.questions]
    found = iter(look_up(c, asked))
    before: list[Mark] = []
    for each in given:
        for question in each.counted.questions if each.counted is not None else ():
            told = each.counted.numbers[question.name] if each.counted is not None else None
            there = next(found)
            if told is not None and not question.is_alike(told, number_of(question, there, before)):
                raise CountsMoved(f"counter {question.name} has moved")
        before += each.marks


def _take_turns(c: Connection, given: Sequence[Marks]) -> None:
    """Where transactions run side by side, those that count by the same wait for each other, in one order."""
    if c.dialect.name != "postgresql":
        return
    keys = {key for each in given if each.counted for question in each.counted.questions for key, _ in question.keys}
    keys |= {mark.key for each in given for mark in each.marks}
    for number in sorted(int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) >> 1 for key in keys):
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _row(mark: Mark) -> dict[str, Any]:
    bits = None if mark.bits is None else mark.bits - (1 << BITS) if mark.bits >> BITS - 1 else mark.bits
    return {"key": mark.key, "item_id": mark.item_id, "who": mark.who, "of": mark.of, "bits": bits}


def _mark(row: Any) -> Mark:
    bits = None if row.bits is None else row.bits & (1 << BITS) - 1
    return Mark(row.key, row.item_id, row.of, row.who, bits)
