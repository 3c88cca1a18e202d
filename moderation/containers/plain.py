"""Plain text: notes, logs, source code - with links, escapes, lines of JSON and base64 in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from moderation.containers import codings
from moderation.containers.codings import Percent
from moderation.containers.layers import Layer, Mapped, Read, Reading, Section

SUSPECT = re.compile(
    r"\x1b|%[0-9A-Fa-f]{2}|&[#A-Za-z]|\\[uUx]|=\?|[?&][\w.\-\[\]]{1,60}=|[A-Za-z0-9+/_\-]{16}|[{\[]"
    r"|\w=(?:[2-5C-F][0-9A-F]|\r?\n)|-----BEGIN |begin [0-7]{3} |=ybegin "
)
"""Text without it reads as it stands."""
_CODED = re.compile(rf"{codings.ENTITY.pattern}|{codings.ESCAPED.pattern}|\x1b\[[0-9;?]{{0,20}}[A-Za-z]")
_TOKEN = re.compile(rf"(?P<word>{codings.WORD.pattern})|[^\s\"'<>`]++")
_IS_URL = re.compile(r"%[0-9A-Fa-f]{2}|[?&][\w.\-\[\]]{1,60}=")
_IS_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_IS_FORM = re.compile(r"(?:^|[?&;])[\w.\-\[\]%]{1,60}=")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_BLOB = re.compile(
    r"(?P<lines>(?m:^)(?:[A-Za-z0-9+/]{40,200}+\r?\n(?=[A-Za-z0-9+/]))++(?:[A-Za-z0-9+/]{1,200}+={0,2}+(?m:\r?$))?+)"
    r"|(?<![A-Za-z0-9+/_=\-])[A-Za-z0-9+/_\-]{16,}+={0,2}+"
)
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?((?:[0-9A-Fa-f]{2}){8,}+)(?![0-9A-Za-z])")
_QUOTED_LINES = re.compile(
    r"(?im)^([^:;\n]{0,60});[^:\n]{0,200}?(?:ENCODING=)?QUOTED-PRINTABLE[^:\n]{0,200}:([^\n]*(?:=\r?\n[^\n]*)*)"
)
_IS_QUOTED = re.compile("(?i)quoted-printable")
_MAY_BE_QUOTED = re.compile(r"\w=(?:40|2[0BDEF]|3[AD]|5F)\w|\w=[C-F][0-9A-F]=[89AB][0-9A-F]|\w=\r?\n\w")
"""Quoted-printable that nothing says to be so: an at sign, a dot, a blank, a letter of UTF-8, a line that goes on."""
_DATA_URL = re.compile(r"data:([\w.+\-]{1,60}/[\w.+\-]{1,60})[^,\s]{0,100};base64,\Z")
_SEALED = re.compile(r"-----BEGIN (PGP MESSAGE|PKCS7|CMS)-----|(?m:^begin [0-7]{3} )|(?m:^=ybegin )")
LARGE_BLOB = 500
"""Characters of base64 that are no text and that are reported: keys and signatures are shorter."""


def read_plain(reading: Reading, section: Section, layer: Layer, inner: Read) -> None:
    """Show a text; lines that are JSON, links, escapes and what is in base64 are opened.

    Args:
        inner: reads what is found inside.
    """
    text = layer.text
    if not SUSPECT.search(text):
        section.show(layer)
        return
    for sealed in _SEALED.finditer(text):
        reading.unread[(sealed[1] or "uuencoded data").lower()] += 1
    at = 0
    for start, end in _json_lines(text):
        _read_coded(reading, section, layer, at, start, inner)
        inner(reading, section, Mapped(layer, start, end))
        at = end
    _read_coded(reading, section, layer, at, len(text), inner)


def _json_lines(text: str) -> Iterator[tuple[int, int]]:
    """Where lines, or their ends behind a time and such, look like JSON."""
    if '{"' not in text and '{ "' not in text and '["' not in text and "[{" not in text:
        return
    whole = len(text.strip())
    for line in _LINE.finditer(text):
        body = line.group().rstrip("\r\n ,")
        begin, close = body.find("{"), body[-1:]
        if close == "]" and (first := body.find("[")) >= 0 and (begin < 0 or first < begin):
            begin = first
        # All of a text is not a line of it: whoever called has tried that.
        if begin >= 0 and close in "]}" and len(body) - begin < whole and '"' in body:
            yield line.start() + begin, line.start() + len(body)


def _read_coded(reading: Reading, section: Section, layer: Layer, start: int, end: int, inner: Read) -> None:
    """A stretch with entities and escapes in it, perhaps of each other."""
    if start == end:
        return
    if _CODED.search(layer.text, start, end):
        meant = Mapped(layer, start, end, _CODED, _decoded)
        if meant.text != layer.text[start:end]:
            inner(reading, section, meant)
            return
    _read_tokens(reading, section, layer, start, end, inner)
    read_blobs(reading, layer, start, end, inner)


def _decoded(match: re.Match[str]) -> str | None:
    if match.group()[0] == "\x1b":
        return ""  # colours of a terminal
    return codings.escaped(match) if match.group()[0] == "\\" else codings.entity(match)


def _read_tokens(reading: Reading, section: Section, layer: Layer, start: int, end: int, inner: Read) -> None:
    text = layer.text
    if not _IS_URL.search(text, start, end) and "=?" not in text[start:end]:
        section.show(layer, start, end)
        return
    at = start
    for token in _TOKEN.finditer(text, start, end):
        meant: Layer | None = None
        if token["word"] is not None:
            match = codings.WORD.match(text, token.start())
            meant = codings.word(layer, match) if match is not None else None
            if meant is None:
                reading.unread["an encoded word in an unknown character set"] += 1
        elif (_IS_PERCENT if isinstance(layer, Percent) else _IS_URL).search(token.group()):
            meant = Percent(layer, *token.span(), is_form=_IS_FORM.search(token.group()) is not None)
        if meant is None:
            continue
        section.show(layer, at, token.start())
        if meant.text == token.group():
            section.show(meant)
        else:
            inner(reading, section, meant)
        at = token.end()
    section.show(layer, at, end)


def read_blobs(reading: Reading, layer: Layer, start: int, end: int, inner: Read) -> None:
    """What is in base64, hexadecimal digits or quoted-printable: it may be no code at all, so it is shown apart."""
    text = layer.text
    if _IS_QUOTED.search(text, start, end):
        for quoted in _QUOTED_LINES.finditer(text, start, end):
            reading.extra.frame(f"\n\n{quoted[1]}: ")
            inner(reading, reading.extra, codings.quoted_printable(layer, *quoted.span(2), "utf-8"))
    if _MAY_BE_QUOTED.search(text, start, end):
        reading.extra.frame("\n\n")
        reading.extra.show(codings.quoted_printable(layer, start, end, "utf-8"))
    for blob in _BLOB.finditer(text, start, end):
        _read_base64(reading, layer, *blob.span(), inner)
    for digits in _HEX.finditer(text, start, end):
        meant = codings.hex_text(layer, *digits.span(1))
        if meant is not None:
            _aside(reading, layer, meant, digits.start(1), inner)


def _read_base64(reading: Reading, layer: Layer, start: int, end: int, inner: Read) -> None:
    text = layer.text
    meant = codings.base64_text(layer, start, end)
    last = text.rfind("\n", start, end)
    if meant is None and last > 0:  # the last line may be a word of what follows
        meant = codings.base64_text(layer, start, last)
    if meant is not None:
        _aside(reading, layer, meant, start, inner)
    elif end - start >= LARGE_BLOB:
        kind = _DATA_URL.search(text, max(start - 200, 0), start)
        reading.unread[f"{kind[1].lower()} in base64" if kind else "base64 that is no text"] += 1


def _aside(reading: Reading, layer: Layer, meant: Layer, start: int, inner: Read) -> None:
    line = max(layer.text.rfind("\n", 0, start) + 1, start - 40)
    reading.extra.frame("\n\n" + layer.text[line:start])
    inner(reading, reading.extra, meant)
