"""Stored pixels of a DICOM file: decoded under limits, shown to who looks for letters, covered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ground.media.limits import Limits
from ground.media.patching import Place, patch
from moderation.core.items import Box
from moderation.redacting.dicom.coding import array_of, coding_of
from moderation.redacting.dicom.files import library
from moderation.redacting.media import NoCopy

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image
    from pydicom import Dataset

MARGIN = 0.2
"""Beyond each place, this share of its shorter side: a box ends where a letter does."""
LEAST_MARGIN = 2
"""Pixels, likewise."""
TAILS = 2.0
"""Percent of the pixels that may be left out at either end of the range of a view."""
_COLORS = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"})
_GREYS = frozenset({"MONOCHROME1", "MONOCHROME2"})
_PALETTE = "PALETTE COLOR"
_OF_PALETTES = tuple(
    f"{color}PaletteColorLookupTable{what}" for color in ("Red", "Green", "Blue") for what in ("Descriptor", "Data")
)
_OF_INDICES = ("PaletteColorLookupTableUID", "SmallestImagePixelValue", "LargestImagePixelValue")
"""What says something of the numbers that stood for colours."""


@dataclass(frozen=True)
class Pixels:
    """The frames of a file.

    Attributes:
        stored: frames x rows x columns, or frames x rows x columns x 3, in stored values.
        black: the stored value of black.
    """

    stored: NDArray[Any]
    black: int
    bits: int
    is_inverted: bool
    window: tuple[float, float] | None


def decoded(dataset: Dataset, limits: Limits) -> Pixels:
    """The frames, with no bit in them that is no pixel's.

    Raises:
        NoCopy: they are of a kind that is not read, beyond the limits, or damaged.
    """
    with library():
        rows, columns, frames = (_whole(dataset, name) for name in ("Rows", "Columns", "NumberOfFrames"))
        allocated, bits = _whole(dataset, "BitsAllocated"), _whole(dataset, "BitsStored")
        samples, photometric = _whole(dataset, "SamplesPerPixel"), str(dataset.get("PhotometricInterpretation", ""))
        known = _COLORS if samples == 3 else {*_GREYS, _PALETTE} if samples == 1 else frozenset()
        if photometric not in known:
            name = photometric if photometric.replace("_", "").replace(" ", "").isalnum() else "unknown"
            kinds = ", ".join(sorted({*_GREYS, *_COLORS, _PALETTE}))
            raise NoCopy(f"its pixels are {name[:16]} of {samples} samples; {kinds} are read")
        if allocated not in (8, 16) or bits > allocated or dataset.get("HighBit") != bits - 1:
            raise NoCopy(f"its pixels have {bits} of {allocated} bits; 8 and 16, the low ones used, are read")
        if photometric != "RGB" and samples == 3 and bits != 8:
            raise NoCopy(f"its pixels are {photometric} of {bits} bits; 8 are read")
        is_signed = dataset.get("PixelRepresentation") == 1
        _check_size(rows, columns, frames, limits)
        array = array_of(dataset, rows, columns, samples, allocated, frames)
        shape = (frames, rows, columns, 3) if samples == 3 else (frames, rows, columns)
        stored = _only_stored(array.reshape(shape), allocated, bits, is_signed)
        if photometric == _PALETTE:
            return Pixels(_painted(stored, dataset), 0, 8, is_inverted=False, window=None)
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed else (0, (1 << bits) - 1)
        is_inverted = photometric == "MONOCHROME1"
        return Pixels(stored, high if is_inverted else low, bits, is_inverted, _window(dataset))


def views(pixels: Pixels, number: int) -> Iterator[Image]:
    """A frame as pictures of 8 bits: its whole range, the window that it names, and its range without the tails."""
    import numpy
    from PIL import Image

    frame = pixels.stored[number]
    if frame.ndim == 3:
        black = float(pixels.black)
        yield Image.fromarray(_shown(frame, black, black + (1 << pixels.bits) - 1), "RGB")
        return
    low, high = float(frame.min()), float(frame.max())
    ranges = {(low, high if high > low else low + 1)}
    if pixels.window is not None:
        ranges.add(pixels.window)
    if pixels.bits > 8:
        low, high = (float(each) for each in numpy.percentile(frame, (TAILS, 100 - TAILS)))
        ranges |= {(low, high)} if high > low else set()
    for low, high in sorted(ranges):
        shown = _shown(frame, low, high)
        yield Image.fromarray(255 - shown if pixels.is_inverted else shown, "L")


def cover(pixels: Pixels, boxes: Sequence[Box], fill: Literal["solid", "patch"]) -> None:
    """Cover places in all frames, in place."""
    height, width = pixels.stored.shape[1:3]
    places = [_place(box, width, height) for box in boxes]
    for frame in pixels.stored:
        if fill == "patch":
            patch(frame, places, pixels.black)
        else:
            for left, top, right, bottom in places:
                frame[max(0, top) : bottom, max(0, left) : right] = pixels.black


def put(dataset: Dataset, pixels: Pixels) -> None:
    """Make the frames those of a data set, uncompressed: all colours as RGB. That something was lost before is said."""
    from pydicom import DataElement
    from pydicom.tag import Tag

    width = pixels.stored.dtype.itemsize
    data = pixels.stored.astype(pixels.stored.dtype.newbyteorder("<"), copy=False).tobytes()
    dataset["PixelData"] = DataElement(Tag("PixelData"), "OB" if width == 1 else "OW", data + b"\0" * (len(data) % 2))
    if coding_of(dataset).is_lossy:
        dataset.LossyImageCompression = "01"
    if pixels.stored.ndim == 4:
        dataset.PlanarConfiguration = 0
        if dataset.PhotometricInterpretation == _PALETTE:
            dataset.SamplesPerPixel, dataset.PixelRepresentation = 3, 0
            dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
            for name in (*_OF_PALETTES, *_OF_INDICES):
                if name in dataset:
                    delattr(dataset, name)
        dataset.PhotometricInterpretation = "RGB"


def _whole(dataset: Dataset, name: str) -> int:
    said = dataset.get(name, 1 if name == "NumberOfFrames" else None)
    if name == "NumberOfFrames" and said is None:
        said = 1
    if not isinstance(said, int) or said < 1:
        raise NoCopy(f"{name} is missing or no whole number from 1 on")
    return int(said)


def _check_size(rows: int, columns: int, frames: int, limits: Limits) -> None:
    """As of pictures and animations: see `Limits`."""
    size = rows * columns
    if size > limits.max_pixels or frames > limits.max_frames or size * frames > 3 * limits.max_pixels:
        most = f"{limits.max_pixels:,} pixels, {limits.max_frames} frames, {3 * limits.max_pixels:,} pixels together"
        raise NoCopy(f"{frames:,} frames of {columns:,} x {rows:,} pixels; at most {most} are redacted")


def _painted(indices: NDArray[Any], dataset: Dataset) -> NDArray[Any]:
    """The colours of a palette for its numbers (PS3.3 C.7.6.3.1.5), 8 bits each."""
    import numpy
    from pydicom.pixels.processing import apply_color_lut

    if any(name not in dataset for name in _OF_PALETTES):
        raise NoCopy("its palette is missing, or in segments, which are not read")
    shown: NDArray[Any] = apply_color_lut(indices, dataset)
    return (shown >> 8).astype(numpy.uint8) if shown.dtype.itemsize == 2 else shown


def _only_stored(array: NDArray[Any], allocated: int, bits: int, is_signed: bool) -> NDArray[Any]:
    """The values without bits that are no pixel's: old files keep overlays there."""
    import numpy

    plain: NDArray[Any] = array.view(numpy.uint8 if allocated == 8 else numpy.uint16)
    plain = numpy.bitwise_and(plain, plain.dtype.type((1 << bits) - 1))
    if not is_signed:
        return plain
    wide = plain.astype(numpy.int32)
    wide[wide >= 1 << bits - 1] -= 1 << bits
    narrow: NDArray[Any] = wide.astype(numpy.int8 if allocated == 8 else numpy.int16)
    return narrow


