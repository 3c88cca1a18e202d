"""Layers: a text inside a text, with the way back. A reading: all layers of a text, as detectors are to see them.

A value may stand in a text that stands in another: an address, percent-encoded, in a link, in HTML, in base64, in a
mail. Each decoding is a layer over the one it was taken from. What is found is cut out of the layer where it stands,
and the change is carried down, layer by layer, each encoding what the next one holds; all else stays byte for byte.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from moderation.core.errors import InputError

DEEPEST = 24
"""Layers over each other; deeper ones are nobody's honest text."""

Escape = Callable[[str], str]
"""Encodes what is put into a layer, as the text below wants it."""
Decode = Callable[[re.Match[str]], str | None]
"""What a coded stretch stands for; None when it is not coded after all."""


class CannotRead(InputError):
    """A text in a form that is not understood: it has no copy, because nobody would find anything in it."""


class Edit(NamedTuple):
    """Code points ``[start, end)`` of a layer's text, and what is to stand there."""

    start: int
    end: int
    new: str


def as_it_is(text: str) -> str:
    """No encoding."""
    return text


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made, which are in order and do not overlap."""
    pieces, at = [], 0
    for start, end, new in edits:
        pieces += [text[at:start], new]
        at = end
    return "".join([*pieces, text[at:]])


class Layer:
    """A text, decoded out of the one below it.

    Attributes:
        text: what it reads.
        below: the layer it was taken from; None for the outermost text.
    """

    def __init__(self, text: str, below: Layer | None = None) -> None:
        self.text, self.below = text, below
        self.depth: int = below.depth + 1 if below is not None else 0
        if self.depth > DEEPEST:
            raise CannotRead(f"it has more than {DEEPEST} encodings inside each other")

    def span_below(self, start: int, end: int) -> tuple[int, int]:
        """Where ``[start, end)`` stands in the layer below."""
        return start, end

    def carried(self, edits: list[Edit]) -> list[Edit]:
        """The same edits in the layer below."""
        return edits

    def root_span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``[start, end)`` stands in the outermost text."""
        layer: Layer = self
        while layer.below is not None:
            start, end = layer.span_below(start, end)
            layer = layer.below
        return start, end


class _Unit(NamedTuple):
    """A coded stretch: where what it stands for begins in the decoded text, how long that is, where it was."""

    at: int
    size: int
    start: int
    end: int


class Mapped(Layer):
    """A layer whose text stands in the one below but for some coded stretches; each is changed where it is.

    Args:
        start, end: the stretch of the layer below.
        coded: finds coded stretches; None when there are none.
        decode: what each stands for.
        escape: for what is put in.
    """

    def __init__(
        self,
        below: Layer,
        start: int,
        end: int,
        coded: re.Pattern[str] | None = None,
        decode: Decode | None = None,
        escape: Escape = as_it_is,
    ) -> None:
        self._start, self._escape = start, escape
        self._units: list[_Unit] = []
        text = below.text[start:end]
        if coded is not None and decode is not None:
            text = self._decoded(text, coded, decode)
        self._ats = [unit.at for unit in self._units]
        super().__init__(text, below)

    def _decoded(self, text: str, coded: re.Pattern[str], decode: Decode) -> str:
        pieces, at, size = [], 0, 0
        for match in coded.finditer(text):
            new = decode(match)
            if new is None:
                continue
            pieces += [text[at : match.start()], new]
            size += match.start() - at
            self._units.append(_Unit(size, len(new), self._start + match.start(), self._start + match.end()))
            size += len(new)
            at = match.end()
        return "".join([*pieces, text[at:]]) if pieces else text

    def span_below(self, start: int, end: int) -> tuple[int, int]:
        """See `Layer.span_below`; all of a coded stretch of which some is meant."""
        first = self._char(start)[0]
        return first, self._char(end - 1)[1] if end > start else first

    def carried(self, edits: list[Edit]) -> list[Edit]:
        """See `Layer.carried`."""
        below: list[Edit] = []
        for edit in edits:
            start, end = self.span_below(edit.start, edit.end)
            new = self._escape(edit.new)
            if below and start < below[-1].end:  # two edits of what one coded stretch stands for
                last = below.pop()
                start, end, new = last.start, max(last.end, end), last.new + new
            below.append(Edit(start, end, new))
        return below

    def _char(self, at: int) -> tuple[int, int]:
        number = bisect_right(self._ats, at) - 1
        if number < 0:
            return self._start + at, self._start + at + 1
        unit = self._units[number]
        if at < unit.at + unit.size:
            return unit.start, unit.end
        place = unit.end + at - unit.at - unit.size
        return place, place + 1


