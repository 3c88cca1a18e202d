"""Lists at run time in the database: events that are appended and never changed, each with who, when and why.

The events of a list are chained: the digest of each covers the one before, so that the last one names all of the list.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation.core.errors import FieldError, InvalidSubmission, NotFound
from moderation.core.listing import LIST_KINDS, Listing, ListKind, entry_of
from moderation.core.policy.terms import NAME
from moderation.storage.audit import note_change
from moderation.storage.tables import list_events

MOST_ENTRIES = 100_000
"""Of one list: all processes keep them in memory."""
_LOCK = 7_204_116_532
"""Postgres's advisory lock under which events are appended, so that their order is that of commits."""


@dataclass(frozen=True)
class Entry:
    """What stands on a list.

    Attributes:
        id: of the event that put it there.
        value: as it is compared: of words, domains and hashes in small letters.
        expires_at: from when it does not count any more; None for never.
        by: who put it there.
    """

    id: int
    list: str
    value: str
    expires_at: datetime | None
    by: str
    why: str
    at: datetime


@dataclass(frozen=True)
class ListState:
    """A list as it is.

    Attributes:
        version: digest of its events.
        entries: that count now.
        changed_at: when somebody last put something there, or took it away.
    """

    name: str
    kind: ListKind
    version: str
    entries: int
    changed_at: datetime


@dataclass(frozen=True)
class Change:
    """One event of a list, for those who want to know what happened to it."""

    id: int
    list: str
    action: str
    value: str
    expires_at: datetime | None
    by: str
    why: str
    at: datetime
    digest: str


class RunTimeLists:
    """Keeps lists for operators."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self,
        name: str,
        values: Sequence[str],
        *,
        by: str,
        why: str,
        now: datetime,
        kind: ListKind | None = None,
        expires_at: datetime | None = None,
    ) -> list[Entry]:
        """Put values on a list, in one commit; one that is there already gets the new expiry and reason.

        Args:
            kind: of a list that is new; None for values, or as the list is.

        Raises:
            InvalidSubmission: with each field that is wrong.
        """
        _check(name, by, why)
        if expires_at is not None and expires_at <= now:
            raise InvalidSubmission([FieldError("expires_at", "it is over already; name a time to come")])

        def work(c: Connection) -> list[Entry]:
            events = _events(c, name)
            there = events[-1].kind if events else None
            if kind is not None and there not in (None, kind):
                raise InvalidSubmission([FieldError("kind", f"list '{name}' is one of {there}, and stays so")])
            of: ListKind = there or kind or "values"
            entries = [_entry(of, value, number, len(values)) for number, value in enumerate(values)]
            if len({*_in_force(events), *entries}) > MOST_ENTRIES:
                raise InvalidSubmission([FieldError("value", f"a list has at most {MOST_ENTRIES:,} entries")])
            digest, made = events[-1].digest if events else "", []
            for entry in entries:
                row = {"list": name, "kind": of, "action": "add", "entry": entry, "expires_at": expires_at}
                digest, number = _append(c, {**row, "by": by, "why": why, "at": now}, digest)
                made.append(Entry(number, name, entry, expires_at, by, why, now))
            return made

        return self._db.write(work, step="lists.add")

    def remove(self, name: str, entry_id: int, *, by: str, why: str, now: datetime) -> Entry:
        """Take an entry off a list; what happened to it stays readable.

        Raises:
            NotFound: no such entry stands on the list.
        """
        _check(name, by, why)

        def work(c: Connection) -> Entry:
            events = _events(c, name)
            added = next((each for each in _in_force(events).values() if each.id == entry_id), None)
            if added is None:
                raise NotFound(f"list '{name}' has no entry {entry_id}")
            row = {"list": name, "kind": added.kind, "action": "remove", "entry": added.entry, "expires_at": None}
            _append(c, {**row, "by": by, "why": why, "at": now}, events[-1].digest)
            return _as_entry(added)

        return self._db.write(work, step="lists.remove")

    def entries(self, name: str, now: datetime) -> list[Entry]:
        """What stands on a list and counts, newest first.

        Raises:
            NotFound: there is no such list.
        """
        return self.state(name, now)[1]

    def state(self, name: str, now: datetime) -> tuple[ListState, list[Entry]]:
        """A list and what stands on it, newest first. Raises `NotFound`."""
        events = self._db.read(lambda c: list(c.execute(_of(name))))
        if not events:
            raise NotFound(f"there is no list '{name}'")
        standing = [_as_entry(each) for each in _in_force(events).values() if _counts(each, now)]
        standing.sort(key=lambda entry: entry.id, reverse=True)
        return ListState(name, events[-1].kind, events[-1].digest, len(standing), events[-1].at), standing

    def states(self, now: datetime) -> list[ListState]:
        """All lists, by name."""
        query = sa.select(list_events.c.list).distinct().order_by(list_events.c.list)
        return [self.state(name, now)[0] for name in self._db.read(lambda c: list(c.execute(query).scalars()))]

    def changes(self, name: str, limit: int = 200) -> list[Change]:
        """What happened to a list, newest first."""
        query = sa.select(list_events).where(list_events.c.list == name).order_by(list_events.c.id.desc()).limit(limit)
        return [
            Change(r.id, r.list, r.action, r.entry, r.expires_at, r.by, r.why, r.at, r.digest)
            for r in self._db.read(lambda c: list(c.execute(query)))
        ]

    def first_broken(self, name: str) -> int | None:
        """The first event whose digest is not that of what it says and of all before it; None when all are right."""
        digest = ""
        for event in self._db.read(lambda c: list(c.execute(_of(name)))):
            digest = digest_of(event._asdict(), digest)
            if digest != event.digest:
                return int(event.id)
        return None


class ListsInForce:
    """The lists as rules are told of them; looks each time whether there is something new.

    Args:
        clock: for what expires.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._db, self.clock = database, clock
        self._lock = threading.Lock()
        self._last = 0
        self._lists: dict[str, Listing] = {}

    def lists(self) -> Mapping[str, Listing]:
        """All lists, by name.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        newest = self._db.read(lambda c: c.execute(sa.select(sa.func.max(list_events.c.id))).scalar()) or 0
        with self._lock:
            if newest != self._last:
                self._take(newest)
            return self._lists

    def _take(self, newest: int) -> None:
        fresh = sa.select(list_events).where(list_events.c.id > self._last, list_events.c.id <= newest)
        lists, entries = dict(self._lists), dict[str, dict[str, datetime | None]]()
        for event in self._db.read(lambda c: list(c.execute(fresh.order_by(list_events.c.id)))):
            known = lists.get(event.list, Listing())
            standing = entries.setdefault(event.list, dict(known.entries))
            if event.action == "add":
                standing[event.entry] = event.expires_at
            else:
                standing.pop(event.entry, None)
            lists[event.list] = Listing(event.kind, event.digest, standing)
        self._lists, self._last = lists, newest


def digest_of(event: Mapping[str, Any], before: str) -> str:
    """The digest of an event and of all of its list before it: SHA-256, in hex."""
    said = [before, *(event[name] for name in ("list", "kind", "action", "entry", "by", "why"))]
    said += [None if event[name] is None else event[name].astimezone(UTC).isoformat() for name in ("expires_at", "at")]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


def _append(c: Connection, event: dict[str, Any], before: str) -> tuple[str, int]:
    digest = digest_of(event, before)
    made = c.execute(sa.insert(list_events).values({**event, "digest": digest}).returning(list_events.c.id))
    note_change(c, f"list {event['action']}", event["list"], event["at"], by=event["by"], digest=digest)
    return digest, made.scalar_one()


def _of(name: str) -> sa.Select[Any]:
    return sa.select(list_events).where(list_events.c.list == name).order_by(list_events.c.id)


def _events(c: Connection, name: str) -> list[Any]:
    """A list's events, which nobody else appends to until the end of the transaction."""
    if c.dialect.name == "postgresql":
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    return list(c.execute(_of(name)))


