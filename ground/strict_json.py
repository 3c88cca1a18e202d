"""JSON as RFC 8259 means it, within bounds: Python reads NaN and Infinity, and writes them for others to fail on."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

NO_NUL = r"^[^\u0000]*$"
"""Text that is taken, as a pattern of JSON Schema (ECMA-262); see `text_fault`."""
NOT_BLANK = r"^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085][^\u0000]*$"
"""The same, with something in it that `str.strip` leaves."""

# A string, closed or running to the end, or a mark. Possessive, so that no input makes it go back and try again.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)


@dataclass(frozen=True)
class JsonLimits:
    """What a document may be at most.

    Attributes:
        depth: objects and lists in each other. Python's own limit depends on who calls: what one reads, another could
            not write.
        too_deep: what is said of a document that is deeper.
        tokens: strings, brackets and commas; None for any number.
        bits: of whole numbers, their sign included; None for any.
        unique_keys: whether an object with a key twice is refused; else the last one counts.
    """

    depth: int
    too_deep: str
    tokens: int | None = None
    bits: int | None = None
    unique_keys: bool = False


def parse(text: str, bounds: JsonLimits) -> Any:
    """The document that `text` is. Its tokens are counted before anything is built.

    Raises:
        ValueError: it is no JSON, or beyond the bounds.
    """
    if bounds.tokens is not None and _has_more_tokens(text, bounds.tokens):
        raise ValueError(f"it has more than {bounds.tokens:,} values")

    def whole(digits: str) -> int:
        # 19 digits and a sign have all numbers of 64 bits; longer ones are not even read.
        if bounds.bits is not None:
            most = 2 ** (bounds.bits - 1)
            if len(digits) > len(str(most)) + 1 or not -most <= int(digits) < most:
                raise ValueError(f"a whole number does not fit in {bounds.bits} bits")
        return int(digits)

    try:
        document = json.loads(
            text,
            object_pairs_hook=_unique if bounds.unique_keys else None,
            parse_constant=_no_constant,
            parse_int=None if bounds.bits is None else whole,
            parse_float=_finite,
        )
    except RecursionError as error:
        raise ValueError(bounds.too_deep) from error
    if _is_deeper(document, bounds.depth):
        raise ValueError(bounds.too_deep)
    return document


def text_fault(text: str) -> str | None:
    """Why `text` is none that every database and browser takes; None when it is."""
    if "\x00" in text:
        return "the text has a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "the text has half of a surrogate pair, which is no character"
    return None


def _has_more_tokens(text: str, most: int) -> bool:
    return len(text) > most and next(islice(_TOKEN.finditer(text), most, None), None) is not None


def _is_deeper(document: Any, most: int) -> bool:
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(most):
        inner = (each for value in level for each in (value.values() if isinstance(value, dict) else value))
        level = [each for each in inner if isinstance(each, dict | list)]
        if not level:
            return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