class Block(Layer):
    """A layer that is encoded as one: when anything in it changes, all of it is encoded again.

    Args:
        start, end: the stretch of the layer below that stands for `text`.
        encode: all of a changed text, as the layer below wants it.
    """

    def __init__(self, below: Layer, start: int, end: int, text: str, encode: Escape) -> None:
        super().__init__(text, below)
        self._start, self._end, self._encode = start, end, encode

    def span_below(self, start: int, end: int) -> tuple[int, int]:
        """See `Layer.span_below`: all of the stretch."""
        return self._start, self._end

    def carried(self, edits: list[Edit]) -> list[Edit]:
        """See `Layer.carried`."""
        return [Edit(self._start, self._end, self._encode(apply(self.text, edits)))] if edits else []


class Piece(NamedTuple):
    """Some of a layer's text that is to be taken out.

    Attributes:
        name: what it is.
        value: the whole value, of which this may be only a part.
        is_first: False for what follows when a value stands in several pieces.
    """

    layer: Layer
    start: int
    end: int
    name: str
    value: str
    is_first: bool


class Section:
    """One text as detectors are to see it, put together from stretches of layers and what only shows how they stand."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._stretches: list[tuple[int, int, Layer | None, int]] = []
        self._ats: list[int] = []
        self._size = 0
        self._text: str | None = None

    @property
    def text(self) -> str:
        """What it reads."""
        if self._text is None:
            self._text = "".join(self._pieces)
        return self._text

    @property
    def size(self) -> int:
        """Code points of `text`."""
        return self._size

    def show(self, layer: Layer, start: int = 0, end: int | None = None) -> None:
        """Go on with a stretch of a layer's text, by default all of it."""
        end = len(layer.text) if end is None else end
        self._add(layer.text[start:end], layer, start)

    def frame(self, text: str) -> None:
        """Go on with what stays as it is: a tag, a comma."""
        self._add(text, None, 0)

    def pieces(self, start: int, end: int, name: str) -> list[Piece]:
        """The pieces of layers that show ``[start, end)``; none when all of it is frame."""
        found: list[Piece] = []
        value = self.text[start:end]
        for number in range(max(bisect_right(self._ats, start) - 1, 0), len(self._stretches)):
            at, size, layer, layer_start = self._stretches[number]
            if at >= end:
                break
            first, last = max(start, at), min(end, at + size)
            if layer is not None and first < last:
                shift = layer_start - at
                found.append(Piece(layer, first + shift, last + shift, name, value, not found))
        return found

    def _add(self, text: str, layer: Layer | None, start: int) -> None:
        if not text:
            return
        if self._stretches:
            at, size, last, last_start = self._stretches[-1]
            if last is layer and (layer is None or last_start + size == start):
                self._stretches[-1] = (at, size + len(text), last, last_start)
                self._pieces.append(text)
                self._size += len(text)
                return
        self._stretches.append((self._size, len(text), layer, start))
        self._ats.append(self._size)
        self._pieces.append(text)
        self._size += len(text)


