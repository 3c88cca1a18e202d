"""JSON as RFC 8259 means it, bounded before it is parsed, and without what databases and browsers stumble over."""

from __future__ import annotations

import json
import re
from typing import Any

from moderation.api.problems import Refused, invalid
from moderation.core.errors import FieldError

MAX_DEPTH = 40
MAX_TOKENS = 500_000
"""Strings, brackets and commas of one body. Thirty megabytes of ``[],[],[]`` would fill a gigabyte of memory."""

_BIGGEST = 2**63
# A string, closed or running to the end, or a mark. Possessive, so that no input makes it go back and try again.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)


def read_json(data: bytes) -> Any:
    """The document that `data` is: no doubled keys, NaN, numbers beyond 64 bits, NUL or lone surrogates.

    Raises:
        Refused: 400 for what is not JSON in our bounds, 422 with the field for text that is no text.
    """
    _measure(data)
    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_bounded,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise _not_json("it is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise _not_json(str(error)) from error
    _check_text(document, "")
    return document


def check_text(field: str, text: str) -> None:
    """Refuse text with a NUL or with half of a surrogate pair: 422, naming `field`."""
    if "\x00" in text:
        raise invalid(field, "the text has a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise invalid(field, "the text has half of a surrogate pair, which is no character") from error


def _measure(data: bytes) -> None:
    """Bound depth and number of values without building any; strings are stepped over whole."""
    depth = 0
    for number, token in enumerate(_TOKEN.finditer(data)):
        if number >= MAX_TOKENS:
            raise _not_json(f"it has more than {MAX_TOKENS:,} values")
        mark = data[token.start()]
        if mark in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _not_json(f"it is nested deeper than {MAX_DEPTH} levels")
        elif mark in b"]}":
            depth -= 1


def _not_json(why: str) -> Refused:
    return Refused(400, "not-json", f"the body cannot be read as JSON: {why}", [FieldError("", why)])


def _check_text(value: Any, path: str) -> None:
    if isinstance(value, str):
        check_text(path, value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_text(path, key)
            _check_text(inner, f"{path}.{key[:60]}" if path else key[:60])
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _check_text(inner, f"{path}[{number}]")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _bounded(digits: str) -> int:
    if len(digits) > 20 or not -_BIGGEST <= int(digits) < _BIGGEST:
        raise ValueError("a whole number does not fit in 64 bits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number
