"""Ids as texts. One that somebody sends is checked before it reaches a database, a path or a log."""

from __future__ import annotations

import re
import secrets

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]{32}")


def is_uuid(text: str) -> bool:
    """True for a UUID as we write it: RFC 9562's text, in lower case."""
    return _UUID.fullmatch(text) is not None


def new_hex_id() -> str:
    """128 random bits as 32 hexadecimal digits: nobody guesses it, and it says nothing of when it was made."""
    return secrets.token_hex(16)


def is_hex_id(text: str) -> bool:
    """True for what `new_hex_id` gives."""
    return _HEX.fullmatch(text) is not None
