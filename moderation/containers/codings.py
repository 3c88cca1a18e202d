"""How characters are written by other characters: percent, entities, escapes, quoted-printable, base64, MIME words.

Each function opens a layer with what is meant, which knows how to write what is put into it.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import quopri
import re
from urllib.parse import quote

from moderation.containers.layers import Block, Layer, Mapped

CODECS = re.compile(
    r"(?i)utf-?8(?:-sig)?|us-ascii|ascii|utf-?(?:16|32)(?:-?[bl]e)?|iso-?8859-?\d{1,2}|latin-?1|windows-?125\d|cp125\d"
    r"|koi8-[ru]|macintosh|shift[_-]jis|euc-(?:jp|kr)|gb2312|gbk|gb18030|big5"
)
"""Character sets that are read; all else is refused or reported by name."""

ENTITY = re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z][A-Za-z0-9]{1,31};)")
"""HTML 5 (13.5): a named one counts with its semicolon only; those without are text to most programs."""
ESCAPED = re.compile(r"\\u[0-9A-Fa-f]{4}(?:\\u[dD][c-fC-F][0-9A-Fa-f]{2})?|\\x[0-7][0-9A-Fa-f]|\\U000[0-9A-Fa-f]{5}")
"""Escapes that many languages and logs share."""
_PERCENT = re.compile(r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])++")
_FORM = re.compile(rf"{_PERCENT.pattern}|\+")
_QUOTED = re.compile(
    r"=[ \t]*\r?\n|=[0-7][0-9A-Fa-f]|(?:=[89A-Fa-f][0-9A-Fa-f](?:=\r?\n(?==[89A-Fa-f][0-9A-Fa-f]))?)++"
)
_SAFE = re.compile(r"[^!-<>-~ ]")
WORD = re.compile(r"=\?([A-Za-z0-9_.:\-]{1,40})(?:\*[A-Za-z\-]{0,20})?\?([BbQq])\?([^?\s]{0,4000})\?=")
"""An encoded word (RFC 2047)."""
_WORD_SIZE = 75
_LINE_SIZE = 76


def codec_of(name: str) -> str | None:
    """Python's name of a character set that is read; None for any other."""
    name = name.strip("\"' ").lower()
    if not CODECS.fullmatch(name):
        return None
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def entity(match: re.Match[str]) -> str | None:
    """What a character reference stands for; None when there is no such thing."""
    meant = html.unescape(match.group())
    return None if meant == match.group() else meant


def escaped(match: re.Match[str]) -> str | None:
    r"""What ``\u0040`` or ``\x40`` stands for; surrogates in pairs only."""
    code = match.group()
    if len(code) == 12:
        return (bytes.fromhex(code[2:6]) + bytes.fromhex(code[8:])).decode("utf-16-be", "replace")
    value = int(code[2:], 16)
    return chr(value) if value < 0x110000 and not 0xD800 <= value < 0xE000 else None


def in_markup(text: str) -> str:
    """Text as HTML and XML want it, in attributes too."""
    return html.escape(text, quote=True)


class Percent(Mapped):
    """A stretch of a URL or a form (where ``+`` is a blank)."""

    def __init__(self, below: Layer, start: int, end: int, *, is_form: bool) -> None:
        coded = _FORM if is_form else _PERCENT
        super().__init__(below, start, end, coded, _percent, lambda text: quote(text, safe=""))


def _percent(match: re.Match[str]) -> str:
    code = match.group()
    if code == "+":
        return " "
    data = bytes.fromhex(code.replace("%", ""))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def quoted_printable(below: Layer, start: int, end: int, codec: str) -> Mapped:
    """A quoted-printable stretch (RFC 2045, 6.7)."""

    def decode(match: re.Match[str]) -> str | None:
        code = match.group()
        if code.endswith("\n") and not code[1:].strip():
            return ""
        data = bytes.fromhex(re.sub(r"=\r?\n|=", "", code))
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            return data.decode("latin-1")

    def encode(text: str) -> str:
        safe = _SAFE.sub(lambda m: "".join(f"={byte:02X}" for byte in m[0].encode(codec, "replace")), text)
        # Between two soft line breaks, so that no line grows beyond what mail allows.
        lines = [safe[at : at + 70] for at in range(0, len(safe), 70)]
        return "".join(f"=\r\n{line}" for line in lines) + "=\r\n" if len(safe) > 12 else safe

    return Mapped(below, start, end, _QUOTED, decode, encode)


