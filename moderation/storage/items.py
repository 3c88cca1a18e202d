"""The store: items, what was found, human loops and decisions. Core values in and out; the SQL stays here.

The database is the truth; queues only say that there is work. Every function may be called twice and has one effect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from ground.leases import Lease
from moderation.core.decisions import Decision
from moderation.core.detections import Detection, Failure
from moderation.core.errors import AppealRefused, IdempotencyConflict, IdempotencyInFlight, NotFound
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import Item, Part
from moderation.core.loops import Answer
from moderation.core.redaction import RedactedPart
from moderation.core.rules.caps import RuleName
from moderation.core.verdicts import Verdict
from moderation.storage.near_duplicates import fingerprints_decided, save_fingerprints
from moderation.storage.records import Claim, Findings, ItemRecord, LoopRecord, delivery_rows, loop_record
from moderation.storage.rule_counts import count_rules
from moderation.storage.tables import (
    decisions,
    deliveries,
    human_loops,
    idempotency_keys,
    item_labels,
    item_media,
    items,
)

_LEASE = Lease(items.c.id, items.c.lease_until)
IN_FLIGHT_SECONDS = 60
"""A post that has not been answered after this long was lost with its process; its key may be used again."""


class Store:
    """Items and their path, in `database`.

    Args:
        notify: names of targets that every decision is told to, beside the item's own callback.
    """

    def __init__(self, database: Database, notify: Sequence[str] = ()) -> None:
        self._db, self._notify = database, tuple(notify)

    # Intake

    def reserve_key(self, app: str, key: str, body_sha256: str, now: datetime) -> Mapping[str, Any] | None:
        """Take an idempotency key for a post that begins now.

        Returns:
            The stored answer when this very post was answered before; None when the caller is the first. An answer
            may say ``in_flight_until``: till then it is not final.

        Raises:
            IdempotencyConflict: the key was used with another body.
            IdempotencyInFlight: the first post is still being answered.
        """

        def work(c: Connection) -> Mapping[str, Any] | None:
            where = (idempotency_keys.c.app == app) & (idempotency_keys.c.key == key)
            row = c.execute(sa.select(idempotency_keys).where(where)).first()
            if row is None:
                values = {"app": app, "key": key, "body_sha256": body_sha256, "created_at": now}
                if c.execute(insert_or_nothing(c, idempotency_keys).values(values)).rowcount:
                    return None
                raise IdempotencyInFlight(f"a post with idempotency key {key!r} has just begun; try again")
            if row.body_sha256 != body_sha256:
                raise IdempotencyConflict(f"idempotency key {key!r} was used with another body; use a new key")
            if row.response is not None:
                response: Mapping[str, Any] = row.response
                until = response.get("in_flight_until")
                if until is None or datetime.fromisoformat(until) <= now:
                    return response
                raise IdempotencyInFlight(f"the first post with idempotency key {key!r} waits for its decision")
            if row.created_at > now - timedelta(seconds=IN_FLIGHT_SECONDS):
                raise IdempotencyInFlight(f"the first post with idempotency key {key!r} is not answered yet; try again")
            c.execute(sa.update(idempotency_keys).where(where).values(created_at=now))
            return None

        return self._db.write(work)

    def release_key(self, app: str, key: str) -> None:
        """Give back a key whose post was refused: nothing was stored for it."""
        where = (
            (idempotency_keys.c.app == app) & (idempotency_keys.c.key == key) & idempotency_keys.c.response.is_(None)
        )
        self._db.write(lambda c: c.execute(sa.delete(idempotency_keys).where(where)))

    def save_response(self, app: str, key: str, response: Mapping[str, Any]) -> None:
        """Keep the answer that a repeated post gets."""
        where = (idempotency_keys.c.app == app) & (idempotency_keys.c.key == key)
        self._db.write(lambda c: c.execute(sa.update(idempotency_keys).where(where).values(response=dict(response))))

    def add_items(self, new: Sequence[Item], key: tuple[str, str, Mapping[str, Any]] | None = None) -> None:
        """Store items as pending, in one durable commit.

        Args:
            new: at least one.
            key: app, idempotency key and the answer to keep for it, committed with the items.

        Raises:
            IdempotencyInFlight: the key's reservation was lost to another post meanwhile; nothing is stored.
        """
        rows = [item_row(item) for item in new]

        def work(c: Connection) -> None:
            c.execute(sa.insert(items), rows)
            for item in new:
                save_media(c, item.id, item.parts)
            if key is not None:
                # A post that took longer than IN_FLIGHT_SECONDS may find its key with another: one of them is stored.
                mine = (idempotency_keys.c.app == key[0]) & (idempotency_keys.c.key == key[1])
                mine &= idempotency_keys.c.response.is_(None)
                if not c.execute(sa.update(idempotency_keys).where(mine).values(response=dict(key[2]))).rowcount:
                    raise IdempotencyInFlight(f"another post with idempotency key {key[1]!r} was faster; try again")

        self._db.write(work)

    # Work

    def claim(self, limit: int, lease_seconds: float, now: datetime) -> list[Claim]:
        """Take up to `limit` pending items that nobody holds, oldest first, and hold them for the lease."""
        until = now + timedelta(seconds=lease_seconds)
        chosen = sa.select(items.c.id).where(items.c.status == "pending").order_by(items.c.id).limit(limit)
        rows = self._db.write(lambda c: _LEASE.claim(c, chosen, now, until, attempts=items.c.attempts + 1))
        return [Claim(Item.model_validate(r.document), r.attempts, until) for r in sorted(rows, key=lambda r: r.id)]

    def release(self, item_ids: Collection[str], held_until: datetime | None = None) -> None:
        """Give items back that were claimed and not worked on.

        Args:
            held_until: the end of the claims' lease, so that items which another took meanwhile stay with it; None to
                give them back whoever has them.
        """
        self._db.write(lambda c: _LEASE.release(c, item_ids, held_until))

    def has_waiting(self, now: datetime) -> bool:
        """True when a pending item is free to be claimed."""
        free = (items.c.status == "pending") & _LEASE.is_free(now)
        return self._db.read(lambda c: c.execute(sa.select(items.c.id).where(free).limit(1)).first()) is not None

    def backlog(self) -> tuple[int, datetime | None]:
        """How many items are pending, and since when the oldest."""
        query = sa.select(sa.func.count(), sa.func.min(items.c.id)).where(items.c.status == "pending")

        def work(c: Connection) -> tuple[int, datetime | None]:
            count, oldest = c.execute(query).one()
            if oldest is None:
                return count, None
            return count, c.execute(sa.select(items.c.created_at).where(items.c.id == oldest)).scalar_one()

        return self._db.read(work)

    # Outcomes

    def decide(
        self,
        item_id: str,
        decision: Decision,
        findings: Findings | None,
        verdict: Verdict | None,
        loop: str | None = None,
        *,
        samples: Sequence[LoopRecord] = (),
        redacted: Sequence[RedactedPart] = (),
        caps: Mapping[RuleName, int] | None = None,
        media_until: datetime | None = None,
        fingerprints: Sequence[Fingerprint] = (),
    ) -> Decision | None:
        """Append a decision on an item with its state, labels and delivery, in one transaction.

        Args:
            findings: stored with it; None to leave what is there.
            verdict: stored with it; None to leave what is there.
            loop: the human loop that settled it, marked as ended.
            samples: human loops that look at it afterwards, to be started.
            redacted: copies of its parts that may be shown.
            caps: how many items the rules that reject it may reject a day.
            media_until: when its media may be deleted; None for never.
            fingerprints: what its parts are recognised by.

        Returns:
            The decision as stored; None when the item was decided already and nothing was done.

        Raises:
            CapReached: a rule has rejected so many today; nothing was done.
        """

        def work(c: Connection) -> Decision | None:
            values: dict[str, Any] = {"status": "decided", "outcome": decision.outcome, "lease_until": None}
            values |= {"media_until": media_until, "media_tagged": False}
            values |= _evidence(findings, verdict)
            if redacted:
                values["redacted"] = [part.model_dump(mode="json", exclude_none=True) for part in redacted]
            if decision.outcome == "reject":
                values["redacted"] = None
            # Rules decide what nobody has decided yet; people also what was decided before and is appealed.
            is_open = items.c.status == "pending" if loop is None else items.c.status != "decided"
            update = sa.update(items).where(items.c.id == item_id, is_open).values(values).returning(items.c.document)
            row = c.execute(update).first()
            if row is None:
                return None
            item = Item.model_validate(row.document)
            count = sa.select(sa.func.count()).select_from(decisions).where(decisions.c.item_id == item_id)
            number = c.execute(count).scalar_one() + 1
            made = decision.model_copy(update={"supersedes": number - 1}) if number > 1 else decision
            document = made.model_dump(mode="json")
            new = {"item_id": item_id, "number": number, "document": document, "decided_at": made.decided_at}
            c.execute(sa.insert(decisions).values(new))
            if findings is not None:
                _save_labels(c, item_id, findings)
                save_media(c, item_id, findings.parts)
            save_media(c, item_id, redacted)
            save_fingerprints(c, item_id, item.app, fingerprints, decision.decided_at)
            if loop is not None:
                fingerprints_decided(c, item_id, decision.decided_at)
            if verdict is not None:
                count_rules(c, verdict, decision.decided_at, caps or {})
            if loop is not None:
                values = {"state": "ended", "problem": None, "outcome": decision.outcome}
                c.execute(sa.update(human_loops).where(human_loops.c.name == loop).values(values))
            for sample in samples:
                c.execute(insert_or_nothing(c, human_loops).values(_new_loop(sample)))
            if told := delivery_rows(item, made, number, redacted, self._notify):
                c.execute(sa.insert(deliveries), told)
            return made

        return self._db.write(work)

    def send_to_people(
        self,
        item_id: str,
        findings: Findings | None,
        verdict: Verdict | None,
        loop: LoopRecord,
        fingerprints: Sequence[Fingerprint] = (),
    ) -> bool:
        """Store a verdict of review and the loop that is to be started, in one transaction.

        Args:
            findings: stored with it; None to leave what is there.
            verdict: stored with it; None to leave what is there.
            fingerprints: what the item's parts are recognised by.

        Returns:
            False when this round of the item has its loop already, or the item is decided.
        """

        def work(c: Connection) -> bool:
            # Evidence comes with the first look only; one that comes late must not touch an item that went on.
            undecided = (items.c.id == item_id) & (
                items.c.status == "pending" if findings is not None else items.c.status != "decided"
            )
            values = {"status": "in_review", "lease_until": None, **_evidence(findings, verdict)}
            app = c.execute(sa.update(items).where(undecided).values(values).returning(items.c.app)).scalar()
            if app is None:
                return False
            save_fingerprints(c, item_id, app, fingerprints, None)
            if findings is not None:
                _save_labels(c, item_id, findings)
                save_media(c, item_id, findings.parts)
            if verdict is not None:
                count_rules(c, verdict, loop.created_at, {})
            return bool(c.execute(insert_or_nothing(c, human_loops).values(_new_loop(loop))).rowcount)

        return self._db.write(work)

    def open_appeal(self, item_id: str, loop: LoopRecord) -> None:
        """Put a decided item into review again, with the loop that is to be started, in one transaction.

        Raises:
            AppealRefused: it is not decided; another appeal may be open.
        """

        def work(c: Connection) -> None:
            decided = (items.c.id == item_id) & (items.c.status == "decided")
            if not c.execute(sa.update(items).where(decided).values(status="in_review")).rowcount:
                raise AppealRefused(f"item {item_id} is not decided; it can be appealed once it is")
            c.execute(sa.insert(human_loops).values(_new_loop(loop)))

        self._db.write(work)

    def end_round(self, loop: str, answers: Sequence[Answer], problem: str | None, outcome: str | None = None) -> None:
        """Mark a loop as ended without a decision, keeping what was answered, and what that came to for a sample."""
        answered = [a.model_dump(mode="json") for a in answers]
        values = {"state": "ended", "problem": problem, "answers": answered, "outcome": outcome}
        self._db.write(lambda c: c.execute(sa.update(human_loops).where(human_loops.c.name == loop).values(values)))

    def save_answers(self, loop: str, answers: Sequence[Answer]) -> None:
        """Keep what reviewers answered."""
        values = {"answers": [a.model_dump(mode="json") for a in answers]}
        self._db.write(lambda c: c.execute(sa.update(human_loops).where(human_loops.c.name == loop).values(values)))

    def note_loop(
        self,
        name: str,
        *,
        state: str,
        next_look_at: datetime | None,
        arn: str | None = None,
        problem: str | None = None,
    ) -> None:
        """Note how a loop stands and when to look again; ended loops stay as they are."""
        values: dict[str, Any] = {"state": state, "next_look_at": next_look_at, "problem": problem}
        values |= {"arn": arn} if arn else {}
        where = (human_loops.c.name == name) & (human_loops.c.state != "ended")
        update = sa.update(human_loops).where(where).values({**values, "looks": human_loops.c.looks + 1})
        self._db.write(lambda c: c.execute(update))

    def due_loops(self, now: datetime, limit: int) -> list[LoopRecord]:
        """Loops to be started or asked about, longest waiting first."""
        due = human_loops.c.state.in_(("starting", "open")) & (human_loops.c.next_look_at <= now)
        query = sa.select(human_loops).where(due).order_by(human_loops.c.next_look_at).limit(limit)
        return self._db.read(lambda c: [loop_record(row) for row in c.execute(query)])

    def get_loop(self, name: str) -> LoopRecord:
        """A loop by name. Raises `NotFound`."""
        row = self._db.read(lambda c: c.execute(sa.select(human_loops).where(human_loops.c.name == name)).first())
        if row is None:
            raise NotFound(f"no human loop {name}")
        return loop_record(row)

    def loop_problems(self) -> list[str]:
        """What keeps loops from getting on, each once."""
        query = sa.select(human_loops.c.problem).where(
            human_loops.c.state != "ended", human_loops.c.problem.is_not(None)
        )
        return self._db.read(lambda c: sorted({row.problem for row in c.execute(query.distinct().limit(20))}))

    # Reading

    def get_item(self, item_id: str, app: str | None = None) -> ItemRecord:
        """An item with all that happened. Raises `NotFound`, also when it is another app's."""

        def work(c: Connection) -> ItemRecord:
            row = c.execute(sa.select(items).where(items.c.id == item_id)).first()
            if row is None or (app is not None and row.app != app):
                raise NotFound(f"no item {item_id}")
            return self._record(c, row)

        return self._db.read(work)

    def search_items(
        self,
        *,
        app: str,
        status: str | None = None,
        label: str | None = None,
        outcome: str | None = None,
        content_id: str | None = None,
        since: datetime | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[ItemRecord]:
        """Items of an app, newest first; `before` is the id that the last page ended with."""
        query = sa.select(items).where(items.c.app == app)
        for column, value in ((items.c.status, status), (items.c.outcome, outcome), (items.c.content_id, content_id)):
            query = query.where(column == value) if value is not None else query
        if label is not None:
            query = query.where(items.c.id.in_(sa.select(item_labels.c.item_id).where(item_labels.c.label == label)))
        if since is not None:
            query = query.where(items.c.created_at >= since)
        if before is not None:
            query = query.where(items.c.id < before)
        query = query.order_by(items.c.id.desc()).limit(limit)
        return self._db.read(lambda c: [self._record(c, row) for row in c.execute(query).all()])

    def counts(self) -> dict[tuple[str, str], int]:
        """How many items there are by (status, outcome or empty)."""
        query = sa.select(items.c.status, items.c.outcome, sa.func.count()).group_by(items.c.status, items.c.outcome)
        return self._db.read(lambda c: {(r[0], r[1] or ""): r[2] for r in c.execute(query)})

    def _record(self, c: Connection, row: sa.Row[Any]) -> ItemRecord:
        item = Item.model_validate(row.document)
        found = row.findings or {}
        decided = c.execute(
            sa.select(decisions.c.document).where(decisions.c.item_id == item.id).order_by(decisions.c.number)
        )
        loops = c.execute(
            sa.select(human_loops)
            .where(human_loops.c.item_id == item.id)
            .order_by(human_loops.c.created_at, human_loops.c.round)
        )
        return ItemRecord(
            item=item,
            status=row.status,
            parts=tuple(Part.model_validate(p) for p in found.get("parts", ())) or item.parts,
            detections=tuple(Detection.model_validate(d) for d in found.get("detections", ())),
            failures=tuple(Failure.model_validate(f) for f in found.get("failures", ())),
            verdict=Verdict.model_validate(row.verdict) if row.verdict else None,
            decisions=tuple(Decision.model_validate(d.document) for d in decided),
            loops=tuple(loop_record(loop) for loop in loops),
            basis=found.get("basis", {}),
            media_deleted_at=row.media_deleted_at,
            redacted=tuple(RedactedPart.model_validate(each) for each in row.redacted or ()),
        )


def item_row(item: Item) -> dict[str, Any]:
    """A new item as a row of its table: pending, looked at by nobody."""
    return {
        "id": item.id,
        "app": item.app,
        "content_id": item.content_id,
        "status": "pending",
        "created_at": item.created_at,
        "document": item.model_dump(mode="json"),
        "attempts": 0,
    }


def save_media(c: Connection, item_id: str, parts: Sequence[Part] | Sequence[RedactedPart]) -> None:
    """Note which objects an item has, so that they are kept as long as it needs them."""
    for uri in sorted({part.media.uri for part in parts if part.media is not None}):
        c.execute(insert_or_nothing(c, item_media).values(item_id=item_id, uri=uri))


def _new_loop(loop: LoopRecord) -> dict[str, Any]:
    return {
        "name": loop.name,
        "item_id": loop.item_id,
        "round": loop.round,
        "policy": loop.policy,
        "policy_version": loop.policy_version,
        "queue": loop.queue,
        "flow": loop.flow,
        "state": "starting",
        "purpose": loop.purpose,
        "sampling": loop.sampling,
        "is_blind": loop.is_blind,
        "appeal": loop.appeal,
        "looks": 0,
        "next_look_at": loop.created_at,
        "created_at": loop.created_at,
    }


def _evidence(findings: Findings | None, verdict: Verdict | None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if findings is not None:
        values["findings"] = {
            "parts": [part.model_dump(mode="json", exclude_none=True) for part in findings.parts],
            "detections": [d.model_dump(mode="json", exclude_none=True) for d in findings.detections],
            "failures": [f.model_dump(mode="json") for f in findings.failures],
            "basis": dict(findings.basis),
        }
    if verdict is not None:
        values["verdict"] = verdict.model_dump(mode="json", exclude_none=True)
    return values


def _save_labels(c: Connection, item_id: str, findings: Findings) -> None:
    labels = sorted({label for d in findings.detections for label in (d.label, *d.parents)})
    for label in labels:
        c.execute(insert_or_nothing(c, item_labels).values(item_id=item_id, label=label))
