"""Records as the API shows them: items, and why they were decided so, in words and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from ground.named_by_apps import author_of, parent_of, thread_of
from moderation.api.schemas.items import Explanation, HumanLoopView, ItemView, PartView, RedactedView
from moderation.api.schemas.posting import Accepted
from moderation.core.items import Item
from moderation.core.verdicts import Verdict
from moderation.core.wording import verdict_words
from moderation.evidence.explained import explained
from moderation.policies.versions import PolicyVersions
from moderation.storage.records import ItemRecord, redacted_view


def document_of(view: BaseModel) -> dict[str, Any]:
    """A view as JSON data: its own fields always there, null or not; in what they hold, absent means none."""
    dumped = view.model_dump(mode="json", exclude_none=True)
    return {name: dumped.get(name) for name in type(view).model_fields}


def accepted_view(item: Item, status: str = "pending") -> Accepted:
    """What a post is answered before the decision."""
    return Accepted.model_validate(
        {"id": item.id, "status": status, "app": item.app, "content_id": item.content_id, "created_at": item.created_at}
    )


def item_view(record: ItemRecord, versions: PolicyVersions) -> ItemView:
    """An item as the API shows it; its verdict is explained by the policies' texts of the time."""
    item = record.item
    loop = next((each for each in reversed(record.loops) if each.purpose != "sample"), None)
    return ItemView(
        id=item.id,
        app=item.app,
        content_id=item.content_id,
        author=author_of(item.metadata) or None,
        thread=thread_of(item.metadata) or None,
        parent=parent_of(item.metadata) or None,
        status=record.status,
        created_at=item.created_at,
        metadata=dict(item.metadata),
        parts=[
            PartView(
                id=part.id,
                type=part.type,
                text=part.text,
                is_document=part.is_document,
                extraction=part.extraction,
                **(part.media.model_dump(exclude={"uri", "is_deceptive", "left_out"}) if part.media else {}),
                **(part.source.model_dump() if part.source else {}),
            )
            for part in record.parts
        ],
        verdict=explained(record, versions),
        detections=list(record.detections),
        failures=list(record.failures),
        decision=record.decision,
        human_loop=HumanLoopView.model_validate(loop, from_attributes=True) if loop else None,
        needs_attention=record.needs_attention,
        media_deleted_at=record.media_deleted_at,
        text_erased_at=record.text_erased_at,
        withdrawn_at=record.withdrawn_at,
        redacted=[RedactedView.model_validate(redacted_view(item.id, part)) for part in record.redacted],
    )


def explanation(record: ItemRecord, versions: PolicyVersions) -> Explanation:
    """The path of an item: what each policy wanted and why, what people said, what was decided."""
    decision, verdict = record.decision, explained(record, versions)
    return Explanation(
        id=record.item.id,
        status=record.status,
        outcome=decision.outcome if decision else None,
        words=list(_words(record, verdict)) or [_nothing_yet(record)],
        verdict=verdict,
        detections=list(record.detections),
        failures=list(record.failures),
        answers=[answer for loop in record.loops for answer in loop.answers],
        decisions=list(record.decisions),
    )


def _nothing_yet(record: ItemRecord) -> str:
    if record.withdrawn_at is not None:
        return "The item was withdrawn; nothing of it is known any more."
    return "The item waits to be looked at."


def _words(record: ItemRecord, verdict: Verdict | None) -> Iterator[str]:
    if verdict is not None:
        yield from verdict_words(verdict)
    for failure in record.failures:
        part = failure.part or "the item"
        yield f"{failure.detector.name} {failure.detector.version} gave no answer on {part}: {failure.message}"
    for loop in record.loops:
        rounds = {"review": f"Round {loop.round} of review", "appeal": f"Appeal, round {loop.round} ({loop.appeal})"}
        if loop.purpose == "service":
            problem = f" {loop.problem}" if loop.problem else ""
            yield f"A human loop that a detector's service started ({loop.arn}): {loop.state}.{problem}"
        else:
            what = rounds.get(loop.purpose, f"A look at sample '{loop.sampling}'")
            due = f" To be decided by {loop.due_at:%Y-%m-%d %H:%M} UTC: {loop.due_because}." if loop.due_at else ""
            yield f"{what}, queue '{loop.queue}' of policy '{loop.policy}': {loop.state}.{due}"
        for answer in loop.answers:
            labels = f" with {', '.join(answer.labels)}" if answer.labels else ""
            yield f"A reviewer chose {answer.outcome}{labels}" + (f": {answer.note}" if answer.note else ".")
    for number, decision in enumerate(record.decisions, start=1):
        yield f"Decision {number}, by {decision.decided_by}: {decision.outcome}. {decision.reason}"
