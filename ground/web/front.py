"""The front: waitress's connections and threads, on a loop whose work grows with what happens, not with who is there.

Waitress itself asks every open connection at every turn whether it wants to read or write, and stops accepting at a
limit; ten thousand idle ones, which cost their owner nothing, then shut it. Here the kernel says on which of them
something happened (epoll), and at the limit those that have been idle longest make room. Who takes too long to send a
request, or to take an answer, is cut off. Requests reach a thread when they are here as a whole, so that no slow client
holds one.
"""

from __future__ import annotations

import contextlib
import logging
import re
import resource
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from waitress.server import create_server
from waitress.task import WSGITask

from ground.web.strict_http import MAX_HEADER_BYTES, StrictChannel

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
"""How often connections that have had their time are looked for."""
WARNING_SECONDS = 60.0
"""Who fills the connections is not to fill the log, too."""
BYTES_PER_SECOND = 16_384
"""A request may take a second longer for so many bytes of its body."""
ACCEPTED_AT_ONCE = 64
"""Connections that are taken in before those that are here get their turn."""
_METADATA = re.compile(rb"(?m)^X-Amz-Meta-[^:\r\n]*")
OTHER_FILES = 512
"""Descriptors that are left to the rest of the process."""
BACKLOG = 1024
"""Connections that the kernel keeps for us until we take them in; it has a limit of its own (net.core.somaxconn)."""


@dataclass(frozen=True)
class Limits:
    """What the front gives to clients.

    Attributes:
        threads: that answer.
        connections: open ones; beyond them, those that have been idle longest are closed.
        idle_seconds: before an idle connection, or one that does not take its answer, is closed.
        receive_seconds: to send a request; see `BYTES_PER_SECOND`.
        max_body_bytes: largest body that is read.
    """

    threads: int
    connections: int
    idle_seconds: float
    receive_seconds: float
    max_body_bytes: int


def raise_open_files() -> int:
    """Let this process open as many files as the system lets it; says how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return 1 << 20 if soft == resource.RLIM_INFINITY else soft
    with contextlib.suppress(ValueError, OSError):  # some systems have a limit beside this one
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class _Map(dict[int, Any]):
    """Waitress's map of what it listens to, by descriptor; tells the loop who comes and goes."""

    def __init__(self) -> None:
        super().__init__()
        self.selector = selectors.DefaultSelector()
        self.fresh: deque[int] = deque()

    def __setitem__(self, fd: int, channel: Any) -> None:
        super().__setitem__(fd, channel)
        self.fresh.append(fd)

    def __delitem__(self, fd: int) -> None:
        super().__delitem__(fd)
        with contextlib.suppress(KeyError, ValueError, RuntimeError):
            self.selector.unregister(fd)


class _Task(WSGITask):  # type: ignore[misc]
    """A request; its answer says when the connection is to end because the process is."""

    def build_response_header(self) -> bytes:
        if self.channel.server.front.is_closing:
            self.request.headers["CONNECTION"] = "close"
        header: bytes = super().build_response_header()
        # Waitress capitalizes names; S3's clients make keys of a dictionary of these.
        return _METADATA.sub(lambda name: name[0].lower(), header) if b"X-Amz-Meta-" in header else header


class _Channel(StrictChannel):
    """A connection, with when the request that it is sending began."""

    task_class = _Task
    began = 0.0
    has_asked = False

    def received(self, data: bytes) -> bool:
        taken: bool = super().received(data)
        if self.request is None:
            self.began = 0.0
        elif not self.began:
            self.began = time.monotonic()
        return taken

    def service(self) -> None:
        front: Front = self.server.front
        front.in_service.add(self)
        try:
            super().service()
        finally:
            self.has_asked = True
            if not self.requests:  # else another thread goes on with the next one
                front.in_service.discard(self)
            front.touched.append(self)
            if self.connected:
                self.server.pull_trigger()


