"""Records: an item and all that has happened to it, as the store gives it back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from moderation.core.decisions import Decision
from moderation.core.detections import Detection, Failure
from moderation.core.egress import stays_here
from moderation.core.events import EventType, Listener, event_bytes, event_id, is_wanted, utc
from moderation.core.items import Item, Part
from moderation.core.loops import OWN_ACCOUNT, Answer, account_of
from moderation.core.redaction import RedactedPart
from moderation.core.rulings import Ruling
from moderation.core.verdicts import Verdict

if TYPE_CHECKING:
    import sqlalchemy as sa  # judging has no database, and starts without it

NO_LOOP = "it is in review, and no human loop is open for it"
"""Why an item needs attention where nothing else says it."""


@dataclass(frozen=True)
class Line:
    """Human loops that are seen to one after the other, beside those of other lines.

    Attributes:
        flow: theirs; empty for loops that a service has started by itself.
        is_here: whether they are at our own endpoint; False too where they are to be started.
    """

    flow: str
    is_here: bool


@dataclass(frozen=True)
class LoopRecord:
    """A human loop as the service knows it.

    Attributes:
        state: ``starting`` (A2I has not confirmed), ``open``, ``ended``, or ``stuck`` (a person has to look).
        looks: how often it was asked about, for backing off.
        problem: why it does not get on; empty when it does.
        answers: what reviewers said, once collected.
        purpose: ``review``, which decides the item; ``sample``, which only looks at what was decided; ``appeal``,
            which decides it anew; or ``service``, which a service that a detector asked has started by itself.
        sampling: the sampling of the policy that picked the item; None when the rules asked for people.
        is_blind: True when reviewers are not shown what was found or what the rules wanted.
        outcome: what the answers came to; None until then, and when they came to nothing.
        appeal: why the app asked to look again.
        due_at: until when people are to decide; None where no policy says it.
        due_because: what says so, and when the clock stands meanwhile, in a sentence.
        notice: what public notices say is wrong with the item, where people are asked because of them.
        comes_first: before all else in its queue, because a trusted flagger gave one of them.
        clearance: that its queue asks for, of a loop that is about to be stored; the item keeps it.
    """

    name: str
    item_id: str
    round: int
    policy: str
    policy_version: str
    queue: str
    flow: str
    state: str
    looks: int
    created_at: datetime
    arn: str | None = None
    problem: str | None = None
    answers: tuple[Answer, ...] = ()
    purpose: str = "review"
    sampling: str | None = None
    is_blind: bool = False
    outcome: str | None = None
    appeal: str | None = None
    due_at: datetime | None = None
    due_because: str | None = None
    notice: str | None = None
    comes_first: bool = False
    clearance: str | None = None

    @property
    def line(self) -> Line:
        """The line in which it is seen to."""
        return Line(self.flow, account_of(self.arn) == OWN_ACCOUNT)


@dataclass(frozen=True)
class LoopEnd:
    """How a human loop ended.

    Attributes:
        outcome: what the answers came to; None when they came to nothing.
        problem: why they did.
    """

    name: str
    answers: tuple[Answer, ...] = ()
    outcome: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class ItemRecord:
    """An item with all that has happened to it.

    Attributes:
        status: ``pending``, ``in_review``, ``decided`` or ``withdrawn``.
        parts: given and extracted.
        decisions: oldest first.
        loops: oldest first.
        ruling: what the rules wanted; None until they were asked.
        told: the whole verdict, of an item that was judged when these were stored; see `moderation.evidence.explained`.
        basis: what the ruling was worked out from beside the findings; see `Findings`.
        redacted: copies of given parts that may be shown, where rules asked for that and the item was approved.
        media_deleted_at: when its media was deleted because its time was over; None while it is kept.
        withdrawn_at: when it was withdrawn; then nothing else of it is known any more.
        clearances: what people have to hold to see it, by name.
        text_erased_at: when its texts were forgotten because their time was over; None while they are kept.
        problem: why it could not be judged when that was last tried; None when it could, or was not tried yet.
    """

    item: Item
    status: str
    parts: tuple[Part, ...] = ()
    detections: tuple[Detection, ...] = ()
    failures: tuple[Failure, ...] = ()
    ruling: Ruling | None = None
    told: Verdict | None = None
    decisions: tuple[Decision, ...] = ()
    loops: tuple[LoopRecord, ...] = ()
    basis: Mapping[str, Any] = field(default_factory=dict)
    redacted: tuple[RedactedPart, ...] = ()
    media_deleted_at: datetime | None = None
    problem: str | None = None
    withdrawn_at: datetime | None = None
    clearances: tuple[str, ...] = ()
    text_erased_at: datetime | None = None

    @property
    def not_kept(self) -> str | None:
        """What of its content is not kept any longer, so that nobody can look at it again; None where all is there."""
        if self.media_deleted_at is not None:
            return "its media is not kept any longer"
        has_text = any(part.type == "text" for part in self.parts)
        return "its texts are not kept any longer" if self.text_erased_at is not None and has_text else None

    @property
    def needs_attention(self) -> str | None:
        """Why it does not get on by itself; None when it does, or is decided."""
        if self.status == "pending":
            return self.problem
        if self.status != "in_review":
            return None
        asked = [loop for loop in self.loops if loop.purpose != "sample"]
        alive = [loop for loop in asked if loop.state in ("starting", "open")]
        if alive:
            return next((loop.problem for loop in alive if loop.problem), None)
        return (asked[-1].problem if asked else None) or NO_LOOP

    @property
    def stays_here(self) -> bool:
        """Whether nothing of it may leave this machine."""
        return stays_here(self.failures)

    @property
    def decision(self) -> Decision | None:
        """The decision in force: the latest."""
        return self.decisions[-1] if self.decisions else None


@dataclass(frozen=True)
class Claim:
    """An item taken for work under a lease.

    Attributes:
        attempts: how often it has been taken, this time included.
        held_until: the end of the lease.
    """

    item: Item
    attempts: int
    held_until: datetime


def decided_data(
    item: Item,
    decision: Decision,
    number: int,
    redacted: Sequence[RedactedPart] = (),
    due_at: datetime | None = None,
) -> dict[str, Any]:
    """What an event says of a decision.

    Args:
        number: of the decision.
        due_at: until when people were to decide it; None where nobody said.
    """
    return {
        "number": number,
        "decision": decision.model_dump(mode="json", exclude_none=True),
        "due_at": None if due_at is None else utc(due_at),
        "media": [
            {"part": part.id, "content_type": part.media.content_type, "sha256": part.media.sha256}
            for part in item.parts
            if part.media is not None
        ],
        SHOWN: [redacted_view(item.id, part) for part in redacted] or None,
    }


SHOWN = "redacted"
"""What is for the callback alone: copies of texts and pictures, that may be shown by the app."""


def event_rows(
    item: Item,
    kind: EventType,
    number: int,
    at: datetime,
    data: Mapping[str, Any],
    listeners: Sequence[Listener] = (),
) -> list[dict[str, Any]]:
    """An event on its way to the item's callback, where that wants it, and to `listeners`, as rows of the outbox."""
    rows: list[dict[str, Any]] = []
    same = _due(item, number, at)
    if is_wanted(item, kind):
        assert item.callback_url is not None
        parts = urlsplit(item.callback_url)
        endpoint = f"{parts.scheme}://{parts.netloc}".lower()  # what can be slow or down as one
        payload = event_bytes(item, kind, number, at, data, with_metadata=item.event_metadata)
        to_app = {"id": event_id(item.id, number), "endpoint": endpoint[:300], "url": item.callback_url}
        rows.append({**to_app, "payload": payload, **same})
    bare = {name: value for name, value in data.items() if name != SHOWN}
    for listener in listeners:
        own_id = f"{event_id(item.id, number)}_{hashlib.sha256(listener.name.encode()).hexdigest()[:10]}"
        payload = event_bytes(item, kind, number, at, bare, with_metadata=listener.with_metadata)
        to_them = {"id": own_id, "endpoint": listener.name[:300], "url": listener.name}
        rows.append({**to_them, "payload": payload, **same})
    return rows


