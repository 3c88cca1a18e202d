"""JSON objects as AWS's requests hold them: bodies, and documents written as text inside of them."""

from __future__ import annotations

import json
from typing import Any

from ground.strict_json import JsonLimits, parse

BOUNDS = JsonLimits(depth=200, too_deep="nested too deeply")


def read_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: it is no JSON object, is nested too deeply, or has a number beyond what a float holds.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    document = parse(text, BOUNDS)
    if not isinstance(document, dict):
        raise ValueError("not an object")
    return document
