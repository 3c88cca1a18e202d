"""Fragmented MP4 (ISO/IEC 14496-12, 8.8): the tracks of two, pictures and sound, in one. Nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ground.media.boxes import Boxes, IsoBox
from ground.media.reading import Damaged

_BEFORE_FRAGMENTS = (b"styp", b"sidx", b"ssix", b"prft", b"emsg")
"""What may stand before a fragment and says something of one file alone, such as how far it is to the next one."""
_SAYS_WHERE = 0x1
"""Of a fragment's track: it says where in the file its samples begin, which is elsewhere then."""


class Woven:
    """The tracks of a film without sound, or with more of it elsewhere, and those of a sound.

    Attributes:
        head: of both.

    Raises:
        Damaged: one of the heads is none of fragments, or there is no sound in the other one.
    """

    def __init__(self, pictures: bytes, sound: bytes) -> None:
        film, voice = Boxes(pictures), Boxes(sound)
        movie, other = _only(film, b"moov"), _only(voice, b"moov")
        known = [_number(film, track) for track in film.inside(movie) if track.kind == b"trak"]
        tracks = [track for track in voice.inside(other) if track.kind == b"trak" and _is_sound(voice, track)]
        if not tracks:
            raise Damaged("it has no track of sound")
        first = max(known, default=0) + 1
        self._numbers = {_number(voice, track): first + at for at, track in enumerate(tracks)}
        if len(self._numbers) < len(tracks) or first + len(tracks) >= 1 << 32:
            raise Damaged("its tracks cannot be told apart")
        for boxes, each in [*((film, box) for box in film.inside(movie)), *((voice, track) for track in tracks)]:
            if each.kind == b"trak" and _count(boxes, each):
                raise Damaged("its head has samples of its own")
        made = b""
        for box, raw in _raw(film, movie):
            if box.kind == b"mvex":
                made += b"".join(self._renumbered(voice, track) for track in tracks)
                made += _box(b"mvex", film.data[box.start : box.end] + self._defaults(voice, other))
            else:
                made += raw
        if b"mvex" not in [box.kind for box in film.inside(movie)]:
            raise Damaged("its head says nothing of fragments")
        self.head = b"".join(_box(b"moov", made) if box.kind == b"moov" else raw for box, raw in _raw(film, None))

    def pictures(self, data: bytes) -> bytes:
        """A piece of the film, as the woven one has it. Raises `Damaged`."""
        return _fragments(data, None)

    def sound(self, data: bytes) -> bytes:
        """A piece of the sound, as the woven one has it. Raises `Damaged`."""
        return _fragments(data, self._numbers)

    def _renumbered(self, boxes: Boxes, track: IsoBox) -> bytes:
        made = bytearray(boxes.data[track.start : track.end])
        at = _number_at(boxes, track) - track.start
        made[at : at + 4] = self._numbers[_number(boxes, track)].to_bytes(4, "big")
        return _box(b"trak", bytes(made))

    def _defaults(self, boxes: Boxes, movie: IsoBox) -> bytes:
        extends = boxes.first(movie, b"mvex")
        found = list(boxes.inside(extends)) if extends is not None else []
        made = b""
        for box in found:
            number = boxes.number(box, 4, 4) if box.kind == b"trex" else None
            if number in self._numbers:
                content = boxes.data[box.start : box.end]
                made += _box(b"trex", content[:4] + self._numbers[number].to_bytes(4, "big") + content[8:])
        return made


def _fragments(data: bytes, numbers: Mapping[int, int] | None) -> bytes:
    """A piece without what stands before its fragments, its tracks numbered anew."""
    boxes = Boxes(data)
    made, is_open = b"", False
    for box, raw in _raw(boxes, None):
        if box.kind == b"moof":
            made, is_open = made + _renumbered_fragment(boxes, box, raw, numbers), True
        elif is_open or box.kind not in _BEFORE_FRAGMENTS:
            made, is_open = made + raw, is_open and box.kind != b"mdat"
    return made


def _renumbered_fragment(boxes: Boxes, fragment: IsoBox, raw: bytes, numbers: Mapping[int, int] | None) -> bytes:
    made = bytearray(raw)
    for track in boxes.inside(fragment):
        if track.kind != b"traf":
            continue
        head = boxes.first(track, b"tfhd")
        if head is None or boxes.number(head, 1, 3) & _SAYS_WHERE:
            raise Damaged("its fragments say where in another file they lie")
        if numbers is None:
            continue
        number = boxes.number(head, 4, 4)
        if number not in numbers:
            raise Damaged("a fragment of a track that its head does not name")
        at = head.start + 4 - (fragment.end - len(raw))
        made[at : at + 4] = numbers[number].to_bytes(4, "big")
    return bytes(made)


def _raw(boxes: Boxes, inside: IsoBox | None) -> Iterator[tuple[IsoBox, bytes]]:
    """Each box with all its bytes, the head too."""
    at = inside.start if inside is not None else 0
    for box in boxes.inside(inside) if inside is not None else boxes.top():
        yield box, boxes.data[at : box.end]
        at = box.end


def _box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def _only(boxes: Boxes, kind: bytes) -> IsoBox:
    found = [box for box in boxes.top() if box.kind == kind]
    if len(found) != 1:
        raise Damaged("it has no head of an MP4")
    return found[0]


def _number_at(boxes: Boxes, track: IsoBox) -> int:
    head = boxes.first(track, b"tkhd")
    if head is None:
        raise Damaged("a track without a header")
    return head.start + (20 if boxes.number(head, 0, 1) == 1 else 12)


def _number(boxes: Boxes, track: IsoBox) -> int:
    at = _number_at(boxes, track)
    return boxes.number(track, at - track.start, 4)


def _is_sound(boxes: Boxes, track: IsoBox) -> bool:
    handler = boxes.first(track, b"mdia", b"hdlr")
    return handler is not None and boxes.data[handler.start + 8 : handler.start + 12] == b"soun"


def _count(boxes: Boxes, track: IsoBox) -> int:
    """How many samples the head has of a track."""
    sizes = boxes.first(track, b"mdia", b"minf", b"stbl", b"stsz")
    return boxes.number(sizes, 8, 4) if sizes is not None else 0
