"""Public notices in the database: given, matched to an item, asked about, settled by decisions, and forgotten.

A notice is settled in the transaction of the decision that answers it: people's, once they were asked because of it,
or any rejection. What is kept of the decision is its outcome, who made it, and the reasons that the policy words for
outsiders; what reviewers noted stays inside.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.ids import is_uuid
from ground.prepared import among
from moderation.core.decisions import Decision
from moderation.core.errors import AppealRefused, FieldError, InvalidSubmission, NotFound
from moderation.core.events import Listener
from moderation.core.public_notices import OPEN, GivenNotice, NoticeState, Record, look_after, new_number, places_named
from moderation.storage.accounts import secret_digest
from moderation.storage.audit import note_change
from moderation.storage.clearances import is_shown, put_on_judged
from moderation.storage.event_log import note_event
from moderation.storage.holds import is_held
from moderation.storage.records import ItemRecord, LoopRecord
from moderation.storage.rows import loop_row
from moderation.storage.tables import item_loops, items, public_notices

MOST_SHOWN = 200
SWEEP_LEASE = timedelta(minutes=10)
"""So long after a process died that was seeing to copies, another one begins anew."""
_N = public_notices.c


@dataclass(frozen=True)
class PublicNotice:
    """A notice.

    Attributes:
        item_id: what it is about; None while nobody knows.
        flagger: id of the trusted flagger who gave it; None for anybody else.
        notifier: what its giver is known again by; empty for who did not say.
        look_after: from when on people are asked.
        problem: why nobody could be asked; None where they could.
        decided_as: ``outcome``, ``by``, ``policy``, ``version`` and ``reasons`` of the decision that settled it.
        answer: what a lead wrote to the notifier.
        swept: what an upheld one did elsewhere: ``found``, ``rejected``, ``asked``, ``left`` (items), ``listed``.
        forgotten_at: when what it says and who gave it were erased.
    """

    number: str
    app: str
    item_id: str | None
    state: NoticeState
    kind: str
    place: str
    reason: str
    name: str
    mail: str
    signature: str
    notifier: str
    flagger: str | None
    language: str
    via: str
    created_at: datetime
    look_after: datetime
    problem: str | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    decided_as: Mapping[str, Any] | None = None
    answer: str | None = None
    appeal: str | None = None
    appealed_at: datetime | None = None
    is_to_sweep: bool = False
    swept: Mapping[str, Any] | None = None
    forgotten_at: datetime | None = None

    @property
    def is_slowed(self) -> bool:
        """Whether people look later, because most of its notifier's notices were unfounded."""
        return self.look_after > self.created_at

    @property
    def can_be_appealed(self) -> bool:
        """Whether its notifier may still ask to look again."""
        return self.state == "dismissed" and self.appealed_at is None and self.item_id is not None


