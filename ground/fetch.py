"""Talking to addresses that others name: media URLs to fetch, callbacks to call. Written against SSRF.

A name is resolved once, every address it has is checked, and the connection goes to the checked address itself, so a
name that changes its mind between the check and the call (DNS rebinding) gains nothing. Redirects are followed for
fetches only, each checked like the first. Ports, schemes, sizes and the whole duration are limited.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.util import Timeout

from ground.errors import ModerationError, UrlRefused

ALLOWED_PORTS = {80, 443, 8080, 8443}
MAX_REDIRECTS = 3
LONGEST_CONNECT_SECONDS = 10.0
_CHUNK = 65_536
_COME_BACK = (408, 425, 429)
# Carrier NAT, protocol assignments, benchmarking, local NAT64, 6to4 (given up by RFC 7526, and full of IPv4), and a
# cloud host's own service address, which is public in form only.
_NEVER_PUBLIC = [
    ipaddress.ip_network(n)
    for n in ("100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "64:ff9b:1::/48", "2002::/16", "168.63.129.16/32")
]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class FetchFailed(ModerationError):
    """The address answered badly, too slowly, too much, or not at all.

    Attributes:
        is_passing: True for what may go better later: no answer, none in time, or one that says so.
    """

    def __init__(self, message: str, *, is_passing: bool = True) -> None:
        super().__init__(message)
        self.is_passing = is_passing


@dataclass(frozen=True)
class Response:
    """A bounded answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_url(url: str, *, allow_private: bool) -> SplitResult:
    """Refuse what is wrong with an address by itself, without resolving its name.

    Raises:
        UrlRefused: scheme, credentials, port, or a literal private address.
    """
    if len(url) > 2048 or any(ord(c) <= 32 or ord(c) == 127 or c == "\\" for c in url):
        raise UrlRefused("a URL has at most 2048 characters and no spaces, control characters or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname
    except ValueError as error:
        raise UrlRefused(f"not a URL: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise UrlRefused(f"scheme {parts.scheme or '(none)'!r} is not accepted; use https")
    if not host:
        raise UrlRefused("the URL names no host")
    if parts.username is not None or parts.password is not None:
        raise UrlRefused("a URL with a user name or password is not accepted")
    if port == 0 or (port is not None and port not in ALLOWED_PORTS and not allow_private):
        raise UrlRefused(f"port {port} is not accepted; use one of {sorted(ALLOWED_PORTS)}")
    if not allow_private:
        literal = _literal(host)
        if literal is not None and not is_public(literal):
            raise UrlRefused("the address is private, loopback or reserved")
        if host.rstrip(".").lower().rpartition(".")[2] in ("localhost", "local", "internal", "localdomain"):
            raise UrlRefused("the name belongs to a private network")
    return parts


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """True for a unicast address of the public internet; IPv4 inside IPv6 counts as the IPv4 it is."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.teredo is not None or getattr(address, "is_site_local", False):
            return False
    if any(address.version == network.version and address in network for network in _NEVER_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def fetch(url: str, *, max_bytes: int, timeout_seconds: float, allow_private: bool) -> bytes:
    """The bytes behind a media URL.

    Raises:
        UrlRefused: the address, or one it redirects to, must not be fetched.
        FetchFailed: no good answer within the limits.
    """
    deadline = time.monotonic() + timeout_seconds
    for _ in range(MAX_REDIRECTS + 1):
        answer = _request("GET", url, None, {}, deadline, max_bytes, allow_private)
        if answer.status in (301, 302, 303, 307, 308) and "location" in answer.headers:
            try:
                url = urljoin(url, answer.headers["location"])
            except ValueError as error:
                raise UrlRefused("the address redirects to what is no URL") from error
            continue
        if answer.status != 200:
            is_passing = answer.status >= 500 or answer.status in _COME_BACK
            raise FetchFailed(f"the address answered {answer.status}", is_passing=is_passing)
        return answer.body
    raise FetchFailed(f"more than {MAX_REDIRECTS} redirects", is_passing=False)


def get(url: str, *, timeout_seconds: float, allow_private: bool, max_response_bytes: int) -> Response:
    """Get what an address answers itself, whatever its status. Redirects are not followed.

    Raises:
        UrlRefused: the address must not be called.
        FetchFailed: no answer within the limits.
    """
    deadline = time.monotonic() + timeout_seconds
    return _request("GET", url, None, {}, deadline, max_response_bytes, allow_private)


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_seconds: float,
    allow_private: bool,
    max_response_bytes: int = 65_536,
) -> Response:
    """Post to a callback. Redirects are not followed; at most `max_response_bytes` of the answer are read.

    Raises:
        UrlRefused: the address must not be called.
        FetchFailed: no answer within the limits.
    """
    deadline = time.monotonic() + timeout_seconds
    return _request("POST", url, body, headers, deadline, max_response_bytes, allow_private, cut=True)


def _request(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    deadline: float,
    max_bytes: int,
    allow_private: bool,
    cut: bool = False,
) -> Response:
    parts = check_url(url, allow_private=allow_private)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _resolve(host, port, deadline, allow_private)
    left = deadline - time.monotonic()
    if left <= 0:
        raise FetchFailed("the time limit passed")
    timeout = Timeout(connect=min(left, LONGEST_CONNECT_SECONDS), read=left)
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(address, port, timeout=timeout, server_hostname=host, assert_hostname=host)
    else:
        pool = urllib3.HTTPConnectionPool(address, port, timeout=timeout)
    authority = parts.netloc
    sent = {"Host": authority, "User-Agent": "moderation", "Accept-Encoding": "identity", **headers}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _cut_off(pool, left):
            answer = pool.urlopen(
                method, target, body=body, headers=sent, redirect=False, retries=False, preload_content=False
            )
            try:
                received = _read(answer, deadline, max_bytes, cut)
            finally:
                answer.close()
    except urllib3.exceptions.HTTPError as error:
        if time.monotonic() >= deadline:
            raise FetchFailed("the time limit passed") from error
        raise FetchFailed(f"no answer from {host}: {type(error).__name__}") from error
    finally:
        pool.close()
    return Response(answer.status, {k.lower(): v for k, v in answer.headers.items()}, received)


def _read(answer: urllib3.BaseHTTPResponse, deadline: float, max_bytes: int, cut: bool) -> bytes:
    """The body, piece by piece, so that neither its size nor a trickle of bytes passes the limits."""
    received = bytearray()
    while chunk := answer.read1(_CHUNK, decode_content=False):
        received += chunk
        if len(received) > max_bytes:
            if cut:
                return bytes(received[:max_bytes])
            raise FetchFailed(f"the answer has more than {max_bytes:,} bytes", is_passing=False)
        if time.monotonic() > deadline:
            raise FetchFailed("the time limit passed")
    if time.monotonic() > deadline:
        raise FetchFailed("the time limit passed")  # what ended the body may be our own cutting off
    return bytes(received)


@contextmanager
def _cut_off(pool: urllib3.HTTPConnectionPool, seconds: float) -> Iterator[None]:
    """Cut the pool's connections after `seconds`.

    The socket's own timeout begins anew with each byte, so a peer that sends headers one byte at a time never meets it.
    """
    sockets: list[Any] = []
    make: Callable[..., Any] = pool.ConnectionCls

    def watched(*args: Any, **kwargs: Any) -> Any:
        connection = make(*args, **kwargs)
        connect = connection.connect

        def connect_and_note() -> None:
            connect()  # bounded by the connect timeout, the TLS handshake too
            sockets.append(connection.sock)

        connection.connect = connect_and_note
        return connection

    def cut() -> None:
        for sock in sockets:
            with contextlib.suppress(OSError):
                # Not the TLS layer's own shutdown: it would change the connection under the thread that reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    pool.ConnectionCls = watched  # type: ignore[assignment]
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is, in any spelling the C library takes (``0x7f.1``, ``2130706433``), or None."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _resolve(host: str, port: int, deadline: float, allow_private: bool) -> str:
    """One address to connect to; refused when any address of the name is not public."""
    try:
        addresses = _addresses(host, port, deadline)
    except (OSError, UnicodeError) as error:
        raise FetchFailed(f"the name {host[:100]!r} does not resolve") from error
    if not addresses:
        raise FetchFailed(f"the name {host[:100]!r} has no address")
    for address in addresses:
        if not allow_private and not is_public(ipaddress.ip_address(address.partition("%")[0])):
            raise UrlRefused("the name leads to a private, loopback or reserved address")
    return addresses[0]


_lookups = threading.BoundedSemaphore(64)


def _addresses(host: str, port: int, deadline: float) -> list[str]:
    """All addresses of a name, looked up in a thread that is left behind when it does not come back in time.

    The C library takes no limit: a name server that answers nothing holds a caller for as long as resolv.conf says,
    which may be minutes. Those left behind are counted, so that slow names cannot fill the process with threads.

    Raises:
        OSError, UnicodeError: the name does not resolve, or is none.
        FetchFailed: no answer in time, or too many names that wait for theirs.
    """
    found: list[str] = []
    failed: list[Exception] = []

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(str(entry[4][0]) for entry in entries)
        except (OSError, UnicodeError) as error:
            failed.append(error)
        finally:
            _lookups.release()

    if not _lookups.acquire(timeout=max(0.0, deadline - time.monotonic())):
        raise FetchFailed("too many names wait for their addresses")
    thread = threading.Thread(target=look_up, name="name look-up", daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if thread.is_alive():
        raise FetchFailed(f"the name {host[:100]!r} was not resolved in time")
    if failed:
        raise failed[0]
    return found
