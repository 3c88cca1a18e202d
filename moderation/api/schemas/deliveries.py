"""Deliveries of events to callbacks."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

DeliveryState = Literal["due", "delivered", "given_up"]


class AttemptView(BaseModel):
    """One attempt to deliver."""

    attempted_at: datetime = Field(description="When it was begun.")
    status_code: int | None = Field(description="Of the receiver's answer; null when there was none.")
    reason: str = Field(description="What came of it, in a few words.")


class DeliveryView(BaseModel):
    """An event on its way to a callback."""

    id: str = Field(description="The `webhook-id`: the same in every attempt.")
    item: str = Field(description="Id of the item that it tells of.")
    number: int = Field(description="Of the event among those of its item, from 1 on.")
    url: str = Field(description="Where it goes.")
    state: DeliveryState = Field(description="`given_up` after ten attempts in three days, or when told 410.")
    attempts: int = Field(description="Made since it was last asked for.")
    last_result: str | None = Field(description="What came of the last attempt; null before the first.")
    next_attempt_at: datetime | None = Field(description="When it is tried again; null when it is not.")
    created_at: datetime = Field(description="When the event happened.")
    made: list[AttemptView] = Field(description="All attempts there were, oldest first.")


class DeliveryList(BaseModel):
    """All deliveries of an item, oldest first."""

    deliveries: list[DeliveryView] = Field(description="Oldest first.")


class DeliveryPage(BaseModel):
    """A page of deliveries, newest first."""

    deliveries: list[DeliveryView] = Field(description="Newest first; without their single attempts.")
    next_cursor: str | None = Field(None, description="For the next page; null on the last.")