class PublicNotices:
    """Keeps notices.

    Args:
        listeners: who is told that people look at an item, beside its own callback.
    """

    def __init__(self, database: Database, listeners: Sequence[Listener] = ()) -> None:
        self._db, self._listeners = database, tuple(listeners)

    def add(
        self, app: str, given: GivenNotice, *, notifier: str, flagger: str | None, via: str, now: datetime
    ) -> tuple[PublicNotice, str]:
        """Keep a notice that has no faults; with the secret by which its giver reads it.

        Args:
            notifier: what its giver is known again by; empty for nothing.
            flagger: id of the trusted flagger who gives it.
        """
        secret = secrets.token_urlsafe(24)

        def work(c: Connection) -> PublicNotice:
            item_id = _item_named(c, app, given.place)
            record = _record(c, notifier)
            row = {
                "number": new_number(),
                "secret_sha256": secret_digest(secret),
                "app": app,
                "item_id": item_id,
                "state": "unmatched" if item_id is None else "received",
                "kind": given.kind,
                "place": given.place.strip(),
                "reason": given.reason.strip(),
                "name": given.name.strip(),
                "mail": given.mail.strip(),
                "signature": given.signature.strip(),
                "notifier": notifier,
                "flagger": flagger,
                "language": given.language,
                "via": via,
                "created_at": now,
                "look_after": look_after(record, flagger is not None, now),
            }
            return _notice(c.execute(sa.insert(public_notices).values(row).returning(public_notices)).one())

        return self._db.write(work, step="notices.add"), secret

    def get(self, number: str, app: str | None = None) -> PublicNotice:
        """A notice by its number; of this app only. Raises `NotFound`."""
        mine = _N.number == number if app is None else (_N.number == number) & (_N.app == app)
        return self._one(mine, f"no notice {number[:20]}")

    def by_secret(self, app: str, secret: str) -> PublicNotice:
        """The notice that a receipt is of. Raises `NotFound`."""
        return self._one((_N.secret_sha256 == secret_digest(secret)) & (_N.app == app), "no such receipt")

    def find(
        self,
        app: str | None = None,
        *,
        states: Collection[str] = (),
        item_id: str | None = None,
        held: Collection[str] | None = None,
        limit: int = MOST_SHOWN,
    ) -> Sequence[PublicNotice]:
        """Notices, those of trusted flaggers first among open ones, then the newest.

        Args:
            held: clearances; notices of items that need others are left out. None for whoever is no person.
        """
        query = sa.select(public_notices)
        if held is not None:
            shown = sa.select(items.c.id).where(items.c.id == _N.item_id, is_shown(held)).correlate(public_notices)
            query = query.where(_N.item_id.is_(None) | shown.exists())
        query = query.where(_N.app == app) if app is not None else query
        query = query.where(_N.state.in_(list(states))) if states else query
        query = query.where(_N.item_id == item_id) if item_id is not None else query
        is_first = sa.case((_N.flagger.is_not(None) & _N.state.in_(OPEN), 0), else_=1)
        query = query.order_by(is_first, _N.created_at.desc(), _N.number).limit(limit)
        return self._db.read(lambda c: [_notice(row) for row in c.execute(query)])

    def record_of(self, notifier: str) -> Record:
        """How often a notifier was right."""
        return self._db.read(lambda c: _record(c, notifier))

    def match(self, number: str, item_id: str, *, by: str, now: datetime) -> PublicNotice:
        """Say which item a notice is about.

        Raises:
            InvalidSubmission: its app has no such item, or it is known already.
        """

        def work(c: Connection) -> PublicNotice:
            row = _held(c, number)
            there = sa.select(items.c.id).where(
                items.c.id == item_id, items.c.app == row.app, items.c.status != "withdrawn"
            )
            if row.state != "unmatched":
                raise InvalidSubmission([FieldError("number", f"notice {number} is {row.state}")])
            if not is_uuid(item_id) or c.execute(there).first() is None:
                raise InvalidSubmission([FieldError("item", f"app '{row.app}' has no such item")])
            note_change(c, "notice matched", number, now, by=by, item=item_id)
            return _changed(c, number, {"item_id": item_id, "state": "received"})

        return self._db.write(work, step="notices.match")

    def answer(self, number: str, words: str, *, by: str, now: datetime) -> PublicNotice:
        """Settle a notice about which nobody can decide, with words to who gave it: that nothing follows, and why.

        Raises:
            InvalidSubmission: there are no words, people are asked about it, or it is settled.
        """
        if not 0 < len(words.strip()) <= 2000:
            raise InvalidSubmission([FieldError("answer", "say why, in 1 to 2,000 characters: the notifier reads it")])

        def work(c: Connection) -> PublicNotice:
            row = _held(c, number)
            if row.state != "unmatched" and not (row.state == "received" and row.problem):
                message = f"notice {number} is {row.state}; people decide about its item"
                raise InvalidSubmission([FieldError("number", message)])
            note_change(c, "notice answered", number, now, by=by)
            settled = {"state": "dismissed", "settled_at": now, "settled_by": by, "answer": words.strip()}
            return _changed(c, number, settled)

        return self._db.write(work, step="notices.answer")

    def appeal(self, number: str, words: str, now: datetime) -> PublicNotice:
        """Note that a notifier asks to look again; once.

        Raises:
            AppealRefused: it was not dismissed, or was looked at again before.
            InvalidSubmission: there are no words.
        """
        if not 0 < len(words.strip()) <= 5000:
            raise InvalidSubmission([FieldError("appeal", "say why, in 1 to 5,000 characters")])

        def work(c: Connection) -> PublicNotice:
            row = _held(c, number)
            if not _notice(row).can_be_appealed:
                raise AppealRefused(f"notice {number} is {row.state}; one that was dismissed can be appealed once")
            return _changed(c, number, {"state": "appealed", "appeal": words.strip(), "appealed_at": now})

        return self._db.write(work, step="notices.appeal")

    def not_appealed(self, number: str, why: str) -> None:
        """Nobody can look again: leads see why, and the notice stays as it was decided."""
        values = {"state": "dismissed", "problem": why}
        changed = sa.update(public_notices).where(_N.number == number, _N.state == "appealed").values(values)
        self._db.write(lambda c: c.execute(changed), step="notices.not_appealed")

    def due(self, now: datetime, limit: int) -> dict[str, list[PublicNotice]]:
        """Decided items about which people are to be asked, each with its notices; those of trusted flaggers first."""
        waiting = (_N.state == "received") & (_N.look_after <= now) & _N.problem.is_(None)
        query = sa.select(public_notices).join(items, items.c.id == _N.item_id)
        query = query.where(waiting, items.c.status == "decided")
        query = query.order_by(sa.case((_N.flagger.is_not(None), 0), else_=1), _N.created_at).limit(limit)
        found: dict[str, list[PublicNotice]] = {}
        for row in self._db.read(lambda c: c.execute(query).all()):
            found.setdefault(row.item_id, []).append(_notice(row))
        return found

    def appeals_left(self, before: datetime) -> Sequence[PublicNotice]:
        """Appeals of decided items, from before, that nobody was asked about: the process ended in between."""
        left = (_N.state == "appealed") & (_N.appealed_at < before)
        query = sa.select(public_notices).join(items, items.c.id == _N.item_id)
        query = query.where(left, items.c.status == "decided").limit(MOST_SHOWN)
        return self._db.read(lambda c: [_notice(row) for row in c.execute(query)])

    def ask(self, record: ItemRecord, loop: LoopRecord, numbers: Sequence[str]) -> bool:
        """Put a decided item into review because of notices, with the loop that is to be started; once.

        Returns:
            False when it is not decided, or that loop is there already; nothing was done.
        """
        item = record.item

        def work(c: Connection) -> bool:
            decided = (items.c.id == item.id) & (items.c.status == "decided")
            if c.execute(sa.select(item_loops.c.name).where(item_loops.c.name == loop.name)).first() is not None:
                return False
            if not c.execute(sa.update(items).where(decided).values(status="in_review")).rowcount:
                return False
            put_on_judged(c, item.id, None, [loop], loop.created_at)
            c.execute(sa.insert(item_loops).values(loop_row(loop)))
            theirs = among(c, _N.number, numbers) & (_N.state == "received")
            c.execute(sa.update(public_notices).where(theirs).values(state="asked"))
            asked = {"policy": loop.policy, "queue": loop.queue, "reason": "a public notice"}
            told = () if record.stays_here else self._listeners
            note_event(c, item, "item.in_review", loop.created_at, asked, told)
            return True

        return self._db.write(work, step="notices.ask")

    def has_problem(self, numbers: Sequence[str], problem: str) -> None:
        """Nobody can be asked about these: leads see why, and answer them."""
        values = {"problem": problem[:500]}
        self._db.write(
            lambda c: c.execute(sa.update(public_notices).where(among(c, _N.number, numbers)).values(values)),
            step="notices.has_problem",
        )

    def take_to_sweep(self, now: datetime) -> PublicNotice | None:
        """An upheld or reversed notice whose copies and lists nobody has seen to; held for `SWEEP_LEASE`."""
        free = _N.is_to_sweep.is_(True) & (_N.sweep_until.is_(None) | (_N.sweep_until < now))
        first = sa.select(_N.number).where(free).order_by(_N.settled_at).limit(1)
        if self._db.read(lambda c: c.execute(first).first()) is None:
            return None

        def work(c: Connection) -> PublicNotice | None:
            number = c.execute(first.with_for_update(skip_locked=True)).scalar()
            return None if number is None else _changed(c, number, {"sweep_until": now + SWEEP_LEASE})

        return self._db.write(work, step="notices.take_to_sweep")

    def swept(self, notice: PublicNotice, became: Mapping[str, Any]) -> None:
        """Its copies and lists are seen to; unless it was decided anew meanwhile, which is to be seen to again."""
        same = (_N.number == notice.number) & (_N.state == notice.state)
        done = sa.update(public_notices).where(same).values(is_to_sweep=False, swept=dict(became), sweep_until=None)
        again = sa.update(public_notices).where(_N.number == notice.number, _N.state != notice.state)
        again = again.values(swept=dict(became), sweep_until=None)

        def work(c: Connection) -> None:
            if not c.execute(done).rowcount:
                c.execute(again)

        self._db.write(work, step="notices.swept")

    def already_rejected(self, item_id: str, decision: Decision) -> None:
        """What these name is rejected already: they are upheld by the decision there is, and nobody has to look."""
        self._db.write(lambda c: settle_notices(c, item_id, decision, by_people=False), step="notices.already_rejected")

    def needing_people(self) -> int:
        """How many wait for a lead: of no known item, or about which nobody can be asked."""
        lost = (_N.state == "unmatched") | ((_N.state == "received") & _N.problem.is_not(None))
        return self._db.read(lambda c: int(c.execute(sa.select(sa.func.count()).where(lost)).scalar_one()))

    def forget(self, number: str, *, by: str, now: datetime) -> None:
        """Erase what a settled notice says and who gave it; number, kind, times and outcome stay.

        Raises:
            NotFound: there is none.
            InvalidSubmission: an answer is still owed, or its item is under a legal hold.
        """

        def work(c: Connection) -> None:
            row = _held(c, number)
            if row.state in OPEN:
                raise InvalidSubmission(
                    [FieldError("number", f"notice {number} is {row.state}; it is kept until then")]
                )
            held = sa.select(items.c.id).where(items.c.id == row.item_id, is_held(now))
            if c.execute(held).first() is not None:
                raise InvalidSubmission([FieldError("number", f"notice {number} is about an item under a legal hold")])
            _forget(c, _N.number == number, now)
            note_change(c, "notice forgotten", number, now, by=by)

        self._db.write(work, step="notices.forget")

    def _one(self, wanted: sa.ColumnElement[bool], missing: str) -> PublicNotice:
        row = self._db.read(lambda c: c.execute(sa.select(public_notices).where(wanted)).first())
        if row is None:
            raise NotFound(missing)
        return _notice(row)


