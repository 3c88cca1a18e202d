"""What the API takes and gives, as pydantic models; the OpenAPI document is generated from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from moderation.core.decisions import Decision
from moderation.core.detections import Detection, Failure
from moderation.core.items import Extraction, PartType
from moderation.core.loops import Answer
from moderation.core.verdicts import Verdict
from moderation.store import ItemRecord


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PostedPart(Body):
    """One part of a posted item: a text, or media given in exactly one way."""

    type: PartType
    text: str | None = Field(None, description="For type text.")
    url: str | None = Field(None, max_length=2048, description="Fetched once, at intake; http or https.")
    s3: str | None = Field(None, max_length=2048, description="s3://bucket/key; where media is kept in S3.")
    base64: str | None = Field(None, description="The bytes, base64; a data: URL is taken too.")
    upload: str | None = Field(None, max_length=200, description="Not offered yet.")
    name: str | None = Field(None, max_length=200, description="File name, for display only.")


class PostedItem(Body):
    """An item to be judged."""

    app: str | None = Field(None, max_length=100, description="Defaults to the key's app; no other is accepted.")
    content_id: str | None = Field(None, max_length=200, description="Your own name for the content.")
    parts: list[PostedPart] = Field(min_length=1)
    metadata: dict[str, JsonValue] = Field(default_factory=dict, description="Your own facts, for rules and reviewers.")
    callback_url: str | None = Field(None, max_length=2048, description="Receives the decision, signed.")


class PostedBatch(Body):
    """Up to 100 items, stored in one commit."""

    items: list[Any] = Field(min_length=1, max_length=100)


class PartView(BaseModel):
    """A part as it is shown: facts of media, never bytes."""

    id: str
    type: PartType
    text: str | None = None
    content_type: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    name: str | None = None
    extraction: Extraction | None = None


class HumanLoopView(BaseModel):
    """Where people stand with an item."""

    name: str
    round: int
    policy: str
    queue: str
    state: str = Field(description="starting, open, ended, or stuck (a person of the operator has to look)")
    problem: str | None = None
    created_at: datetime


class ItemView(BaseModel):
    """An item with all that has happened to it."""

    id: str
    app: str
    content_id: str | None = None
    status: Literal["pending", "in_review", "decided"]
    created_at: datetime
    metadata: dict[str, JsonValue]
    parts: list[PartView]
    verdict: Verdict | None = None
    detections: list[Detection]
    failures: list[Failure]
    decision: Decision | None = None
    human_loop: HumanLoopView | None = None


class Accepted(BaseModel):
    """The item is stored and will be judged."""

    id: str
    status: Literal["pending"]
    app: str
    content_id: str | None = None
    created_at: datetime


class BatchEntry(BaseModel):
    """The answer to one item of a batch."""

    status: int = Field(description="202 when it is stored, else the status of the problem.")
    id: str | None = None
    item: Accepted | None = None
    problem: dict[str, Any] | None = None


class BatchAnswer(BaseModel):
    """An answer per item, in order."""

    items: list[BatchEntry]


class ItemPage(BaseModel):
    """A page of items, newest first."""

    items: list[ItemView]
    next_cursor: str | None = Field(None, description="For the next page; null on the last.")


class Explanation(BaseModel):
    """Why an item was decided as it was, in words and as data."""

    id: str
    status: str
    outcome: str | None
    words: list[str] = Field(description="Sentences for people, in order.")
    verdict: Verdict | None
    answers: list[Answer]
    decisions: list[Decision]


class PolicyView(BaseModel):
    """A policy in force."""

    name: str
    version: str = Field(description="SHA-256 of the file.")
    description: str
    content_types: list[str]
    apps: list[str] | None
    queues: list[str]
    needs: list[str]


class PolicyText(PolicyView):
    """A policy with its text."""

    text: str


class WaitingPolicy(BaseModel):
    """A policy that is not in force, and why."""

    name: str
    why: str


class PolicyList(BaseModel):
    """All policies."""

    policies: list[PolicyView]
    not_in_force: list[WaitingPolicy]


class Problem(BaseModel):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[dict[str, str]] | None = None


def item_view(record: ItemRecord) -> ItemView:
    """An item as the API shows it."""
    item, loop = record.item, record.loops[-1] if record.loops else None
    return ItemView(
        id=item.id,
        app=item.app,
        content_id=item.content_id,
        status=record.status,
        created_at=item.created_at,
        metadata=dict(item.metadata),
        parts=[
            PartView(
                id=part.id,
                type=part.type,
                text=part.text,
                extraction=part.extraction,
                **(part.media.model_dump(exclude={"uri"}) if part.media else {}),
            )
            for part in record.parts
        ],
        verdict=record.verdict,
        detections=list(record.detections),
        failures=list(record.failures),
        decision=record.decision,
        human_loop=HumanLoopView.model_validate(loop, from_attributes=True) if loop else None,
    )


def explanation(record: ItemRecord) -> Explanation:
    """The path of an item in words: what each policy wanted and why, what people said, what was decided."""
    words: list[str] = []
    verdict = record.verdict
    if verdict is not None:
        words.append(f"The rules wanted: {verdict.outcome}. {verdict.reason}")
        for policy in verdict.policies:
            words.append(f"Policy {policy.policy.name} wanted {policy.outcome}: {policy.because}")
            words += [f"Rule {rule.rule} ({rule.place}) fired: {rule.why}" for rule in policy.deciding]
            words += [f"Rule {rule.rule} was set aside by {rule.overridden_by}." for rule in policy.overridden]
            words += [f"Rule {rule.rule} nearly fired." for rule in policy.near_misses]
            words += [
                f"Rule {rule.rule} is open: no answer from {', '.join(rule.unknown_because)}."
                for rule in policy.unknown
            ]
    words += [f"{f.detector.name} gave no answer on {f.part or 'the item'}: {f.message}" for f in record.failures]
    for loop in record.loops:
        words.append(f"Round {loop.round} of review, queue {loop.queue} of policy {loop.policy}: {loop.state}.")
        words += [f"A reviewer chose {a.outcome}" + (f": {a.note}" if a.note else ".") for a in loop.answers]
    words += [f"Decided by {d.decided_by}: {d.outcome}. {d.reason}" for d in record.decisions]
    decision = record.decision
    answers: Sequence[Answer] = [answer for loop in record.loops for answer in loop.answers]
    return Explanation(
        id=record.item.id,
        status=record.status,
        outcome=decision.outcome if decision else None,
        words=words or ["The item waits to be looked at."],
        verdict=verdict,
        answers=list(answers),
        decisions=list(record.decisions),
    )
