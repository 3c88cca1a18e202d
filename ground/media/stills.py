"""What an AVIF or HEIC picture says of itself: the sizes of all pictures in it, and of what they are coded as.

Such a file holds several pictures (tiles, a thumbnail, transparency), of which one is shown. A decoder allocates by the
size that the file states for each and by the one that the coded data state, which need not agree; so both are read. So
do both say what the numbers mean as colours.

Sources: ISO/IEC 23008-12 (HEIF), AV1 Image File Format 1.1, AV1 bitstream specification 5.5, ITU H.265 7.3.2.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ground.media.boxes import Boxes, IsoBox
from ground.media.reading import Bits, Damaged, big, piece

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2"})
_SEQUENCES = frozenset({b"avis", b"hevc", b"hevx", b"msf1"})
MAX_ITEMS = 4096
"""Pictures and pieces of them in one file; a photograph of a telephone has about fifty."""


def still_format(head: bytes) -> Literal["AVIF", "HEIF"] | None:
    """By the brands in the first 64 bytes, or None when it is no picture in boxes.

    A sequence is one too, so that it is refused as a picture and not taken for a film.
    """
    if head[4:8] != b"ftyp":
        return None
    major = head[8:12]
    end = min(int.from_bytes(head[:4], "big"), 64)
    brands = {major, *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if major in (b"avif", b"avis") or (major in (b"mif1", b"msf1") and brands & {b"avif", b"avis"}):
        return "AVIF"
    return "HEIF" if major in _HEIC_BRANDS | {b"hevc", b"hevx", b"msf1"} else None


def read_still(data: bytes) -> tuple[int, int]:
    """The width and height that decoding may need: the largest of all that are stated, before turning.

    Raises:
        Damaged: cut off, an animation, or its boxes do not fit together.
    """
    boxes = Boxes(data)
    top = list(boxes.top())
    if any(box.kind == b"moov" for box in top) or _brands(data) & _SEQUENCES:
        raise Damaged("an animated AVIF or HEIC is not accepted; send it as WebP or GIF")
    meta = next((box for box in top if box.kind == b"meta"), None)
    if meta is None:
        raise Damaged("no picture in it")
    sizes, coded = [], []
    inside = list(boxes.inside(meta, 4))
    for properties in (box for box in inside if box.kind == b"iprp"):
        for container in (box for box in boxes.inside(properties) if box.kind == b"ipco"):
            for each in boxes.inside(container):
                if each.kind == b"ispe":
                    sizes.append((boxes.number(each, 4, 4), boxes.number(each, 8, 4)))
                elif each.kind == b"hvcC":
                    coded += _hevc_sizes(data[each.start : each.end])
    if not sizes:
        raise Damaged("no size")
    for item in _coded_items(boxes, inside):
        coded += [_sequence(bits).size for bits in _sequence_headers(item)]
    return max(across for across, _ in (*sizes, *coded)), max(down for _, down in (*sizes, *coded))


def read_coding(data: bytes) -> tuple[int, int] | None:
    """Primaries and transfer of an AVIF's picture, by the codes of ITU-T H.273; None where it says nothing.

    By the property ``nclx`` of the picture itself, else by the coded data (AV1 Image File Format 1.1, 2.1).

    Raises:
        Damaged: its boxes do not fit together.
    """
    boxes = Boxes(data)
    meta = next((box for box in boxes.top() if box.kind == b"meta"), None)
    inside = list(boxes.inside(meta, 4)) if meta is not None else []
    for box in _properties(boxes, inside, _primary(boxes, inside)):
        if box.kind == b"colr" and data[box.start : box.start + 4] == b"nclx":
            return boxes.number(box, 4, 2), boxes.number(box, 6, 2)
    for item in _coded_items(boxes, inside):
        for bits in _sequence_headers(item):
            return _av1_coding(bits)
    return None


def _primary(boxes: Boxes, inside: list[IsoBox]) -> int:
    """The number of the item that is shown (``pitm``); 0 where there is none."""
    box = next((box for box in inside if box.kind == b"pitm"), None)
    return boxes.number(box, 4, 4 if boxes.number(box, 0, 1) else 2) if box is not None else 0


def _properties(boxes: Boxes, inside: list[IsoBox], item: int) -> Iterator[IsoBox]:
    """The properties that are an item's own (``ipma``; ISO/IEC 23008-12, 9.3)."""
    for properties in (box for box in inside if box.kind == b"iprp"):
        within = list(boxes.inside(properties))
        listed = [each for box in within if box.kind == b"ipco" for each in boxes.inside(box)]
        for box in (box for box in within if box.kind == b"ipma"):
            wide, width = boxes.number(box, 0, 1) > 0, 1 + (boxes.number(box, 3, 1) & 1)
            at, count = 8, boxes.number(box, 4, 4)
            for _ in range(min(count, MAX_ITEMS)):
                number, at = boxes.number(box, at, 4 if wide else 2), at + (4 if wide else 2)
                owned, at = boxes.number(box, at, 1), at + 1
                for _ in range(owned):
                    # The highest bit says that a reader has to know the property.
                    place, at = boxes.number(box, at, width) & (1 << 8 * width - 1) - 1, at + width
                    if number == item and 0 < place <= len(listed):
                        yield listed[place - 1]


