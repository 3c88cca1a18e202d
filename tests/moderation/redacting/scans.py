"""DICOM files as tests want them, made by pydicom."""

import io
from typing import Any

import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
    generate_uid,
)

SYNTAXES = {
    "explicit": ExplicitVRLittleEndian, "implicit": ImplicitVRLittleEndian, "rle": RLELossless,
    "jpeg": JPEGBaseline8Bit, "jpeg extended": JPEGExtended12Bit, "jpeg lossless": JPEGLosslessSV1,
    "jpeg-ls": JPEGLSLossless, "jpeg 2000": JPEG2000Lossless, "jpeg 2000 lossy": JPEG2000,
}  # fmt: skip
LETTERS = (16, 18, 230, 52)
"""Where the letters are in `burned_in`: left, top, right, bottom."""


def burned_in(say: str = "JOHN DOE 1951", low: int = 40, high: int = 255) -> np.ndarray:
    """A picture of 320 x 240 with letters in it, as whole numbers."""
    picture = Image.new("L", (320, 240))
    ImageDraw.Draw(picture).text((20, 20), say, fill=255, font=ImageFont.load_default(24))
    return np.where(np.asarray(picture) > 100, high, low)


def dataset(
    pixels: np.ndarray, photometric: str = "MONOCHROME2", bits: int = 8, signed: bool = False, **more: Any
) -> Dataset:
    scan = Dataset()
    scan.SOPClassUID, scan.SOPInstanceUID, scan.StudyInstanceUID = (
        SecondaryCaptureImageStorage,
        generate_uid(),
        "1.2.3.4",
    )
    scan.Modality, scan.PatientName, scan.PatientID = "OT", "Doe^John", "MRN-77"
    is_color = photometric[:3] in ("RGB", "YBR")
    shape = pixels.shape[:-1] if is_color else pixels.shape
    scan.Rows, scan.Columns = shape[-2:]
    if len(shape) == 3:
        scan.NumberOfFrames = shape[0]
    scan.SamplesPerPixel, scan.PhotometricInterpretation = 3 if is_color else 1, photometric
    if is_color:
        scan.PlanarConfiguration = 0
    scan.BitsAllocated = 8 if bits <= 8 else 16
    scan.BitsStored, scan.HighBit, scan.PixelRepresentation = bits, bits - 1, int(signed)
    kind = f"{'i' if signed else 'u'}{scan.BitsAllocated // 8}"
    scan.add_new("PixelData", "OB" if bits <= 8 else "OW", pixels.astype(f"<{kind}").tobytes())
    for name, value in more.items():
        setattr(scan, name, value)
    return scan


def saved(scan: Dataset, syntax: str = "explicit") -> bytes:
    scan.file_meta = FileMetaDataset()
    scan.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if syntax == "rle":
        scan.compress(RLELossless, generate_instance_uid=False)
    elif syntax == "jpeg-ls":
        scan.compress(JPEGLSLossless, generate_instance_uid=False)
    elif syntax.startswith("jpeg"):
        frames = scan.pixel_array.reshape(-1, scan.Rows, scan.Columns, *(3,) * (scan.SamplesPerPixel == 3))
        form = "JPEG2000" if "2000" in syntax else "JPEG"
        options: dict[str, Any] = (
            {"irreversible": "lossy" in syntax, "no_jp2": True} if "2000" in syntax else {"quality": 97}
        )
        encoded = []
        for frame in frames:
            Image.fromarray(frame).save(out := io.BytesIO(), form, **options)
            encoded.append(out.getvalue())
        scan.PixelData = encapsulate(encoded)
        scan["PixelData"].is_undefined_length = True
        if scan.SamplesPerPixel == 3:
            scan.PhotometricInterpretation = "YBR_RCT" if "2000" in syntax else "YBR_FULL_422"
    scan.file_meta.TransferSyntaxUID = SYNTAXES[syntax]
    out = io.BytesIO()
    pydicom.dcmwrite(out, scan, enforce_file_format=True)
    return out.getvalue()


def opened(data: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(data))
