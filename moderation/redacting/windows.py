"""A stream of bytes as documents, in windows that are looked at whole: any size, flat memory, nothing cut in two.

The bytes are UTF-8. What is not stays as it is: each such byte counts as one character, and detectors see U+FFFD in its
place. A byte order mark stays too and counts as a character. NUL, or a byte order mark of UTF-16 or UTF-32, means that
it is no UTF-8 text at all: in what nobody can read nothing would be found, so that is an error.

A document is the whole stream, or each line of it (LF, CR or CR LF ends it and belongs to no document, as in Amazon
Comprehend). A long one is looked at in windows. Each is seen with some text before it, and what stands near its right
end is seen again with the next, so that a name or a number is never met by half.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from types import MappingProxyType
from typing import BinaryIO, NamedTuple, Protocol

from moderation.containers.finding import Found, found_in
from moderation.containers.formats import read_as_it_is, read_plain
from moderation.containers.layers import Edit, Piece, Reading, apply, edits_of
from moderation.core.detections import Detection
from moderation.core.errors import InputError
from moderation.core.items import Span
from moderation.core.replacing import Replace

STRETCH = 20_000
"""Code points that are looked at together; detectors are fastest there and far from their limits of time."""
CONTEXT = 500
"""Code points before a window that are looked at with it."""
AHEAD = 500
"""Code points at the end of a window that are left to the next one."""
MOST_LINES = 500
"""Documents that are looked at in one call."""
_BLOCK_BYTES = 65_536
_UNDECODED = re.compile("[\\udc80-\\udcff]")
# A CR at the end of what is known so far may be half of a CR LF.
_LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")

Look = Callable[[Sequence[str]], list[list[Detection]]]
"""Says what is in each of some texts."""
Read = Callable[[str], Reading]
"""Opens what is encoded in a text."""


class NotText(InputError):
    """The bytes are no text in UTF-8."""


class Position(NamedTuple):
    """Where a window begins.

    Attributes:
        byte: in the stream.
        context: bytes before it that are to be looked at with it.
        line: number of the document, from 0 on.
        offset: code points of the document before it.
    """

    byte: int = 0
    context: int = 0
    line: int = 0
    offset: int = 0


class Window(NamedTuple):
    """Some text with all that is in it.

    Attributes:
        text: as it was read (``surrogateescape``), with the line end where there is one.
        found: spans in `text`, by place.
        shift: code points before `text` in what was looked at.
        begin: where it stands.
        is_end: True when its document ends with it.
        after: where the next one begins.
        unread: what nobody can look through, with how many there are.
    """

    text: str
    found: tuple[Found, ...]
    shift: int
    begin: Position
    is_end: bool
    after: Position
    unread: Mapping[str, int] = MappingProxyType({})

    @property
    def entities(self) -> list[Detection]:
        """What was found; spans in `text`."""
        return [each.detection for each in self.found]

    def redacted(self, replace: Replace, *, each_piece: bool) -> str:
        """The text with all that was found replaced; see `edits_of`."""
        if not self.found:
            return self.text
        pieces = [piece for each in self.found for piece in each.pieces]
        edits = edits_of(pieces, replace, each_piece=each_piece)
        (own,) = edits.values()
        shift = self.shift
        return apply(self.text, [Edit(max(e.start - shift, 0), e.end - shift, e.new) for e in own if e.end > shift])


def encoded(text: str) -> bytes:
    """The bytes that `text` was read from."""
    return text.encode("utf-8", "surrogateescape")


def undecoded(text: str) -> int:
    """How many bytes in it were not UTF-8."""
    return 0 if text.isascii() else len(_UNDECODED.findall(text))


def windows(
    source: BinaryIO, look: Look, *, per_line: bool, start: Position | None = None, read: Read = read_plain
) -> Iterator[Sequence[Window]]:
    """All of a stream from `start` on: in each answer the windows that were looked at in one call.

    A run that goes on from an `after` yields what one run would have.

    Args:
        source: stands at ``start.byte - start.context``.
        per_line: each line is a document; else the stream is one.
        read: opens what is encoded in a stretch.

    Raises:
        NotText: it is not UTF-8.
    """
    at = start or Position()
    reader = _Reader(source, at)
    yield from _windows(reader, reader.context, _Looking(look, read), at, per_line)


def look_through(text: str, look: Look) -> list[Detection]:
    """What is in one text that is held in memory, of any length, as it stands; spans in all of it."""
    looking = _Looking(look, read_as_it_is)
    return [
        _moved(entity, window.begin.offset)
        for made in _windows(_Held(text), "", looking, Position(), per_line=False)
        for window in made
        for entity in window.entities
    ]


def _windows(reader: _Peeks, context: str, look: _Looking, at: Position, per_line: bool) -> Iterator[Sequence[Window]]:
    while True:
        text, is_last = reader.peek(STRETCH)
        lines = _whole_lines(text, is_last) if per_line and at.offset == 0 else []
        if lines:
            made = _each_line(lines, look, at)
        elif text or (at.byte == 0 and not per_line):
            made = [_one(text, is_last, context, look, at, per_line)]
        else:
            return
        size = sum(len(window.text) for window in made)
        reader.skip(size)
        yield made
        if is_last and size == len(text):
            return
        at = made[-1].after
        context = (context + made[-1].text)[-CONTEXT:] if at.context else ""


class _Looking:
    """Looks through texts, with what is encoded in them."""

    def __init__(self, look: Look, read: Read) -> None:
        self._look, self._read = look, read

    def through(self, texts: Sequence[str]) -> list[tuple[list[Found], Reading]]:
        """What is in each text, by place; all are looked at in one call."""
        readings = [self._read(text) for text in texts]
        sections = [section for reading in readings for section in reading.sections]
        # Nothing is in a blank text, and there may be millions of them.
        asked = [_readable(section.text) for section in sections if section.size and not section.text.isspace()]
        told = iter(self._look(asked) if asked else ())
        answers = iter([next(told) if s.size and not s.text.isspace() else () for s in sections])
        return [(found_in(reading, [next(answers) for _ in reading.sections]), reading) for reading in readings]


def _each_line(lines: Sequence[str], look: _Looking, at: Position) -> list[Window]:
    """Whole lines, each a document."""
    made = []
    for line, (found, reading) in zip(lines, look.through([_without_line_end(line) for line in lines]), strict=True):
        after = Position(at.byte + _size(line), 0, at.line + 1)
        made.append(Window(line, tuple(found), 0, at, True, after, reading.unread))
        at = after
    return made


def _one(text: str, is_last: bool, context: str, look: _Looking, at: Position, per_line: bool) -> Window:
    """A window of a document, or all of one, from the beginning of `text`."""
    line_end = _first_line_end(text, is_last) if per_line else 0
    body = _without_line_end(text[:line_end]) if line_end else text
    ((all_found, reading),) = look.through([context + body])
    found = _behind(all_found, len(context))
    is_end = is_last or line_end > 0
    cut = len(body) if is_end else _cut(body, found)
    text = text[: line_end or cut]
    after = Position(byte=at.byte + _size(text), line=at.line + 1)
    if not (is_end and per_line):
        seen = _size((context + text)[-CONTEXT:])
        after = Position(after.byte, seen, at.line, at.offset + len(text))
    kept = tuple(each for each in found if each.detection.span is not None and each.detection.span.start < cut)
    return Window(text, kept, len(context), at, is_end, after, reading.unread)


def _cut(text: str, found: Sequence[Found]) -> int:
    """Where a window ends: behind a line or at least a word, never within a place, short of what is seen again."""
    furthest = len(text) - AHEAD
    nearest = len(text) // 2
    cut = text.rfind("\n", nearest, furthest) + 1 or text.rfind(" ", nearest, furthest) + 1 or furthest
    for start, end in _places(found):
        if start < cut < end:
            # Up to the place, so that the next window has all of it. One from the beginning on is taken as it is.
            return start or end
    return cut


def _places(found: Sequence[Found]) -> list[tuple[int, int]]:
    """Where something was found, from start to end; what overlaps is one place."""
    joined: list[tuple[int, int]] = []
    for each in found:
        span = each.detection.span
        if span is None or span.start == span.end:
            continue
        if joined and span.start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], span.end))
        else:
            joined.append((span.start, span.end))
    return joined


def _behind(found: Sequence[Found], before: int) -> list[Found]:
    """What was found, where it stands behind `before` code points that were looked at with it."""
    kept = []
    for each in found:
        span = each.detection.span
        if span is not None and span.end > before:
            place = Span(start=max(span.start - before, 0), end=span.end - before)
            pieces = tuple(_clipped(piece, before) for piece in each.pieces)
            kept.append(Found(each.detection.model_copy(update={"span": place}), each.root, pieces))
    return kept


def _clipped(piece: Piece, before: int) -> Piece:
    """A piece without what stood before the window: that is written already."""
    return piece._replace(start=max(piece.start, before)) if piece.layer.below is None and piece.end > before else piece


def _moved(found: Detection, by: int) -> Detection:
    """A detection in what stands `by` code points further on."""
    if not by or found.span is None:
        return found
    return found.model_copy(update={"span": Span(start=found.span.start + by, end=found.span.end + by)})


def _whole_lines(text: str, is_last: bool) -> list[str]:
    ends = [match.end() for match in islice(_LINE_END.finditer(text), MOST_LINES)]
    if is_last and len(ends) < MOST_LINES and text[ends[-1] if ends else 0 :]:
        ends.append(len(text))
    return [text[start:end] for start, end in pairwise([0, *ends])]


def _first_line_end(text: str, is_last: bool) -> int:
    """Behind the first line with its end; 0 while that is not known."""
    match = _LINE_END.search(text)
    return match.end() if match else len(text) if is_last else 0


def _without_line_end(line: str) -> str:
    return line.rstrip("\r\n")


def _readable(text: str) -> str:
    return text if text.isascii() else _UNDECODED.sub("\ufffd", text)


def _size(text: str) -> int:
    """How many bytes it was read from."""
    return len(text) if text.isascii() else len(encoded(text))


class _Peeks(Protocol):
    """A text that can be looked into ahead."""

    def peek(self, size: int) -> tuple[str, bool]:
        """The next `size` code points, or what is left; True when nothing comes after them."""
        ...

    def skip(self, size: int) -> None:
        """Go on behind the next `size` code points."""
        ...


class _Held:
    """A text in memory."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def peek(self, size: int) -> tuple[str, bool]:
        """See `_Peeks.peek`."""
        return self._text[self._at : self._at + size], self._at + size >= len(self._text)

    def skip(self, size: int) -> None:
        """See `_Peeks.skip`."""
        self._at += size


class _Reader:
    """Decodes as much of a stream as is asked for.

    Attributes:
        context: the text before the position.
    """

    def __init__(self, source: BinaryIO, at: Position) -> None:
        self.context = source.read(at.context).decode("utf-8", "surrogateescape")
        self._source, self._byte = source, at.byte
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text, self._is_done = "", False

    def peek(self, size: int) -> tuple[str, bool]:
        """See `_Peeks.peek`."""
        pieces, known = [self._text], len(self._text)
        while known <= size and not self._is_done:
            block = self._source.read(_BLOCK_BYTES)
            self._check(block)
            self._byte += len(block)
            self._is_done = not block
            pieces.append(self._decoder.decode(block, final=self._is_done))
            known += len(pieces[-1])
        self._text = "".join(pieces)
        return self._text[:size], self._is_done and known <= size

    def skip(self, size: int) -> None:
        """See `_Peeks.skip`."""
        self._text = self._text[size:]

    def _check(self, block: bytes) -> None:
        if self._byte == 0 and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise NotText("it is not UTF-8 text but UTF-16 or UTF-32; convert it first")
        if (nul := block.find(b"\0")) >= 0:
            raise NotText(f"it is not UTF-8 text (byte {self._byte + nul} is NUL)")