def _brands(data: bytes) -> set[bytes]:
    end = min(big(data, 0, 4), len(data), 4096)
    return {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}


def _coded_items(boxes: Boxes, inside: list[IsoBox]) -> Iterator[bytes]:
    """The coded data of the items of type ``av01``, each from its pieces in the file or in ``idat``."""
    unread = len(boxes.data)
    kinds = {number: kind for box in inside if box.kind == b"iinf" for number, kind in _item_kinds(boxes, box)}
    stored = next((box for box in inside if box.kind == b"idat"), None)
    for box in inside:
        if box.kind != b"iloc":
            continue
        for number, method, pieces in _item_places(boxes, box):
            if kinds.get(number) != b"av01":
                continue
            if method > 1 or (method == 1 and stored is None):
                raise Damaged("coded data in a place that is not read")
            unread -= sum(length for _, length in pieces)
            if unread < 0 or any(length == 0 for _, length in pieces):
                raise Damaged("pieces that lie over each other, or have no end")
            base = stored.start if method == 1 and stored is not None else 0
            yield b"".join(piece(boxes.data, base + at, length) for at, length in pieces)


def _item_kinds(boxes: Boxes, box: IsoBox) -> Iterator[tuple[int, bytes]]:
    version = boxes.number(box, 0, 1)
    for entry in boxes.inside(box, 6 if version == 0 else 8):
        if entry.kind == b"infe" and (edition := boxes.number(entry, 0, 1)) >= 2:
            width = 2 if edition == 2 else 4
            at = entry.start + 4 + width + 2
            yield boxes.number(entry, 4, width), boxes.data[at : at + 4]


