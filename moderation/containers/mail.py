"""Mail (RFC 5322, MIME): headers, folded and encoded; parts in each transfer encoding; parts inside parts.

What stands where is told by the text itself; the standard library's `email` reads parameters of headers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import Message
from email.parser import HeaderParser
from itertools import pairwise

from moderation.containers import codings
from moderation.containers.layers import CannotRead, Escape, Layer, Mapped, Read, Reading, Section, as_it_is

_HEADER = re.compile(r"(?m)^([!-9;-~]{1,80}):([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_FIRST = re.compile(r"(?:From [^\n]*\n)?[!-9;-~]{1,80}:[ \t]")
_KNOWN = re.compile(
    r"(?im)^(?:received|return-path|mime-version|message-id|content-type|delivered-to|from|to|subject|date):[ \t]"
)
_MBOX = re.compile(r"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From [^\n]*\n")
"""Where a mail of a mailbox file begins (RFC 4155)."""
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_WORD = re.compile(rf"(?:(?<=\?=)\r?\n?[ \t]+(?==\?))|{codings.WORD.pattern}")
_FIXED = frozenset({"mime-version", "content-transfer-encoding"})
_ADDRESSED = re.compile(
    r"(?:resent-)?(?:from|to|cc|bcc|sender|reply-to|message-id)|return-path|delivered-to|in-reply-to|references|errors-to"
    r"|disposition-notification-to|x-original-to"
)
"""Headers in which addresses stand, or what has their form."""
_ADDRESS_PIECE = re.compile(r"\"((?:[^\"\\]|\\.)*+)\"(?!@)|<([^<>]*+)>|[^\"<]++|[\"<]")
REDACTED = "redacted.invalid"
"""The domain of what stands in place of an address (RFC 2606): without one a header would not parse any more."""
_UNFOLDED = re.compile(rf"{_FOLD.pattern}|\"(\[[A-Z0-9/-]{{1,300}}[:_\]][^\"\s]*)\"@{re.escape(REDACTED)}")
_BOUNDARY = re.compile(r'(?i)(?:boundary|charset)\*?=(?:"[^"]*"|[^;\s]*)|\A\s*[\w\-]+/[\w.+\-]+')
MOST_PARTS = 1000
"""Parts of one mail."""


def is_mail(text: str) -> bool:
    """True when a text begins with headers of mail, two of those that mails have among them."""
    if not _FIRST.match(text):
        return False
    head = text[: _head_end(text)]
    return len({m.group().lower() for m in _KNOWN.finditer(head)}) >= 2


def read_mail(reading: Reading, section: Section, layer: Layer, read: Mapping[str, Read]) -> None:
    """Show the headers and each part that is text; others are reported.

    Args:
        layer: a mail, or a mailbox file.
        read: readers for ``text/html`` and such, and for ``text/plain``, which is every other text's.
    """
    text = layer.text
    begins = [match.start() for match in _MBOX.finditer(text)] if text.startswith("From ") else [0]
    for begin, end in pairwise([*begins, len(text)]):
        _Mail(reading, section, layer, read).entity(begin, end, 0)


def _head_end(text: str, start: int = 0) -> int:
    """Behind the last header of what begins at `start`."""
    at = start
    while (header := _HEADER.match(text, at)) is not None and at < len(text):
        at = header.end()
    return at


def _as_it_was_quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _as_address(text: str) -> str:
    """Between angles: a token's value is an address already."""
    return f'"{_as_it_was_quoted(text)}"@{REDACTED}' if text and "@" not in text.strip("@") else text


def _as_name(text: str) -> str:
    """Without angles: an address, or the name before one."""
    if text.startswith("[EMAIL") or "@" in text.strip("@"):
        return _as_address(text)
    return f'"{_as_it_was_quoted(text)}"' if text else ""