def _window(dataset: Dataset) -> tuple[float, float] | None:
    """From which stored value to which the file wants to be seen (PS3.3 C.11.2.1.2), the first where there are more."""
    names = ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept")
    values = [dataset.get(name) for name in names]
    center, width, slope, intercept = (
        value[0] if isinstance(value, (list, tuple)) or hasattr(value, "append") else value for value in values
    )
    if center is None or width is None:
        return None
    center, width, slope = float(center), float(width), float(slope if slope is not None else 1) or 1.0
    ends = sorted((center + half - float(intercept or 0)) / slope for half in (-width / 2, width / 2))
    return (ends[0], ends[1]) if ends[1] > ends[0] else None


def _shown(frame: NDArray[Any], low: float, high: float) -> NDArray[Any]:
    import numpy

    scaled = (frame.astype(numpy.float32) - low) * (255 / (high - low))
    shown: NDArray[Any] = numpy.clip(scaled, 0, 255).astype(numpy.uint8)
    return shown


def _place(box: Box, width: int, height: int) -> Place:
    across, down = box.width * width, box.height * height
    margin = max(LEAST_MARGIN, MARGIN * min(across, down))
    left, top = box.left * width, box.top * height
    return (
        max(0, int(left - margin)),
        max(0, int(top - margin)),
        min(width, int(left + across + margin) + 1),
        min(height, int(top + down + margin) + 1),
    )