def _item_places(boxes: Boxes, box: IsoBox) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Number of the item, how its place is given, offsets and lengths (ISO/IEC 14496-12, 8.11.3)."""
    version, sizes = boxes.number(box, 0, 1), boxes.number(box, 4, 2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    if version > 2 or {offset, length, base} - {0, 4, 8}:
        raise Damaged("places in a form that is not read")
    wide = 4 if version == 2 else 2
    count, at = boxes.number(box, 6, wide), 6 + wide
    if count > MAX_ITEMS:
        raise Damaged("too many pieces")
    all_extents = 0
    for _ in range(count):
        number, at = boxes.number(box, at, wide), at + wide
        method = 0
        if version:
            method, at = boxes.number(box, at, 2) & 15, at + 2
        start, at = boxes.number(box, at + 2, base), at + 2 + base
        extents, at = boxes.number(box, at, 2), at + 2
        all_extents += extents
        if all_extents > MAX_ITEMS:
            raise Damaged("too many pieces")
        pieces = []
        for _ in range(extents):
            at += index if version else 0
            pieces.append((start + boxes.number(box, at, offset), boxes.number(box, at + offset, length)))
            at += offset + length
        yield number, method, pieces


def _sequence_headers(data: bytes) -> Iterator[Bits]:
    """The sequence headers of coded AV1."""
    at = 0
    for _ in range(MAX_ITEMS):
        if at >= len(data):
            return
        head = data[at]
        at += 2 if head & 4 else 1
        length = len(data) - at
        if head & 2:
            length, at = _leb128(data, at)
        body = piece(data, at, length)
        if head >> 3 & 15 == 1:
            yield Bits(body)
        at += length
    raise Damaged("too many pieces")


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for step in range(8):
        byte = big(data, at + step, 1)
        number |= (byte & 127) << 7 * step
        if byte < 128:
            return number, at + step + 1
    raise Damaged("a number without end")


@dataclass(frozen=True)
class _Sequence:
    """What a sequence header says on the way to the size (``sequence_header_obu``, 5.5.1)."""

    profile: int
    is_reduced: int
    size: tuple[int, int]


def _sequence(bits: Bits) -> _Sequence:
    profile, _ = bits.take(3), bits.take(1)
    is_reduced = bits.take(1)
    if is_reduced:
        bits.take(5)
    else:
        delay_bits = 0
        if bits.take(1):  # timing_info_present_flag
            bits.take(32), bits.take(32)
            if bits.take(1):
                bits.take_exponential()
            if bits.take(1):  # decoder_model_info_present_flag
                delay_bits = bits.take(5) + 1
                bits.take(32), bits.take(10)
        says_delay = bits.take(1)
        for _ in range(bits.take(5) + 1):
            bits.take(12)
            if bits.take(5) > 7:
                bits.take(1)
            if delay_bits and bits.take(1):
                bits.take(2 * delay_bits + 1)
            if says_delay and bits.take(1):
                bits.take(4)
    across_bits, down_bits = bits.take(4) + 1, bits.take(4) + 1
    return _Sequence(profile, is_reduced, (bits.take(across_bits) + 1, bits.take(down_bits) + 1))


def _av1_coding(bits: Bits) -> tuple[int, int] | None:
    """Primaries and transfer in a sequence header (5.5.1 from the size on, and ``color_config``, 5.5.2)."""
    sequence = _sequence(bits)
    if not sequence.is_reduced and bits.take(1):  # frame_id_numbers_present_flag
        bits.take(7)
    bits.take(3)
    if not sequence.is_reduced:
        bits.take(4)
        has_order = bits.take(1)
        if has_order:
            bits.take(2)
        forces_tools = 2 if bits.take(1) else bits.take(1)
        if forces_tools and not bits.take(1):
            bits.take(1)
        if has_order:
            bits.take(3)
    bits.take(3)
    is_deep = bits.take(1)
    if sequence.profile == 2 and is_deep:
        bits.take(1)
    if sequence.profile != 1:
        bits.take(1)
    return (bits.take(8), bits.take(8)) if bits.take(1) else None


def _hevc_sizes(configuration: bytes) -> list[tuple[int, int]]:
    """The size in each sequence parameter set of an ``hvcC`` box (ISO/IEC 14496-15, 8.3.3.1)."""
    at, sizes = 23, []
    for _ in range(big(configuration, 22, 1)):
        kind, count, at = big(configuration, at, 1) & 63, big(configuration, at + 1, 2), at + 3
        for _ in range(count):
            length = big(configuration, at, 2)
            unit = piece(configuration, at + 2, length)
            at += 2 + length
            if kind == 33:
                # A byte 3 behind two zeros is there to keep start codes out of the data (7.4.2).
                sizes.append(_hevc_size(Bits(unit.replace(b"\0\0\3", b"\0\0"))))
    return sizes


def _hevc_size(bits: Bits) -> tuple[int, int]:
    """``seq_parameter_set_rbsp`` up to the size (7.3.2.2), behind the two bytes of the unit's header."""
    bits.take(20)
    layers = bits.take(3)
    bits.take(1 + 96)
    present = [bits.take(2) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for which in present:
        bits.take(88 * (which >> 1) + 8 * (which & 1))
    bits.take_exponential()
    if bits.take_exponential() == 3:
        bits.take(1)
    return bits.take_exponential(), bits.take_exponential()
