"""Items as they are shown, why they were decided so, and appeals."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from moderation.core.decisions import Decision
from moderation.core.detections import Detection, Failure
from moderation.core.items import Extraction, PartType
from moderation.core.loops import Answer
from moderation.core.verdicts import Verdict

Status = Literal["pending", "in_review", "decided", "withdrawn"]


class PartView(BaseModel):
    """A part as it is shown: facts of media, never bytes.

    Attributes:
        id: ``p0``, ``p1``, ... for given parts, ``p1.0`` for what was extracted from ``p1``.
        type: what it is.
        text: of a text.
        content_type: by the bytes, such as image/png.
        size_bytes: length of the bytes.
        sha256: of the bytes, in hex.
        width: pixels, as it is shown.
        height: pixels, as it is shown.
        frames: of an animation; 1 for a still picture.
        name: file name, as it was given.
        extraction: how it came to be; null for a given part.
    """

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
    url: str | None = Field(None, description="Where it is fetched from, as long as it is not here.")
    problem: str | None = Field(None, description="Why it could not be fetched; null while that is still to be tried.")
    is_document: bool = Field(False, description="True for text that was posted as a file.")
    extraction: Extraction | None = None


class TaskTimes(BaseModel):
    """When a reviewer took a task, and when they decided."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)

    claimed_at: datetime | None = Field(
        None, validation_alias="accepted_at", description="Null where Amazon did not say."
    )
    decided_at: datetime = Field(validation_alias="submitted_at", description="When they did.")


class HumanLoopView(BaseModel):
    """Where people stand with an item.

    Attributes:
        name: of the loop; follows from the item's id.
        round: from 1 on.
        policy: whose queue it is in.
        queue: where it waits.
        problem: why it does not get on; null when it does.
        created_at: when it was opened, UTC.
    """

    name: str
    round: int
    policy: str
    queue: str
    flow: str = Field(description="The A2I flow definition.")
    arn: str | None = Field(None, description="At the A2I endpoint, once it is started there.")
    state: str = Field(description="starting, open, ended, or stuck (a person of the operator has to look)")
    problem: str | None = None
    created_at: datetime
    due_at: datetime | None = Field(
        None,
        description="Until when people are to decide, by the policies' decide_within; null: any time.",
    )
    due_because: str | None = Field(
        None, description="What says so; and for how long the clock stands meanwhile, by which rule."
    )
    answers: list[TaskTimes] = Field(
        default_factory=list, description="When each reviewer who answered took the task and when they decided."
    )


class Appeal(BaseModel):
    """A request to look again at a decision."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000, description="What the reviewers are told.")


class RedactedView(BaseModel):
    """A copy of a part that may be shown: a rule asked for redaction, and the item was approved.

    Attributes:
        part: id of the part.
        type: what it is.
    """

    part: str
    type: PartType
    text: str | None = Field(None, description="Of a text: with [EMAIL] and the like in the place of what was found.")
    path: str | None = Field(None, description="Of a picture: where this API has the bytes.")
    withheld: str | None = Field(None, description="Why there is no copy. Do not show the part.")
    breaks_signature: bool | None = Field(
        None, description="True: the part given had content credentials (C2PA), which no longer fit and are left out."
    )


class ItemView(BaseModel):
    """An item with all that has happened to it.

    Attributes:
        id: of the item.
        app: whose it is.
        content_id: your own name for the content.
        status: where it stands.
        created_at: when it was stored, UTC.
        metadata: your own facts.
        parts: given and extracted.
        verdict: what the rules wanted, and why; null until they were asked.
        detections: what was found.
        failures: detectors that gave no answer.
        decision: the one in force; null while there is none.
        human_loop: where people stand with it; null when nobody is asked.
    """

    id: str
    app: str
    content_id: str | None = None
    author: str | None = Field(None, description="Who wrote it, as you have said.")
    thread: str | None = Field(None, description="The conversation that it belongs to, as you have said.")
    parent: str | None = Field(None, description="What it answers, as you have said.")
    status: Status
    created_at: datetime
    metadata: dict[str, JsonValue]
    parts: list[PartView]
    verdict: Verdict | None = None
    detections: list[Detection]
    failures: list[Failure]
    decision: Decision | None = None
    human_loop: HumanLoopView | None = None
    needs_attention: str | None = Field(
        None, description="Why the item does not get on by itself: somebody who runs the service has to look."
    )
    media_deleted_at: datetime | None = Field(None, description="Set once its media is not kept any longer.")
    text_erased_at: datetime | None = Field(
        None, description="Set once its texts are not kept any longer; they are empty from then on."
    )
    withdrawn_at: datetime | None = Field(None, description="Set once it is withdrawn; its content is gone for good.")
    redacted: list[RedactedView] = Field(default_factory=list, description="Show these in place of the parts given.")


class ItemPage(BaseModel):
    """A page of items, newest first.

    Attributes:
        items: newest first.
    """

    items: list[ItemView]
    next_cursor: str | None = Field(None, description="For the next page; null on the last.")


class Explanation(BaseModel):
    """Why an item was decided as it was, in words and as data.

    Attributes:
        id: of the item.
        status: where it stands.
        outcome: of the decision in force; null while there is none.
        verdict: what the rules wanted, and why.
        detections: what was found.
        failures: detectors that gave no answer.
        answers: what reviewers said.
        decisions: oldest first; the last one is in force.
    """

    id: str
    status: Status
    outcome: Literal["approve", "reject"] | None
    words: list[str] = Field(description="Sentences for people, in order.")
    verdict: Verdict | None
    detections: list[Detection]
    failures: list[Failure]
    answers: list[Answer]
    decisions: list[Decision]
