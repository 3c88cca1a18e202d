"""Log lines as JSON: an object a line, with the fields that messages name, and no words of exceptions."""

from __future__ import annotations

import json
import logging
from typing import Any

from ground.json_logs import JsonLines


def line(message: str, *args: Any, **more: Any) -> dict[str, Any]:
    record = logging.LogRecord("moderation.x", logging.WARNING, "x.py", 1, message, args, more.get("exc_info"))
    record.created = 1_764_460_800.5
    text = JsonLines().format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_line_has_what_the_message_names_as_fields() -> None:
    assert line("item=%s outcome=%s by=rules reason='too slow'", "0194", "reject") == {
        "time": "2025-11-30T00:00:00.500Z",
        "level": "WARNING",
        "logger": "moderation.x",
        "message": "item=0194 outcome=reject by=rules reason='too slow'",
        "item": "0194",
        "outcome": "reject",
        "by": "rules",
        "reason": "too slow",
    }


def test_a_message_cannot_pass_for_another_line_or_field() -> None:
    said = line('a\n{"level": "INFO"} level=%s message=%s', "INFO", "forged")

    assert (said["level"], said["logger"]) == ("WARNING", "moderation.x")
    assert said["message"].startswith("a\n")


def test_an_exception_is_its_kind_and_place_without_its_words() -> None:
    try:
        raise ValueError("ann@example.org")
    except ValueError as error:
        said = line("failed", exc_info=(type(error), error, error.__traceback__))

    assert said["exception"].startswith("ValueError at test_json_logs.py:")
    assert "ann" not in json.dumps(said)
