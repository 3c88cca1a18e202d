"""Ids of items, which sort by the time at which the items were made."""

from __future__ import annotations

import uuid
from datetime import datetime


def new_item_id(now: datetime) -> str:
    """A UUIDv7 (RFC 9562): the time in microseconds, then random bits; ids of one process sort by time."""
    milliseconds = int(now.timestamp() * 1000)
    random = uuid.uuid4().int
    # RFC 9562, 6.2, method 3: twelve bits more of the time, so that what is posted in one go keeps its order.
    fraction = now.microsecond % 1000 * 4096 // 1000
    value = (milliseconds << 80) | (0x7 << 76) | (fraction << 64) | (0b10 << 62) | (random & (1 << 62) - 1)
    return str(uuid.UUID(int=value))


def first_item_id(at: datetime) -> str:
    """The lowest id of an item that is made at a time or later."""
    return str(uuid.UUID(int=max(0, int(at.timestamp() * 1000)) << 80))
