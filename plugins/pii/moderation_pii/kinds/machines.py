"""Addresses of machines, and the keys to them."""

from __future__ import annotations

import ipaddress
import re

from moderation_pii.context import Words, raised
from moderation_pii.expression import later
from moderation_pii.pattern import Pattern, Sighting, anywhere, as_word

_IP = Words(
    r"ip|ipv4|ipv6|ip address(?:es)?|address|host|server|login|logged in|client|from|dns|gateway|subnet|ping|ssh"
)
_VERSION = later(
    r"\b(?:v|ver|version|versions|release|releases|build|revision|firmware|section|chapter|clause|rule|figure|table)[\s.:=#(]{0,3}$"
)
_ONLY_IP = Words(r"ip|ipv4|ip address")
_SECRET = Words(
    r"secret|secret ?access ?key|aws ?secret ?access ?key|aws ?secret ?key|secret ?key|aws|amazon|access[ _\-]?key|iam|credentials?"
)
_AWS = Words(r"aws|amazon|access|key|iam|credentials?")


def _ip_v4(sighting: Sighting) -> float:
    numbers = [int(number) for number in sighting.value.partition("/")[0].split(".")]
    if _VERSION.search(sighting.before(20)):
        return 25.0
    if numbers[0] in (0, 127) or numbers[0] >= 224:
        # This machine, everybody, or unused: nobody's, but Comprehend takes them too, and they say how a network is built.
        return 82.0 if _IP.near(sighting) else 64.0
    is_small = max(numbers) < 25 and numbers[0] != 10
    near = _IP.near(sighting)
    if is_small:
        return 80.0 if near else 40.0
    return 97.0 if near else 88.0


def _ip_v6(sighting: Sighting) -> float:
    value = sighting.value.partition("/")[0]
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return 0.0
    if address.is_loopback or address.is_unspecified:
        return 80.0 if (value == "::1" and sighting.before(1) in ("", " ", "\n", "\t")) or _IP.near(sighting) else 30.0
    # Scoped names in programs (`abc::def`) read as addresses too.
    is_plain = sum(c.isdigit() for c in value) >= 2 and value.count(":") >= 3
    if _IP.near(sighting):
        return 97.0
    return 92.0 if is_plain or _ASSIGNED.match(value) else 40.0


def _secret_key(sighting: Sighting) -> float:
    value = sighting.value
    if _SECRET.near(sighting, before=64):
        return 97.0 if not _is_hex(value) else 60.0
    kinds = (any(c.isupper() for c in value), any(c.islower() for c in value), any(c.isdigit() for c in value))
    return 55.0 if all(kinds) and value.count("/") <= 3 and not _is_hex(value) else 0.0


def _is_hex(value: str) -> bool:
    return all(c in "0123456789abcdef" for c in value) or all(c in "0123456789ABCDEF" for c in value)


def _mac(sighting: Sighting) -> float:
    return 30.0 if len(set(sighting.value.replace(":", "").replace("-", ""))) == 1 else 97.0


def _dotted_end(text: str, start: int, end: int) -> bool:
    """Neither a longer dotted number nor part of a name; a sentence may end behind it."""
    if start and (text[start - 1 : start].isalnum() or text[start - 1] in "_.-"):
        return False
    after = text[end : end + 2]
    return not (after[:1].isalnum() or after[:1] in ("_", "-")) and not (after[:1] == "." and after[1:].isalnum())


def _spread_ip(sighting: Sighting) -> float:
    """With its dots in words, brackets or apart: no list of small numbers."""
    value = sighting.value.lower()
    if any(sign in value for sign in "[({") or "dot" in value:
        return 88.0
    return 80.0 if _IP.near(sighting) or any(int(n) > 99 for n in re.findall("[0-9]+", value)) else 62.0


def _cisco(sighting: Sighting) -> float:
    value = sighting.value
    if _MAC_WORDS.near(sighting):
        return 95.0
    return 78.0 if any(c.isalpha() for c in value) and sum(c.isdigit() for c in value) >= 3 else 0.0


_MAC_WORDS = Words(r"mac|mac address|ethernet|hardware address|interface|arp|ether|dynamic|static")
_ASSIGNED = later(r"(?i)(?:fe[89ab][0-9a-f]|f[cdf][0-9a-f]{2}|2[0-9a-f]{3}|::ffff):(?=[^:]*\d|.*\d)")
"""Beginnings of addresses that are in use (IANA): local, private, multicast, global, those of IPv4."""
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"

PATTERNS = (
    Pattern("PII/IP_ADDRESS", rf"\b((?:{_BYTE}\.){{3}}{_BYTE}(?:/(?:3[0-2]|[12]?[0-9]))?)\b", _ip_v4, _dotted_end),
    Pattern(
        "PII/IP_ADDRESS",
        r"(?i)((?:[0-9a-f]{0,4}:){2,7}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-f]{1,4})?(?:/[0-9]{1,3}\b)?)",
        _ip_v6,
        lambda text, start, end: as_word(text, start, end) and text[end : end + 1] != ":" and text[max(0, start - 1) : start] not in (":", "."),
    ),
    Pattern("PII/MAC_ADDRESS", r"(?i)\b((?:[0-9a-f]{2}:){5}[0-9a-f]{2}|(?:[0-9a-f]{2}-){5}[0-9a-f]{2})\b", _mac, lambda t, s, e: as_word(t, s, e) and t[e : e + 1] not in (":", "-") and t[max(0, s - 1) : s] not in (":", "-")),
    Pattern("PII/MAC_ADDRESS", r"(?i)\b([0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})\b", _cisco, as_word),
    Pattern("PII/AWS_ACCESS_KEY", r"\b((?:AKIA|ASIA|AIDA|AROA|AGPA|AIPA|ANPA|ANVA|ABIA|ACCA)[0-9A-Z]{16})\b", raised(96.0, 99.0, _AWS, 96.0), as_word),
    Pattern(
        "PII/AWS_SECRET_KEY",
        r"(?:^|[^0-9A-Za-z/+=]|[:=])([0-9A-Za-z/+]{40})(?:$|[^0-9A-Za-z/+=])",
        _secret_key,
        anywhere,
    ),
    Pattern("PII/IP_ADDRESS", rf"(?i)\b((?:{_BYTE}(?: ?[\[({{] ?(?:\.|dot|d0t) ?[\])}}] ?| dot | \. )){{3}}{_BYTE})\b", _spread_ip, as_word),
    Pattern("PII/IP_ADDRESS", r"(?i)\b((?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|[0-9]{1,3}\b) ?){1,3}(?:(?:dot|point) ?(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|[0-9]{1,3}\b) ?){1,3}){2,3})", lambda s: 84.0 if s.lowered.count("dot", s.start, s.end) >= 2 and (_IP.near(s) or s.lowered.count("dot", s.start, s.end) == 3) else 0.0, as_word, trim=str.rstrip),
    Pattern("PII/MAC_ADDRESS", r"(?i)\bmac(?: ?addr(?:ess)?)?(?: is|:|=)? {0,2}([0-9a-f]{2}(?: [0-9a-f]{2}){5}|[0-9a-f]{12})\b", lambda s: 92.0, as_word),
    Pattern("PII/IP_ADDRESS", rf"\b({_BYTE}(?:(?:,{_BYTE}){{3}}|(?:-{_BYTE}){{3}}))\b", lambda s: 82.0 if _ONLY_IP.near(s, before=16, after=6) else 0.0, as_word),
)  # fmt: skip
