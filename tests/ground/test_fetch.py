from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.fetch import FetchFailed, check_url, fetch, is_public, post
from moderation.core.errors import UrlRefused
from tests.waiting import PATIENCE_SECONDS

PRIVATE = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://[::1]/",
    "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/",
    "http://172.16.5.4/", "http://192.168.1.1/", "http://100.64.0.1/", "http://[fe80::1]/", "http://[fc00::1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://localhost/", "http://LOCALHOST./", "http://metadata.google.internal/",
    "http://168.63.129.16/", "http://224.0.0.1/", "http://255.255.255.255/", "http://[::]/", "http://198.18.0.1/",
]  # fmt: skip
WRONG = [
    "file:///etc/passwd", "gopher://example.com/", "ftp://example.com/", "http://user:pw@example.com/", "http://example.com:22/",
    "http://example.com:6379/", "//example.com", "http://", "http://exa mple.com/", "http://example.com\\@127.0.0.1/", "javascript:alert(1)",
    "http://example.com:99999/", "http://" + "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE + WRONG)
def test_addresses_that_must_not_be_called_are_refused_before_any_call(url: str) -> None:
    with pytest.raises(UrlRefused):
        check_url(url, allow_private=False)


def test_a_public_address_is_fine() -> None:
    check_url("https://example.com:8443/path?x=1#y", allow_private=False)


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_public(address: Any) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_public(address)


def test_an_ipv4_address_inside_ipv6_counts_as_itself() -> None:
    assert not is_public(ipaddress.ip_address("::ffff:10.0.0.1"))
    assert is_public(ipaddress.ip_address("::ffff:8.8.8.8"))


def test_a_name_that_resolves_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(UrlRefused, match="leads to a private"):
        fetch("http://rebind.example.com/", max_bytes=10, timeout_seconds=2, allow_private=False)


def test_a_name_that_no_server_answers_for_costs_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        answered.wait(60)
        return [(2, 1, 6, "", ("93.184.216.34", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    try:
        with pytest.raises(FetchFailed, match="not resolved in time") as refused:
            fetch("http://slow.example.com/", max_bytes=10, timeout_seconds=0.2, allow_private=False)
        assert refused.value.is_passing
    finally:
        answered.set()


def test_names_that_wait_are_few_and_do_not_hold_up_those_after_them_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(60) and [])
    before = threading.active_count()
    try:
        for _ in range(70):
            with pytest.raises(FetchFailed, match=r"in time|too many names"):
                fetch("http://slow.example.com/", max_bytes=10, timeout_seconds=0.001, allow_private=False)
        assert threading.active_count() - before <= 64
    finally:
        answered.set()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/file")
            self.end_headers()
        elif self.path == "/loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.end_headers()
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        elif self.path == "/missing":
            self.send_error(404)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 1000)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(302 if self.path == "/redirect" else 200)
        self.send_header("Location", "/file")
        self.end_headers()
        self.wfile.write(body * 1000)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_file_is_fetched_over_a_redirect(site: str) -> None:
    assert (
        fetch(f"{site}/redirect", max_bytes=2000, timeout_seconds=PATIENCE_SECONDS, allow_private=True) == b"x" * 1000
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [("/loop", "redirects"), ("/file", "more than 500 bytes"), ("/drip", "time limit"), ("/missing", "404")],
)
def test_what_is_wrong_with_an_answer_is_said(site: str, path: str, said: str) -> None:
    patience = 2 if path == "/drip" else PATIENCE_SECONDS
    with pytest.raises(FetchFailed, match=said):
        fetch(f"{site}{path}", max_bytes=500, timeout_seconds=patience, allow_private=True)


def test_a_callback_is_not_followed_elsewhere_and_its_answer_is_cut(site: str) -> None:
    answer = post(
        f"{site}/redirect", b"hello", {}, timeout_seconds=PATIENCE_SECONDS, allow_private=True, max_response_bytes=100
    )

    assert answer.status == 302
    assert len(answer.body) == 100
