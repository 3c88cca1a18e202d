"""Log lines as JSON, one object a line, for who collects them by machine."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

_FIELD = re.compile(r"(?<!\S)([a-z_]+)=('[^']*'|\"[^\"]*\"|\S+)")
"""``item=… outcome=…`` in a message: ours are written so."""
_OWN = {"time", "level", "logger", "message", "exception"}


class JsonLines(logging.Formatter):
    """``time`` (UTC), ``level``, ``logger``, ``message``, the fields that the message names, and ``exception``.

    An exception is its kind and where it was raised: its words may quote the content.
    """

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
