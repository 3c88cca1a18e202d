"""The store: each step that items and human loops take, in one transaction each. Core values in and out.

What can be read of them is in `moderation.storage.reading`. The database is the truth; a queue only says that there is
work. Every function may be called twice and has one effect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import among, ready_insert, run_all
from moderation.core.counting import Marks
from moderation.core.decisions import Decision
from moderation.core.derivatives import Derivative
from moderation.core.errors import AppealRefused
from moderation.core.events import Listener, is_wanted
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import Item, Lane
from moderation.core.loops import Answer
from moderation.core.redaction import RedactedPart
from moderation.core.rules.caps import RuleName
from moderation.core.rulings import Ruling
from moderation.storage.bases import Bases
from moderation.storage.clearances import put_on, put_on_judged
from moderation.storage.deciding import DecidingTogether, NotAllPending, Outcomes, Ruled, note_asked, still_pending
from moderation.storage.derivatives import add_derivatives
from moderation.storage.event_log import may_hear, next_event, note_event
from moderation.storage.facets import named_rows, save_facets
from moderation.storage.fetches import fetch_rows
from moderation.storage.findings import Findings
from moderation.storage.flags import settle_flags
from moderation.storage.idempotency import KeyedAnswer, KeyedPost, keep_answer, kept_answer, make_final, move_waits
from moderation.storage.near_duplicates import fingerprints_decided, save_fingerprints
from moderation.storage.public_notices import settle_notices
from moderation.storage.reading import Reading
from moderation.storage.records import Claim, LoopEnd, LoopRecord
from moderation.storage.rows import (
    evidence_values,
    item_row,
    loop_row,
    media_rows,
    save_labels,
    save_media,
)
from moderation.storage.tables import (
    IS_UNDECIDED,
    IS_WAITING,
    ITEM_LEASE,
    decisions,
    erasures,
    fetches,
    item_facets,
    item_loops,
    item_media,
    items,
)
from moderation.storage.turns import Turns, next_app

_CLAIMED = (items.c.id, items.c.attempts, sa.cast(items.c.document, sa.Text).label("document"))


class Store(Reading):
    """Items and their path, in `database`: what can be read of them, and each step that they take.

    Args:
        listeners: who is told of items, beside their own callbacks.
    """

    def __init__(self, database: Database, listeners: Sequence[Listener] = ()) -> None:
        super().__init__(database)
        self._listeners = tuple(listeners)
        self._turns = Turns()

    # Intake

    def kept_answer(self, post: KeyedPost, now: datetime) -> Mapping[str, Any] | None:
        """What a post with an idempotency key was answered before; see `idempotency.kept_answer`."""
        return self._db.read(lambda c: kept_answer(c, post, now))

    def add_items(self, new: Sequence[Item], keyed: KeyedAnswer | None = None) -> Mapping[str, Any] | None:
        """Store items as pending, in one durable commit.

        Args:
            new: at least one.
            keyed: the answer to keep for the post's idempotency key, in the same commit.

        Returns:
            None when they are stored; or, where the same post was faster, what that was answered: nothing is stored.

        Raises:
            IdempotencyConflict: another post with this key and another body was faster; nothing is stored.
            IdempotencyInFlight: the same post was faster, and waits for its decision; nothing is stored.
        """
        dialect = self._db.engine.dialect
        media = [row for item in new for row in media_rows(item.id, item.parts)]
        named = [row for item in new for row in named_rows(item)]
        statements = [
            ready_insert(dialect, items, [item_row(item) for item in new]),
            ready_insert(dialect, item_media, media, or_nothing=True),
            ready_insert(dialect, fetches, [row for item in new for row in fetch_rows(item)]),
            ready_insert(dialect, item_facets, named, or_nothing=True),
        ]

        def work(c: Connection) -> Mapping[str, Any] | None:
            if keyed is not None and not keep_answer(c, keyed):
                return kept_answer(c, keyed.post, keyed.answered_at)
            run_all(c, statements)
            return None

        return self._db.write(work, step="items.add", rows=len(new))

    def move_waits(self, names: Collection[str], held_until: datetime, until: datetime) -> None:
        """Say that posts with idempotency keys still wait for their decisions; see `idempotency.move_waits`."""
        self._db.write(lambda c: move_waits(c, names, held_until, until), step="items.move_waits")

    def make_final(self, post: KeyedPost, answer: Mapping[str, Any]) -> None:
        """Keep the answer that a repeated post gets after the first one has waited."""
        self._db.write(lambda c: make_final(c, post, answer), step="items.make_final")

    # Work

    def claim(
        self, lane: Lane, limit: int, lease_seconds: float, now: datetime, *, of_few: bool = False
    ) -> list[Claim]:
        """Take up to `limit` waiting items of a lane that nobody holds, in the apps' turns, for the time of a lease.

        Args:
            of_few: leave apps that have many waiting to others; see `Turns`.
        """
        until = now + timedelta(seconds=lease_seconds)

        def work(c: Connection) -> list[tuple[str, int]]:
            ids = self._turns.next_ids(c, lane, limit, now, of_few=of_few)
            if not ids:
                return []
            chosen = sa.select(items.c.id).where(among(c, items.c.id, ids), IS_WAITING)
            rows = ITEM_LEASE.claim(c, chosen, now, until, _CLAIMED, attempts=items.c.attempts + 1)
            taken = {row.id: (row.document, row.attempts) for row in rows}
            return [taken[item_id] for item_id in ids if item_id in taken]

        rows = 1 if of_few else limit
        taken = self._db.write(work, step="items.claim", rows=rows)  # others need not wait while these are read
        return [Claim(Item.model_validate_json(document), attempts, until) for document, attempts in taken]

    def has_waiting(self, lane: Lane) -> bool:
        """Whether an item of a lane waits, or is worked on."""
        return self._db.read(lambda c: next_app(c, lane, "") is not None)

    def move_leases(self, item_ids: Collection[str], held_until: datetime, until: datetime) -> None:
        """Hold items that are held until one time until another; those that others took meanwhile stay with them."""
        self._db.write(lambda c: ITEM_LEASE.move(c, item_ids, held_until, until), step="items.move_leases")

    def release(self, item_ids: Collection[str], held_until: datetime) -> None:
        """Give items back that were claimed and not worked on: no attempt of theirs is used up, but for the first.

        That may have been one at too many together, which is not to be made again; see `Turns`.

        Args:
            held_until: the end of the claims' lease, so that items which another took meanwhile stay with it.
        """
        unused = sa.case((items.c.attempts > 1, items.c.attempts - 1), else_=items.c.attempts)
        self._db.write(lambda c: ITEM_LEASE.release(c, item_ids, held_until, attempts=unused), step="items.release")

    def note_problem(self, item_id: str, problem: str) -> None:
        """Keep why an item could not be judged, for those who look after the service."""
        waits = (items.c.id == item_id) & (items.c.status == "pending")
        self._db.write(
            lambda c: c.execute(sa.update(items).where(waits).values(problem=problem)), step="items.note_problem"
        )

    # Outcomes

    def decide(
        self,
        item_id: str,
        decision: Decision,
        findings: Findings | None,
        ruling: Ruling | None,
        ended: Sequence[LoopEnd] = (),
        *,
        samples: Sequence[LoopRecord] = (),
        redacted: Sequence[RedactedPart] = (),
        caps: Mapping[RuleName, int] | None = None,
        media_until: datetime | None = None,
        derivatives: Sequence[Derivative] = (),
        fingerprints: Sequence[Fingerprint] = (),
        marks: Marks | None = None,
        is_anew: bool = False,
    ) -> Decision | None:
        """Append a decision on an item with its state, labels and delivery, in one transaction.

        Args:
            findings: stored with it; None to leave what is there.
            ruling: stored with it; None to leave what is there.
            ended: the human loops that settled it; none where the rules do.
            samples: human loops that look at it afterwards, to be started or followed.
            redacted: copies of its parts that may be shown.
            caps: how many items the rules that reject it may reject a day.
            media_until: when its media may be deleted; None for never.
            derivatives: what is to be done with its pictures and films.
            fingerprints: what its parts are recognised by.
            marks: what others are told of it; None where nothing is counted.
            is_anew: the rules decide an item that is decided already; theirs supersedes.

        Returns:
            The decision as stored; None when the item was decided already and nothing was done.

        Raises:
            CapReached: a rule has rejected so many today; nothing was done.
            CountsMoved: what the rules were told of counters does not hold any more; nothing was done.
        """

        def work(c: Connection) -> Decision | None:
            values: dict[str, Any] = {"status": "decided", "outcome": decision.outcome, "lease_until": None}
            values |= {"problem": None, "media_until": media_until, "media_tagged": False}
            shared = Bases()
            values |= evidence_values(findings, ruling, shared)
            if redacted:
                values["redacted"] = [part.model_dump(mode="json", exclude_none=True) for part in redacted]
            if decision.outcome == "reject":
                values["redacted"] = None
            # Rules decide what nobody has decided yet; people also what was decided before and is appealed.
            is_open = IS_UNDECIDED if ended else items.c.status == ("decided" if is_anew else "pending")
            update = sa.update(items).where(items.c.id == item_id, is_open).values(values)
            # What was found is read back only where somebody is told, and may not be.
            update = update.returning(items.c.document, *([items.c.findings] if self._listeners else []))
            row = c.execute(update).first()
            if row is None:
                return None
            shared.ready(c.dialect).run(c)
            item = Item.model_validate(row.document)
            count = sa.select(sa.func.count()).select_from(decisions).where(decisions.c.item_id == item_id)
            number = c.execute(count).scalar_one() + 1
            told = next_event(c, item_id) if self._listeners or is_wanted(item, "item.decided") else None
            made = decision.model_copy(update={"supersedes": number - 1}) if number > 1 else decision
            listeners = may_hear(self._listeners, row.findings) if self._listeners else ()
            ruled = Ruled(
                item=item,
                decision=made,
                findings=findings,
                ruling=ruling,
                loops=samples,
                media_until=media_until,
                fingerprints=fingerprints,
                marks=marks,
                redacted=redacted,
                number=number,
                event=told,
                due_at=_due_at(c, ended),
                is_by_people=bool(ended),
            )
            Outcomes(c.dialect, [ruled], listeners).write(c, caps)
            add_derivatives(c, item_id, item.app, number, derivatives, decision.decided_at)
            if ended:
                fingerprints_decided(c, item_id, decision.decided_at)
            settle_notices(c, item_id, made, by_people=bool(ended))
            if ended or made.outcome == "reject":
                settle_flags(c, item_id, made.outcome, made.decided_at)
            _end_loops(c, ended)
            return made

        return self._db.write(work, step="items.decide")

    def decide_together(self, ruled: Sequence[Ruled]) -> set[str]:
        """Decide several items, or put them into review, in one transaction of few statements.

        See `decide` and `send_to_people`.

        Returns:
            The items that this was done to; the others were not pending any more.
        """
        dialect, listeners = self._db.engine.dialect, self._listeners

        def carefully(c: Connection) -> set[str]:
            if left := still_pending(c, ruled):
                DecidingTogether(dialect, left, listeners).write(c)
            return {each.item.id for each in left}

        together = DecidingTogether(dialect, ruled, listeners)
        try:
            self._db.write(together.write, step="items.decide_together", rows=len(ruled))
        except NotAllPending:
            return self._db.write(carefully, step="items.decide_those_left", rows=len(ruled))
        return {each.item.id for each in ruled}

    def send_to_people(
        self,
        item_id: str,
        findings: Findings | None,
        ruling: Ruling | None,
        loops: Sequence[LoopRecord],
        fingerprints: Sequence[Fingerprint] = (),
        ended: Sequence[LoopEnd] = (),
        *,
        marks: Marks | None = None,
    ) -> bool:
        """Store that people are asked, with the loops that are to be started or followed, in one transaction.

        Args:
            findings: stored with it; None to leave what is there.
            ruling: stored with it; None to leave what is there.
            loops: at least one.
            fingerprints: what the item's parts are recognised by.
            ended: the loops of the round before, which settled nothing.
            marks: what others are told of it; None where nothing is counted.

        Returns:
            False when this round of the item has its loops already, or the item is decided.

        Raises:
            CountsMoved: what the rules were told of counters does not hold any more; nothing was done.
        """

        def work(c: Connection) -> bool:
            # Evidence comes with the first look only; one that comes late must not touch an item that went on.
            is_first = findings is not None and not ended
            undecided = (items.c.id == item_id) & (items.c.status == "pending" if is_first else IS_UNDECIDED)
            shared = Bases()
            values = {"status": "in_review", "lease_until": None, "problem": None}
            values |= evidence_values(findings, ruling, shared)
            document = c.execute(sa.update(items).where(undecided).values(values).returning(items.c.document)).scalar()
            if document is None:
                return False
            shared.ready(c.dialect).run(c)
            item = Item.model_validate(document)
            ruled = Ruled(item, None, findings, ruling, loops, None, fingerprints, marks)
            new = Outcomes(c.dialect, [ruled]).write(c)
            _end_loops(c, ended)
            if is_first:
                note_asked(c, item, loops[0], ruling, findings, self._listeners)
            return new > 0

        return self._db.write(work, step="items.send_to_people")

    def ask_anew(self, item: Item, findings: Findings, ruling: Ruling, loop: LoopRecord) -> bool:
        """Put a decided item into review again, with what was found anew and the loop to be started.

        Returns:
            False when it is not decided, or that loop is there already; nothing was done.
        """

        def work(c: Connection) -> bool:
            decided = (items.c.id == item.id) & (items.c.status == "decided")
            shared = Bases()
            values = {"status": "in_review", **evidence_values(findings, ruling, shared, item.parts)}
            there = sa.select(item_loops.c.name).where(item_loops.c.name == loop.name)
            if c.execute(there).first() is not None:
                return False
            if not c.execute(sa.update(items).where(decided).values(values)).rowcount:
                return False
            shared.ready(c.dialect).run(c)
            save_labels(c, item.id, findings)
            save_media(c, item.id, findings.parts)
            save_facets(c, [(item, ruling, findings)])
            put_on_judged(c, item.id, findings, [loop], loop.created_at)
            c.execute(sa.insert(item_loops).values(loop_row(loop)))
            note_asked(c, item, loop, ruling, findings, self._listeners)
            return True

        return self._db.write(work, step="items.ask_anew")

    def open_appeal(self, item: Item, loop: LoopRecord, fingerprints: Sequence[Fingerprint] = ()) -> None:
        """Put a decided item into review again, with the loop that is to be started, in one transaction.

        Args:
            fingerprints: what its parts are recognised by, in case they are not kept yet.

        Raises:
            AppealRefused: it is not decided; another appeal may be open.
        """

        def work(c: Connection) -> None:
            decided = (items.c.id == item.id) & (items.c.status == "decided")
            opened = sa.update(items).where(decided).values(status="in_review").returning(items.c.findings)
            row = c.execute(opened).first()
            if row is None:
                raise AppealRefused(f"item {item.id} is not decided; it can be appealed once it is")
            save_fingerprints(c, item.id, item.app, fingerprints, None)
            put_on_judged(c, item.id, None, [loop], loop.created_at)
            c.execute(sa.insert(item_loops).values(loop_row(loop)))
            note_event(c, item, "item.appealed", loop.created_at, {}, may_hear(self._listeners, row.findings))

        self._db.write(work, step="items.open_appeal")

    def put_on_clearance(self, item_id: str, clearance: str, because: str, at: datetime) -> None:
        """Have people need a clearance to see an item from now on; nothing happens when they do."""
        self._db.write(lambda c: put_on(c, item_id, {clearance: because}, at), step="items.put_on_clearance")

    def end_loop(self, end: LoopEnd) -> None:
        """Mark a loop as ended that changes nothing about its item."""
        self._db.write(lambda c: _end_loops(c, [end]), step="loops.end")

    def save_answers(self, loop: str, answers: Sequence[Answer]) -> None:
        """Keep what reviewers answered."""
        values = {"answers": [a.model_dump(mode="json") for a in answers]}
        self._db.write(
            lambda c: c.execute(sa.update(item_loops).where(item_loops.c.name == loop).values(values)),
            step="loops.save_answers",
        )

    def note_loop(
        self,
        name: str,
        *,
        state: str,
        next_look_at: datetime | None,
        arn: str | None = None,
        problem: str | None = None,
    ) -> bool:
        """Note how a loop stands and when to look again; ended loops stay as they are.

        Returns:
            False when there is no such loop (any more), or it has ended.
        """
        values: dict[str, Any] = {"state": state, "next_look_at": next_look_at, "problem": problem}
        values |= {"arn": arn} if arn else {}
        where = (item_loops.c.name == name) & (item_loops.c.state != "ended")
        update = sa.update(item_loops).where(where).values({**values, "looks": item_loops.c.looks + 1})
        return self._db.write(lambda c: bool(c.execute(update).rowcount), step="loops.note")

    def started_in_vain(self, item_id: str, loop: str, arn: str, now: datetime) -> None:
        """Have a human loop erased that was opened while its item was withdrawn; nothing happens to that of others."""
        gone = sa.select(items.c.id).where(items.c.id == item_id, items.c.status == "withdrawn")
        row = {"item_id": item_id, "kind": "loop", "name": loop, "place": arn, "due_at": now}

        def work(c: Connection) -> None:
            if c.execute(gone).first() is not None:
                c.execute(sa.insert(erasures).values(row))

        self._db.write(work, step="loops.started_in_vain")


def _due_at(c: Connection, ends: Sequence[LoopEnd]) -> datetime | None:
    """Until when people were to decide what these loops settled; None where nobody said."""
    if not ends:
        return None
    of_these = item_loops.c.name.in_([end.name for end in ends])
    due_at: datetime | None = c.execute(sa.select(sa.func.min(item_loops.c.due_at)).where(of_these)).scalar()
    return due_at


def _end_loops(c: Connection, ends: Sequence[LoopEnd]) -> None:
    for end in ends:
        answers = [answer.model_dump(mode="json") for answer in end.answers]
        values = {"state": "ended", "answers": answers, "outcome": end.outcome, "problem": end.problem}
        c.execute(sa.update(item_loops).where(item_loops.c.name == end.name).values(values))
