"""Clients that are slow, many, silent or gone: they cost others nothing, and are cut off in time."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3
from flask import Flask, Response

from ground.web.listening import Listener
from moderation.settings import Settings
from tests.waiting import PATIENCE_SECONDS, wait_for

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


class House:
    """An application that listens, with a route that is slow and one that says much."""

    def __init__(self, settings: Settings, **given: Any) -> None:
        app = Flask("front")
        self.connections: list[socket.socket] = []
        self.go_on, self.begun = threading.Event(), threading.Event()
        app.add_url_rule("/", view_func=lambda: "ok", methods=["GET", "POST"])
        app.add_url_rule("/slow", "slow", self.slow)
        app.add_url_rule("/much", "much", lambda: Response((b"x" * 1_000_000 for _ in range(200)), mimetype="a/b"))
        self.listener = Listener(app, settings.model_copy(update={"threads": 2, **given}))
        self.listener.start()
        self.port = int(self.listener.url.rpartition(":")[2])
        self.client = urllib3.HTTPConnectionPool("127.0.0.1", self.port, timeout=PATIENCE_SECONDS, retries=False)

    def slow(self) -> str:
        self.begun.set()
        self.go_on.wait(PATIENCE_SECONDS)
        return "slow"

    def ask(self, path: str = "/") -> Any:
        return self.client.request("GET", path)

    def connect(self, data: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)
        self.connections.append(connection)
        connection.sendall(data)
        return connection

    def close(self) -> None:
        self.go_on.set()
        for connection in self.connections:
            connection.close()
        self.client.close()
        self.listener.close()


@pytest.fixture
def open_front(settings: Settings) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def opener(**given: Any) -> House:
        houses.append(House(settings, **given))
        return houses[-1]

    yield opener
    for house in houses:
        house.close()


def answer(connection: socket.socket, end: bytes = b"ok") -> bytes:
    received = b""
    while not received.endswith(end) and (more := connection.recv(1000)):
        received += more
    return received


def is_cut_off(connection: socket.socket) -> bool:
    with contextlib.suppress(OSError):
        connection.settimeout(0.05)
        return connection.recv(1) == b""
    return False


def test_idle_slow_half_closed_and_endless_clients_keep_nobody_from_an_answer(open_front: Callable[..., House]) -> None:
    house = open_front(threads=1)
    begun = [b"", HEAD, CHUNKED + b"5\r\nab", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"]
    held = [house.connect(begun[number % 4]) for number in range(400)]
    for connection in held[::7]:
        connection.shutdown(socket.SHUT_WR)

    assert [house.ask().data for _ in range(20)] == [b"ok"] * 20


def test_whoever_is_idle_longest_makes_room(open_front: Callable[..., House]) -> None:
    house = open_front(connections=64)
    known = house.connect(HEAD + b"\r\n")
    assert answer(known).startswith(b"HTTP/1.1 200")
    held = [house.connect() for _ in range(200)]

    assert house.ask().data == b"ok"
    wait_for(lambda: is_cut_off(held[0]))
    assert not is_cut_off(held[-1])
    known.sendall(HEAD + b"\r\n")
    assert b"200 OK" in answer(known), "who has asked something stays longer than who has not"


def test_who_is_idle_or_takes_no_answer_is_cut_off(open_front: Callable[..., House]) -> None:
    house = open_front(idle_seconds=0.2, threads=1)
    idle = house.connect()
    house.connect(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")

    wait_for(lambda: is_cut_off(idle))
    assert house.ask().data == b"ok", "the thread that answered it is free again"


@pytest.mark.parametrize("begun", [HEAD, CHUNKED, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"])
def test_who_takes_too_long_to_send_a_request_is_cut_off(open_front: Callable[..., House], begun: bytes) -> None:
    house = open_front(receive_seconds=0.3)
    connection = house.connect(begun)

    def drips() -> bool:
        with contextlib.suppress(OSError):
            connection.sendall(b"X-A: b\r\n" if begun is HEAD else b"1\r\na\r\n" if begun is CHUNKED else b"")
        return is_cut_off(connection)

    wait_for(drips)


def test_what_was_begun_is_answered_when_it_ends_and_connections_are_told(open_front: Callable[..., House]) -> None:
    house = open_front()
    kept = house.connect(HEAD + b"\r\n")
    assert b"Connection: close" not in answer(kept)
    begun = house.connect(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    assert house.begun.wait(PATIENCE_SECONDS)
    closing = threading.Thread(target=house.listener.close)
    closing.start()
    wait_for(lambda: house.listener._front.is_closing)
    kept.sendall(HEAD + b"\r\n")
    told = answer(kept)
    house.go_on.set()
    answered = answer(begun, b"slow")
    closing.join(PATIENCE_SECONDS)

    assert told.startswith(b"HTTP/1.1 200")
    assert b"Connection: close" in told
    assert answered.startswith(b"HTTP/1.1 200")
    assert b"Connection: close" in answered
    assert answered.endswith(b"slow")
    with pytest.raises(OSError, match="refused"):
        house.connect()
