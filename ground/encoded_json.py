"""Documents on their way into JSON columns."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json


class EncodedJSON(str):
    """JSON that a JSON column takes as it is."""


def as_json(value: Any) -> str:
    """A value of a JSON column as JSON: what `json` writes, models too, several times as fast."""
    return value if isinstance(value, EncodedJSON) else to_json(value).decode()
