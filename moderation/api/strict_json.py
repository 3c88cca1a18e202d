"""JSON bodies, bounded before they are read, and without what databases and browsers stumble over."""

from __future__ import annotations

from typing import Any

from ground.strict_json import JsonLimits, parse, text_fault
from moderation.api.problems import Refused, invalid
from moderation.core.errors import FieldError

MAX_DEPTH = 40
BOUNDS = JsonLimits(
    depth=MAX_DEPTH,
    too_deep=f"it is nested deeper than {MAX_DEPTH} levels",
    tokens=500_000,  # thirty megabytes of ``[],[],[]`` would fill a gigabyte of memory
    bits=64,
    unique_keys=True,
)


def read_json(data: bytes) -> Any:
    """The document that `data` is: no doubled keys, NaN, numbers beyond 64 bits, NUL or lone surrogates.

    Raises:
        Refused: 400 for what is not JSON in our bounds, 422 with the field for text that is no text.
    """
    try:
        document = parse(data.decode("utf-8"), BOUNDS)
    except UnicodeDecodeError as error:
        raise _not_json("it is not UTF-8") from error
    except ValueError as error:
        raise _not_json(str(error)) from error
    _check_text(document, "")
    return document


def check_text(field: str, text: str) -> None:
    """Refuse text with a NUL or with half of a surrogate pair: 422, naming `field`."""
    if fault := text_fault(text):
        raise invalid(field, fault)


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
