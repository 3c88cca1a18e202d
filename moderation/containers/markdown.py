"""Markdown: plain text in which backslashes, stars and tags stand inside of words and are not seen."""

from __future__ import annotations

import re

from moderation.containers.layers import Layer, Mapped, Read, Reading, Section

_UNSEEN = re.compile(
    r"\\([!-/:-@\[-`{-~])|(?<=\w)(?:\*{1,3}|~~)|(?:\*{1,3}|~~)(?=\w)|</?(?:b|i|em|strong|span|u|s|code|mark)>"
)
"""CommonMark 0.31: 2.4 backslash escapes, 6.2 emphasis (not ``_`` inside of words), 6.6 raw HTML."""


def read_markdown(reading: Reading, section: Section, layer: Layer, inner: Read) -> None:
    """Show a text as it is read; what marks it stays."""
    inner(reading, section, Mapped(layer, 0, len(layer.text), _UNSEEN, lambda m: m[1] or ""))