class Reading:
    """A text, or the texts of an archive, with all that is in it.

    Attributes:
        root: the outermost text; empty for an archive, whose members are outermost each.
        sections: what detectors are to look at, each a text of its own.
        unread: what is in it and nobody can look through, with how many there are.
    """

    def __init__(self, text: str) -> None:
        self.root = Layer(text)
        self.sections: list[Section] = [Section()]
        self.unread: Counter[str] = Counter()
        self._extra: Section | None = None

    @property
    def main(self) -> Section:
        """The first section."""
        return self.sections[0]

    @property
    def extra(self) -> Section:
        """One section for what is read apart although it stands among the rest: what may be no code at all."""
        if self._extra is None:
            self._extra = self.aside()
        return self._extra

    def aside(self) -> Section:
        """A new section, for what is not shown in its place."""
        self.sections.append(Section())
        return self.sections[-1]


Read = Callable[[Reading, Section, Layer], None]
"""Reads a layer: shows it in a section, or opens more layers and sections."""


def edits_of(
    pieces: Sequence[Piece], replace: Callable[[str, str], str], *, each_piece: bool
) -> Mapping[Layer, list[Edit]]:
    """The edits of each outermost text that take all pieces out, in order.

    Args:
        replace: gives what stands for a value, from its name and the value.
        each_piece: True when each piece is replaced for itself (a mask); else the first one stands for all.
    """
    here: dict[Layer, list[Piece]] = {}
    for piece in sorted(pieces, key=lambda p: p.layer.root_span(p.start, p.end)):
        here.setdefault(piece.layer, []).append(piece)
    changes: dict[Layer, list[Edit]] = {}
    for layer, cut in here.items():
        changes[layer] = [_edit(layer, joined, replace, each_piece) for joined in _joined(cut)]
    for depth in range(max((layer.depth for layer in changes), default=0), 0, -1):
        for layer in [each for each in changes if each.depth == depth]:
            if layer.below is not None:
                carried = layer.carried(changes.pop(layer))
                changes[layer.below] = _merged(changes.get(layer.below, []), carried)
    return changes


def _joined(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces of one layer by place, those that overlap together."""
    joined: list[list[Piece]] = []
    end = -1
    for piece in sorted(pieces, key=lambda p: (p.start, p.end)):
        if joined and piece.start < end:
            joined[-1].append(piece)
        else:
            joined.append([piece])
        end = max(end, piece.end)
    return joined


def _edit(layer: Layer, pieces: Sequence[Piece], replace: Callable[[str, str], str], each_piece: bool) -> Edit:
    start, end = pieces[0].start, max(piece.end for piece in pieces)
    here = layer.text[start:end]
    first = [piece for piece in pieces if piece.is_first]
    if each_piece:
        return Edit(start, end, replace(pieces[0].name, here))
    if any(not piece.is_first and (piece.start, piece.end) == (start, end) for piece in pieces):
        return Edit(start, end, "")  # what is named where it begins
    names = "/".join(dict.fromkeys(name for piece in first or pieces for name in piece.name.split("/")))
    return Edit(start, end, replace(names, pieces[0].value if len(pieces) == 1 else here))


def _merged(own: list[Edit], carried: list[Edit]) -> list[Edit]:
    """Both in order; what overlaps is one.

    What was cut out of the layer itself says what stands there, but for what was found in a piece of a code: the code
    as it is meant says more.
    """
    marked = sorted([*((edit, True) for edit in own), *((edit, False) for edit in carried)], key=lambda m: m[0][:2])
    merged: list[tuple[Edit, bool]] = []
    for edit, is_own in marked:
        if not merged or edit.start >= merged[-1][0].end:
            merged.append((edit, is_own))
            continue
        last, was_own = merged.pop()
        end = max(last.end, edit.end)
        if was_own == is_own:
            new, owned = last.new if last.new == edit.new else last.new + edit.new, is_own
        else:
            mine, other = (last, edit) if was_own else (edit, last)
            is_whole = (mine.start, mine.end) == (last.start, end) or (other.start, other.end) != (last.start, end)
            new, owned = (mine.new, True) if is_whole else (other.new, False)
        merged.append((Edit(last.start, end, new), owned))
    return [edit for edit, _ in merged]