class _Mail:
    """A mail on its way.

    Args:
        layer: all of it.
    """

    def __init__(self, reading: Reading, section: Section, layer: Layer, read: Mapping[str, Read]) -> None:
        self._reading, self._section, self._layer, self._read = reading, section, layer, read
        self._parts = 0

    def entity(self, start: int, end: int, depth: int) -> None:
        """A mail or a part of one: headers, an empty line, the body."""
        self._parts += 1
        if depth > 20 or self._parts > MOST_PARTS:
            raise CannotRead(f"it is mail with more than {MOST_PARTS:,} parts, or parts inside each other")
        text = self._layer.text
        at = start
        if text.startswith("From ", start):  # a line of mbox
            at = min(text.find("\n", start) + 1 or end, end)
            self._section.show(self._layer, start, at)
        head, told = at, HeaderParser()
        while at < end and (header := _HEADER.match(text, at, end)) is not None:
            self._header(header)
            at = header.end()
        message = told.parsestr(text[head:at])
        self._section.frame(text[at : at + 2] if text.startswith("\r\n", at) else text[at : at + 1])
        at = min(at + (2 if text.startswith("\r\n", at) else 1), end)
        self._body(message, at, end, depth)

    def _header(self, header: re.Match[str]) -> None:
        name, section, layer = header[1].lower(), self._section, self._layer
        start, end = header.span(2)
        section.frame(layer.text[header.start() : start])
        if name in _FIXED:
            section.frame(layer.text[start:end])
        elif name in ("content-type", "content-disposition"):
            at = start
            for fixed in _BOUNDARY.finditer(layer.text, start, end):
                self._value(at, fixed.start())
                section.frame(fixed.group())
                at = fixed.end()
            self._value(at, end)
        else:
            self._value(start, end, is_addressed=_ADDRESSED.fullmatch(name) is not None)
        section.frame(layer.text[end : header.end()])

    def _value(self, start: int, end: int, *, is_addressed: bool = False) -> None:
        """Some of a header: its folds are no characters, its encoded words are opened."""
        if start == end:
            return
        section, layer, at = self._section, self._layer, start
        show = self._addresses if is_addressed else self._unfolded
        for match in _WORD.finditer(layer.text, start, end):
            if match[1] is not None:
                meant = codings.word(layer, match)
                if meant is None:
                    raise CannotRead(f"a header has a word in the character set {match[1][:40]!r}, which is not known")
                show(at, match.start())
                self._read["text/plain"](self._reading, section, meant)
            else:  # blanks between two encoded words are none
                show(at, match.start())
            at = match.end()
        show(at, end)

    def _unfolded(self, start: int, end: int, escape: Escape = as_it_is) -> None:
        if start < end:
            value = Mapped(self._layer, start, end, _UNFOLDED, lambda match: match[1] or "", escape)
            self._read["text/plain"](self._reading, self._section, value)

    def _addresses(self, start: int, end: int) -> None:
        """Some of a header with addresses: what stands in place of one has to be one too, or a name."""
        for piece in _ADDRESS_PIECE.finditer(self._layer.text, start, end):
            group = piece.lastindex or 0
            first, last = piece.span(group)
            self._section.frame(self._layer.text[piece.start() : first])
            self._unfolded(first, last, (_as_name, _as_it_was_quoted, _as_address)[group])
            self._section.frame(self._layer.text[last : piece.end()])

    def _body(self, message: Message, start: int, end: int, depth: int) -> None:
        kind = message.get_content_type()
        encoding = str(message.get("content-transfer-encoding", "7bit")).strip().lower()
        if message.is_multipart() or kind.startswith("multipart/"):
            boundary = message.get_boundary()
            if not boundary:
                raise CannotRead(f"a part is {kind} and names no boundary")
            self._parts_of(boundary, start, end, depth)
            return
        if encoding not in ("7bit", "8bit", "binary", "quoted-printable", "base64"):
            raise CannotRead(f"a part is in the transfer encoding {encoding[:40]!r}, which is not known")
        if kind == "message/rfc822" and encoding in ("7bit", "8bit", "binary"):
            self.entity(start, end, depth + 1)
            return
        if not (kind.startswith("text/") or kind in self._read or kind == "message/rfc822"):
            self._reading.unread[kind] += 1
            self._section.frame("\n")
            return
        reader = self._read.get(kind, self._read["text/plain"])
        if body := self._decoded(message, encoding, start, end):
            reader(self._reading, self._section, body)
        self._section.frame("\n")

    def _decoded(self, message: Message, encoding: str, start: int, end: int) -> Layer | None:
        """The text of a part; None when it is empty."""
        text = self._layer.text
        if not text[start:end].strip():
            self._section.frame(text[start:end])
            return None
        charset = str(message.get_content_charset() or "utf-8")
        codec = codings.codec_of(charset)
        if codec is None:
            raise CannotRead(f"a part is in the character set {charset[:40]!r}, which is not known")
        codec = "utf-8" if codec == "ascii" else codec
        if encoding == "base64":
            first = start + len(text[start:end]) - len(text[start:end].lstrip())
            body = codings.base64_text(self._layer, first, end, codec)
            if body is None:
                raise CannotRead(f"a part is no {charset} text in base64, as it says")
            return body
        if encoding == "quoted-printable":
            return codings.quoted_printable(self._layer, start, end, codec)
        if not any("\udc80" <= c <= "\udcff" for c in text[start:end]):
            return Mapped(self._layer, start, end)
        try:
            return codings.bytes_text(self._layer, start, end, codec)
        except UnicodeDecodeError as error:
            raise CannotRead(f"a part is no text in {charset}, as it says") from error

    def _parts_of(self, boundary: str, start: int, end: int, depth: int) -> None:
        """The parts between boundary lines; what stands before and behind them is shown as it is."""
        line = re.compile(rf"(?m)^--{re.escape(boundary)}(--)?[ \t]*\r?(?:\n|\Z)")
        at, is_open = start, False
        for mark in line.finditer(self._layer.text, start, end):
            self._between(at, mark.start(), is_open, depth)
            self._section.frame(mark.group() + "\n")
            at, is_open = mark.end(), mark[1] is None
            if not is_open:
                break
        self._between(at, end, is_open, depth)

    def _between(self, start: int, end: int, is_part: bool, depth: int) -> None:
        if start >= end:
            return
        if is_part:
            self.entity(start, end, depth + 1)
        else:
            self._read["text/plain"](self._reading, self._section, Mapped(self._layer, start, end))
