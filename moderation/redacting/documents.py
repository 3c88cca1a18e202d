"""Documents that are read as one: texts and files in known formats, without what is found, and still of that format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from moderation.containers.finding import Found, found_in
from moderation.containers.formats import Format, open_file, read_text
from moderation.containers.layers import CannotRead, Edit, Layer, Piece, Reading, apply, edits_of
from moderation.core.detections import Detection
from moderation.core.replacing import Replace
from moderation.redacting.windows import undecoded

Places = Callable[[str], Iterable[tuple[int, int]]]
"""Says where something stands in a text."""
LookThrough = Callable[[str], list[Detection]]
"""Says what is in a text of any length."""


@dataclass(frozen=True)
class CleanText:
    """A text without what was found in it.

    Attributes:
        entities: what was taken out, by place in the text as it was.
        unread: what is in it, as it was, and nobody can look through.
    """

    text: str
    entities: tuple[Detection, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True)
class CleanFile:
    """A file without what was found in it.

    Attributes:
        entities: what was taken out, with the member of an office document, or the place in a PDF, where it was.
        unread: as of `CleanText`, with how many there are.
        undecoded: bytes that were not UTF-8.
        left: labels of what another reader still finds in the copy, with the place; of a PDF.
        taken_out: what is in the copy no more although nobody looked through it, with how many there were.
    """

    data: bytes
    entities: tuple[tuple[str, Detection], ...]
    unread: Mapping[str, int]
    undecoded: int
    left: tuple[tuple[str, str], ...] = ()
    taken_out: Mapping[str, int] = field(default_factory=dict)


def clean_text(text: str, kind: Format | None, look: LookThrough, replace: Replace, *, each_piece: bool) -> CleanText:
    """Take out of a text what is found in it.

    Args:
        kind: its format; None to tell by the text.
        each_piece: see `edits_of`.

    Raises:
        CannotRead: it is not in that format, or some of it in one that is not known.
    """
    reading = read_text(text, kind)
    found = _found(reading, look)
    changed = _changed(found, replace, each_piece)
    entities = tuple(each.detection for each in found)
    return CleanText(changed.get(reading.root, text), entities, tuple(sorted(reading.unread)))


def clean_file(data: bytes, kind: Format | None, look: LookThrough, replace: Replace, *, each_piece: bool) -> CleanFile:
    """Take out of a file what is found in it; arguments and errors as of `clean_text`."""
    with closing(open_file(data, kind)) as opened:
        found = _found(opened.reading, look)
        made = opened.written(_edits(found, replace, each_piece))
    entities = {
        (opened.members.get(each.root, ""), each.detection.label, str(each.detection.span)): each for each in found
    }
    return CleanFile(
        made.data,
        tuple((member, each.detection) for (member, _, _), each in entities.items()),
        dict(opened.reading.unread),
        undecoded(opened.reading.root.text),
        tuple(_left(made.again, found, look)),
        made.taken_out,
    )


def restore_file(data: bytes, kind: Format | None, restore: Callable[[str], str], places: Places) -> bytes:
    """A file with what its tokens stand for, encoded as the file wants it where they stand.

    Args:
        restore: what a token stands for; the token itself when nobody knows.
        places: where tokens stand in a text.

    Raises:
        CannotRead: it is not in that format, or some of it in one that is not known.
    """
    if kind == "pdf":
        raise CannotRead("it is a PDF, in which no tokens stand")
    opened = open_file(data, kind)
    pieces = [
        piece
        for section in opened.reading.sections
        for start, end in places(section.text)
        for piece in section.pieces(start, end, "")
    ]
    known: dict[str, str] = {}
    here = {(piece.layer.root_span(piece.start, piece.end), piece.value): piece for piece in pieces if piece.is_first}
    for _, token in here:
        known[token] = restore(token)
    pieces = [piece for piece in pieces if known.get(piece.value, piece.value) != piece.value]
    edits = edits_of(pieces, lambda _, token: known.get(token, token), each_piece=False)
    return opened.written(edits).data if edits else data


def _found(reading: Reading, look: LookThrough) -> list[Found]:
    answers = [
        look(section.text) if section.size and not section.text.isspace() else [] for section in reading.sections
    ]
    return found_in(reading, answers)


def _changed(found: list[Found], replace: Replace, each_piece: bool) -> dict[Layer, str]:
    """Texts that are others afterwards, by the layer that each was."""
    return {root: apply(root.text, edits) for root, edits in _edits(found, replace, each_piece).items()}


def _edits(found: list[Found], replace: Replace, each_piece: bool) -> Mapping[Layer, list[Edit]]:
    pieces: list[Piece] = [piece for each in found for piece in each.pieces]
    return edits_of(pieces, replace, each_piece=each_piece)


def _left(again: Sequence[tuple[str, str]], found: list[Found], look: LookThrough) -> Iterator[tuple[str, str]]:
    """What another reader sees in a copy: what looks like personal data, and values that were taken out elsewhere."""
    values = {(_plain(piece.value), each.detection.label) for each in found for piece in each.pieces[:1]}
    for place, text in again:
        labels = {detection.label for detection in look(text)} if not text.isspace() else set()
        plain = _plain(text)
        labels |= {label for value, label in values if len(value) >= _TELLING and value in plain}
        yield from ((place, label) for label in sorted(labels))


_TELLING = 6
"""Signs of a value that stands somewhere by no accident."""


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