class Front:
    """Listens at once; answers from `run` on.

    Args:
        application: WSGI.
        address: host and port, or sockets that listen already and that other processes may listen on, too.

    Attributes:
        port: where it listens.
        is_closing: True once it takes no more connections and ends those that are there.

    Raises:
        OSError: the address cannot be listened on.
    """

    def __init__(self, application: Any, address: tuple[str, int] | Sequence[socket.socket], limits: Limits) -> None:
        self._limits = limits
        self._connections = max(16, min(limits.connections, raise_open_files() - OTHER_FILES))
        self._map = _Map()
        if isinstance(address, tuple):
            where: dict[str, Any] = {"host": address[0], "port": address[1]}
        else:
            where = {"sockets": list(address)}
        self._server: Any = create_server(
            application,
            map=self._map,
            threads=limits.threads,
            max_request_body_size=limits.max_body_bytes,
            max_request_header_size=MAX_HEADER_BYTES,
            backlog=BACKLOG,
            # Nobody believes them, but that they are there says that a proxy asks for somebody else.
            clear_untrusted_proxy_headers=False,
            ident=None,
            **where,
        )
        self._listeners = [each for each in self._map.values() if hasattr(each, "channel_class")]
        for listener in self._listeners:
            listener.channel_class, listener.front = _Channel, self
        self.port = int(self._listeners[0].effective_port)
        self._trigger, self._dispatcher = self._listeners[0].trigger, self._listeners[0].task_dispatcher
        self.in_service: set[_Channel] = set()
        self.touched: deque[_Channel] = deque()
        self.is_closing = self._is_over = False
        self._may_be_idle_until = self._closes_at = float("inf")
        self._ended = threading.Event()
        self._next_tick = self._next_warning = 0.0

    def run(self) -> None:
        """Answer requests until `close`."""
        try:
            while not self._is_over:
                self._turn()
        finally:
            # Not what wakes this loop: a thread that answers late would write to a descriptor of somebody else.
            for channel in (*self._listeners, *self._channels()):
                channel.close()
            self._map.selector.close()
            self._ended.set()

    def close(self, idle_seconds: float, seconds: float) -> None:
        """Take no more connections, answer what was begun and what comes on those that are there, and end.

        Args:
            idle_seconds: how long a connection that is idle may still bring a request; its answer says that it ends.
            seconds: the longest that all of it may take.
        """
        if self._ended.is_set():
            return
        now = time.monotonic()
        self._may_be_idle_until, self._closes_at = now + idle_seconds, now + seconds
        self.is_closing = True
        self._trigger.pull_trigger(self._stop_listening)
        self._ended.wait(seconds + TICK_SECONDS)
        self._dispatcher.shutdown(timeout=0.1)
        if not self.in_service:
            self._close_all()

    def drop(self) -> None:
        """Give up the addresses of one that never ran."""
        self._dispatcher.shutdown(timeout=0.1)
        self._close_all()
        self._map.selector.close()

    def _close_all(self) -> None:
        for channel in list(self._map.values()):
            channel.close()

    def _turn(self) -> None:
        while self._map.fresh:
            self._attend(self._map.fresh.popleft())
        for key, events in self._map.selector.select(self._pause()):
            if key.fd in self._map:
                self._serve(key.fd, self._map[key.fd], events)
        # A thread that answers may have written, and be about to wait for room in the buffer.
        for channel in tuple(self.in_service):
            self._attend(channel._fileno)
        while self.touched:
            self._attend(self.touched.popleft()._fileno)
        if (now := time.monotonic()) >= self._next_tick:
            self._next_tick = now + self._pause()
            self._tick(now)

    def _pause(self) -> float:
        return TICK_SECONDS / 20 if self.is_closing else TICK_SECONDS

    def _serve(self, fd: int, channel: Any, events: int) -> None:
        if channel in self._listeners:
            self._accept(channel)
            return
        try:
            if events & selectors.EVENT_READ:
                channel.handle_read_event()
            if events & selectors.EVENT_WRITE and fd in self._map:
                channel.handle_write_event()
        except Exception:
            channel.handle_error()
        self._attend(fd)

    def _attend(self, fd: int | None) -> None:
        """Have the kernel tell what a channel wants to know now."""
        if fd is None or fd not in self._map:
            return
        channel = self._map[fd]
        wanted = selectors.EVENT_READ if channel in self._listeners or channel.readable() else 0
        if channel.writable() and not channel.accepting:
            wanted |= selectors.EVENT_WRITE
        selector = self._map.selector
        known = selector.get_map().get(fd)
        if known is None:
            if wanted:
                selector.register(fd, wanted)
        elif not wanted:
            selector.unregister(fd)
        elif known.events != wanted:
            selector.modify(fd, wanted)

    def _accept(self, listener: Any) -> bool:
        """Take in who has connected; says whether there may be more."""
        for _ in range(ACCEPTED_AT_ONCE):
            before = len(self._map)
            if before >= self._connections:
                self._make_room()
                before = len(self._map)
            listener.handle_accept()
            if len(self._map) == before:
                return False
        return True

    def _make_room(self) -> None:
        """Close those that are sending nothing and have been idle longest, who never asked anything first of all."""
        idle = [channel for channel in self._channels() if _is_idle(channel) or _is_sending(channel)]
        idle.sort(key=lambda channel: (channel.has_asked, channel.last_activity))
        for channel in idle[: max(1, self._connections // 64)]:
            channel.handle_close()
        if (now := time.monotonic()) >= self._next_warning:
            self._next_warning = now + WARNING_SECONDS
            logger.warning("%d connections are open; those that were idle longest are closed", self._connections)

    def _tick(self, now: float) -> None:
        """Close who has had his time."""
        wall, limits = time.time(), self._limits
        for channel in self._channels():
            quiet = wall - channel.last_activity
            if _is_sending(channel):
                body = channel.request.body_bytes_received / BYTES_PER_SECOND
                is_over = now - channel.began > limits.receive_seconds + body
            elif _is_idle(channel):
                is_over = quiet > limits.idle_seconds or now >= self._may_be_idle_until
            else:  # it is answered: who does not take the answer holds the thread that writes it
                is_over = bool(channel.total_outbufs_len) and quiet > limits.idle_seconds
            if is_over:
                channel.handle_close()
        if self.is_closing and not self._listeners and (not self._channels() or now >= self._closes_at):
            self._is_over = True

    def _channels(self) -> list[Any]:
        return [channel for channel in self._map.values() if isinstance(channel, _Channel)]

    def _stop_listening(self) -> None:
        """Take in who has connected already, then nobody."""
        for listener in self._listeners:
            while self._accept(listener):
                pass
            fd = listener._fileno
            if fd in self._map:
                del self._map[fd]
            listener.socket.close()
        self._listeners, self._next_tick = [], 0.0


def _is_idle(channel: Any) -> bool:
    return channel.request is None and not channel.requests and not channel.total_outbufs_len


def _is_sending(channel: Any) -> bool:
    return channel.request is not None and not channel.requests and not channel.total_outbufs_len
