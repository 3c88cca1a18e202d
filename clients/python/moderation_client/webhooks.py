"""Webhooks: events that the service sends, believed only with its signature (Standard Webhooks 1.0)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, TypedDict, cast

from standardwebhooks import Webhook, WebhookVerificationError

from moderation_client.problems import NotSigned


class Event(TypedDict):
    """What happened to an item; `data` says more by `type`."""

    id: str
    number: int
    supersedes: int | None
    type: Literal["item.decided", "item.in_review", "item.appealed", "item.withdrawn"]
    timestamp: str
    data: dict[str, Any]


def verify(body: bytes, headers: Mapping[str, str], *, secret: str) -> Event:
    """The event in a request.

    Args:
        body: as it came, byte for byte.
        secret: the app's, ``whsec_...``.

    Raises:
        NotSigned: it is not from the service, was changed, or is older than five minutes.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        Webhook(secret).verify(body, given)
        return cast(Event, json.loads(body))
    except (WebhookVerificationError, ValueError) as error:
        raise NotSigned("no signature that fits") from error
