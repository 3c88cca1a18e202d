"""Discord: a bot. A message that is not approved is deleted; moderators are told of it in a channel of theirs.

``pip install discord.py``, and the intent for message contents. `look` needs no library: it takes an event of the
gateway (``MESSAGE_CREATE``, ``MESSAGE_UPDATE``) and calls Discord's REST API.
"""

from __future__ import annotations

import os
from typing import Any

from asking import Act, Calls, Service

_KINDS = ("image", "video", "audio")


def look(service: Service, call: Act, moderators: str, message: dict[str, Any]) -> None:
    """Judge one message."""
    author = message.get("author") or {}
    if author.get("bot"):
        return
    parts = [{"type": "text", "text": text}] if (text := str(message.get("content") or "")).strip() else []
    for each in message.get("attachments") or ():
        kind = str(each.get("content_type") or "").partition("/")[0]
        # What is no picture, film or sound goes along as a picture, and is refused there: it is held.
        parts.append({"type": kind if kind in _KINDS else "image", "url": str(each.get("url"))})
    if not parts:
        return
    channel, number = message["channel_id"], message["id"]
    answer = service.ask(f"discord:{channel}:{number}", parts, {"author": str(author.get("id", ""))})
    if answer.outcome == "approve":
        return
    call("DELETE", f"/channels/{channel}/messages/{number}")
    what = "was rejected" if answer.outcome == "reject" else "waits for people"
    note = f"A message of <@{author.get('id')}> in <#{channel}> was deleted, because it {what}: {answer.reason}"
    call("POST", f"/channels/{moderators}/messages", {"content": note[:2000], "allowed_mentions": {"parse": []}})


def main() -> None:
    """Listen to the gateway."""
    import asyncio

    import discord

    service = Service(os.environ["SERVICE_URL"], os.environ["SERVICE_KEY"])
    token, moderators = os.environ["DISCORD_TOKEN"], os.environ["DISCORD_MODERATORS"]
    call = Calls("https://discord.com/api/v10", {"Authorization": f"Bot {token}"})
    intents = discord.Intents.default()
    intents.message_content = True
    client = discord.Client(intents=intents, enable_debug_events=True)

    @client.event
    async def on_socket_raw_receive(raw: str) -> None:
        import json

        event = json.loads(raw)
        if event.get("t") in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            await asyncio.to_thread(look, service, call, moderators, event["d"])

    client.run(token)


if __name__ == "__main__":
    main()
