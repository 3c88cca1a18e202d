"""Client of the moderation service: post, wait, appeal, and verify its webhooks. Sync and async."""

from moderation_client.calls import Decision, Item, Part, media, text
from moderation_client.clients import AsyncClient, Client
from moderation_client.problems import NotSigned, Refused, Unreachable
from moderation_client.webhooks import Event, verify

__all__ = [
    "AsyncClient", "Client", "Decision", "Event", "Item", "NotSigned", "Part", "Refused", "Unreachable", "media",
    "text", "verify",
]  # fmt: skip
