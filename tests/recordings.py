"""Films and sounds that tests make: the containers as players read them, round content of no meaning."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Sequence


def box(kind: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I", 8 + len(body)) + kind + body


def mp4(*kinds: bytes, brand: bytes = b"isom", seconds: float = 2.0, content: bytes = b"\1" * 500) -> bytes:
    """An MP4 with a track of each kind (``vide``, ``soun``, ..): index first, all samples in one piece."""
    head = box(b"ftyp", brand, bytes(4), brand)

    def file(start: int) -> bytes:
        tracks = [_track(number, kind, seconds, len(content), start) for number, kind in enumerate(kinds, start=1)]
        return head + box(b"moov", box(b"mvhd", bytes(100)), *tracks) + box(b"mdat", content)

    return file(len(file(0)) - len(content))


def fragmented(kind: bytes = b"vide", seconds: float = 2.0, runs: int = 4) -> bytes:
    """An MP4 as cameras and browsers record it: an index without samples, then fragments."""
    index = box(
        b"moov",
        box(b"mvhd", bytes(100)),
        _track(1, kind, 0, 0, 0),
        box(b"mvex", box(b"trex", bytes(4), struct.pack(">5I", 1, 1, 0, 0, 0))),
    )
    pieces, each = [], int(seconds * 1000 / max(runs, 1))
    for number in range(runs):
        head = box(b"tfhd", bytes(4), struct.pack(">I", 1))
        clock = box(b"tfdt", struct.pack(">II", 0, number * each))
        run = box(b"trun", struct.pack(">II", 0x000100, 1), struct.pack(">I", each))
        pieces += [box(b"moof", box(b"mfhd", bytes(8)), box(b"traf", head, clock, run)), box(b"mdat", b"\1" * 50)]
    return box(b"ftyp", b"iso5", bytes(4), b"iso5") + index + b"".join(pieces)


def _track(number: int, kind: bytes, seconds: float, size: int, start: int) -> bytes:
    samples = 1 if size else 0
    table = box(
        b"stbl",
        box(b"stsd", bytes(4), struct.pack(">I", 1), box(b"mp4v", bytes(78))),
        box(b"stsz", bytes(4), struct.pack(">II", size, samples)),
        box(b"stco", bytes(4), struct.pack(">I", samples), struct.pack(">I", start) if samples else b""),
    )
    media = box(
        b"mdia",
        box(b"mdhd", bytes(12), struct.pack(">IIHH", 1000, int(seconds * 1000), 0, 0)),
        box(b"hdlr", bytes(8), kind, bytes(13)),
        box(b"minf", table),
    )
    return box(b"trak", box(b"tkhd", bytes(12), struct.pack(">I", number), bytes(68)), media)


def element(number: int, body: bytes, *, known: bool = True) -> bytes:
    name = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return name + ((1 << 56 | len(body)).to_bytes(8, "big") if known else b"\x01" + b"\xff" * 7) + body


def webm(*kinds: int, live: bool = False, seconds: float = 2.0, form: bytes = b"webm") -> bytes:
    """A WebM with tracks of these kinds (1 pictures, 2 sound); live: as browsers record it, sizes and length unknown."""
    head = element(0x1A45DFA3, element(0x4282, form))
    length = b"" if live else element(0x4489, struct.pack(">d", seconds * 1000))
    info = element(0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(3, "big")) + length)
    tracks = element(0x1654AE6B, b"".join(element(0xAE, element(0x83, bytes([kind]))) for kind in kinds))
    clusters = b""
    for half in (0, 1):
        time = element(0xE7, int(half * seconds * 500).to_bytes(4, "big"))
        blocks = b"".join(element(0xA3, b"\x81" + struct.pack(">h", int(at * seconds * 500)) + b"\0x") for at in (0, 1))
        clusters += element(0x1F43B675, time + blocks, known=not live)
    return head + element(0x18538067, info + tracks + clusters, known=not live)


def transport_stream(*kinds: int, seconds: float = 2.0, start: int = 900_000) -> bytes:
    """An MPEG-TS with streams of these types (0x1B H.264, 0x0F AAC), a packet for each tenth of a second of each."""

    def packet(number: int, body: bytes) -> bytes:
        fill = 184 - len(body)
        field = b"" if not fill else b"\0" if fill == 1 else bytes([fill - 1, 0]) + b"\xff" * (fill - 2)
        control = 0x30 if fill else 0x10
        return b"\x47" + (0x4000 | number).to_bytes(2, "big") + bytes([control]) + field + body

    def table(number: int, identity: int, body: bytes) -> bytes:
        section = struct.pack(">BHHBBB", identity, 0xB000 | len(body) + 9, 1, 0xC1, 0, 0) + body + bytes(4)
        return packet(number, b"\0" + section)

    def stamp(ticks: int) -> bytes:
        return (
            bytes([0x21 | ticks >> 29 & 14])
            + (ticks >> 14 & 0xFFFE | 1).to_bytes(2, "big")
            + (ticks << 1 & 0xFFFE | 1).to_bytes(2, "big")
        )

    streams = b"".join(struct.pack(">BHH", kind, 0xE100 | at, 0xF000) for at, kind in enumerate(kinds))
    out = table(0, 0, struct.pack(">HH", 1, 0xE050)) + table(0x50, 2, struct.pack(">HH", 0xE100, 0xF000) + streams)
    for tenth in range(round(seconds * 10) + 1):
        for at in range(len(kinds)):
            ticks = (start + tenth * 9000) % (1 << 33)
            out += packet(0x100 | at, b"\0\0\1\xe0\0\0\x80\x80\5" + stamp(ticks) + b"x" * 60)
    return out


def wav(seconds: float = 2.0) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\1\0" * int(8000 * seconds))
    return out.getvalue()


def flac(seconds: float = 2.0) -> bytes:
    packed = 8000 << 44 | 0 << 41 | 15 << 36 | int(8000 * seconds)
    header = struct.pack(">HH", 4096, 4096) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)
    return b"fLaC" + b"\x80" + len(header).to_bytes(3, "big") + header + b"\xff\xf8\x69\x08" + bytes(40)


def ogg(seconds: float = 2.0, head: bytes = b"OpusHead\1\1" + struct.pack("<HIHB", 312, 48_000, 0, 0)) -> bytes:
    pages = [(2, 0, head), (0, 0, b"OpusTags" + bytes(8)), (4, int(48_000 * seconds) + 312, b"\1" * 300)]
    return b"".join(_page(number, *page) for number, page in enumerate(pages))


def _page(number: int, flags: int, position: int, body: bytes) -> bytes:
    sizes: Sequence[int] = [255] * (len(body) // 255) + [len(body) % 255]
    return b"OggS\0" + struct.pack("<BqIIIB", flags, position, 7, number, 0, len(sizes)) + bytes(sizes) + body


def mp3(seconds: float = 2.0, tag: bytes = b"") -> bytes:
    """Frames of silence, 128 kbit/s at 44.1 kHz: 417 bytes and 1152 samples each."""
    return tag + (b"\xff\xfb\x90\x00" + bytes(413)) * round(seconds * 44_100 / 1152)


def id3(body: bytes = b"\1" * 300) -> bytes:
    size = len(body)
    return b"ID3\4\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + body