def _in_force(events: Iterable[Any]) -> dict[str, Any]:
    """The events that put something there which nobody took away, by entry."""
    standing: dict[str, Any] = {}
    for event in events:
        standing.pop(event.entry, None)
        if event.action == "add":
            standing[event.entry] = event
    return standing


def _counts(event: Any, now: datetime) -> bool:
    return event.expires_at is None or now < event.expires_at


def _as_entry(event: Any) -> Entry:
    return Entry(event.id, event.list, event.entry, event.expires_at, event.by, event.why, event.at)


def _entry(kind: ListKind, value: str, number: int, of: int) -> str:
    try:
        return entry_of(kind, value)
    except ValueError as error:
        field = "value" if of == 1 else f"values[{number}]"
        raise InvalidSubmission([FieldError(field, str(error))]) from error


def _check(name: str, by: str, why: str) -> None:
    errors = []
    if not NAME.fullmatch(name) or len(name) > 60:
        errors.append(FieldError("name", "a list's name has small letters a-z, digits, - and _, at most 60"))
    if not why.strip() or len(why) > 1000:
        errors.append(FieldError("why", "say why, in 1 to 1,000 characters"))
    if not by.strip() or len(by) > 200:
        errors.append(FieldError("by", "say who, in 1 to 200 characters"))
    if errors:
        raise InvalidSubmission(errors)


def kind_of(given: str | None) -> ListKind | None:
    """A kind as somebody wrote it; None for none. Raises `InvalidSubmission`."""
    for kind in LIST_KINDS:
        if given == kind:
            return kind
    if given is None:
        return None
    raise InvalidSubmission([FieldError("kind", f"'{given}' is not one of {', '.join(LIST_KINDS)}")])
