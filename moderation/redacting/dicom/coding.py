"""How the pixels of a DICOM file are encoded (PS3.5, 8.2 and annex A.4), and who decodes which encoding here.

Nothing is decoded by whatever happens to be installed: each encoding has its decoders, and a frame is handed to one of
them only when its own header says the size that the file says.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from moderation.redacting.media import NoCopy

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom import Dataset

_BYTES_OF_RLE_HEADER = 64
_LIBJPEG = "pip install pylibjpeg pylibjpeg-libjpeg (GPL-3.0, so it is in no extra)"


@dataclass(frozen=True)
class Coding:
    """An encoding.

    Attributes:
        header: of a frame.
        decoders: pydicom's names of them, in the order in which they are asked.
        remedy: what to install where there is none of them.
        frames: the second bytes of the JPEG markers with which such a frame may begin (ITU-T T.81, table B.1).
        is_lossy: it may have lost something of the picture, which the file has to say ever after (PS3.3 C.7.6.1.1.5).
    """

    header: Literal["none", "rle", "jpeg", "jpeg2000"]
    decoders: tuple[str, ...] = ("",)
    remedy: str = ""
    frames: bytes = b""
    is_lossy: bool = False


_JPEG = "1.2.840.10008.1.2.4."
CODINGS: Mapping[str, Coding] = {
    "1.2.840.10008.1.2": Coding("none"),
    "1.2.840.10008.1.2.1": Coding("none"),
    "1.2.840.10008.1.2.5": Coding("rle", ("pydicom",)),
    f"{_JPEG}50": Coding("jpeg", ("pillow",), frames=b"\xc0", is_lossy=True),
    f"{_JPEG}51": Coding("jpeg", ("pillow", "pylibjpeg"), _LIBJPEG, b"\xc0\xc1", is_lossy=True),
    f"{_JPEG}57": Coding("jpeg", ("pylibjpeg",), _LIBJPEG, b"\xc3"),
    f"{_JPEG}70": Coding("jpeg", ("pylibjpeg",), _LIBJPEG, b"\xc3"),
    f"{_JPEG}80": Coding("jpeg", ("pyjpegls",), "pip install 'moderation[dicom]'", b"\xf7"),
    f"{_JPEG}81": Coding("jpeg", ("pyjpegls",), "pip install 'moderation[dicom]'", b"\xf7", is_lossy=True),
    f"{_JPEG}90": Coding("jpeg2000", ("pillow",)),
    f"{_JPEG}91": Coding("jpeg2000", ("pillow",), is_lossy=True),
}
"""By the transfer syntax: uncompressed, RLE, JPEG baseline, extended, lossless, JPEG-LS and JPEG 2000."""


def coding_of(dataset: Dataset) -> Coding:
    """How the pixels of a file that was read are encoded."""
    return CODINGS[str(dataset.file_meta.TransferSyntaxUID)]


def array_of(dataset: Dataset, rows: int, columns: int, samples: int, allocated: int, frames: int) -> NDArray[Any]:
    """The decoded pixels, those of colours as RGB.

    Raises:
        NoCopy: nobody here decodes them, a frame is not of the size that the file says, or it is no RGB.
    """
    coding = coding_of(dataset)
    if coding.header != "none":
        _check(dataset, coding, rows, columns, samples, allocated, frames)
    from pydicom.pixels.decoders.base import get_decoder

    syntax = dataset.file_meta.TransferSyntaxUID
    decoder = get_decoder(syntax)
    there = [name for name in coding.decoders if not name or name in decoder.available_plugins]
    bits = dataset.get("BitsStored")
    if there and there[0] == "pillow" and coding.frames and bits != 8:
        there = there[1:]
    if not there:
        raise NoCopy(f"its pixels are {syntax.name} of {bits} bits, which nobody here decodes: {coding.remedy}")
    array, said = decoder.as_array(dataset, raw=samples == 1, decoding_plugin=there[0])
    if samples == 3 and said["photometric_interpretation"] != "RGB":
        raise NoCopy("its colours cannot be made RGB")
    made: NDArray[Any] = array
    return made


def _check(
    dataset: Dataset, coding: Coding, rows: int, columns: int, samples: int, allocated: int, frames: int
) -> None:
    """Raise `NoCopy` where there are more frames than the file says, or one that says that it is of another size."""
    from pydicom.encaps import generate_frames

    for count, frame in enumerate(generate_frames(dataset.PixelData, number_of_frames=frames), 1):
        if count > frames:
            raise NoCopy("it is damaged: it has more frames than it says")
        if coding.header == "rle":
            _check_rle(frame, rows * columns, samples * allocated // 8)
            continue
        found = _size_of_jpeg(frame, coding.frames) if coding.header == "jpeg" else _size_of_jpeg2000(frame)
        if found != (columns, rows, samples):
            raise NoCopy("it is damaged: a frame is not of the size that the file says")


def _size_of_jpeg(frame: bytes, begins: bytes) -> tuple[int, int, int]:
    """Columns, rows and samples (ITU-T T.81, B.2.2; of JPEG-LS, ITU-T T.87, C.2.2)."""
    at = 2
    while frame[:2] == b"\xff\xd8" and at + 10 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker in begins:
            rows, columns, samples = struct.unpack_from(">HHB", frame, at + 5)
            return columns, rows, samples
        if marker == 0xFF:
            at += 1
        elif marker == 0xDA or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            break
        else:
            at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")
    raise NoCopy("it is damaged: a frame is no JPEG of the kind that the file says")


def _size_of_jpeg2000(frame: bytes) -> tuple[int, int, int]:
    """Columns, rows and samples of a codestream (ITU-T T.800, A.5.1) that is one grid of pixels."""
    if frame[:4] != b"\xff\x4f\xff\x51" or len(frame) < 42:
        raise NoCopy("it is damaged: a frame is no JPEG 2000")
    right, bottom, left, top = struct.unpack_from(">4I", frame, 8)
    samples = int.from_bytes(frame[40:42], "big")
    if any(frame[42 + 3 * number + 1 : 42 + 3 * number + 3] != b"\1\1" for number in range(min(samples, 4))):
        raise NoCopy("its colours are in grids of other sizes, which are not read")
    return right - left, bottom - top, samples


def _check_rle(frame: bytes, size: int, segments: int) -> None:
    """Raise `NoCopy` when RLE (PS3.5 annex G) says more than the pixels are: a byte of it can become 64."""
    header = struct.unpack("<16I", frame[:_BYTES_OF_RLE_HEADER])
    starts = [*header[1 : 1 + segments], len(frame)]
    if header[0] != segments or starts != sorted(starts) or starts[0] < _BYTES_OF_RLE_HEADER:
        raise NoCopy("it is damaged: its RLE segments are not those of its pixels")
    for start, end in itertools.pairwise(starts):
        if _unpacked(frame, start, end) > size + 1:
            raise NoCopy("it is damaged: its RLE segments unpack to more than its pixels")


def _unpacked(frame: bytes, at: int, end: int) -> int:
    """To how many bytes a segment unpacks."""
    total = 0
    while at < end:
        said = frame[at]
        if said < 128:
            total += said + 1
            at += said + 2
        else:
            total += 257 - said if said > 128 else 0
            at += 2 if said > 128 else 1
    return total