def delivery_rows(
    item: Item,
    decision: Decision,
    number: int,
    redacted: Sequence[RedactedPart],
    listeners: Sequence[Listener],
    due_at: datetime | None = None,
    event_number: int | None = None,
) -> list[dict[str, Any]]:
    """A decision on its way: to the item's callback with what may be shown, and to listeners, as rows of the outbox.

    Args:
        number: of the decision.
        event_number: of the event; None where there were no others than decisions.
    """
    told = [each for each in listeners if each.wants(item.app, "item.decided", decision.outcome)]
    if not told and not is_wanted(item, "item.decided"):
        return []
    data = decided_data(item, decision, number, redacted, due_at)
    return event_rows(item, "item.decided", event_number or number, decision.decided_at, data, told)


def _due(item: Item, number: int, at: datetime) -> dict[str, Any]:
    same = {"item_id": item.id, "number": number, "app": item.app, "state": "due", "attempts": 0}
    return {**same, "next_attempt_at": at, "created_at": at}


def redacted_view(item_id: str, part: RedactedPart) -> dict[str, Any]:
    """A redacted copy as apps see it: the text itself, or the path of the API where the bytes are."""
    view: dict[str, Any] = {"part": part.part, "type": part.type}
    if part.withheld:
        view["withheld"] = part.withheld
    elif part.text is not None:
        view["text"] = part.text
    else:
        view["path"] = f"/v1/items/{item_id}/parts/{part.part}/redacted"
    if part.breaks_signature:
        view["breaks_signature"] = True
    return view


def loop_record(row: sa.Row[Any]) -> LoopRecord:
    """A row of the loops' table."""
    return LoopRecord(
        name=row.name,
        item_id=row.item_id,
        round=row.round,
        policy=row.policy,
        policy_version=row.policy_version,
        queue=row.queue,
        flow=row.flow,
        state=row.state,
        looks=row.looks,
        created_at=row.created_at,
        arn=row.arn,
        problem=row.problem,
        answers=tuple(Answer.model_validate(answer) for answer in row.answers or ()),
        purpose=row.purpose,
        sampling=row.sampling,
        is_blind=row.is_blind,
        outcome=row.outcome,
        appeal=row.appeal,
        due_at=row.due_at,
        due_because=row.due_because,
        notice=row.notice,
        comes_first=row.comes_first,
    )
