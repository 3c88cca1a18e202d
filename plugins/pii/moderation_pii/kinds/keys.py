"""Keys to services, which their makers begin with letters of their own; tokens of the web; what opens a door in HTTP.

The forms are those that the services themselves publish for finding leaked keys.
"""

from __future__ import annotations

from collections.abc import Iterator

from moderation_pii.context import steady
from moderation_pii.expression import later
from moderation_pii.pattern import Hit, Pattern, Sighting, anywhere, as_word

_LABEL = "PII/API_KEY"
_PREFIXED = (
    r"gh[opsur]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_\-]{20,64}|xox[abeprs]-[A-Za-z0-9\-]{10,250}"
    r"|xapp-[0-9]-[A-Za-z0-9\-]{20,200}|sk-[A-Za-z0-9_\-]{20,250}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/=]{24,80}"
    r"|AIza[0-9A-Za-z_\-]{35}|ya29\.[0-9A-Za-z_\-]{20,250}|GOCSPX-[A-Za-z0-9_\-]{20,40}|SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}"
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_\-]{16,250}|hf_[A-Za-z0-9]{30,60}|SK[0-9a-f]{32}|do[opr]_v1_[0-9a-f]{64}"
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|EAA[A-Za-z0-9]{80,250}|sq0[a-z]{3}-[A-Za-z0-9_\-]{22,64}|key-[0-9a-f]{32}"
)
_ASSIGNED = (
    r"api[_ \-]?(?:key|token|secret)|apikey|client[_\-]?secret|app[_\-]?secret|access[_\-]?token|auth[_\-]?token|refresh[_\-]?token"
    r"|private[_\-]?token|bot[_\-]?token|secret[_\-]?(?:key|token)|webhook[_\-]?secret|signing[_\-]?secret|encryption[_\-]?key"
)
_BLOCK = later(
    r"-----begin [a-z0-9 ]{0,30}private key(?: block)?-----(?:[^-]{0,12000}-----end [a-z0-9 ]{0,30}private key(?: block)?-----|[a-z0-9+/=\s\\:,]{0,12000})"
)


def _assigned(sighting: Sighting) -> float:
    """A value of a field for keys: it has letters and digits, and is no name of a variable."""
    value = sighting.value
    has_both = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return (
        90.0
        if has_both and len(set(value)) > 5 and not value.startswith(("process.", "os.", "env", "${", "{{"))
        else 0.0
    )


def _bearer(sighting: Sighting) -> float:
    return 90.0 if any(c.isdigit() for c in sighting.value) or len(sighting.value) > 19 else 0.0


def _basic(sighting: Sighting) -> float:
    return 88.0 if any(not c.isalpha() for c in sighting.value) else 0.0


PATTERNS = (
    Pattern(_LABEL, rf"\b({_PREFIXED})", steady(98.0), as_word),
    Pattern(_LABEL, r"\b(eyJ[A-Za-z0-9_\-]{8,4000}\.eyJ[A-Za-z0-9_\-]{4,8000}\.[A-Za-z0-9_\-]{0,2000})", steady(97.0), as_word),
    Pattern(_LABEL, r"\b([0-9]{8,10}:AA[A-Za-z0-9_\-]{33})\b", steady(96.0), as_word),
    Pattern(_LABEL, rf"(?i)(?:\b|_)(?:{_ASSIGNED})[\"']?([ \t]{{0,3}}(?::|=|=>|is)[ \t]{{0,3}}[\"'\x60]?)([A-Za-z0-9_\-./+=~]{{16,250}})", _assigned, as_word),
    Pattern(_LABEL, r"(?i)\bauthorization[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?(?:bearer|token|apikey|key)[ \t]([A-Za-z0-9_\-./+=~:]{8,4000})", _bearer, anywhere),
    Pattern("PII/PASSWORD", r"(?i)\bauthorization[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?basic[ \t]([A-Za-z0-9+/]{8,500}={0,2})", _basic, anywhere),
    Pattern("PII/PASSWORD", r"(?i)\bauthorization[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"']?basic[ \t][^\s:]{1,100}:([^\s\"'<>]{1,100})", steady(92.0), anywhere),
)  # fmt: skip


def private_keys(text: str, lowered: str) -> Iterator[Hit]:
    """Blocks with a private key (RFC 7468 and older ones), also such as are cut off."""
    if "private key" in lowered:
        for found in _BLOCK.finditer(lowered):
            yield Hit(found.start(), found.start() + len(text[found.start() : found.end()].rstrip()), 99.0, _LABEL)
