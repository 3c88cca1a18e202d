"""The posts of evaluation/posts.txt, with the names marked in them: written by hand, in the manner of the web.

A name stands in double brackets; where only a part of what stands there is the name, that part follows a bar:
``[[Dr. Vandermolen|Vandermolen]]``. Every third post is kept back: it is counted apart, and nothing is tuned on it.
"""

from __future__ import annotations

import re
from pathlib import Path

from filling import Labelled

POSTS = Path(__file__).parent / "evaluation" / "posts.txt"
_MARK = re.compile(r"\[\[([^\]|]+)(?:\|([^\]]+))?\]\]")


def posts() -> list[Labelled]:
    """The posts, each a line, in four groups: tuned on and kept back, with names and without."""
    made = []
    for number, line in enumerate(POSTS.read_text().splitlines()):
        text, places, end = "", [], 0
        for mark in _MARK.finditer(line):
            text += line[end : mark.start()]
            whole, name = mark.group(1), mark.group(2) or mark.group(1)
            start = len(text) + whole.rindex(name)
            text += whole
            places.append((start, start + len(name), "NAME"))
            end = mark.end()
        group = ("back" if number % 3 == 2 else "posts") + ("" if places else "_clean")
        made.append((group, text + line[end:], places))
    return made
