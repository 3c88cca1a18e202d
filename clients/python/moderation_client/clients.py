"""The clients: the same calls, blocking and to be awaited."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from types import TracebackType
from typing import Any, Self, cast

import httpx

from moderation_client.calls import Call, Item, Part, of_item, part_of_upload, pause_of, post, refused, wanted_upload
from moderation_client.operations import Operations
from moderation_client.problems import Unreachable

TIMEOUT_SECONDS = 60.0
_LOOK_SECONDS = 1.0


def _answer(response: httpx.Response) -> Any:
    kind = response.headers.get("content-type", "")
    document = response.json() if response.content and "json" in kind else None
    if response.is_success:
        return response.content if document is None and response.content else document
    raise refused(response.status_code, document)


class Client(Operations[dict[str, Any]]):
    """Calls of one app.

    Args:
        url: of the service, such as ``http://127.0.0.1:8000``.
        key: of the app; `moderation keys add` makes one.
        transport: of httpx; for proxies and tests.
    """

    def __init__(self, url: str, *, key: str, transport: httpx.BaseTransport | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._transport = transport
        self._http = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, transport=transport)

    def post(self, parts: Sequence[Part], *, wait: float = 0, idempotency_key: str | None = None, **more: Any) -> Item:
        """Post an item.

        Args:
            wait: seconds, 0-30, to wait for the decision.
            idempotency_key: give one of yours to have the same post made once, even after this program was restarted.
            more: `content_id`, `author`, `thread`, `parent`, `metadata`, `callback_url`, `events`, `event_metadata`.

        Raises:
            Refused: it is not taken, and why.
            Unreachable: nobody knows whether it arrived; post it again with the same idempotency key.
        """
        return cast(Item, self._send(post(parts, wait, idempotency_key, more)))

    def get(self, item_id: str) -> Item:
        """An item. Raises `Refused` (404) for one that is not there."""
        return cast(Item, self._send(Call("GET", of_item(item_id))))

    def wait(self, item_id: str, *, seconds: float) -> Item:
        """An item once it is decided or withdrawn, or as it stands after so many seconds."""
        until = time.monotonic() + seconds
        while True:
            item = self.get(item_id)
            if item["status"] in ("decided", "withdrawn") or time.monotonic() >= until:
                return item
            time.sleep(min(_LOOK_SECONDS, max(until - time.monotonic(), 0)))

    def explanation(self, item_id: str) -> dict[str, Any]:
        """Why an item was decided so, in words and as data."""
        return cast(dict[str, Any], self._send(Call("GET", of_item(item_id, "/explanation"))))

    def appeal(self, item_id: str, reason: str) -> Item:
        """Have fresh reviewers look again."""
        return cast(Item, self._send(Call("POST", of_item(item_id, "/appeal"), {"reason": reason})))

    def withdraw(self, item_id: str) -> Item:
        """Take an item back and have it erased."""
        return cast(Item, self._send(Call("DELETE", of_item(item_id))))

    def upload(self, data: bytes, media_type: str) -> Part:
        """Send media that is too large for a post; gives the part of an item that names it.

        Args:
            media_type: such as ``image/jpeg``.

        Raises:
            Refused: it is not taken, and why.
            Unreachable: it did not arrive; begin again.
        """
        made = self._send(wanted_upload(data, media_type))
        # The address has its own signature, and may be another service's: the key does not go there.
        with httpx.Client(timeout=TIMEOUT_SECONDS, transport=self._transport) as bare:
            try:
                _answer(bare.post(made["url"], data=made["fields"], files={"file": data}))
            except httpx.TransportError as error:
                raise Unreachable(f"upload: {type(error).__name__}") from error
        return part_of_upload(made["id"], media_type)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _send(self, call: Call) -> Any:
        for attempt in range(1, 100):
            try:
                response = self._http.request(
                    call.method, call.path, json=call.body, headers=call.headers, params=call.parameters
                )
            except httpx.TransportError as error:
                pause = pause_of(0, {}, attempt, call.is_repeatable)
                if pause is None:
                    raise Unreachable(f"{call.method} {call.path}: {type(error).__name__}") from error
            else:
                pause = pause_of(response.status_code, response.headers, attempt, call.is_repeatable)
                if pause is None:
                    return _answer(response)
            time.sleep(pause)
        raise AssertionError("attempts are bounded")


class AsyncClient(Operations[Awaitable[dict[str, Any]]]):
    """The same as `Client`, to be awaited."""

    def __init__(self, url: str, *, key: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._transport = transport
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS, transport=transport)

    async def post(
        self, parts: Sequence[Part], *, wait: float = 0, idempotency_key: str | None = None, **more: Any
    ) -> Item:
        """See `Client.post`."""
        return cast(Item, await self._send(post(parts, wait, idempotency_key, more)))

    async def get(self, item_id: str) -> Item:
        """See `Client.get`."""
        return cast(Item, await self._send(Call("GET", of_item(item_id))))

    async def wait(self, item_id: str, *, seconds: float) -> Item:
        """See `Client.wait`."""
        until = time.monotonic() + seconds
        while True:
            item = await self.get(item_id)
            if item["status"] in ("decided", "withdrawn") or time.monotonic() >= until:
                return item
            await asyncio.sleep(min(_LOOK_SECONDS, max(until - time.monotonic(), 0)))

    async def explanation(self, item_id: str) -> dict[str, Any]:
        """See `Client.explanation`."""
        return cast(dict[str, Any], await self._send(Call("GET", of_item(item_id, "/explanation"))))

    async def appeal(self, item_id: str, reason: str) -> Item:
        """See `Client.appeal`."""
        return cast(Item, await self._send(Call("POST", of_item(item_id, "/appeal"), {"reason": reason})))

    async def withdraw(self, item_id: str) -> Item:
        """See `Client.withdraw`."""
        return cast(Item, await self._send(Call("DELETE", of_item(item_id))))

    async def upload(self, data: bytes, media_type: str) -> Part:
        """See `Client.upload`."""
        made = await self._send(wanted_upload(data, media_type))
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, transport=self._transport) as bare:
            try:
                _answer(await bare.post(made["url"], data=made["fields"], files={"file": data}))
            except httpx.TransportError as error:
                raise Unreachable(f"upload: {type(error).__name__}") from error
        return part_of_upload(made["id"], media_type)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _send(self, call: Call) -> Any:
        for attempt in range(1, 100):
            try:
                response = await self._http.request(
                    call.method, call.path, json=call.body, headers=call.headers, params=call.parameters
                )
            except httpx.TransportError as error:
                pause = pause_of(0, {}, attempt, call.is_repeatable)
                if pause is None:
                    raise Unreachable(f"{call.method} {call.path}: {type(error).__name__}") from error
            else:
                pause = pause_of(response.status_code, response.headers, attempt, call.is_repeatable)
                if pause is None:
                    return _answer(response)
            await asyncio.sleep(pause)
        raise AssertionError("attempts are bounded")