def settle_notices(c: Connection, item_id: str, decision: Decision, *, by_people: bool) -> None:
    """Answer the notices of an item that is decided, in the transaction of the decision.

    An approval by people answers those because of which they were asked; a rejection all that are open. When people
    approve what was rejected after a notice, that one is reversed, and what it did elsewhere is to be taken back.
    """
    at = decision.decided_at
    named = {"policy": decision.policy.name, "version": decision.policy.version, "reasons": list(decision.reasons)}
    said = {"outcome": decision.outcome, "by": decision.decided_by, **named}
    values = {"settled_at": at, "settled_by": decision.decided_by, "decided_as": said}
    of_item = _N.item_id == item_id
    if decision.outcome == "reject":
        upheld = {**values, "state": "upheld", "is_to_sweep": True, "problem": None}
        c.execute(sa.update(public_notices).where(of_item, _N.state.in_(OPEN)).values(upheld))
    elif by_people:
        asked = _N.state.in_(("asked", "appealed"))
        c.execute(sa.update(public_notices).where(of_item, asked).values(**values, state="dismissed"))
        taken_back = {**values, "state": "reversed", "is_to_sweep": True}
        c.execute(sa.update(public_notices).where(of_item, _N.state == "upheld").values(taken_back))


def close_notices(c: Connection, item_ids: Collection[str], now: datetime) -> None:
    """Items are gone: what notices say of them goes too, and nobody can decide about those still open."""
    theirs = among(c, _N.item_id, item_ids)
    gone = {"state": "gone", "settled_at": now, "settled_by": "", "is_to_sweep": False, "problem": None}
    c.execute(sa.update(public_notices).where(theirs, _N.state.in_(OPEN)).values(gone))
    _forget(c, theirs, now)


