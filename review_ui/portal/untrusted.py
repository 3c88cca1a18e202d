"""Reading a loop's InputContent without trust: whoever has an access key may start a loop with any JSON object.

Whatever is not of the kind that was asked for counts as missing, and every text that comes out can be encoded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

MAX_SECONDS = 1e6


def mapping(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under `key`, or an empty one."""
    found = content.get(key)
    return found if isinstance(found, Mapping) else {}


def mappings(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects in the list under `key`."""
    found = content.get(key)
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def text(content: Mapping[str, Any], key: str) -> str:
    """The string under `key`, or an empty one."""
    found = content.get(key)
    return printable(found) if isinstance(found, str) else ""


def texts(content: Mapping[str, Any], key: str) -> list[str]:
    """The strings in the list under `key`."""
    found = content.get(key)
    return [printable(entry) for entry in found if isinstance(entry, str)] if isinstance(found, list) else []


def number(content: Mapping[str, Any], key: str, low: float, high: float) -> float | None:
    """The number under `key`, moved into [low, high]; None when there is none."""
    found = content.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float) or found != found:  # NaN is not itself
        return None
    return float(min(max(found, low), high))


def whole(content: Mapping[str, Any], key: str) -> int | None:
    """The whole number under `key` if it is one of a size that counts characters or pixels."""
    found = content.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 10**9 else None


def printable(words: str) -> str:
    """The same text with a question mark for each half of a broken surrogate pair, which cannot be sent.

    One code point stays one code point, so that offsets stay true.
    """
    return words.encode("utf-8", "replace").decode("utf-8")


def as_words(value: Any, indent: int | None = None) -> str:
    """Any JSON value for people: strings as they are, the rest as JSON."""
    if isinstance(value, str):
        return printable(value)
    try:
        return printable(json.dumps(value, ensure_ascii=False, indent=indent))
    except RecursionError:
        return "(nested too deeply to be shown)"


def percent(confidence: float) -> str:
    """A confidence with one decimal, cut and not rounded: what is under a threshold never looks as if it met it."""
    return f"{math.floor(confidence * 10 + 1e-9) / 10:.1f}".removesuffix(".0")


def clock(seconds: float) -> str:
    """Seconds as a player shows them: ``1:02.5``."""
    minutes, rest = divmod(math.floor(seconds * 10 + 1e-9) / 10, 60)
    return f"{int(minutes)}:{rest:04.1f}".removesuffix(".0")
