"""Outcomes: what is written when items are decided or people are asked, a statement a table however many items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

from ground.encoded_json import EncodedJSON, as_json
from ground.errors import ModerationError
from ground.once import Once
from ground.prepared import among, ready_insert, ready_update, run_all
from moderation.core.counting import Marks
from moderation.core.decisions import Decision
from moderation.core.egress import stays_here
from moderation.core.events import Listener
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import Item
from moderation.core.redaction import RedactedPart
from moderation.core.rules.caps import RuleName, fired
from moderation.core.rulings import Ruling
from moderation.storage import roll_ups
from moderation.storage.audit import decision_record
from moderation.storage.bases import Bases
from moderation.storage.clearances import Wanted, put_on_wanted
from moderation.storage.counters import check_and_mark
from moderation.storage.event_log import note_event
from moderation.storage.facets import facet_rows
from moderation.storage.findings import NOTHING_FOUND, Findings
from moderation.storage.near_duplicates import fingerprint_row, told_from
from moderation.storage.records import LoopRecord, delivery_rows
from moderation.storage.rows import decision_row, encoded_ruling, evidence_values, label_rows, loop_row, media_rows
from moderation.storage.rule_counts import check_caps, ready_rules
from moderation.storage.tables import (
    IS_WAITING,
    audit_records,
    decisions,
    deliveries,
    fingerprints,
    item_facets,
    item_labels,
    item_loops,
    item_media,
    items,
)


@dataclass(frozen=True)
class Ruled:
    """An item that is decided, or that people are asked about, with what that is made of.

    Attributes:
        decision: None where people are asked.
        findings: None to leave what is there, as in `ruling`.
        loops: that look at it afterwards; where people are asked, those that ask them.
        media_until: when its media may be deleted; None for never.
        marks: what others are told of it; None where nothing is counted.
        redacted: copies of its parts that may be shown.
        number: of the decision, among the item's.
        event: of its event, among the item's; None where there were no others than decisions.
        due_at: until when people were to decide; None where nobody said.
        is_by_people: whether people have settled it.
    """

    item: Item
    decision: Decision | None
    findings: Findings | None
    ruling: Ruling | None
    loops: Sequence[LoopRecord]
    media_until: datetime | None
    fingerprints: Sequence[Fingerprint]
    marks: Marks | None = None
    redacted: Sequence[RedactedPart] = ()
    number: int = 1
    event: int | None = None
    due_at: datetime | None = None
    is_by_people: bool = False

    @property
    def ruled_at(self) -> datetime:
        """When it was decided, or people were asked."""
        return self.loops[0].created_at if self.decision is None else self.decision.decided_at


class NotAllPending(ModerationError):
    """Some of the items were decided meanwhile; nothing of the transaction may stay."""


def still_pending(c: Connection, ruled: Sequence[Ruled]) -> list[Ruled]:
    """Those that nobody has decided meanwhile; held until the end of the transaction."""
    pending = sa.select(items.c.id).where(among(c, items.c.id, [each.item.id for each in ruled]), IS_WAITING)
    ids = set(c.execute(pending.order_by(items.c.id).with_for_update()).scalars())
    return [each for each in ruled if each.item.id in ids]


class Outcomes:
    """What is written of outcomes beside the items' own rows; made ready before the transaction where that can be.

    Args:
        made: at least one; the first one's time says in which hour and day all are counted.
        listeners: who is told of decisions, beside the items' own callbacks.
    """

    def __init__(self, dialect: Dialect, made: Sequence[Ruled], listeners: Sequence[Listener] = ()) -> None:
        self._at = made[0].ruled_at
        self._marks = [each.marks for each in made if each.marks is not None]
        self._wanted: list[tuple[str, datetime, Wanted]] = []
        rows: dict[sa.Table, list[dict[str, Any]]] = {table: [] for table in (*_EACH_NEW, *_LEFT_ALONE)}
        loops: list[dict[str, Any]] = []
        judged = _Judged()
        counts: roll_ups.Counts = Counter()
        encoded = Once[Decision, EncodedJSON](_encoded)
        for each in made:
            item, decision, findings, ruling = each.item, each.decision, each.findings, each.ruling
            if decision is not None:
                rows[decisions].append(decision_row(item.id, each.number, decision, encoded(decision)))
                rows[audit_records].append(decision_record(item.id, each.number, decision))
                told = delivery_rows(item, decision, each.number, each.redacted, listeners, each.due_at, each.event)
                rows[deliveries] += told
                roll_ups.add_decided(counts, item.app, decision)
            if findings is not None:
                rows[item_labels] += label_rows(item.id, findings)
                rows[item_media] += media_rows(item.id, findings.parts)
            if each.redacted:
                rows[item_media] += media_rows(item.id, each.redacted)
            if each.fingerprints:
                rows[fingerprints] += _fingerprint_rows(each)
            loops += map(loop_row, each.loops)
            if ruling is not None:
                rules = judged.add(item, ruling, findings or NOTHING_FOUND)
                rows[item_facets] += facet_rows(item, ruling, findings or NOTHING_FOUND, rules)
            if (wanted := Wanted.by(findings, each.loops)).anything:
                self._wanted.append((item.id, each.ruled_at, wanted))
        judged.count(counts)
        self._statements = [
            ready_insert(dialect, table, those, or_nothing=table in _LEFT_ALONE) for table, those in rows.items()
        ]
        self._statements += (
            ready_rules(dialect, judged.rulings(), self._at),
            roll_ups.ready_counts(dialect, counts, self._at),
            ready_insert(dialect, item_loops, loops, or_nothing=True),
        )

    def write(self, c: Connection, caps: Mapping[RuleName, int] | None = None) -> int:
        """Write it, in the transaction that has written the items' own rows; says how many of the loops are new.

        Args:
            caps: how many items the rules that reject them may reject a day.

        Raises:
            CapReached: with the rules whose cap they would be over.
            CountsMoved: what the rules were told of counters does not hold any more.
        """
        check_and_mark(c, self._marks)
        *_, loops = run_all(c, self._statements)
        if caps:
            check_caps(c, caps, self._at)
        for item_id, at, wanted in self._wanted:
            put_on_wanted(c, item_id, wanted, at)
        return loops


class _Judged:
    """The rulings of a group, with how many items each is of: most are of many, about whom nothing was found."""

    def __init__(self) -> None:
        self._fired = Once[Ruling, Mapping[RuleName, bool]](fired)
        self._times: dict[tuple[str, int], tuple[Item, Ruling, int]] = {}
        self._others: list[tuple[Item, Ruling, Findings]] = []

    def add(self, item: Item, ruling: Ruling, findings: Findings) -> Mapping[RuleName, bool]:
        """Count an item in; gives the rules that were true of it (`fired`)."""
        if findings.detections or findings.failures or item.metadata:
            self._others.append((item, ruling, findings))
        else:
            key = (item.app, id(ruling))
            *_, times = self._times.get(key, (item, ruling, 0))
            self._times[key] = (item, ruling, times + 1)
        return self._fired(ruling)

    def count(self, counts: roll_ups.Counts) -> None:
        """Add them to the figures."""
        for item, ruling, times in self._times.values():
            roll_ups.add_judged(counts, item, ruling, NOTHING_FOUND, self._fired(ruling), times)
        for item, ruling, findings in self._others:
            roll_ups.add_judged(counts, item, ruling, findings, self._fired(ruling))

    def rulings(self) -> Iterator[tuple[Ruling, Mapping[RuleName, bool], int]]:
        """Each with the rules that were true, and of how many items it is."""
        for _, ruling, times in self._times.values():
            yield ruling, self._fired(ruling), times
        for _, ruling, _ in self._others:
            yield ruling, self._fired(ruling), 1


_EACH_NEW = (decisions, audit_records, deliveries)
_LEFT_ALONE = (item_labels, item_media, fingerprints, item_facets)
"""Tables whose rows stay where they are there already."""


class DecidingTogether:
    """Decides items that are pending, or puts them into review, with few statements.

    Args:
        made: at least one.
        listeners: who is told, beside the items' own callbacks.
    """

    def __init__(self, dialect: Dialect, made: Sequence[Ruled], listeners: Sequence[Listener]) -> None:
        self._made, self._listeners = made, listeners
        shared, encoded = Bases(), Once[Ruling, EncodedJSON](encoded_ruling)

        def values(each: Ruled) -> dict[str, Any]:
            evidence = evidence_values(each.findings, each.ruling, shared, each.item.parts, encoded)
            return {"id": each.item.id, **evidence}

        # Of what is pending nothing is to be deleted yet; to write that again would cost a step in an index.
        has_media = any(each.media_until is not None for each in made)
        decided = [
            {**values(each), "outcome": each.decision.outcome}
            | ({"media_until": each.media_until} if has_media else {})
            for each in made
            if each.decision is not None
        ]
        asked = [values(each) for each in made if each.decision is None]
        self._updates = [
            ready_update(dialect, items, "id", rows, same, _PENDING)
            for rows, same in ((decided, _DECIDED), (asked, _ASKED))
        ]
        self._shared = shared.ready(dialect)
        self._outcomes = Outcomes(dialect, made, listeners)

    def write(self, c: Connection) -> None:
        """Do it.

        Args:
            c: of a write.

        Raises:
            NotAllPending: some are not.
            CountsMoved: what the rules were told of counters does not hold any more.
        """
        if sum(run_all(c, [*self._updates, self._shared])[:-1]) != len(self._made):
            raise NotAllPending
        self._outcomes.write(c)
        for each in self._made:
            if each.decision is None:
                note_asked(c, each.item, each.loops[0], each.ruling, each.findings, self._listeners)


def note_asked(
    c: Connection,
    item: Item,
    loop: LoopRecord,
    ruling: Ruling | None,
    findings: Findings | None,
    listeners: Sequence[Listener],
) -> None:
    """Tell those who want to hear of it that people are asked about an item."""
    data = {"policy": loop.policy, "queue": loop.queue, "reason": ruling.reason if ruling is not None else ""}
    told = () if findings is not None and stays_here(findings.failures) else listeners
    note_event(c, item, "item.in_review", loop.created_at, data, told)


_PENDING = (("status", "pending"),)
_ASKED = (("status", "in_review"), ("lease_until", None), ("problem", None))
_DECIDED = (*_ASKED[1:], ("status", "decided"), ("media_tagged", False), ("redacted", None))


def _encoded(decision: Decision) -> EncodedJSON:
    return EncodedJSON(as_json(decision))


def _fingerprint_rows(each: Ruled) -> list[dict[str, Any]]:
    item = each.item
    at = None if each.decision is None else told_from(each.decision, bool(each.loops) or each.is_by_people)
    return [fingerprint_row(item.id, item.app, made, at) for made in each.fingerprints]
