r"""Documents with their values written in and marked: ``my name is ‹NAME|Ada Byron›``.

A group begins with ``# name``. In it every line is a document; where the first line is ``<<<``, documents have several
lines and each begins after a ``<<<``. ``\n`` and ``\u200b`` in a document of one line stand for those characters.
"""

from __future__ import annotations

import re
from pathlib import Path

from filling import Labelled

MARK = re.compile(r"‹([A-Z_]+)\|([^‹›]+)›")
ESCAPE = re.compile(r"\\(?:n|u([0-9a-f]{4}))")


def marked(path: Path) -> list[Labelled]:
    """The documents of a file, each with its group and its marked places.

    Raises:
        ValueError: a mark does not close, or is no mark.
    """
    blocks = re.split(r"(?m)^# (\w+)\n", path.read_text())
    made = []
    for group, block in zip(blocks[1::2], blocks[2::2], strict=True):
        several = block.startswith("<<<\n")
        for source in block.removeprefix("<<<\n").split("\n<<<\n") if several else block.splitlines():
            source = source if several else ESCAPE.sub(_character, source)
            text, places, end = "", [], 0
            for mark in MARK.finditer(source):
                text += source[end : mark.start()]
                places.append((len(text), len(text) + len(mark[2]), mark[1]))
                text, end = text + mark[2], mark.end()
            text = (text + source[end:]).rstrip("\n")
            if "‹" in text or "›" in text:
                raise ValueError(f"{path.name}: a mark does not close in {text[:80]!r}")
            made.append((group, text, places))
    return made


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else "\n"
