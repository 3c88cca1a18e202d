"""JSON (RFC 8259): strings with their escapes, numbers that become strings, JSON in strings of JSON."""

from __future__ import annotations

import json
import re

from moderation.containers import codings
from moderation.containers.layers import Block, CannotRead, Layer, Mapped, Read, Reading, Section

_LEXEME = re.compile(
    r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"|(-?[0-9][0-9.eE+\-]*+)|[{}\[\],:]|[ \t\r\n\ufeff]++|true|false|null|-?Infinity|NaN',
    re.DOTALL,
)
_ESCAPE = re.compile(r'\\(?:u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|["\\/bfnrt])')
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def is_json(text: str) -> bool:
    """True when a text is an object, an array or a string of JSON."""
    if text.strip("\ufeff \t\r\n")[:1] not in ("{", "[", '"'):
        return False
    try:
        check(text)
    except CannotRead:
        return False
    return True


def check(text: str) -> None:
    """Raise `CannotRead`, with the place, when a text is not JSON."""
    try:
        json.loads(text.removeprefix("\ufeff"), parse_int=str, parse_float=str)
    except RecursionError as error:
        raise CannotRead("it is JSON with too many brackets inside each other") from error
    except json.JSONDecodeError as error:
        raise CannotRead(f"it is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error


def read_json(reading: Reading, section: Section, layer: Layer, inner: Read) -> None:
    """Show a text that is JSON: its strings as they read, with what is in them; its frame stays."""
    text, at = layer.text, 0
    while (lexeme := _LEXEME.match(text, at)) is not None:
        start, at = lexeme.span()
        if lexeme[1] is not None:
            section.frame('"')
            string = Mapped(layer, start + 1, at - 1, _ESCAPE if "\\" in lexeme[1] else None, _meant, _quoted)
            inner(reading, section, string)
            section.frame('"')
        elif lexeme[2] is not None:
            section.show(Block(layer, start, at, lexeme[2], _as_string))
        else:
            section.frame(lexeme.group())
    if at < len(text):
        raise CannotRead(f"it is not JSON at character {at}")


def _meant(match: re.Match[str]) -> str | None:
    code = match.group()[1:]
    if code[0] != "u":
        return _SHORT.get(code, code)
    if len(code) == 11:
        return codings.escaped(match)
    value = int(code[1:], 16)
    return "\ufffd" if 0xD800 <= value < 0xE000 else chr(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _as_string(text: str) -> str:
    """What stands in place of a number is a string, or it would be no JSON."""
    return json.dumps(text, ensure_ascii=False)
