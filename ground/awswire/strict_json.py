"""JSON as its standard has it: no NaN or Infinity, which Python would read, and write again for others to fail on."""

from __future__ import annotations

import json
import math
from typing import Any

DEEPEST = 200
"""Objects and lists in each other. Python's own limit depends on who calls: what one reads another could not write."""


def read_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: it is no JSON object, is nested too deeply, or has a number beyond what a float holds.
    """
    try:
        document = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("not an object")
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        inner = (each for value in level for each in (value.values() if isinstance(value, dict) else value))
        level = [each for each in inner if isinstance(each, dict | list)]
        if not level:
            return document
    raise ValueError("nested too deeply")


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