def word(below: Layer, match: re.Match[str]) -> Block | None:
    """An encoded word of a header; None when its character set is not known."""
    codec = codec_of(match[1])
    text = None if codec is None else _word_text(match[2], match[3], codec)
    if codec is None or text is None:
        return None

    def encode(text: str) -> str:
        words: list[str] = []
        rest = text
        while rest or not words:
            size = len(rest)
            while len(made := _encoded_word(match[1], match[2], rest[:size], codec)) > _WORD_SIZE and size > 1:
                size = max(size * 3 // 4, 1)
            words.append(made)
            rest = rest[size:]
        return " ".join(words)

    return Block(below, match.start(), match.end(), text, encode)


def _word_text(kind: str, body: str, codec: str) -> str | None:
    try:
        if kind in "bB":
            return base64.b64decode(body + "=" * (-len(body) % 4)).decode(codec)
        return quopri.decodestring(body.replace("_", "=20").encode("ascii")).decode(codec)
    except (ValueError, UnicodeError):
        return None


def _encoded_word(charset: str, kind: str, text: str, codec: str) -> str:
    data = text.encode(codec, "replace")
    if kind in "bB":
        return f"=?{charset}?{kind}?{base64.b64encode(data).decode()}?="
    body = "".join(chr(b) if chr(b).isalnum() and b < 128 else "_" if b == 32 else f"={b:02X}" for b in data)
    return f"=?{charset}?{kind}?{body}?="


def base64_text(below: Layer, start: int, end: int, codec: str | None = None) -> Block | None:
    """A stretch in base64, in one line or several; None when it stands for no text.

    Args:
        codec: of the text; None to try UTF-8 and UTF-16.
    """
    raw = below.text[start:end]
    plain = "".join(raw.split())
    is_web = "-" in plain or "_" in plain
    data = decoded_base64(plain)
    found = None if data is None else _as_text(data, codec)
    if found is None:
        return None
    text, codec = found
    line_end = "\r\n" if "\r\n" in raw else "\n" if "\n" in raw else ""
    tail = raw[len(raw.rstrip()) :]

    def encode(text: str) -> str:
        data = text.encode(codec, "surrogateescape" if codec == "utf-8" else "replace")
        made = (base64.urlsafe_b64encode(data) if is_web else base64.b64encode(data)).decode()
        if not plain.endswith("=") and len(plain) % 4:
            made = made.rstrip("=")
        if line_end:
            made = line_end.join(made[at : at + _LINE_SIZE] for at in range(0, len(made), _LINE_SIZE))
        return made + tail

    return Block(below, start, end, text, encode)


def decoded_base64(text: str) -> bytes | None:
    """The bytes, of the ordinary alphabet or that of URLs, padded or not; None when it is not base64."""
    body = text.rstrip("=")
    if len(body) % 4 == 1:
        return None
    try:
        return base64.b64decode(body.translate(_WEB) + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


_WEB = str.maketrans("-_", "+/")


def hex_text(below: Layer, start: int, end: int) -> Block | None:
    """A stretch of hexadecimal digits; None when it stands for no text."""
    raw = below.text[start:end]
    found = _as_text(bytes.fromhex(raw), None)
    if found is None:
        return None
    text, codec = found

    def encode(text: str) -> str:
        made = text.encode(codec, "replace").hex()
        return made.upper() if raw.upper() == raw else made

    return Block(below, start, end, text, encode)


def _as_text(data: bytes, codec: str | None) -> tuple[str, str] | None:
    """What bytes read as, and in which codec; None when that is no text."""
    for each in [codec] if codec else ["utf-8", "utf-16-le"]:
        try:
            text = data.decode(each)
        except UnicodeDecodeError:
            continue
        if codec or (len(text) > 3 and _is_text(text) and (each == "utf-8" or text.isascii())):
            return text, each
    return None


def _is_text(text: str) -> bool:
    return any(c.isalnum() for c in text) and all(c.isprintable() or c in "\t\r\n" for c in text)


def bytes_text(below: Layer, start: int, end: int, codec: str) -> Block:
    """A stretch whose bytes are in another character set than it was read in (UTF-8, ``surrogateescape``).

    Raises:
        UnicodeDecodeError: they are not in that either.
    """
    text = below.text[start:end].encode("utf-8", "surrogateescape").decode(codec)
    return Block(below, start, end, text, lambda new: _as_utf8(new.encode(codec, "replace")))


def _as_utf8(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
