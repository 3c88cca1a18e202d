"""Characters that nobody sees, made visible: they turn text round, part words for filters, or carry hidden ones.

Each stays where it is, so that what is copied from the page is what was posted; an element around it says what it is
and keeps its effect to itself.
"""

from __future__ import annotations

import re
import unicodedata

from flask import Blueprint
from markupsafe import Markup, escape

_SHORT = {
    0x00AD: "SHY", 0x034F: "CGJ", 0x061C: "ALM", 0x115F: "FILL", 0x1160: "FILL", 0x17B4: "KIV", 0x17B5: "KIV",
    0x180E: "MVS", 0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0x202A: "LRE",
    0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO", 0x2060: "WJ", 0x2061: "FA", 0x2062: "IT",
    0x2063: "IS", 0x2064: "IP", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0x2800: "BLANK",
    0x3164: "FILL", 0xFEFF: "BOM", 0xFFA0: "FILL",
}  # fmt: skip
"""Characters without a shape, and what Unicode calls them for short."""
_JOINERS = "\u200c\u200d"
_TAGS = "\U000e0001\U000e0020-\U000e007f"
_CONTROLS = "\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f"
_HIDDEN = re.compile(f"[{''.join(map(chr, _SHORT))}{_CONTROLS}{_TAGS}]")
_FLAG = re.compile(f"\U0001f3f4[{_TAGS}]+")
_WITHOUT_JOINERS = ("LATIN", "CYRILLIC", "GREEK", "DIGIT")
"""Scripts whose letters never need a joiner between them."""


def add_invisible(portal: Blueprint) -> None:
    """Let templates say `{{ words | visible }}`."""
    portal.add_app_template_filter(visible, "visible")


def visible(text: str) -> Markup:
    """A text for a page, with each hidden character in an element that shows it."""
    flags = [match.span() for match in _FLAG.finditer(text)]
    pieces, at = [], 0
    for match in _HIDDEN.finditer(text):
        place = match.start()
        if any(start <= place < end for start, end in flags) or not _hides(text, place):
            continue
        pieces += [escape(text[at:place]), _shown(match.group())]
        at = match.end()
    return Markup("").join([*pieces, escape(text[at:])])


def hidden_in(text: str) -> int:
    """How many characters of a text would be shown that way."""
    return str(visible(text)).count('<span class="odd"')


def _hides(text: str, at: int) -> bool:
    """False for a joiner that its neighbours need: between emoji, and in scripts that are written with them."""
    if text[at] not in _JOINERS:
        return True
    neighbours = [text[n] for n in (at - 1, at + 1) if 0 <= n < len(text)]
    return len(neighbours) < 2 or any(_needs_none(each) for each in neighbours)


def _needs_none(letter: str) -> bool:
    name = unicodedata.name(letter, "")
    return letter.isspace() or letter in _JOINERS or name.startswith(_WITHOUT_JOINERS)


def _shown(letter: str) -> Markup:
    code = ord(letter)
    name = unicodedata.name(letter, "CONTROL CHARACTER").capitalize()
    short = _SHORT.get(code) or (f"TAG {chr(code - 0xE0000)}" if 0xE0020 < code < 0xE007F else f"{code:02X}")
    return Markup('<span class="odd" role="img" data-char="{}" title="U+{:04X} {}" aria-label="{}">{}</span>').format(
        short, code, name, name, letter
    )
