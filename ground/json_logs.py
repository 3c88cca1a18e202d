"""Log lines for people, and as JSON for who collects them by machine. In neither do words of errors stand.

An error's words may quote the content of an item, so a line has its kind, and where it was raised.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

_FIELD = re.compile(r"(?<!\S)([a-z_]+)=('[^']*'|\"[^\"]*\"|\S+)")
"""``item=… outcome=…`` in a message: ours are written so."""
_OWN = {"time", "level", "logger", "message", "exception"}


class TextLines(logging.Formatter):
    """Time, level, logger, message; of an exception the places it came through and its kind."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the standard library's name
        """The traceback without the error's words, and without the errors that it came from."""
        kind, _, trace = ei
        places = "".join(traceback.format_tb(trace))
        return f"Traceback (most recent call last):\n{places}{kind.__name__ if kind else 'no error'}"


class JsonLines(logging.Formatter):
    """``time`` (UTC), ``level``, ``logger``, ``message``, the fields that the message names, and ``exception``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line without its end."""
        message = record.getMessage()
        line = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        line |= {name: value.strip("'\"") for name, value in _FIELD.findall(message) if name not in _OWN}
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = f" at {trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""
            line["exception"] = f"{kind.__name__}{where}"
        return json.dumps(line, ensure_ascii=False)
