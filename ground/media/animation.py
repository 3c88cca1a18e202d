"""The frames of animated pictures, put together as browsers do it.

Pillow reads every frame, but fills what a GIF leaves free with a colour where browsers let the page through, lets
later frames enlarge the canvas, and blends frames of PNG in its own way. So each frame of these two is cut out as a
picture of its own, decoded alone, and laid over what was there before. WebP comes composed from the library that
browsers use.

Sources: GIF89a (23 to 25), PNG third edition (11.3.4), Chromium 156 for what they leave open.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Literal

from ground.media.reading import MAX_BLOCKS, Damaged, big, little, piece

Disposal = Literal["keep", "clear", "restore"]


@dataclass(frozen=True)
class Cutting:
    """One frame as a picture of its own, and how it is laid onto the canvas.

    Attributes:
        data: a GIF or PNG of one frame.
        left: where it lies on the canvas, in pixels.
        top: likewise.
        size: width and height, pixels.
        disposal: what becomes of its place before the next frame: it stays, is cleared, or is as it was before.
        replaces: True when it replaces what was in its place, transparency and all; else it is laid over that.
        milliseconds: how long it says that it is shown.
        is_shown: False for the still picture that stands before an animated PNG for readers that know no animation.
    """

    data: bytes
    left: int
    top: int
    size: tuple[int, int]
    disposal: Disposal
    replaces: bool
    milliseconds: float
    is_shown: bool = True


def cut_gif(data: bytes) -> tuple[tuple[int, int], list[Cutting]]:
    """The canvas and the frames of a GIF whose blocks were walked over already.

    The canvas is as large as it says, or as the first frame needs; what later frames have beyond it is not shown.
    """
    width, height = little(data, 6, 2), little(data, 8, 2)
    flags = data[10]
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    table = data[13:at]
    frames: list[Cutting] = []
    control = b"\0\0\0\0"
    for _ in range(MAX_BLOCKS):
        kind = data[at] if at < len(data) else 0x3B
        if kind == 0x3B:
            break
        if kind == 0x21:
            if data[at + 1] == 0xF9 and data[at + 2] == 4:
                control = piece(data, at + 3, 4)
            at = _behind(data, at + 2)
            continue
        left, top, across, down = struct.unpack("<4H", piece(data, at + 1, 8))
        own = data[at + 9]
        start = at + 10
        end = _behind(data, start + (3 << (own & 7) + 1 if own & 0x80 else 0) + 1)
        if not frames:
            width, height = max(width, left + across), max(height, top + down)
        head = b"GIF89a" + struct.pack("<HH", across, down) + bytes((flags, 0, 0)) + table
        # The disposal is ours to carry out, so that it is left out of the frame's own control.
        frame = b"!\xf9\x04" + bytes((control[0] & 1, 0, 0, control[3], 0))
        if not (own | flags) & 0x80:
            # Browsers show black where there is no table of colours.
            place, colors = struct.pack("<HHB", across, down, own | 0x87), bytes(3 << 8)
        else:
            place, colors = struct.pack("<HHB", across, down, own), b""
        frame += b",\0\0\0\0" + place + colors + data[start:end] + b";"
        disposal: Disposal = {2: "clear", 3: "restore"}.get(control[0] >> 2 & 7, "keep")  # type: ignore[assignment]
        delay = int.from_bytes(control[1:3], "little") * 10
        frames.append(Cutting(head + frame, left, top, (across, down), disposal, False, delay))
        control, at = b"\0\0\0\0", end
    return (width, height), frames


def _behind(data: bytes, at: int) -> int:
    """The offset behind a run of sub-blocks."""
    while data[at]:
        at += 1 + data[at]
    return at + 1


def cut_png(data: bytes) -> tuple[tuple[int, int], list[Cutting]]:
    """The canvas and the frames of an animated PNG; the picture that stands before it comes last.

    Raises:
        Damaged: frames are missing, out of order or beyond the canvas.
    """
    head = piece(data, 16, 13)
    size = big(data, 16, 4), big(data, 20, 4)
    kept = b""  # what all frames share: the palette and its transparency
    stated, numbers = 0, 0
    frames: list[tuple[bytes, list[bytes]]] = []
    still: list[bytes] = []
    at = 8
    has_data = False
    for _ in range(MAX_BLOCKS):
        length, kind = big(data, at, 4), data[at + 4 : at + 8]
        body = piece(data, at + 8, length)
        if kind in (b"PLTE", b"tRNS"):
            kept += data[at : at + 12 + length]
        elif kind == b"acTL" and not has_data:
            stated = big(body, 0, 4)
        elif kind in (b"fcTL", b"fdAT"):
            if big(body, 0, 4) != numbers or (kind == b"fdAT" and (not frames or not has_data)):
                raise Damaged("frames out of order")
            numbers += 1
            if kind == b"fcTL":
                frames.append((piece(body, 4, 22), []))
            else:
                frames[-1][1].append(body[4:])
        elif kind == b"IDAT":
            has_data = True
            (frames[0][1] if frames else still).append(body)
        at += 12 + length
        if kind == b"IEND":
            break
    if len(frames) != stated or not all(bodies for _, bodies in frames):
        raise Damaged("frames that are not there")
    if not still and struct.unpack(">4I", frames[0][0][:16]) != (*size, 0, 0):
        raise Damaged("a first frame of another size")
    cuttings = [_png_frame(head, kept, size, control, bodies) for control, bodies in frames]
    if still:
        data_of_still = _png(head, size, kept, still)
        cuttings.append(Cutting(data_of_still, 0, 0, size, "keep", True, 0, is_shown=False))
    return size, cuttings


def _png_frame(head: bytes, kept: bytes, size: tuple[int, int], control: bytes, bodies: list[bytes]) -> Cutting:
    across, down, left, top, delay, of, dispose, blend = struct.unpack(">4I2H2B", control)
    if not across or not down or left + across > size[0] or top + down > size[1]:
        raise Damaged("a frame beyond the canvas")
    disposal: Disposal = {1: "clear", 2: "restore"}.get(dispose, "keep")  # type: ignore[assignment]
    frame = _png(head, (across, down), kept, bodies)
    return Cutting(frame, left, top, (across, down), disposal, blend == 0, delay / (of or 100) * 1000)


def _png(head: bytes, size: tuple[int, int], kept: bytes, bodies: list[bytes]) -> bytes:
    header = struct.pack(">II", *size) + head[8:]
    chunks = _chunk(b"IHDR", header) + kept + _chunk(b"IDAT", b"".join(bodies)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