def forget_old(c: Connection, before: datetime, limit: int, now: datetime) -> int:
    """Erase what notices say that were settled long ago, and who gave them; those of items under a hold stay."""
    old = (_N.settled_at < before) & _N.forgotten_at.is_(None) & _N.state.not_in(OPEN)
    held = sa.exists().where(items.c.id == _N.item_id, is_held(now)).correlate(public_notices)
    numbers = list(c.execute(sa.select(_N.number).where(old, ~held).limit(limit)).scalars())
    _forget(c, among(c, _N.number, numbers), now)
    return len(numbers)


_NOTHING = {"place": "", "reason": "", "name": "", "mail": "", "signature": "", "answer": None, "appeal": None}


def _forget(c: Connection, which: sa.ColumnElement[bool], now: datetime) -> None:
    c.execute(sa.update(public_notices).where(which).values(**_NOTHING, forgotten_at=now))


def _item_named(c: Connection, app: str, place: str) -> str | None:
    """The app's item that what somebody wrote is the place of: by its id, else the newest of that content."""
    there = (items.c.app == app) & (items.c.status != "withdrawn")
    for each in places_named(place):
        wanted = items.c.id == each if is_uuid(each) else items.c.content_id == each
        found = c.execute(sa.select(items.c.id).where(there, wanted).order_by(items.c.id.desc()).limit(1)).scalar()
        if found is not None:
            return str(found)
    return None


def _record(c: Connection, notifier: str) -> Record:
    if not notifier:
        return Record()
    query = sa.select(_N.state, sa.func.count()).where(_N.notifier == notifier).group_by(_N.state)
    counts = {row[0]: row[1] for row in c.execute(query)}
    return Record(counts.get("upheld", 0), counts.get("dismissed", 0) + counts.get("reversed", 0))


def _held(c: Connection, number: str) -> Any:
    row = c.execute(sa.select(public_notices).where(_N.number == number).with_for_update()).first()
    if row is None:
        raise NotFound(f"no notice {number[:20]}")
    return row


def _changed(c: Connection, number: str, values: Mapping[str, Any]) -> PublicNotice:
    update = sa.update(public_notices).where(_N.number == number).values(values).returning(public_notices)
    return _notice(c.execute(update).one())


def _notice(row: Any) -> PublicNotice:
    return PublicNotice(**{name: getattr(row, name) for name in PublicNotice.__dataclass_fields__})
