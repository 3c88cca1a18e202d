"""What a post of items is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, RootModel

from moderation.api.schemas.bodies import Body
from moderation.api.schemas.items import Status
from moderation.api.schemas.problems import Problem
from moderation.intake.submissions import PostedItem


class PostedBatch(Body):
    """Up to 100 items, stored in one commit.

    Attributes:
        items: each as in a post of its own.
    """

    items: list[PostedItem] = Field(min_length=1, max_length=100)


class PostedList(RootModel[Annotated[list[PostedItem], Field(min_length=1, max_length=100)]]):
    """A batch as the bare list of its items."""


class Accepted(BaseModel):
    """The item is stored and will be judged.

    Attributes:
        id: of the item.
        app: whose it is.
        content_id: your own name for the content.
        created_at: when it was stored, UTC.
    """

    id: str
    status: Status = Field(description="`pending`; after ?wait= also `in_review`.")
    app: str
    content_id: str | None = None
    created_at: datetime


class BatchEntry(BaseModel):
    """The answer to one item of a batch: `id` and `item`, or `problem`.

    Attributes:
        id: of the item, when it is stored.
        item: the item, when it is stored.
        problem: why it is not stored.
    """

    status: int = Field(description="202 when it is stored, else the status of the problem.")
    id: str | None = None
    item: Accepted | None = None
    problem: Problem | None = None


class BatchAnswer(BaseModel):
    """An answer per item, in order.

    Attributes:
        items: one for each posted item, in order.
    """

    items: list[BatchEntry]


class BatchProblem(Problem):
    """The problem of a batch of which nothing was accepted, or of a body that is none."""

    items: list[BatchEntry] = Field(default=[], description="An answer per item, in order.")
