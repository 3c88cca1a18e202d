"""Who comes to the form, how often, and whether a program filled it in: no cookie, and nobody else's captcha.

A form carries when it was given out, sealed: what comes back within `READING_SECONDS` was read by nobody, what comes
after `OPEN_SECONDS` is given out anew with all that was written. A field that people do not see is to stay empty.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from ground.token_buckets import TokenBuckets
from moderation.core.counting import KeyedHash

READING_SECONDS = 3.0
OPEN_SECONDS = 12 * 3600.0
TRAP = "website"
"""The field that people do not see."""

Passed = Literal["passed", "hasty", "stale", "trapped"]


def forms_of(given: str) -> Mapping[str, Sequence[str]]:
    """Apps that have a form, each with the origins that may show it in a frame; as the setting says it. Pure."""
    forms: dict[str, list[str]] = {}
    for each in given.split():
        app, _, origin = each.partition("=")
        forms.setdefault(app, []).extend([origin] if origin else [])
    return forms


def address_of(peer: str, forwarded: str, proxies: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> str:
    """Where a request comes from: the last address of ``X-Forwarded-For`` that is no proxy's, where proxies say it.

    Pure. What a client writes into the header itself stands before what proxies add, and is never believed.

    Args:
        peer: whose connection it is.
        forwarded: the header; may be empty.
        proxies: whose word counts.
    """
    chain = [each.strip() for each in forwarded.split(",") if each.strip()]
    at = peer
    while chain and _is_one_of(at, proxies):
        at = chain.pop()
    return at if _is_address(at) else peer


def network_of(address: str) -> str:
    """What counts as one place: an IPv4 address, of IPv6 the /64 that one household has. Pure."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = getattr(known, "ipv4_mapped", None)
    if known.version == 4 or mapped is not None:
        return str(mapped or known)
    return str(ipaddress.ip_network(f"{known}/64", strict=False))


class Entrance:
    """Lets notices in, so many an hour.

    Args:
        per_hour: from one place.
        of_app_per_hour: to one app.
        keyed: seals when a form was given out.
    """

    def __init__(self, per_hour: float, of_app_per_hour: float, keyed: KeyedHash) -> None:
        self._from_one = TokenBuckets(per_hour / 3600, 2 * per_hour)
        self._to_app = TokenBuckets(of_app_per_hour / 3600, 2 * of_app_per_hour)
        self._keyed = keyed

    def pause(self, app: str, address: str) -> float:
        """Seconds until another notice is taken from an address; 0 when it is taken now, and counted."""
        return self._from_one.take(network_of(address)) or self._to_app.take(app)

    def pass_for(self, app: str, now: datetime) -> str:
        """What a form carries."""
        return f"{int(now.timestamp())}.{self._seal(app, int(now.timestamp()))}"

    def check(self, app: str, given: Mapping[str, str], now: datetime) -> Passed:
        """What to make of a form that came back."""
        if given.get(TRAP, "").strip():
            return "trapped"
        written, _, seal = given.get("pass", "").partition(".")
        if not (written.isascii() and written.isdigit() and len(written) < 12):
            return "stale"
        if not hmac.compare_digest(seal.encode(), self._seal(app, int(written)).encode()):
            return "stale"
        age = now.timestamp() - int(written)
        if age < READING_SECONDS:
            return "hasty"
        return "stale" if age > OPEN_SECONDS else "passed"

    def _seal(self, app: str, at: int) -> str:
        return self._keyed(f"notice form:{app}:{at}")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_one_of(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None)
    return any((mapped or known) in network for network in networks)
